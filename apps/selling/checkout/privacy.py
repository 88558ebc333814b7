"""What visitors typed on the way to an order."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Anonymised, Person, impersonal, personal


def _hers(person: Person) -> Q:
    hers = Q(email__in=person.emails) if person.emails else Q(pk__in=[])
    return hers | Q(user_id=person.user_id) if person.user_id else hers


personal(
    "checkout.cart", "email", "details",
    title=_("Carts"),
    of={"customer": _hers, "user": _hers},
    erasure=Anonymised({"email": "", "details": {}, "user": None}),
    hidden=("token",),
)  # fmt: skip
impersonal("checkout.cart", "attribution", because="the campaign that was followed")
impersonal(
    "checkout.checkoutlink", "name", "token", "lines", "codes", "attribution", because="goods and a campaign"
)
impersonal("checkout.cart", "codes", because="codes of the shop")
impersonal("checkout.cart", "token", because="a secret; what it opens is emptied")
impersonal("checkout.quote", "currency", "fingerprint", "snapshot", because="goods, prices, taxes, a country")
impersonal("checkout.checkout", "currency", "orders", because="numbers of orders")
