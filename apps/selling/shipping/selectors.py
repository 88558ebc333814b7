"""The offers for a cart, and the rates for staff."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.goods.catalog.models import Variant
from apps.kernel.errors import InvalidInput
from apps.kernel.money import ZERO
from apps.kernel.prepared import Prepared
from apps.kernel.tenancy import across, bind
from apps.platform.businesses.models import Business

from .charging import Load, price_of, surcharge_of
from .models import Package, Shipment, ShippingRate, said
from .zoning import NOT_SERVED, Place, closeness


@dataclass(frozen=True, slots=True)
class RateOffer:
    """A way of delivery for one destination. `price` is in the business's currency and tax mode.

    `pickup_id` is the location where the buyer collects the goods; None: they are sent.
    """

    rate_id: UUID
    name: str
    price: Decimal
    delivery_days_min: int
    delivery_days_max: int
    free_over: Decimal | None = None
    # What of the price is for goods of a shipping class; it is asked where the rest is free, too.
    surcharge: Decimal = ZERO
    pickup_id: UUID | None = None
    pickup_name: str = ""

    @property
    def is_free(self) -> bool:
        return self.price == ZERO

    @property
    def delivery(self) -> str:
        """The promise in words, such as "2 to 4 days"."""
        first, last = self.delivery_days_min, self.delivery_days_max
        if last == 0:
            when = _("Today")
        elif first == last:
            when = ngettext("%(days)s day", "%(days)s days", last) % {"days": last}
        else:
            when = _("%(first)s to %(last)s days") % {"first": first, "last": last}
        if self.pickup_id is None:
            return when
        return _("Collect it at %(place)s: %(when)s") % {"place": self.pickup_name, "when": when}


def list_rates(
    business: Business,
    country: str,
    subtotal: Decimal,
    *,
    region: str = "",
    postcode: str = "",
    grams: int = 0,
    pieces: int = 0,
    goods: Mapping[UUID, int] | None = None,
) -> list[RateOffer]:
    """The offers of `business` for goods worth `subtotal` sent to `country` (two letters); one query.

    `subtotal` is in the business's currency, as prices are shown; `grams` are the goods' own, the usual package is
    added; `goods` are pieces by variant, whose shipping classes may cost more or not be carried. Of zones that describe
    the place the closest counts; rates that name countries themselves stand beside them. Empty when the place is not
    served.
    """
    place = Place(country.upper(), region, postcode)
    with bind(business.pk):
        rates = _SERVING.fetch(place.country, list(goods or ()))
    reached = [(rate, COUNTS_ALWAYS if rate.zone is None else _closeness(rate.zone, place)) for rate in rates]
    closest = max((near for _rate, near in reached if near != COUNTS_ALWAYS), default=NOT_SERVED)
    classes: Counter[str] = Counter()
    for one in rates[0].classes if rates and goods else ():  # type: ignore[attr-defined]
        classes[one["class"]] += (goods or {})[UUID(one["id"])]
    offers = []
    for rate, near in reached:
        if near != COUNTS_ALWAYS and (near == NOT_SERVED or near < closest):
            continue
        load = Load(subtotal, grams + (rate.tare or 0), pieces)  # type: ignore[attr-defined]
        if (offer := _offer(rate, load, classes)) is not None:
            offers.append(offer)
    return offers


COUNTS_ALWAYS = 99


def _closeness(zone: Any, place: Place) -> int:
    return closeness(zone.countries, zone.regions, zone.postcodes, place)


def _serving(country: str, variant_ids: list[UUID]) -> QuerySet[ShippingRate]:
    own = Q(zone__isnull=True) & (Q(countries=[]) | Q(countries__contains=[country]))
    zoned = Q(zone__countries=[]) | Q(zone__countries__contains=[country])
    rates: QuerySet[ShippingRate] = ShippingRate.objects.filter(own | zoned, active=True)
    # What the usual package weighs comes along, so that a quote costs no statement more.
    tare = Package.objects.filter(is_default=True).values("empty_grams")[:1]
    return rates.select_related("zone", "pickup_location").annotate(
        tare=Subquery(tare), classes=ArraySubquery(_classes_of(variant_ids))
    )


def _classes_of(variant_ids: list[UUID]) -> QuerySet[Any, Any]:
    """The shipping classes of the variants that have one, each its own or its product's."""
    found = Variant.objects.filter(pk__any_of=variant_ids).annotate(named=said("shipping_class"))
    found = found.filter(named__isnull=False)
    return found.order_by("pk").values(facts=JSONObject(**{"id": F("pk"), "class": F("named")}))


_SERVING = Prepared(_serving, "a country", [uuid4()])


def get_offer(business: Business, rate_id: UUID, country: str, subtotal: Decimal, **where: Any) -> RateOffer:
    """The chosen offer as it stands now; raises `InvalidInput` when it is not offered to this country."""
    for offer in list_rates(business, country, subtotal, **where):
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


def _offer(rate: ShippingRate, load: Load, classes: Mapping[str, int]) -> RateOffer | None:
    price = price_of(
        measure=rate.measure, steps=rate.steps, price=rate.price, free_over=rate.free_over, load=load
    )
    surcharge = surcharge_of(rate.surcharges, classes)
    if price is None or surcharge is None:
        return None
    pickup = rate.pickup_location
    if pickup is not None and not pickup.active:
        return None
    return RateOffer(
        rate_id=rate.pk,
        name=rate.name,
        price=price + surcharge,
        surcharge=surcharge,
        delivery_days_min=rate.delivery_days_min,
        delivery_days_max=rate.delivery_days_max,
        free_over=rate.free_over,
        pickup_id=pickup.pk if pickup else None,
        pickup_name=pickup.name if pickup else "",
    )


def name_deliveries() -> list[tuple[str, str]]:
    """The rates in use as (id, name), for who ties something to them; one query."""
    rates = ShippingRate.objects.filter(active=True).values_list("pk", "name")
    return [(str(pk), name) for pk, name in rates]


@across("tasks.due")
def list_across_due_shipments(moment: dt.datetime, limit: int) -> list[tuple[UUID, UUID, str]]:
    """(shipment, business, state) of those whose carrier is to be asked, the longest due first."""
    due = Shipment.unscoped.filter(check_at__lte=moment).order_by("check_at")
    return list(due.values_list("pk", "business_id", "state")[:limit])


@across("tasks.due")
def list_across_waiting_labels(moment: dt.datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(shipment, business) of labels that are not in the file store yet, and should be by now."""
    waiting = Shipment.unscoped.filter(
        ~Q(state="void"), label_waiting__isnull=False, bought_at__lt=moment - dt.timedelta(minutes=2)
    )
    return list(waiting.order_by("bought_at").values_list("pk", "business_id")[:limit])
