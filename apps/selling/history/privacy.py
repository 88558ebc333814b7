"""What sales of the past say of who bought."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Deleted, impersonal, personal

personal(
    "history.customerreference", "reference",
    title=_("Numbers in other systems"),
    of={"customer": lambda person: Q(customer_id=person.id)},
    erasure=Deleted(),
)  # fmt: skip
impersonal("history.pastorder", "number", "digest", because="names the paper")
impersonal("history.pastorder", "country", "currency", because="a country, a currency")
impersonal("history.pastline", "kind", "sku", "title", because="goods")
impersonal("history.salesposting", "kind", "amounts", because="amounts of a day")
