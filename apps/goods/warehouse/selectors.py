"""Reads of counts that more than one door needs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from apps.goods.inventory.models import StockBalance
from apps.goods.warehouse.models import CountLine, StockCount
from apps.kernel.money import ZERO, round_money
from apps.platform.businesses.selectors import get_current_business


@dataclass(frozen=True, slots=True)
class ReviewedLine:
    """A counted line with what its difference is worth at today's average cost."""

    line: CountLine
    value: Decimal


@dataclass(frozen=True, slots=True)
class Variance:
    """A count's differences together; `worth` adds gains and losses up."""

    lines: int
    units: int
    value: Decimal
    worth: Decimal


def list_reviewed(count: StockCount) -> list[ReviewedLine]:
    """The counted lines, largest difference in value first. Two queries. An estimate: posting decides under lock."""
    currency = get_current_business().currency
    lines = list(
        CountLine.objects.filter(count=count, counted_quantity__isnull=False).select_related(
            "variant__product"
        )
    )
    shelves = {
        row.variant_id: row
        for row in StockBalance.objects.filter(
            location_id=count.location_id, variant_id__in=[line.variant_id for line in lines if line.variance]
        )
    }
    reviewed = []
    for line in lines:
        shelf, delta = shelves.get(line.variant_id), line.variance or 0
        if shelf is not None and shelf.on_hand > 0:
            value = round_money(shelf.value * delta / shelf.on_hand, currency)
        else:
            value = round_money((line.variant.cost or ZERO) * delta, currency)
        reviewed.append(ReviewedLine(line, value))
    return sorted(
        reviewed, key=lambda found: (-abs(found.value), -abs(found.line.variance or 0), found.line.pk)
    )


def variance_of(count: StockCount) -> Variance:
    """What the count would change, estimated."""
    differing = [found for found in list_reviewed(count) if found.line.variance]
    return Variance(
        len(differing),
        sum(found.line.variance or 0 for found in differing),
        sum((found.value for found in differing), ZERO),
        sum((abs(found.value) for found in differing), ZERO),
    )
