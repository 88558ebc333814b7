"""Picking several orders at once, and the check when one is packed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.goods.inventory.models import Reservation
from apps.goods.inventory.policies import check_work_at
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, WrongState
from apps.kernel.limits import is_visible
from apps.kernel.locks import Rank, lock, lock_one
from apps.kernel.series import next_number
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Location
from apps.selling.orders.later import list_missing
from apps.selling.orders.models import Order, OrderLine, WaitingLine
from apps.selling.orders.models.order import TO_SHIP
from apps.selling.orders.services import fulfil_order, mark_ready, take_to_send
from apps.selling.orders.states import FulfilmentState, PaymentState
from apps.selling.shipping import policies
from apps.selling.shipping.models import PickLine, PickList

OWNER_TYPE = "order"
SERIES = "pick"
MOST_ORDERS = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pieces of one variant for one line of an order: `per_unit` of them are in one unit of the line."""

    order_id: UUID
    line: OrderLine
    variant: Variant
    pieces: int
    per_unit: int

    @property
    def key(self) -> str:
        """Names it on a page: a kit's line wants several variants."""
        return f"{self.line.pk}_{self.variant.pk}"


def list_wanted(order_ids: Sequence[UUID], location_id: UUID | None = None) -> list[Wanted]:
    """What the orders still want from a location (none: from all), in the order of the shelves; three queries.
    What is not here yet is left out.

    Goods whose stock is not counted lie at the default location.
    """
    held = Reservation.objects.filter(
        owner_type=OWNER_TYPE, owner_id__in=list(order_ids), state=Reservation.State.HELD
    )
    if location_id is not None:
        here = Q(location_id=location_id)
        if Location.objects.filter(pk=location_id, is_default=True).exists():
            here |= Q(location__isnull=True)
        held = held.filter(here)
    rows: dict[tuple[UUID, UUID], list[Reservation]] = defaultdict(list)
    for row in held.select_related("variant__product").order_by("id"):
        rows[row.line_id, row.variant_id].append(row)
    lines = OrderLine.objects.in_bulk([line_id for line_id, _variant in rows])
    later: dict[UUID, int] = {}
    if WaitingLine.objects.filter(order_id__in=list(order_ids), arrived_at__isnull=True).exists():
        # A line waits as a whole: parts of a kit are not packed before the last of them is here.
        for one in list_missing({variant_id for _line, variant_id in rows}):
            later[one.line_id] = max(later.get(one.line_id, 0), one.units)
    wanted = [
        Wanted(
            parts[0].owner_id,
            lines[line_id],
            parts[0].variant,
            sum(part.open_quantity for part in parts) - later.get(line_id, 0) * parts[0].per_unit,
            parts[0].per_unit,
        )
        for (line_id, _variant), parts in rows.items()
    ]
    wanted = [one for one in wanted if one.pieces > 0]
    return sorted(wanted, key=lambda one: (one.variant.product.title, one.variant.position, one.line.pk))


@use_case(permission=policies.PACK, idempotent=True, audits="shipping.picking_opened")
def open_pick_list(
    actor: Actor, *, order_ids: Sequence[UUID], location_id: UUID, key: str | None = None
) -> PickList:
    """One list of what these orders want from a location. Raises `InvalidInput` when there is nothing to pick,
    `Conflict` for an order that is on another open list, `NotFound`, `PermissionRefused`.
    """
    chosen = list(dict.fromkeys(order_ids))
    if not 1 <= len(chosen) <= MOST_ORDERS:
        raise InvalidInput(
            _("Choose 1 to %(most)s orders.") % {"most": MOST_ORDERS}, code="no_orders", fields={}
        )
    orders: list[Order] = lock(Rank.ROOT, Order.objects.filter(TO_SHIP, pk__in=chosen))
    if len(orders) < len(chosen) or any(not is_visible(order, actor.limit) for order in orders):
        raise NotFound(_("Some of these orders have nothing to send any more."))
    location = Location.objects.filter(pk=location_id, active=True).first()
    if location is None:
        raise NotFound()
    check_work_at(actor, location.pk)
    wanted = [one for one in list_wanted(chosen, location.pk) if one.pieces]
    if not wanted:
        raise InvalidInput(
            _("Nothing of these orders is taken from %(place)s.") % {"place": location.name},
            code="nothing_to_pick",
        )
    taken = PickLine.objects.filter(order_line__in=[one.line.pk for one in wanted], is_open=True)
    if busy := taken.select_related("pick_list", "order").first():
        raise Conflict(
            _("Order %(order)s is on list %(list)s already.")
            % {"order": busy.order.number, "list": busy.pick_list.number},
            code="on_another_list",
        )
    pick_list = PickList(
        location=location, number=f"PICK-{next_number(SERIES)}", opened_by_label=actor.label[:200]
    )
    pick_list.save(force_insert=True)
    PickLine.objects.bulk_create(
        [
            PickLine(
                pick_list=pick_list,
                position=position,
                order_id=one.order_id,
                order_line=one.line,
                variant=one.variant,
                quantity=one.pieces,
            )
            for position, one in enumerate(wanted, start=1)
        ]
    )
    after = {"number": pick_list.number, "orders": sorted(order.number for order in orders)}
    audit.record(actor, "shipping.picking_opened", pick_list, after=after)
    return pick_list


