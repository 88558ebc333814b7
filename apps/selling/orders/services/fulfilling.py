"""Goods leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.inventory.lines import LotPick, Owner
from apps.goods.inventory.services import consume_stock
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.events import publish
from apps.kernel.money import ZERO
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_text
from apps.selling.credit.selectors import gift_months
from apps.selling.orders.events import FulfilmentShipped
from apps.selling.orders.models import Fulfilment, FulfilmentLine, Order, OrderLine
from apps.selling.orders.services.charging import charge_account
from apps.selling.orders.services.moves import lines_of, lock_order, move, save_progress, save_standing
from apps.selling.orders.services.telling import enter
from apps.selling.orders.services.waiting import check_is_here, missing_units
from apps.selling.orders.shares import Share, share_of_pieces
from apps.selling.orders.sold import things_in
from apps.selling.orders.states import MAY_LEAVE, TO_SEND, Axis, OrderState

OWNER_TYPE = "order"


@use_case(permission="orders.fulfil", idempotent=True, audits="orders.fulfilled")
def fulfil_order(
    actor: Actor,
    *,
    order_id: UUID,
    lines: Sequence[tuple[UUID, int]] | None = None,
    carrier: str = "",
    tracking_number: str = "",
    tracking_url: str = "",
    lots: Mapping[UUID, Sequence[LotPick]] | None = None,
    key: str | None = None,
) -> Fulfilment:
    """Send a parcel with the given pieces (line id, quantity), or with everything that waits.

    The order must be confirmed and paid. Stock is consumed at its cost, of goods that are told apart the first to
    expire unless `lots` names others for a line; the share of net and tax that
    belongs to the pieces becomes revenue, the delivery charge with the first parcel, the last piece of a line
    takes the rest, so that all parcels sum to the order. Publishes `fulfilment.shipped`. Raises `WrongState`,
    `InvalidInput` for more pieces than wait, `NotFound` for a foreign order or line.
    """
    carrier = clean_text(carrier, 80, "carrier")
    tracking_number = clean_text(tracking_number, 80, "tracking_number")
    tracking_url = _clean_link(tracking_url)
    order = lock_order(order_id)
    _check_may_leave(order)
    all_lines = lines_of(order)
    chosen = _choose(all_lines, lines)
    later = missing_units(order)
    if lines is None and later:
        chosen = _what_is_here(chosen, later)
    check_is_here(chosen, later)
    is_last = sum(line.waiting_quantity for line in all_lines) == sum(chosen.values())
    move(order, Axis.FULFILMENT, "fulfil_all" if is_last else "fulfil_part")
    consumed = consume_stock(
        actor,
        owner=Owner(OWNER_TYPE, order.pk),
        lines=[(line.pk, count) for line, count in chosen.items()],
        lots=lots,
    )
    cost_of: dict[UUID, Decimal] = defaultdict(Decimal)
    for part in consumed:
        cost_of[part.line_id] += part.cost
    fulfilment = Fulfilment(
        business_id=order.business_id,
        order=order,
        number=Fulfilment.objects.filter(order=order).count() + 1,
        carrier=carrier,
        tracking_number=tracking_number,
        tracking_url=tracking_url,
        shipped_at=clock.now(),
    )
    parts = [_recognise(order, fulfilment, line, count, cost_of[line.pk]) for line, count in chosen.items()]
    vouchers = gift_months([line.variant_id for line in chosen])
    fulfilment.voucher_net = sum((part.net for part in parts if part.order_line.variant_id in vouchers), ZERO)
    _sum_up(fulfilment, parts)
    if is_last or any(line.variant_id not in vouchers for line in chosen):
        # A card that is mailed is no delivery: the charge waits for the goods.
        _recognise_delivery_charge(order, fulfilment)
    order.recognised_total += fulfilment.gross
    fulfilment.save(force_insert=True)
    if order.is_on_account:
        charge_account(actor, order, fulfilment)
    FulfilmentLine.objects.bulk_create(parts)
    save_progress(list(chosen))
    save_standing(order)
    _tell_shipped(
        actor,
        order,
        fulfilment,
        pieces=sum(things_in(line, count) for line, count in chosen.items()),
        is_last=is_last,
    )
    return fulfilment


def _check_may_leave(order: Order) -> None:
    if order.state != OrderState.CONFIRMED:
        raise WrongState(
            _("Only a confirmed order can be sent; this one is “%(state)s”.")
            % {"state": order.get_state_display()},
            code="orders.fulfilment_needs_confirmed",
        )
    if order.payment_state not in MAY_LEAVE:
        raise WrongState(
            _("Only a paid order can be sent; this one is “%(state)s”.")
            % {"state": order.get_payment_state_display()},
            code="orders.fulfilment_needs_payment",
        )
    if order.fulfilment_state not in TO_SEND:
        move(order, Axis.FULFILMENT, "fulfil_all")  # raises with the constant answer


def _choose(lines: list[OrderLine], wanted: Sequence[tuple[UUID, int]] | None) -> dict[OrderLine, int]:
    if wanted is None:
        return {line: line.waiting_quantity for line in lines if line.waiting_quantity}
    by_id = {line.pk: line for line in lines}
    chosen: dict[OrderLine, int] = defaultdict(int)
    for line_id, count in wanted:
        line = by_id.get(line_id)
        if line is None:
            raise NotFound(line_id=line_id)
        if isinstance(count, bool) or count < 0:
            raise _wrong_count(line)
        chosen[line] += count
    chosen = {line: count for line, count in chosen.items() if count}
    if not chosen:
        raise InvalidInput(_("Choose at least one piece to send."), code="nothing_to_send")
    for line, count in chosen.items():
        if count > line.waiting_quantity:
            raise _wrong_count(line)
    return chosen


def _what_is_here(chosen: dict[OrderLine, int], later: Mapping[UUID, int]) -> dict[OrderLine, int]:
    """Everything that waits, without what has to come first."""
    here = {line: count - later.get(line.pk, 0) for line, count in chosen.items()}
    here = {line: count for line, count in here.items() if count > 0}
    if not here:
        raise WrongState(_("Nothing of this order is here yet."), code="orders.goods_not_here")
    return here


def _wrong_count(line: OrderLine) -> InvalidInput:
    message = _("%(title)s: enter a number from 0 to %(most)s.") % {
        "title": line.title,
        "most": line.waiting_quantity,
    }
    return InvalidInput(
        message, code="wrong_quantity", fields={f"line_{line.pk}": [message]}, line_id=line.pk
    )


def _clean_link(link: str) -> str:
    link = clean_text(link, 500, "tracking_url")
    if link and (urlsplit(link).scheme not in ("http", "https") or not urlsplit(link).netloc):
        message = _("Enter a web address that begins with https://.")
        raise InvalidInput(message, fields={"tracking_url": [message]})
    return link


def _recognise(
    order: Order, fulfilment: Fulfilment, line: OrderLine, count: int, cost: Decimal
) -> FulfilmentLine:
    """The pieces' share of the line becomes revenue."""
    whole = Share(line.waiting_net, line.waiting_tax)
    share = share_of_pieces(whole, count, line.waiting_quantity, order.currency)
    line.fulfilled_quantity += count
    line.recognised_net += share.net
    line.recognised_tax += share.tax
    line.cost_total += cost
    return FulfilmentLine(
        business_id=order.business_id,
        fulfilment=fulfilment,
        order_line=line,
        quantity=count,
        net=share.net,
        tax=share.tax,
        cost=cost,
    )


