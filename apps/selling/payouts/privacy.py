"""What payouts say of people: who settled a line."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Kept, impersonal, personal

personal(
    "payouts.payoutline", "resolved_by", "note",
    title=_("Who settled lines of payouts"),
    erasure=Kept(_("Who did what is part of the business's record."), years=10),
)  # fmt: skip
impersonal(
    "payouts.payoutline",
    "provider",
    "line_ref",
    "reference",
    "references",
    "payout_ref",
    because="numbers of a company",
)
impersonal("payouts.payoutline", "kind", "currency", "state", "why", because="a word from a list")
