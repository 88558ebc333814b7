"""What quotes say of those they were written for."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Anonymised, Kept, impersonal, personal

_CONTACT = ("email", "phone", "name", "line1", "line2", "city", "region", "postcode", "note")
personal(
    "quotes.quote", *_CONTACT, "snapshot",
    title=_("Quotes"),
    of={"customer": lambda person: Q(customer_id=person.id)},
    erasure=Anonymised({**dict.fromkeys(_CONTACT, ""), "snapshot": {}}),
    hidden=("token",),
)  # fmt: skip
personal(
    "quotes.quote", "written_by",
    title=_("Who wrote quotes"),
    erasure=Kept(_("Who did what is part of the business's record."), years=10),
)  # fmt: skip
impersonal(
    "quotes.quote", "number", "currency", "language", "country", "codes", "promised", "shipping_name", "po_number",
    because="numbers, codes, names of promotions, a country",
)  # fmt: skip
impersonal("quotes.quote", "token", because="a secret; what it opens is emptied")
