"""Reads of returns, and what may come back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Max, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.kernel import clock
from apps.kernel.errors import NotFound
from apps.selling.credit.selectors import gift_months
from apps.selling.orders.models import FulfilmentLine, Order, OrderLine

from .models import OPEN, GoodsReturn, ReturnLine, ReturnRules, ReturnSettlement


def get_rules() -> ReturnRules:
    """The bound business's rules; the usual ones when it set none."""
    return ReturnRules.objects.first() or ReturnRules()


def get_return(return_id: UUID) -> GoodsReturn:
    """A return of the bound business; raises `NotFound`."""
    row: GoodsReturn | None = GoodsReturn.objects.select_related("order").filter(pk=return_id).first()
    if row is None:
        raise NotFound()
    return row


def list_returns_of(order: Order) -> QuerySet[GoodsReturn]:
    """The returns of an order, oldest first."""
    rows: QuerySet[GoodsReturn] = GoodsReturn.objects.filter(order=order).order_by("id")
    return rows


def lines_of_return(row: GoodsReturn) -> list[ReturnLine]:
    """Its lines with what they are of."""
    lines = ReturnLine.objects.filter(goods_return=row).select_related(
        "order_line__variant", "exchange_variant__product"
    )
    return list(lines.order_by("order_line__position"))


def settlements_of(row: GoodsReturn) -> list[ReturnSettlement]:
    """What was paid back of it so far."""
    rows = ReturnSettlement.objects.filter(goods_return=row).select_related("exchange_order", "refund")
    return list(rows.order_by("id"))


def coming_back(lines: Collection[OrderLine]) -> dict[UUID, int]:
    """Pieces of each order line that open returns still hold: promised and not paid back yet."""
    held = ReturnLine.objects.filter(order_line__in=lines, goods_return__state__in=OPEN)
    rows = (
        held.order_by()
        .values("order_line_id")
        .annotate(pieces=Sum(F("quantity") - F("missing") - F("settled_sellable") - F("settled_damaged")))
    )
    return {row["order_line_id"]: row["pieces"] for row in rows}


@dataclass(frozen=True, slots=True)
class Returnable:
    """How many pieces of a line may be sent back; `why_not` says why none."""

    line: OrderLine
    most: int
    why_not: str = ""


def returnable_lines(order: Order, *, by_rules: bool) -> list[Returnable]:
    """What of an order may come back; `by_rules` asks the shop's window and exceptions, as buyers are asked."""
    lines = list(
        OrderLine.objects.filter(order=order).select_related("variant__product").order_by("position")
    )
    held = coming_back(lines)
    rules = get_rules()
    arrived = _arrived_at(order) if by_rules else {}
    cards = gift_months([line.variant_id for line in lines]) if by_rules else {}
    return [_judge(line, held, rules, arrived, cards, by_rules=by_rules) for line in lines]


def _arrived_at(order: Order) -> dict[UUID, dt.datetime]:
    """When the last pieces of each line reached the buyer; of what nobody saw arrive, when they were sent."""
    rows = FulfilmentLine.objects.filter(fulfilment__order=order).order_by().values("order_line_id")
    rows = rows.annotate(at=Max(Coalesce("fulfilment__delivered_at", "fulfilment__shipped_at")))
    return {row["order_line_id"]: row["at"] for row in rows}


def _judge(
    line: OrderLine,
    held: dict[UUID, int],
    rules: ReturnRules,
    arrived: dict[UUID, dt.datetime],
    cards: dict[UUID, int | None],
    *,
    by_rules: bool,
) -> Returnable:
    most = max(0, line.returnable_quantity - held.get(line.pk, 0))
    if not most:
        return Returnable(line, 0, _("nothing of it can come back now"))
    if not by_rules:
        return Returnable(line, most)
    if not rules.accepts:
        return Returnable(line, 0, _("please ask the shop"))
    if line.variant_id in cards:
        return Returnable(line, 0, _("gift cards are not taken back here"))
    if set(line.variant.product.tags) & set(rules.excluded_tags):
        return Returnable(line, 0, _("this product is not taken back"))
    at = arrived.get(line.pk)
    if at is not None and clock.now() > at + dt.timedelta(days=rules.window_days):
        return Returnable(line, 0, _("the %(days)s days are over") % {"days": rules.window_days})
    return Returnable(line, most)


def exchange_choices(lines: Collection[OrderLine]) -> dict[UUID, list[Variant]]:
    """By line the variants of its product that it can be exchanged for."""
    products = {line.pk: line.variant.product_id for line in lines}
    rows = Variant.objects.filter(product_id__in=set(products.values()), active=True, published=True)
    by_product: dict[UUID, list[Variant]] = {}
    for variant in rows.select_related("product").order_by("position"):
        by_product.setdefault(variant.product_id, []).append(variant)
    return {line_id: by_product.get(product_id, []) for line_id, product_id in products.items()}
