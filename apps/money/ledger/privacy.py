"""The books name papers and accounts; who posted by hand is named too."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Kept, impersonal, personal

personal(
    "ledger.journalentry", "posted_by", "memo",
    title=_("Who posted"),
    erasure=Kept(_("Tax law asks for the books with who posted what."), years=10),
)  # fmt: skip
personal(
    "ledger.journalline", "memo",
    title=_("Words at postings"),
    erasure=Kept(_("Tax law asks for the books with who posted what."), years=10),
)  # fmt: skip
impersonal("ledger.account", "code", "name", "system_key", because="accounts of the books")
_SOURCE = "names what was posted for, by kind"
impersonal("ledger.journalentry", "currency", "source_type", "source_kind", "owner_type", because=_SOURCE)