def _sum_up(fulfilment: Fulfilment, parts: list[FulfilmentLine]) -> None:
    fulfilment.lines_net = sum((part.net for part in parts), ZERO)
    fulfilment.tax = sum((part.tax for part in parts), ZERO)
    fulfilment.shipping_net = ZERO
    fulfilment.gross = fulfilment.lines_net + fulfilment.tax
    fulfilment.cost = sum((part.cost for part in parts), ZERO)


def _recognise_delivery_charge(order: Order, fulfilment: Fulfilment) -> None:
    charge = Share(order.shipping_waiting_net, order.shipping_waiting_tax)
    order.shipping_recognised_net += charge.net
    order.shipping_recognised_tax += charge.tax
    fulfilment.tax += charge.tax
    fulfilment.shipping_net = charge.net
    fulfilment.gross += charge.gross


def _tell_shipped(actor: Actor, order: Order, fulfilment: Fulfilment, *, pieces: int, is_last: bool) -> None:
    kind = "shipped_by" if fulfilment.carrier or fulfilment.tracking_number else "shipped"
    enter(
        actor,
        order,
        kind,
        parcel=fulfilment.number,
        pieces=pieces,
        carrier=fulfilment.carrier,
        tracking=fulfilment.tracking_number,
    )
    audit.record(actor, "orders.fulfilled", order, after={"parcel": fulfilment.number, "pieces": pieces})
    publish(
        FulfilmentShipped(
            business_id=order.seller_id,
            order_id=order.pk,
            number=order.number,
            fulfilment_id=fulfilment.pk,
            lines_net=fulfilment.lines_net,
            tax=fulfilment.tax,
            shipping_net=fulfilment.shipping_net,
            gross=fulfilment.gross,
            cost=fulfilment.cost,
            currency=order.currency,
            carrier=fulfilment.carrier,
            tracking_number=fulfilment.tracking_number,
            tracking_url=fulfilment.tracking_url,
            is_last=is_last,
            voucher_net=fulfilment.voucher_net,
        )
    )