@use_case(permission=policies.PACK, idempotent=True, audits="shipping.picked")
def finish_picking(
    actor: Actor, *, pick_list_id: UUID, picked: Mapping[UUID, int], key: str | None = None
) -> PickList:
    """Note what was taken from the shelves, by line; what is left out was not found.

    Raises `InvalidInput` at the line of which more were picked than wanted, `WrongState`, `NotFound`.
    """
    pick_list = _lock_open(actor, pick_list_id)
    lines = list(PickLine.objects.filter(pick_list=pick_list).select_related("variant__product"))
    wrong = {}
    for line in lines:
        count = picked.get(line.pk, 0)
        if isinstance(count, bool) or not 0 <= count <= line.quantity:
            title = line.variant.product.title
            wrong[f"line_{line.pk}"] = [
                _("%(title)s: enter a number from 0 to %(most)s.") % {"title": title, "most": line.quantity}
            ]
        line.picked, line.is_open = count, False
    if wrong:
        raise InvalidInput(fields=wrong, code="wrong_quantity")
    PickLine.objects.bulk_update(lines, ["picked", "is_open"])
    pick_list.state, pick_list.picked_at = PickList.State.PICKED, clock.now()
    pick_list.picked_by_label = actor.label[:200]
    pick_list.save(update_fields=["state", "picked_at", "picked_by_label", "updated_at"])
    missing = sum(line.quantity - line.picked for line in lines)
    after = {"pieces": sum(line.picked for line in lines), "missing": missing}
    audit.record(actor, "shipping.picked", pick_list, after=after)
    return pick_list


@use_case(permission=policies.PACK, audits="shipping.picking_cancelled")
def cancel_picking(actor: Actor, *, pick_list_id: UUID) -> PickList:
    """Call a list off; its orders may stand on another one. Raises `WrongState`, `NotFound`."""
    pick_list = _lock_open(actor, pick_list_id)
    PickLine.objects.filter(pick_list=pick_list).update(is_open=False)
    pick_list.state = PickList.State.CANCELLED
    pick_list.save(update_fields=["state", "updated_at"])
    audit.record(actor, "shipping.picking_cancelled", pick_list)
    return pick_list


@use_case(
    permission=policies.PACK,
    idempotent=True,
    audits=("orders.fulfilled", "orders.packed", "shipping.pack_checked"),
)
def pack_order(
    actor: Actor,
    *,
    order_id: UUID,
    counted: Mapping[str, int],
    send: bool = False,
    rest_follows: bool = False,
    key: str | None = None,
) -> Order:
    """Compare what lies in the box with what the order wants, piece by piece (`Wanted.key`); then it is ready, or sent.

    With `rest_follows` fewer may be sent; parts of a kit or of a pack are never sent alone. Raises `InvalidInput` that
    names every item of which there are too few or too many, and what `mark_ready` and `fulfil_order` raise.
    """
    order = lock_one(Rank.ROOT, Order.objects.filter(pk=order_id))
    units = _check_box(actor, order, counted, may_be_fewer=send and rest_follows)
    boxed = {"pieces": sum(counted.values()), "sent": send}
    audit.record(actor, "shipping.pack_checked", order, after=boxed)
    if send:
        fulfil_order(actor, order_id=order.pk, lines=list(units.items()))
    elif order.fulfilment_state != FulfilmentState.READY:
        mark_ready(actor, order_id=order.pk)
    return Order.objects.get(pk=order.pk)


