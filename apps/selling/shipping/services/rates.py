"""Rates: ways of delivery and their prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django_countries import countries as all_countries

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.locks import Rank, lock_one
from apps.kernel.money import ZERO, round_money
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Location
from apps.selling.shipping import policies
from apps.selling.shipping.charging import MOST_STEPS, Step, Surcharge, are_surcharges, is_rising
from apps.selling.shipping.models import CarrierAccount, DeliveryZone, ShippingRate
from apps.selling.shipping.models.rates import Measure

LARGEST_PRICE = Decimal("9999999999")
LONGEST_DELIVERY_DAYS = 365
LONGEST_SERVICE = 60
MOST_PERCENT = Decimal(500)
# What a letter-sized parcel costs in money people know; other currencies begin with the pound's figures.
_USUAL_PRICES = {
    "USD": ("5.99", "75", "19.99"),
    "NGN": ("2500", "50000", "25000"),
    "INR": ("99", "1999", "1499"),
    "JPY": ("600", "8000", "2400"),
    "KWD": ("1.500", "20", "7.500"),
    "KES": ("350", "7500", "2900"),
    "AED": ("19", "250", "79"),
}


@dataclass(frozen=True, slots=True)
class CarrierPrice:
    """Whose price a rate has: a carrier (its code) that the business uses, and a service of it by the carrier's code.

    `percent` of it is added, and `extra`; `fallback` is asked while the carrier cannot say, None: not offered then.
    """

    carrier: str
    service: str
    percent: Decimal = ZERO
    extra: Decimal = ZERO
    fallback: Decimal | None = None


@use_case(permission=policies.MANAGE, idempotent=True, audits="shipping.rate_added")
def add_rate(
    actor: Actor,
    *,
    name: str,
    price: Decimal,
    countries: list[str],
    delivery_days_min: int,
    delivery_days_max: int,
    free_over: Decimal | None = None,
    position: int = 0,
    zone_id: UUID | None = None,
    measure: str = Measure.FLAT,
    steps: Sequence[Step] = (),
    surcharges: Sequence[Surcharge] = (),
    pickup_id: UUID | None = None,
    carrier: CarrierPrice | None = None,
    key: str | None = None,
) -> ShippingRate:
    """Add a way of delivery. Amounts in the business's currency; no countries and no zone means everywhere.

    A `measure` other than one price takes `steps` of (up to, price), weight in grams; `surcharges` are what goods of a
    shipping class cost more, once or each. `pickup_id` is where the buyer collects the goods. With the measure of a
    carrier `carrier` says whose price it is and `price` does not count. Raises `InvalidInput` at the field at fault,
    `Conflict` when a rate in use has the name.
    """
    values = _checked(name, price, countries, delivery_days_min, delivery_days_max, free_over, position)
    values |= _rules(countries, zone_id, measure, steps, surcharges, pickup_id)
    values |= _carriers(measure, carrier)
    _refuse_taken_name(values["name"])
    rate = ShippingRate.objects.create(**values)
    audit.record(actor, "shipping.rate_added", rate, after=_told(values))
    return rate


@use_case(permission=policies.MANAGE, audits="shipping.rate_changed")
def change_rate(
    actor: Actor,
    *,
    rate_id: UUID,
    name: str,
    price: Decimal,
    countries: list[str],
    delivery_days_min: int,
    delivery_days_max: int,
    free_over: Decimal | None = None,
    position: int = 0,
    zone_id: UUID | None = None,
    measure: str = Measure.FLAT,
    steps: Sequence[Step] = (),
    surcharges: Sequence[Surcharge] = (),
    pickup_id: UUID | None = None,
    carrier: CarrierPrice | None = None,
) -> ShippingRate:
    """Change a way of delivery; orders already placed keep what they were promised. Errors as `add_rate`."""
    values = _checked(name, price, countries, delivery_days_min, delivery_days_max, free_over, position)
    values |= _rules(countries, zone_id, measure, steps, surcharges, pickup_id)
    values |= _carriers(measure, carrier)
    rate = lock_one(Rank.ROOT, ShippingRate.objects.filter(pk=rate_id))
    if rate.active:
        _refuse_taken_name(values["name"], except_id=rate.pk)
    before = {field: getattr(rate, field) for field in values}
    for field, value in values.items():
        setattr(rate, field, value)
    rate.save()
    audit.record(actor, "shipping.rate_changed", rate, before=_told(before), after=_told(values))
    return rate


@use_case(permission=policies.MANAGE, audits="shipping.rate_used")
def use_rate(actor: Actor, *, rate_id: UUID, active: bool) -> ShippingRate:
    """Take a rate out of use, or into use again. Raises `Conflict` when another in use has its name."""
    rate = lock_one(Rank.ROOT, ShippingRate.objects.filter(pk=rate_id))
    if rate.active != active:
        if active:
            _refuse_taken_name(rate.name, except_id=rate.pk)
        rate.active = active
        rate.save(update_fields=["active", "updated_at"])
        audit.record(actor, "shipping.rate_used", rate, after={"active": active})
    return rate


@use_case(permission=policies.MANAGE, unaudited="furnishes a new business, whose beginning is entered")
def create_default_rates(actor: Actor, *, currency: str, country: str) -> list[ShippingRate]:
    """Two rates to begin with: within the country, free from a sum on, and everywhere. Once per business."""
    if ShippingRate.objects.exists():
        return []
    home, free_over, abroad = (
        round_money(Decimal(text), currency) for text in _USUAL_PRICES.get(currency, ("3.99", "50", "14.99"))
    )
    rates = [
        ShippingRate(
            name=_("Standard delivery"),
            countries=[country],
            price=home,
            free_over=free_over,
            delivery_days_min=2,
            delivery_days_max=4,
            position=1,
        ),
        ShippingRate(
            name=_("International delivery"),
            price=abroad,
            delivery_days_min=5,
            delivery_days_max=12,
            position=2,
        ),
    ]
    created: list[ShippingRate] = ShippingRate.objects.bulk_create(rates)
    return created


def _checked(
    name: str,
    price: Decimal,
    countries: list[str],
    delivery_days_min: int,
    delivery_days_max: int,
    free_over: Decimal | None,
    position: int,
) -> dict[str, Any]:
    wrong: dict[str, list[Any]] = {}
    name = name.strip()
    if not 1 <= len(name) <= 80:
        wrong["name"] = [_("Give it a name of up to 80 characters.")]
    if not _is_amount(price):
        wrong["price"] = [_("The price is zero or more.")]
    if free_over is not None and not (_is_amount(free_over) and free_over > ZERO):
        wrong["free_over"] = [_("The sum is more than zero, or left empty.")]
    codes = sorted({code.strip().upper() for code in countries if code.strip()})
    if unknown := [code for code in codes if not all_countries.name(code)]:
        wrong["countries"] = [_("Not a country: %(codes)s.") % {"codes": ", ".join(unknown)[:80]}]
    if not 0 <= delivery_days_min <= delivery_days_max <= LONGEST_DELIVERY_DAYS:
        wrong["delivery_days_max"] = [_("The slowest day comes not before the fastest, within a year.")]
    if not 0 <= position <= 1000:
        wrong["position"] = [_("A position is between 0 and 1000.")]
    if wrong:
        raise InvalidInput(fields=wrong)
    return {
        "name": name,
        "price": price,
        "free_over": free_over,
        "countries": codes,
        "delivery_days_min": delivery_days_min,
        "delivery_days_max": delivery_days_max,
        "position": position,
    }


def _rules(
    countries: list[str],
    zone_id: UUID | None,
    measure: str,
    steps: Sequence[Step],
    surcharges: Sequence[Surcharge],
    pickup_id: UUID | None,
) -> dict[str, Any]:
    wrong: dict[str, list[Any]] = {}
    zone = DeliveryZone.objects.filter(pk=zone_id).first() if zone_id else None
    if zone_id and zone is None:
        wrong["zone"] = [_("There is no such zone.")]
    elif zone and any(code.strip() for code in countries):
        wrong["countries"] = [_("Choose a zone or countries, not both.")]
    place = Location.objects.filter(pk=pickup_id, active=True).first() if pickup_id else None
    if pickup_id and place is None:
        wrong["pickup"] = [_("There is no such location.")]
    if measure not in Measure.values:
        wrong["measure"] = [_("Choose what the price goes by.")]
    elif (measure in (Measure.FLAT, Measure.CARRIER)) == bool(steps):
        wrong["steps"] = [_("Enter the steps of the price, a line each; with one price there are none.")]
    elif len(steps) > MOST_STEPS or any(
        not is_rising(before, step) for before, step in zip([None, *steps], steps, strict=False)
    ):
        wrong["steps"] = [_("Each step reaches further than the one before it.")]
    if not are_surcharges(surcharges):
        wrong["surcharges"] = [_("Name each class once, with an amount.")]
    if wrong:
        raise InvalidInput(fields=wrong)
    return {
        "zone": zone,
        "measure": measure,
        "steps": [[None if most is None else str(most), str(cost)] for most, cost in steps],
        "surcharges": [[name, None if cost is None else str(cost), how] for name, cost, how in surcharges],
        "pickup_location": place,
    }


def _carriers(measure: str, carrier: CarrierPrice | None) -> dict[str, Any]:
    """The columns of a carrier's price; empty for every other measure."""
    if (measure == Measure.CARRIER) != (carrier is not None):
        raise InvalidInput(fields={"carrier": [_("Choose a carrier, and that the price comes from it.")]})
    if carrier is None:
        return {
            "carrier_account": None,
            "carrier_service": "",
            "carrier_percent": ZERO,
            "carrier_extra": ZERO,
            "fallback": None,
        }
    wrong: dict[str, list[Any]] = {}
    account = CarrierAccount.objects.filter(carrier=carrier.carrier).first()
    if account is None or not account.active:
        wrong["carrier"] = [_("Choose a carrier that is in use.")]
    service = carrier.service.strip()
    if not 1 <= len(service) <= LONGEST_SERVICE or not service.isprintable():
        wrong["service"] = [_("Name the service of the carrier.")]
    if not (_is_amount(carrier.percent) and carrier.percent <= MOST_PERCENT):
        wrong["percent"] = [_("Enter a percentage between 0 and 500.")]
    if not _is_amount(carrier.extra):
        wrong["extra"] = [_("The amount is zero or more.")]
    if carrier.fallback is not None and not _is_amount(carrier.fallback):
        wrong["fallback"] = [_("The price is zero or more, or left empty.")]
    if wrong:
        raise InvalidInput(fields=wrong)
    return {
        "carrier_account": account,
        "carrier_service": service,
        "carrier_percent": carrier.percent,
        "carrier_extra": carrier.extra,
        "fallback": carrier.fallback,
    }


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """For the audit trail: names instead of rows."""
    return {
        **values,
        "zone": str(values["zone"] or ""),
        "pickup_location": str(values["pickup_location"] or ""),
        "carrier_account": str(values["carrier_account"] or ""),
    }


def _is_amount(amount: Decimal) -> bool:
    return isinstance(amount, Decimal) and amount.is_finite() and ZERO <= amount <= LARGEST_PRICE


def _refuse_taken_name(name: str, except_id: UUID | None = None) -> None:
    others = ShippingRate.objects.filter(active=True, name=name)
    if except_id is not None:
        others = others.exclude(pk=except_id)
    if others.exists():
        message = _("Another rate in use has this name.")
        raise Conflict(message, code="rate_name_taken", fields={"name": [message]})
