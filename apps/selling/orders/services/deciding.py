"""A seller's decision on an order that waits: all of it, or line by line; the buyer's reminder; another attempt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.events import publish
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_text
from apps.platform.businesses.closing import refuse_closed
from apps.platform.businesses.selectors import get_business
from apps.selling.orders.amendments import AmendmentDraft
from apps.selling.orders.drafts import Address, Contact, LineDraft, ShippingDraft
from apps.selling.orders.events import OrderNudged, OrderRetried
from apps.selling.orders.models import Order
from apps.selling.orders.policies import can_place
from apps.selling.orders.services.amending import check_amendable, make_version
from apps.selling.orders.services.charging import check_taken_on_otherwise
from apps.selling.orders.services.ending import reject
from apps.selling.orders.services.moves import lines_of, lock_order, move, save_standing
from apps.selling.orders.services.paying import take_on
from apps.selling.orders.services.placing import place_order
from apps.selling.orders.services.telling import enter
from apps.selling.orders.states import Axis, OrderState

BETWEEN_NUDGES = dt.timedelta(days=1)
_STAFF = frozenset({"user", "api_key"})


@use_case(
    permission="orders.confirm",
    idempotent=True,
    audits=("approvals.given", "orders.amended", "orders.closed", "orders.confirmed", "orders.refunded",
            "orders.rejected", "payments.cancelled"),
)  # fmt: skip
def decide_order(
    actor: Actor,
    *,
    order_id: UUID,
    accept: bool,
    rejected_lines: Sequence[UUID] = (),
    reason: str = "",
    key: str | None = None,
) -> Order:
    """Take an order on that waits for it, without the `rejected_lines`, or reject it as a whole.

    Lines that are rejected make the next version: totals are worked out again, their stock is free, what was paid for
    them goes back (`orders.amended` has each line). All lines rejected is a rejected order: `orders.rejected`, stock,
    uses of promotions and money go back. Raises `WrongState` for an order that does not wait, `NotFound`,
    `InvalidInput`.
    """
    reason = clean_text(reason, 200, "reason")
    order = lock_order(order_id)
    if order.state != OrderState.PLACED:
        move(order, Axis.ORDER, "confirm" if accept else "reject")  # raises with the constant answer
    lines = lines_of(order)
    refused = set(rejected_lines)
    if refused - {line.pk for line in lines}:
        raise NotFound()
    if accept:
        check_taken_on_otherwise(order)
    if refused and not accept:
        raise InvalidInput(
            _("Reject the whole order, or accept it without some lines."), code="decision_unclear"
        )
    if not accept or refused == {line.pk for line in lines}:
        reject(actor, order, lines, reason)
        return order
    if refused:
        check_amendable(order)
        make_version(actor, order, AmendmentDraft(quantities=dict.fromkeys(refused, 0)), reason)
    if order.state == OrderState.PLACED:  # less to pay may have confirmed it already
        take_on(actor, order)
        save_standing(order)
    return order


@use_case(unaudited="a line of the order's timeline, told to the seller")
def nudge_order(actor: Actor, *, order_id: UUID) -> Order:
    """The buyer reminds the seller of an order that waits to be taken on, at most once a day.

    Whoever holds the order's link may; the door finds the order by it. Publishes `orders.nudged`. Raises `WrongState`.
    """
    order = lock_order(order_id)
    if order.state != OrderState.PLACED:
        raise WrongState(_("This order does not wait for the shop."), code="orders.nudge_refused")
    if order.nudged_at is not None and clock.now() < order.nudged_at + BETWEEN_NUDGES:
        raise WrongState(_("The shop was reminded already; please wait a day."), code="orders.nudged_lately")
    order.nudged_at = clock.now()
    order.save(update_fields=["nudged_at", "updated_at"])
    enter(actor, order, "nudged")
    publish(OrderNudged(business_id=order.seller_id, order_id=order.pk, number=order.number))
    return order


@use_case(idempotent=True, audits=("customers.added", "customers.updated", "orders.placed"))
def retry_order(actor: Actor, *, order_id: UUID, key: str | None = None) -> Order:
    """Try an order again that expired: a new order with the same lines, at today's prices and with stock of today.

    One attempt for each expired order: asked twice, the first attempt is given again. The delivery costs what it did.
    Publishes `orders.placed` and `orders.retried`. Raises `WrongState` for an order that did not expire, `OutOfStock`,
    `Conflict` (`orders_closed`) for a buyer while the store takes no orders.
    """
    if not can_place(actor):
        raise NotFound()
    order = lock_order(order_id)
    if order.state != OrderState.EXPIRED:
        raise WrongState(_("Only an order that has expired can be tried again."), code="orders.retry_refused")
    made: Order | None = Order.objects.filter(retry_of=order).first()
    if made is not None:
        return made
    if actor.kind not in _STAFF:
        refuse_closed(get_business(order.seller_id))
    charge = order.shipping_total if order.tax_inclusive else order.shipping_net
    attempt = place_order(
        Actor.system("orders", order.business_id, actor.request_id),
        lines=[LineDraft(line.variant_id, line.pieces) for line in lines_of(order)],
        contact=Contact(
            email=order.email,
            phone=order.phone,
            name=order.ship_name,
            user_id=actor.id if actor.kind == "customer" else None,
        ),
        # Else a stranger had another's contract prices by ordering in her name and letting the order expire.
        believes_email=actor.kind in _STAFF,
        address=Address(
            name=order.ship_name,
            line1=order.ship_line1,
            line2=order.ship_line2,
            city=order.ship_city,
            region=order.ship_region,
            postcode=order.ship_postcode,
            country=order.ship_country,
        ),
        shipping=ShippingDraft(order.shipping_name, charge) if order.shipping_name else None,
        channel=order.channel,
        note=order.note,
        language=order.language,
        po_number=order.po_number,
        codes=[one["code"] for one in order.promotions if one.get("code")],
    )
    attempt.retry_of = order
    attempt.save(update_fields=["retry_of", "updated_at"])
    enter(actor, order, "retried", number=attempt.number)
    publish(
        OrderRetried(
            business_id=order.seller_id, order_id=order.pk, number=order.number, attempt_id=attempt.pk
        )
    )
    return attempt
