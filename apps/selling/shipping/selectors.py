"""The offers for a cart, and the rates for staff."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
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
from .live import Box, Live, Missing, Question, read_live
from .models import CarrierAnswer, Package, Shipment, ShippingRate, said
from .models.rates import Measure
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
    # What of the price is for goods of a shipping class; it is asked where the rest is free, and by promotions, too.
    surcharge: Decimal = ZERO
    pickup_id: UUID | None = None
    pickup_name: str = ""
    # Where the price comes from: "shop", "carrier" or, where that one cannot say, "fallback".
    source: str = "shop"
    # The carrier's price has run out since it was shown: it is looked at once more before anybody pays it.
    is_over: bool = False

    @property
    def carriage(self) -> Decimal:
        """What the way itself costs, without surcharges of shipping classes."""
        return self.price - self.surcharge

    def with_carriage(self, left: Decimal) -> RateOffer:
        """The offer with `left` of its carriage to be paid. Promotions of delivery take off that alone: bulky goods
        cost the shop what they cost, free from a sum on or by a code."""
        return replace(self, price=left + self.surcharge)

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


@dataclass(frozen=True, slots=True)
class JudgedRate:
    """A rate that serves the place: its offer, or why there is none; `why` also says what made it fall back."""

    rate: ShippingRate
    offer: RateOffer | None
    why: str = ""


def list_rates(business: Business, country: str, subtotal: Decimal, **facts: Any) -> list[RateOffer]:
    """The offers of `business` for goods worth `subtotal` sent to `country` (two letters); one query, four more where a
    carrier prices any of them. Arguments and rules as `judge_rates`. Empty when the place is not served.
    """
    return [one.offer for one in judge_rates(business, country, subtotal, **facts) if one.offer is not None]


def judge_rates(
    business: Business,
    country: str,
    subtotal: Decimal,
    *,
    region: str = "",
    postcode: str = "",
    grams: int = 0,
    pieces: int = 0,
    goods: Mapping[UUID, int] | None = None,
    box: Box | None = None,
    missing: Missing | None = None,
    questions: list[Question] | None = None,
) -> list[JudgedRate]:
    """The rates that serve the place, each with its offer or why there is none.

    `subtotal` is in the business's currency, as prices are shown; `grams` are the goods' own, the usual package is
    added; `goods` are pieces by variant, whose shipping classes may cost more or not be carried, and whose sizes
    carriers ask for; `box` is the parcel where it was measured. Of zones that describe the place the closest counts;
    rates that name countries themselves stand beside them. Nobody is asked here: what is missing is added to `missing`,
    and everything that carriers can be asked to `questions`.
    """
    place = Place(country.upper(), region, postcode)
    with bind(business.pk):
        rates = _SERVING.fetch(place.country, list(goods or ()))
        serving = _serving_best(rates, place)
        live = read_live(business, serving, place, pieces=goods or {}, box=box)
    if missing is not None:
        missing.unasked += live.missing.unasked
        missing.postcode |= live.missing.postcode
    if questions is not None:
        questions += live.questions
    classes: Counter[str] = Counter()
    for one in rates[0].classes if rates and goods else ():  # type: ignore[attr-defined]
        classes[one["class"]] += (goods or {})[UUID(one["id"])]
    return [
        _judge(rate, Load(subtotal, grams + (rate.tare or 0), pieces), classes, live)  # type: ignore[attr-defined]
        for rate in serving
    ]


def _serving_best(rates: list[ShippingRate], place: Place) -> list[ShippingRate]:
    reached = [(rate, COUNTS_ALWAYS if rate.zone is None else _closeness(rate.zone, place)) for rate in rates]
    closest = max((near for _rate, near in reached if near != COUNTS_ALWAYS), default=NOT_SERVED)
    return [
        rate for rate, near in reached if near == COUNTS_ALWAYS or (near != NOT_SERVED and near >= closest)
    ]


COUNTS_ALWAYS = 99


def _closeness(zone: Any, place: Place) -> int:
    return closeness(zone.countries, zone.regions, zone.postcodes, place)


def _serving(country: str, variant_ids: list[UUID]) -> QuerySet[ShippingRate]:
    own = Q(zone__isnull=True) & (Q(countries=[]) | Q(countries__contains=[country]))
    zoned = Q(zone__countries=[]) | Q(zone__countries__contains=[country])
    rates: QuerySet[ShippingRate] = ShippingRate.objects.filter(own | zoned, active=True)
    # What the usual package weighs comes along, so that a quote costs no statement more.
    tare = Package.objects.filter(is_default=True).values("empty_grams")[:1]
    return rates.select_related("zone", "pickup_location", "carrier_account").annotate(
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


def _judge(rate: ShippingRate, load: Load, classes: Mapping[str, int], live: Live) -> JudgedRate:
    surcharge = surcharge_of(rate.surcharges, classes)
    if surcharge is None:
        return JudgedRate(rate, None, _("It does not carry goods of this shipping class."))
    pickup = rate.pickup_location
    if pickup is not None and not pickup.active:
        return JudgedRate(rate, None, _("The location where it is collected is out of use."))
    source, why, is_over, price = "shop", "", False, rate.price
    first, last = rate.delivery_days_min, rate.delivery_days_max
    if rate.measure == Measure.CARRIER:
        heard = live.hear(rate)
        source, why, is_over = "carrier", heard.why, heard.is_over
        if heard.price is None:
            source = "fallback"
            if rate.fallback is None:
                return JudgedRate(rate, None, why)
        price = rate.fallback if heard.price is None else heard.price  # type: ignore[assignment]
        if heard.days is not None:
            first = last = heard.days
    asked = price_of(measure=rate.measure, steps=rate.steps, price=price, free_over=rate.free_over, load=load)
    if asked is None:
        return JudgedRate(rate, None, _("It is more than the last step of the price."))
    offer = RateOffer(
        rate_id=rate.pk,
        name=rate.name,
        price=asked + surcharge,
        surcharge=surcharge,
        delivery_days_min=first,
        delivery_days_max=last,
        free_over=rate.free_over,
        pickup_id=pickup.pk if pickup else None,
        pickup_name=pickup.name if pickup else "",
        source=source,
        is_over=is_over,
    )
    return JudgedRate(rate, offer, why)


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


@across("tasks.due")
def list_across_old_answers(before: dt.datetime, limit: int) -> set[UUID]:
    """Businesses with answers of carriers that ran out before."""
    old = CarrierAnswer.unscoped.filter(valid_until__lt=before).order_by("valid_until")
    return set(old.values_list("business_id", flat=True)[:limit])
