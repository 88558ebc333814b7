"""Changing one thing of a zone, a package or a rate: what is left out stays as it stands under the lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound
from apps.kernel.locks import Rank, lock, lock_one
from apps.kernel.use_cases import use_case
from apps.selling.shipping import policies
from apps.selling.shipping.models import DeliveryZone, Package, ShippingRate
from apps.selling.shipping.models.rates import Measure
from apps.selling.shipping.services.packages import change_package, use_package
from apps.selling.shipping.services.rates import CarrierPrice, change_rate, use_rate
from apps.selling.shipping.services.zones import change_zone

_ZONE = ("name", "countries", "regions", "postcodes")
_PACKAGE = ("name", "length_mm", "width_mm", "height_mm", "empty_grams", "is_default")
_RATE = (
    "name", "price", "countries", "delivery_days_min", "delivery_days_max", "free_over", "position", "zone_id",
    "measure",
)  # fmt: skip


@use_case(permission=policies.MANAGE, unaudited="the service that changes it enters it")
def change_zone_part(actor: Actor, *, zone_id: UUID, values: Mapping[str, Any]) -> DeliveryZone:
    """Change what `values` name of a zone, by the arguments of `change_zone`; raises as it does, and `NotFound`."""
    zone = lock_one(Rank.ROOT, DeliveryZone.objects.filter(pk=zone_id))
    return change_zone(actor, zone_id=zone_id, **(_known(zone, _ZONE) | dict(values)))


@use_case(permission=policies.MANAGE, unaudited="the service that changes it enters it")
def change_package_part(actor: Actor, *, package_id: UUID, values: Mapping[str, Any]) -> Package:
    """Change what `values` name of a package, by the arguments of `change_package`, and `active`; raises as it does,
    as `use_package`, and `NotFound`."""
    # All of them, in one order: another one may be the usual one.
    package = next((one for one in lock(Rank.ROOT, Package.objects.all()) if one.pk == package_id), None)
    if package is None:
        raise NotFound()
    rest, active = _without_active(values)
    if active:
        use_package(actor, package_id=package_id, active=True)
    if rest:
        package = change_package(actor, package_id=package_id, **(_known(package, _PACKAGE) | rest))
    if active is False:
        package = use_package(actor, package_id=package_id, active=False)
    package.refresh_from_db()
    return package


@use_case(permission=policies.MANAGE, unaudited="the service that changes it enters it")
def change_rate_part(actor: Actor, *, rate_id: UUID, values: Mapping[str, Any]) -> ShippingRate:
    """Change what `values` name of a rate, by the arguments of `change_rate`, and `active`.

    `carrier` is a dictionary of what changes in it, or None. With a new measure steps and carrier of the old one go,
    unless they are said anew. Raises as `change_rate` and `use_rate`, and `NotFound`.
    """
    rate = lock_one(Rank.ROOT, ShippingRate.objects.filter(pk=rate_id).select_related("carrier_account"))
    rest, active = _without_active(values)
    if rest:
        rate = change_rate(actor, rate_id=rate_id, **_rate_values(rate, rest))
    if active is not None:
        rate = use_rate(actor, rate_id=rate_id, active=active)
    return rate


def _rate_values(rate: ShippingRate, given: dict[str, Any]) -> dict[str, Any]:
    measure = given.get("measure", rate.measure)
    known = _known(rate, _RATE) | {
        "pickup_id": rate.pickup_location_id,
        "steps": [(None if most is None else Decimal(most), Decimal(cost)) for most, cost in rate.steps],
        "surcharges": [
            (name, None if cost is None else Decimal(cost), how) for name, cost, how in rate.surcharges
        ],
    }
    if measure in (Measure.FLAT, Measure.CARRIER):
        known["steps"] = []
    return known | given | {"carrier": _carrier(rate, measure, given)}


def _carrier(rate: ShippingRate, measure: str, given: dict[str, Any]) -> CarrierPrice | None:
    """What a carrier's price is afterwards: as it stands, with what was said of it."""
    said = given.get("carrier", {})
    if said is None or (measure != Measure.CARRIER and not said):
        return None
    account = rate.carrier_account
    standing = (
        {}
        if account is None
        else asdict(
            CarrierPrice(
                account.carrier, rate.carrier_service, rate.carrier_percent, rate.carrier_extra, rate.fallback
            )
        )
    )
    whole = standing | dict(said)
    if lacking := [name for name in ("carrier", "service") if not whole.get(name)]:
        raise InvalidInput(fields={name: [_("Please fill this in.")] for name in lacking})
    return CarrierPrice(**whole)


def _known(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _without_active(values: Mapping[str, Any]) -> tuple[dict[str, Any], bool | None]:
    rest = dict(values)
    return rest, rest.pop("active", None)
