"""What sales of the past say of who bought."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Deleted, Person, impersonal, numbers_of, personal

from .models import CustomerReference

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


@numbers_of("customer")
def numbers_there(person: Person) -> Iterable[str]:
    """Refused rows of files call a customer by her number alone."""
    return CustomerReference.objects.filter(customer_id=person.id).values_list("reference", flat=True)
