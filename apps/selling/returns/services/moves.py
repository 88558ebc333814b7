"""Taking a return, and its order with it, from one state to the next."""

from __future__ import annotations

from uuid import UUID

from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound
from apps.kernel.limits import is_visible
from apps.kernel.locks import Rank, lock
from apps.selling.orders.models import Fulfilment, Order
from apps.selling.orders.services.ending import close_when_settled
from apps.selling.orders.services.moves import lock_order, move, save_standing
from apps.selling.orders.states import Axis, FulfilmentState
from apps.selling.returns.models import AGREED, GoodsReturn


def lock_return(actor: Actor, return_id: UUID) -> tuple[GoodsReturn, Order]:
    """The return and its order, the order locked first; raises `NotFound` for what the actor may not see."""
    known = GoodsReturn.objects.filter(pk=return_id).first()
    if known is None or not is_visible(known, actor.limit):
        raise NotFound()
    order = lock_order(known.order_id)
    row = lock(Rank.ROOT, GoodsReturn.objects.filter(pk=return_id))[0]
    row.order = order
    return row, order


def await_goods(order: Order) -> None:
    """What was sent is to come back now."""
    move(order, Axis.FULFILMENT, "await_return")
    save_standing(order)


def end_when_over(actor: Actor, order: Order) -> None:
    """When no return of the order is under way any more, what the buyer keeps is with her again."""
    if order.fulfilment_state not in (FulfilmentState.RETURNING, FulfilmentState.RETURNED):
        return
    if GoodsReturn.objects.filter(order=order, state__in=AGREED).exists():
        return
    if order.fulfilment_state == FulfilmentState.RETURNING:
        on_way = Fulfilment.objects.filter(order=order, state=Fulfilment.State.SHIPPED).exists()
        kept = any(line.returnable_quantity for line in order.lines.all())
        verb = "end_return_on_way" if on_way else "end_return"
        move(order, Axis.FULFILMENT, verb if kept else "take_back_all")
    close_when_settled(actor, order)
    save_standing(order)
