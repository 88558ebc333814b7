"""The offers for a cart, and the rates for staff."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.kernel.errors import InvalidInput
from apps.kernel.money import ZERO
from apps.kernel.prepared import Prepared
from apps.kernel.tenancy import bind
from apps.platform.businesses.models import Business

from .models import ShippingRate


@dataclass(frozen=True, slots=True)
class RateOffer:
    """A way of delivery for one destination. `price` is in the business's currency and tax mode."""

    rate_id: UUID
    name: str
    price: Decimal
    delivery_days_min: int
    delivery_days_max: int
    free_over: Decimal | None = None

    @property
    def is_free(self) -> bool:
        return self.price == ZERO

    @property
    def delivery(self) -> str:
        """The promise in words, such as "2 to 4 days"."""
        first, last = self.delivery_days_min, self.delivery_days_max
        if last == 0:
            return _("Today")
        if first == last:
            return ngettext("%(days)s day", "%(days)s days", last) % {"days": last}
        return _("%(first)s to %(last)s days") % {"first": first, "last": last}


def list_rates(business: Business, country: str, subtotal: Decimal) -> list[RateOffer]:
    """The offers of `business` for goods worth `subtotal` sent to `country` (two letters); one query.

    `subtotal` is in the business's currency, as prices are shown. Empty when the country is not served.
    """
    with bind(business.pk):
        return [_offer(rate, subtotal) for rate in _SERVING.fetch(country.upper())]


def _serving(country: str) -> QuerySet[ShippingRate]:
    rates: QuerySet[ShippingRate] = ShippingRate.objects.filter(
        Q(countries=[]) | Q(countries__contains=[country]), active=True
    )
    return rates


_SERVING = Prepared(_serving, "a country")


def get_offer(business: Business, rate_id: UUID, country: str, subtotal: Decimal) -> RateOffer:
    """The chosen offer as it stands now; raises `InvalidInput` when it is not offered to this country."""
    for offer in list_rates(business, country, subtotal):
        if offer.rate_id == rate_id:
            return offer
    message = _("This way of delivery is not offered for this address.")
    raise InvalidInput(
        message,
        code="rate_not_offered",
        fields={"rate_id": [message]},
        remedy=_("Please choose one of the ways of delivery shown."),
    )


def list_all_rates() -> QuerySet[ShippingRate]:
    """Every rate of the bound business, also those out of use."""
    rates: QuerySet[ShippingRate] = ShippingRate.objects.all()
    return rates


def _offer(rate: ShippingRate, subtotal: Decimal) -> RateOffer:
    is_free = rate.free_over is not None and subtotal >= rate.free_over
    return RateOffer(
        rate_id=rate.pk,
        name=rate.name,
        price=ZERO if is_free else rate.price,
        delivery_days_min=rate.delivery_days_min,
        delivery_days_max=rate.delivery_days_max,
        free_over=rate.free_over,
    )


def name_deliveries() -> list[tuple[str, str]]:
    """The rates in use as (id, name), for who ties something to them; one query."""
    rates = ShippingRate.objects.filter(active=True).values_list("pk", "name")
    return [(str(pk), name) for pk, name in rates]
