"""Selling before it is there, and serving who waits when it comes: first come, first served."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.goods.catalog.services import update_variant
from apps.goods.inventory.models import Reservation, StockBalance
from apps.goods.inventory.services import follow_backorder_limit
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.events import publish
from apps.kernel.locks import Rank, lock
from apps.kernel.use_cases import use_case
from apps.selling.orders.events import GoodsArrived
from apps.selling.orders.later import Missing, list_missing
from apps.selling.orders.models import LaterKind, LaterSale, Order, OrderLine, WaitingLine
from apps.selling.orders.policies import check_system
from apps.selling.orders.services.telling import enter

OWNER_TYPE = "order"
LARGEST_LIMIT = 1_000_000
FURTHEST = dt.timedelta(days=730)


@use_case(permission="stock.rules", idempotent=True, audits=("orders.later_set", "products.variant_changed"))
def sell_later(
    actor: Actor,
    *,
    variant_id: UUID,
    kind: str,
    limit: int,
    promised_on: dt.date | None = None,
    key: str | None = None,
) -> LaterSale:
    """Sell a variant when none is left: up to `limit` pieces beyond what is there, promised for a day.

    Orders already placed keep the day they were promised. Raises `InvalidInput` at the field at fault, `NotFound`.
    """
    variant = Variant.objects.filter(pk=variant_id, active=True).first()
    if variant is None:
        raise NotFound()
    wrong = {}
    if kind not in LaterKind.values:
        wrong["kind"] = [_("Choose backorder or pre-order.")]
    if isinstance(limit, bool) or not 1 <= limit <= LARGEST_LIMIT:
        wrong["limit"] = [_("Enter how many may be sold beyond what is there, one or more.")]
    today = clock.now().date()
    if promised_on is not None and not today <= promised_on <= today + FURTHEST:
        wrong["promised_on"] = [_("Choose a day within the next two years.")]
    if promised_on is None and kind == LaterKind.PREORDER:
        wrong["promised_on"] = [_("A pre-order names the day from which it is sent.")]
    if variant.is_kit or not variant.track_stock:
        wrong["variant"] = [_("Only goods whose stock is counted can be sold before they are there.")]
    if wrong:
        raise InvalidInput(fields=wrong)
    _set_limit(actor, variant, limit)
    sale, _new = LaterSale.objects.update_or_create(
        variant=variant, defaults={"kind": kind, "promised_on": promised_on}
    )
    after = {"variant": variant.sku, "kind": kind, "limit": limit, "promised_on": promised_on}
    audit.record(actor, "orders.later_set", sale, after=after)
    return sale


@use_case(permission="stock.rules", audits=("orders.later_ended", "products.variant_changed"))
def end_later(actor: Actor, *, sale_id: UUID) -> None:
    """Sell it only while it is there. Who has ordered still gets it. Raises `NotFound`."""
    sale = LaterSale.objects.select_related("variant").filter(pk=sale_id).first()
    if sale is None:
        raise NotFound()
    _set_limit(actor, sale.variant, 0)
    audit.record(actor, "orders.later_ended", sale, before={"kind": sale.kind})
    sale.delete()


def _set_limit(actor: Actor, variant: Variant, limit: int) -> None:
    # Who may set rules of stock need not be allowed to change products.
    system = Actor.system("orders", variant.business_id, actor.request_id)
    update_variant(system, variant_id=variant.pk, backorder_limit=limit)
    follow_backorder_limit(system, variant_id=variant.pk, backorder_limit=limit)


@use_case(unaudited="what an order waits for follows the stock, whose ledger names every piece")
def settle_waiting(actor: Actor, *, variant_ids: Iterable[UUID]) -> list[WaitingLine]:
    """Bring what orders wait for to what is there now; by the product itself only. Repeated, it changes nothing.

    Who ordered first is served first. A line that has all it was promised is told to the buyer: publishes
    `orders.goods_arrived` for its order. Returns the lines that changed.
    """
    check_system(actor)
    asked = set(variant_ids)
    open_lines = WaitingLine.objects.filter(arrived_at__isnull=True)
    known = set(open_lines.filter(variant_id__in=asked).values_list("line_id", flat=True))
    # A kit waits for the scarcest of its parts: all of them are looked at.
    held = Reservation.objects.filter(line_id__in=known, state=Reservation.State.HELD)
    asked |= set(held.values_list("variant_id", flat=True))
    # Two who settle the same shelf do so one after the other, and the second finds nothing left to do.
    lock(Rank.STOCK, StockBalance.objects.filter(variant_id__in=asked))
    missing = list_missing(asked)
    worst: dict[UUID, Missing] = {}
    for one in missing:
        if one.line_id not in worst or one.units > worst[one.line_id].units:
            worst[one.line_id] = one
    waiting = {row.line_id: row for row in WaitingLine.objects.filter(line_id__in={*known, *worst})}
    sales = {one.variant_id: one for one in LaterSale.objects.filter(variant_id__in=asked)}
    lines = OrderLine.objects.in_bulk(list({*known, *worst}))
    still_held = set(
        Reservation.objects.filter(
            line_id__in=known, owner_type=OWNER_TYPE, state=Reservation.State.HELD
        ).values_list("line_id", flat=True)
    )
    added: list[WaitingLine] = []
    changed: list[WaitingLine] = []
    arrived: list[WaitingLine] = []
    for line_id, one in worst.items():
        row = waiting.get(line_id)
        if line_id not in lines:  # promised to something that is no order
            continue
        sale = sales.get(one.variant_id)
        is_new = row is None
        if row is None:
            row = WaitingLine(
                business_id=lines[line_id].business_id,
                order_id=one.order_id,
                line=lines[line_id],
                kind=sale.kind if sale else LaterKind.BACKORDER,
                promised_on=sale.promised_on if sale else None,
            )
        elif (row.quantity, row.variant_id) == (one.units, one.variant_id):
            continue
        row.variant_id, row.quantity, row.arrived_at = one.variant_id, one.units, None
        (added if is_new else changed).append(row)
    for line_id in known - set(worst):
        row = waiting[line_id]
        if row.arrived_at is not None:  # somebody settled it while this one waited for the shelf
            continue
        row.quantity, row.arrived_at = 0, clock.now()
        changed.append(row)
        if line_id in still_held:  # else it was cancelled meanwhile: nobody waits any more
            arrived.append(row)
    # Together: the shelf is locked while hundreds may be served.
    WaitingLine.objects.bulk_create(added)
    for row in changed:
        row.updated_at = clock.now()
    WaitingLine.objects.bulk_update(changed, ["variant", "quantity", "arrived_at", "updated_at"])
    _tell_arrived(actor, arrived, lines)
    return [*added, *changed]


def _tell_arrived(actor: Actor, arrived: list[WaitingLine], lines: dict[UUID, OrderLine]) -> None:
    orders = Order.objects.in_bulk({row.order_id for row in arrived})
    for order in orders.values():
        titles = [lines[row.line_id].title for row in arrived if row.order_id == order.pk]
        enter(actor, order, "goods_arrived", items=", ".join(titles))
        publish(
            GoodsArrived(business_id=order.seller_id, order_id=order.pk, number=order.number, items=titles)
        )


def check_is_here(chosen: dict[OrderLine, int], units: Mapping[UUID, int]) -> None:
    """Refuse to send what others ordered first: a piece that is not there for this order does not leave with it.

    `units` are what is missing of each line. Raises `WrongState` naming the lines.
    """
    short = [line for line, count in chosen.items() if count > line.waiting_quantity - units.get(line.pk, 0)]
    if short:
        raise WrongState(
            _("Not here yet: %(items)s.") % {"items": ", ".join(line.title for line in short)},
            code="orders.goods_not_here",
            remedy=_("Send the other pieces now and the rest when it has come."),
            lines=[
                {"line_id": line.pk, "here": line.waiting_quantity - units.get(line.pk, 0)} for line in short
            ],
        )


def missing_units(order: Order) -> dict[UUID, int]:
    """Units of each line that are not here yet, as the shelves are now; one query when it waits for nothing."""
    if not WaitingLine.objects.filter(order=order, arrived_at__isnull=True).exists():
        return {}
    held = Reservation.objects.filter(owner_type=OWNER_TYPE, owner_id=order.pk, state=Reservation.State.HELD)
    units: dict[UUID, int] = {}
    for one in list_missing(set(held.values_list("variant_id", flat=True))):
        if one.order_id == order.pk:
            units[one.line_id] = max(units.get(one.line_id, 0), one.units)
    return units
