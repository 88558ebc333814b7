"""Zones: what belongs together, by country, region and postcode."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django_countries import countries as all_countries

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.selling.shipping import policies
from apps.selling.shipping.models import DeliveryZone, ShippingRate
from apps.selling.shipping.zoning import clean_pattern

MOST_PATTERNS = 500


@use_case(permission=policies.MANAGE, idempotent=True, audits="shipping.zone_added")
def add_zone(
    actor: Actor,
    *,
    name: str,
    countries: list[str],
    regions: list[str] | None = None,
    postcodes: list[str] | None = None,
    key: str | None = None,
) -> DeliveryZone:
    """Add a zone; no countries means everywhere else. Raises `InvalidInput` at the field at fault, `Conflict`."""
    values = _checked(name, countries, regions or [], postcodes or [])
    _refuse_taken_name(values["name"])
    zone = DeliveryZone.objects.create(**values)
    audit.record(actor, "shipping.zone_added", zone, after=values)
    return zone


@use_case(permission=policies.MANAGE, audits="shipping.zone_changed")
def change_zone(
    actor: Actor,
    *,
    zone_id: UUID,
    name: str,
    countries: list[str],
    regions: list[str] | None = None,
    postcodes: list[str] | None = None,
) -> DeliveryZone:
    """Change a zone; orders already placed keep what they were promised. Errors as `add_zone`."""
    values = _checked(name, countries, regions or [], postcodes or [])
    zone = lock_one(Rank.ROOT, DeliveryZone.objects.filter(pk=zone_id))
    _refuse_taken_name(values["name"], except_id=zone.pk)
    before = {field: getattr(zone, field) for field in values}
    for field, value in values.items():
        setattr(zone, field, value)
    zone.save()
    audit.record(actor, "shipping.zone_changed", zone, before=before, after=values)
    return zone


@use_case(permission=policies.MANAGE, audits="shipping.zone_removed")
def remove_zone(actor: Actor, *, zone_id: UUID) -> None:
    """Remove a zone that no rate uses, in use or not. Raises `Conflict` naming the rates."""
    zone = lock_one(Rank.ROOT, DeliveryZone.objects.filter(pk=zone_id))
    rates = list(ShippingRate.objects.filter(zone=zone).values_list("name", flat=True)[:5])
    if rates:
        raise Conflict(
            _("Rates of this zone: %(names)s.") % {"names": ", ".join(rates)},
            code="zone_in_use",
            remedy=_("Give these rates another zone first."),
        )
    audit.record(actor, "shipping.zone_removed", zone, before={"name": zone.name})
    zone.delete()


def _checked(name: str, countries: list[str], regions: list[str], postcodes: list[str]) -> dict[str, Any]:
    wrong: dict[str, list[Any]] = {}
    name = name.strip()
    if not 1 <= len(name) <= 80:
        wrong["name"] = [_("Give it a name of up to 80 characters.")]
    codes = sorted({code.strip().upper() for code in countries if code.strip()})
    if unknown := [code for code in codes if not all_countries.name(code)]:
        wrong["countries"] = [_("Not a country: %(codes)s.") % {"codes": ", ".join(unknown)[:80]}]
    parts = sorted({" ".join(part.split()) for part in regions if part.strip()})
    if any(len(part) > 80 for part in parts) or len(parts) > MOST_PATTERNS:
        wrong["regions"] = [_("A region has up to 80 characters.")]
    typed = [text for text in postcodes if text.strip()]
    patterns = sorted({clean_pattern(text) for text in typed})
    if "" in patterns or len(patterns) > MOST_PATTERNS:
        bad = next((text for text in typed if not clean_pattern(text)), "")
        wrong["postcodes"] = [
            _("“%(text)s” is not understood. Write a postcode, a beginning such as BT*, or 1000-1999.")
            % {"text": bad.strip()[:40]}
        ]
    if (parts or patterns) and not codes:
        wrong.setdefault("countries", [_("Choose the country of these regions and postcodes.")])
    if wrong:
        raise InvalidInput(fields=wrong)
    return {"name": name, "countries": codes, "regions": parts, "postcodes": patterns}


def _refuse_taken_name(name: str, except_id: UUID | None = None) -> None:
    others = DeliveryZone.objects.filter(name=name)
    if except_id is not None:
        others = others.exclude(pk=except_id)
    if others.exists():
        message = _("Another zone has this name.")
        raise Conflict(message, code="zone_name_taken", fields={"name": [message]})
