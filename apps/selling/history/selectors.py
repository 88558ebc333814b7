"""Reads of sales of the past."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from .arranging import Sold
from .models import CustomerReference, LineKind, MatchedReturn, PastLine, PastOrder
from .parsing import Line

MOST_LINES = 500


def digests_of(numbers: Sequence[str]) -> dict[str, str]:
    """What is known of papers with these numbers."""
    return dict(PastOrder.objects.filter(number__in=numbers).values_list("number", "digest"))


def sold_earlier(returns: list[Line]) -> dict[tuple[str, str], list[Sold]]:
    """What earlier files sold to the customers of these returns: by customer and code, the latest first."""
    found: dict[tuple[str, str], list[Sold]] = defaultdict(list)
    numbers = {line.customer for line in returns}
    owners: dict[Any, str] = {
        row.customer_id: row.reference for row in CustomerReference.objects.filter(reference__in=numbers)
    }
    if not owners:
        return found
    lines = (
        PastLine.objects.filter(
            order__customer__in=owners, kind=LineKind.GOODS, sku__in={line.sku for line in returns}
        )
        .annotate(left=F("quantity") - Coalesce(Sum("taken_back__quantity"), 0))
        .select_related("order")
        .order_by("-order__placed_at", "-position")
    )
    for line in lines:
        key = owners[line.order.customer_id], line.sku.upper()
        price = f"{line.unit_price.normalize():f}"
        found[key].append(
            Sold(line.order.placed_at.isoformat(), line.order.number, line.position, price, line.left)
        )
    return found


def list_past_orders_of(customer_id: UUID) -> QuerySet[PastOrder]:
    """A customer's papers of the past, newest first."""
    rows: QuerySet[PastOrder] = PastOrder.objects.filter(customer_id=customer_id)
    return rows.order_by("-placed_at", "-id")


def list_lines(order: PastOrder) -> list[PastLine]:
    """The first lines of a paper, with how many of each came back."""
    rows = PastLine.objects.filter(order=order).annotate(came_back=Coalesce(Sum("taken_back__quantity"), 0))
    return list(rows.order_by("position")[:MOST_LINES])


def list_matches(order: PastOrder) -> list[MatchedReturn]:
    """What a return takes back, and what took back lines of this paper."""
    rows = MatchedReturn.objects.select_related("return_line__order", "sale_line__order")
    own = rows.filter(return_line__order=order) | rows.filter(sale_line__order=order)
    return list(own.order_by("sale_line__order__placed_at", "id")[:MOST_LINES])
