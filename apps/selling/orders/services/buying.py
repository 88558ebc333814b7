"""What a buyer does with her own order: she cancels it, or asks the shop for a change; and the shop's answer."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.events import publish
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_note, clean_text
from apps.selling.orders.buying import can_ask, can_withdraw, check_buyer, check_own
from apps.selling.orders.events import BuyerAnswered, ChangeAsked, OrderWithdrawn
from apps.selling.orders.models import Order
from apps.selling.orders.policies import check_place, has_waiting
from apps.selling.orders.services.ending import cancel_locked
from apps.selling.orders.services.moves import lock_order
from apps.selling.orders.services.telling import enter

LONGEST_WISH = 1000


@use_case(idempotent=True, audits=("approvals.given", "orders.cancelled", "orders.closed", "orders.refunded"))
def withdraw_order(
    actor: Actor, *, order_id: UUID, reason: str = "", user_id: UUID | None = None, key: str | None = None
) -> Order:
    """The buyer cancels her order as long as nothing of it is packed; its stock is free, her money goes back.

    `user_id` is who has signed in: a company's order needs one who buys for it. Publishes `orders.withdrawn` beside
    what cancelling publishes. Raises `WrongState`, `PermissionRefused`, `NotFound`.
    """
    is_own = check_own(actor, "orders.cancel")
    reason = clean_text(reason, 200, "reason")
    order = lock_order(order_id)
    check_buyer(order, user_id)
    if not can_withdraw(order):
        raise WrongState(
            _("This order can no longer be cancelled here."),
            code="orders.withdraw_refused",
            remedy=_("Ask the shop, or send it back when it has arrived."),
        )
    cancel_locked(actor, order, reason, by_hand=not is_own)
    publish(OrderWithdrawn(business_id=order.seller_id, order_id=order.pk, number=order.number))
    return order


@use_case(idempotent=True, unaudited="a line of the order's timeline, told to the seller")
def ask_for_change(
    actor: Actor, *, order_id: UUID, text: str, user_id: UUID | None = None, key: str | None = None
) -> Order:
    """The buyer asks the shop to change an order that waits; one wish at a time, until the shop has answered it.

    Publishes `orders.change_asked`. Raises `InvalidInput`, `WrongState`, `PermissionRefused`, `NotFound`.
    """
    check_place(actor)
    text = clean_note(text)
    if not text or len(text) > LONGEST_WISH:
        message = _("Write what you would like, in up to %(most)s characters.") % {"most": LONGEST_WISH}
        raise InvalidInput(message, fields={"text": [message]})
    order = lock_order(order_id)
    check_buyer(order, user_id)
    if not can_ask(order):
        said = _("The shop has your wish and answers it first.")
        gone = _("Everything of this order has left, or it has ended.")
        raise WrongState(said if has_waiting(order) else gone, code="orders.wish_refused")
    order.change_asked_at = clock.now()
    order.save(update_fields=["change_asked_at", "updated_at"])
    enter(actor, order, "change_asked", text=text)
    publish(ChangeAsked(business_id=order.seller_id, order_id=order.pk, number=order.number))
    return order


@use_case(permission="orders.note", idempotent=True, audits="orders.answered")
def answer_buyer(actor: Actor, *, order_id: UUID, text: str, key: str | None = None) -> Order:
    """Answer what the buyer asked for; she reads it on the order's page and in a mail.

    Publishes `orders.answered`. Raises `InvalidInput`, `WrongState` when nothing was asked, `NotFound`.
    """
    text = clean_note(text)
    if not text or len(text) > LONGEST_WISH:
        message = _("Write an answer of 1 to %(most)s characters.") % {"most": LONGEST_WISH}
        raise InvalidInput(message, fields={"text": [message]})
    order = lock_order(order_id)
    if order.change_asked_at is None:
        raise WrongState(_("The buyer of this order asked for nothing."), code="orders.answer_refused")
    order.change_asked_at = None
    order.save(update_fields=["change_asked_at", "updated_at"])
    written = enter(actor, order, "answered", text=text)
    audit.record(actor, "orders.answered", order)
    publish(
        BuyerAnswered(
            business_id=order.seller_id, order_id=order.pk, number=order.number, entry_id=written.pk
        )
    )
    return order
