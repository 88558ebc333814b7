"""What price lists and taxes know of people."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Deleted, impersonal, personal

impersonal(
    "pricing.pricelist", "name", "segment", "channels", "reference", because="what things cost, and for whom"
)
impersonal("pricing.competitorprice", "competitor", "currency", "source", because="what other shops ask")
impersonal("pricing.displayrate", "currency", "source", because="what money is worth elsewhere")
impersonal("pricing.taxitem", "hsn", because="a code of the customs tariff")
impersonal("pricing.taxzone", "name", "country", "regions", because="where taxes hold")
impersonal("pricing.taxrate", "name", because="what a tax is called")
personal(
    "pricing.customertax", "tax_number", "certificate",
    title=_("Tax numbers and certificates"),
    of={"customer": lambda person: Q(customer_id=person.id)},
    erasure=Deleted(),
)  # fmt: skip