def send_packed(
    actor: Actor,
    *,
    order_id: UUID,
    counted: Mapping[str, int],
    rest_follows: bool = False,
    key: str | None = None,
) -> Order:
    """What `pack_order` does when it sends, after taking the money that is reserved for the order. Not inside a use
    case: it calls the company, once the box was found right, and sends nothing when that says no.
    """
    _may_send(actor, order_id=order_id, counted=counted, rest_follows=rest_follows)
    take_to_send(actor, order_id=order_id)
    return pack_order(
        actor, order_id=order_id, counted=counted, send=True, rest_follows=rest_follows, key=key
    )


@use_case(permission=policies.PACK, unaudited="looks into the box; what follows is entered")
def _may_send(actor: Actor, *, order_id: UUID, counted: Mapping[str, int], rest_follows: bool) -> None:
    order = lock_one(Rank.ROOT, Order.objects.filter(pk=order_id))
    # Only then money is taken; whatever else is wrong, also with a page sent twice, `pack_order` says.
    if order.payment_state == PaymentState.AUTHORISED:
        _check_box(actor, order, counted, may_be_fewer=rest_follows)


def _check_box(
    actor: Actor, order: Order, counted: Mapping[str, int], *, may_be_fewer: bool
) -> dict[UUID, int]:
    """Units of each line that lie in the box."""
    if not is_visible(order, actor.limit):
        raise NotFound()
    wanted = list_wanted([order.pk])
    by_key = {one.key: one for one in wanted}
    if set(counted) - set(by_key):
        raise InvalidInput(_("Something in the box is not of this order."), code="wrong_item")
    _check_counts(wanted, counted, may_be_fewer=may_be_fewer)
    return _units(wanted, counted)


def _check_counts(wanted: Sequence[Wanted], counted: Mapping[str, int], *, may_be_fewer: bool) -> None:
    said = []
    for one in wanted:
        count = counted.get(one.key, 0)
        facts = {"title": one.variant.product.title, "count": count, "wanted": one.pieces}
        if isinstance(count, bool) or count < 0 or count > one.pieces:
            said.append(_("%(title)s: %(count)s are in the box, %(wanted)s belong in.") % facts)
        elif count < one.pieces and not may_be_fewer:
            said.append(_("%(title)s: only %(count)s of %(wanted)s are in the box.") % facts)
    if said:
        raise InvalidInput(" ".join(said), code="box_differs")
    if not any(counted.values()):
        raise InvalidInput(_("Nothing is in the box yet."), code="box_empty")


def _units(wanted: Sequence[Wanted], counted: Mapping[str, int]) -> dict[UUID, int]:
    """Units of each line that the pieces in the box make; raises for a piece that makes none."""
    found: dict[UUID, set[int]] = defaultdict(set)
    for one in wanted:
        whole, left = divmod(counted.get(one.key, 0), one.per_unit)
        if left:
            words = _("%(title)s is sold %(count)s together: take whole ones.")
            raise InvalidInput(words % {"title": one.line.title, "count": one.per_unit}, code="not_whole")
        found[one.line.pk].add(whole)
    for line_id, counts in found.items():
        if len(counts) > 1:
            title = next(one.line.title for one in wanted if one.line.pk == line_id)
            raise InvalidInput(
                _("%(title)s: its parts do not make whole ones.") % {"title": title}, code="not_whole"
            )
    return {line_id: counts.pop() for line_id, counts in found.items() if counts != {0}}


def _lock_open(actor: Actor, pick_list_id: UUID) -> PickList:
    pick_list = lock_one(Rank.ROOT, PickList.objects.filter(pk=pick_list_id))
    check_work_at(actor, pick_list.location_id)
    if pick_list.state != PickList.State.OPEN:
        raise WrongState(
            _("This list is “%(state)s”.") % {"state": pick_list.get_state_display()}, code="list_not_open"
        )
    return pick_list
