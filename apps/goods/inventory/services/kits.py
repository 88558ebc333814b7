"""Kits in the stock: a promise of a kit is a promise of its parts, under the same locks, and comes back as parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, Q, Sum
from django.utils.translation import gettext as _

from apps.goods.catalog.models import KitPart, Variant
from apps.goods.catalog.services import set_kit_parts
from apps.goods.inventory.lines import ReserveLine, ReturnLine
from apps.goods.inventory.models import Reservation, StockBalance, StockMovement
from apps.kernel.actors import Actor
from apps.kernel.errors import WrongState
from apps.kernel.money import round_money
from apps.kernel.use_cases import use_case

FOUR_PLACES = Decimal("0.0001")


@use_case(permission="products.change", audits="products.kit_set")
def make_kit(actor: Actor, *, variant_id: UUID, parts: Mapping[UUID, int]) -> Variant:
    """Make a variant a kit of these parts (pieces by variant), or change them. Raises as `set_kit_parts`, `WrongState`
    (`kit_has_stock`) while pieces of the variant itself lie somewhere or are promised.
    """
    lying = Q(on_hand__gt=0) | Q(on_hand__lt=0) | Q(reserved__gt=0)
    if StockBalance.objects.filter(lying, variant_id=variant_id).exists():
        raise WrongState(
            _("Pieces of it lie on the shelf or are promised."),
            code="kit_has_stock",
            remedy=_("Sell or adjust them to nothing first: a kit has no stock but that of its parts."),
        )
    return set_kit_parts(actor, variant_id=variant_id, parts=parts)


def parts_of_lines(lines: Sequence[ReserveLine]) -> list[ReserveLine]:
    """The lines with packs and kits taken apart; one query, and none when there is no kit."""
    lines = [_opened(line) for line in lines]
    kits = {line.variant_id for line in lines if line.is_kit}
    if not kits:
        return list(lines)
    parts: dict[UUID, list[KitPart]] = defaultdict(list)
    for part in KitPart.objects.filter(kit_id__in=kits).order_by("position", "pk"):
        parts[part.kit_id].append(part)
    taken: list[ReserveLine] = []
    for line in lines:
        if not line.is_kit:
            taken.append(line)
            continue
        taken += [
            ReserveLine(
                line.line_id,
                part.part_id,
                line.quantity * part.quantity,
                kit_id=line.variant_id,
                per_unit=part.quantity,
                location_id=line.location_id,
            )
            for part in parts[line.variant_id]
        ]
    return taken


def _opened(line: ReserveLine) -> ReserveLine:
    """A line of packs as the pieces in them, promised and sent so many at a time."""
    if line.pack_size == 1 or line.is_kit:
        return line
    return replace(
        line,
        quantity=line.quantity * line.pack_size,
        kit_id=line.variant_id,
        per_unit=line.pack_size,
        pack_size=1,
    )


def named_by_kit(shortages: Iterable[dict[str, Any]], lines: Sequence[ReserveLine]) -> list[dict[str, Any]]:
    """Shortages as the buyer knows them: of a kit so many kits are missing, not so many of its parts."""
    of_kit = {(line.line_id, line.variant_id): line for line in lines if line.kit_id}
    named: dict[UUID, dict[str, Any]] = {}
    for one in shortages:
        line = of_kit.get((one["line_id"], one["variant_id"]))
        if line is None:
            named[one["line_id"]] = one
            continue
        said = {
            "line_id": line.line_id,
            "variant_id": line.kit_id,
            "requested": line.quantity // line.per_unit,
            "available": one["available"] // line.per_unit,
        }
        before = named.get(line.line_id)
        if before is None or said["available"] < before["available"]:
            named[line.line_id] = said
    return list(named.values())


def returned_parts(lines: Sequence[ReturnLine], kits: set[UUID], currency: str) -> list[ReturnLine]:
    """Returned kits as their parts, as they were when they left; the value of a kit is shared by what each cost then.

    Two queries, and none without a kit.
    """
    back = {line.line_id: line for line in lines if line.variant_id in kits}
    if not back:
        return list(lines)
    rows = Reservation.objects.filter(line_id__in=back, consumed_quantity__gt=0).order_by("pk")
    made_of: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    owners = set()
    for row in rows:
        made_of[row.line_id][row.variant_id] = row.per_unit
        owners.add(row.owner_id)
    cost_of = _costs(owners, {pk for parts in made_of.values() for pk in parts})
    taken: list[ReturnLine] = []
    for line in lines:
        parts = made_of.get(line.line_id)
        if line.line_id not in back or not parts:
            taken.append(line)
            continue
        taken += _shared(line, parts, cost_of, currency)
    return taken


def _costs(owners: set[UUID], variants: set[UUID]) -> dict[UUID, Decimal]:
    """What a piece of each cost when it left for these owners."""
    left = StockMovement.objects.filter(
        reason=StockMovement.Reason.CONSUME, reference_id__in=owners, variant_id__in=variants
    )
    sums = (
        left.order_by()
        .values_list("variant_id")
        .annotate(v=-Sum(F("value_delta")), n=-Sum(F("on_hand_delta")))
    )
    return {pk: Decimal(value) / count for pk, value, count in sums if count}


def _shared(
    line: ReturnLine, parts: Mapping[UUID, int], cost_of: Mapping[UUID, Decimal], currency: str
) -> list[ReturnLine]:
    whole = round_money(line.unit_cost * line.quantity, currency)
    weights = {pk: cost_of.get(pk, Decimal(0)) * count for pk, count in parts.items()}
    total = sum(weights.values()) or Decimal(0)
    shared: list[ReturnLine] = []
    left = whole
    # What cannot come to the shelf takes no value; the last counted one takes the rest, to the cent.
    counted = [pk for pk in parts if cost_of.get(pk)] or list(parts)
    for pk, count in parts.items():
        pieces = count * line.quantity
        value = round_money(whole * weights[pk] / total, currency) if total else Decimal(0)
        if pk == counted[-1]:
            value = left
        left -= value
        unit = (value / pieces).quantize(FOUR_PLACES)
        shared.append(replace(line, variant_id=pk, quantity=pieces, unit_cost=unit, value=value, lots=()))
    return shared
