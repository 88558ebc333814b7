"""Money that staff take for an order: cash in the till, a transfer found on the bank's statement."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_text
from apps.selling.orders.models import Order, Tender
from apps.selling.orders.services.charging import check_not_on_account
from apps.selling.orders.services.moves import lock_order
from apps.selling.orders.services.paying import credit_capture
from apps.selling.orders.states import PaymentState
from apps.selling.payments.services import Owner, cancel_payments_of, take_by_hand

# Which way to pay keeps the money of each tender that people take.
WAYS = {Tender.CASH: "cash", Tender.BANK: "bank_transfer"}


@use_case(
    permission="orders.take_money",
    idempotent=True,
    audits=(
        "orders.confirmed",
        "orders.payment_recorded",
        "orders.refunded",
        "payments.cancelled",
        "payments.captured",
        "payments.refund_requested",
    ),
)
def record_money(
    actor: Actor,
    *,
    order_id: UUID,
    amount: Decimal,
    tender: str,
    received_on: dt.date | None = None,
    reference: str = "",
    key: str | None = None,
) -> Order:
    """Record money that people received for an order: `tender` is cash or bank, `received_on` a day, today if empty.

    A part leaves the order waiting; the rest, or more, confirms it, and what is too much is to be given back.
    Money for an order that has ended is recorded too and is to be given back. Payments of the order that are
    still open are closed when it is paid. Publishes `orders.payment_recorded`. Raises `InvalidInput`, `NotFound`.
    """
    reference = clean_text(reference, 120, "reference")
    way = WAYS.get(Tender(tender)) if tender in Tender.values else None
    if way is None:
        raise InvalidInput(fields={"tender": [_("Choose cash or bank transfer.")]})
    order = lock_order(order_id)
    check_not_on_account(order)
    moment = _moment_of(order, received_on)
    owner = Owner("order", order.pk)
    capture = take_by_hand(
        actor,
        owner=owner,
        what=order.number,
        provider=way,
        amount=amount,
        currency=order.currency,
        received_at=moment,
        reference=reference,
    )
    order = credit_capture(
        actor,
        order,
        payment_id=capture.payment_id,
        capture_id=capture.pk,
        amount=amount,
        provider=way,
        tender=tender,
        received_at=moment,
        reference=reference,
    )
    if order.payment_state == PaymentState.PAID:
        # A page of a company that is still open would take the money a second time.
        cancel_payments_of(Actor.system("orders", order.business_id), owner=owner)
    audit.record(
        actor,
        "orders.payment_recorded",
        order,
        after={"amount": amount, "tender": tender, "received": moment.date().isoformat()},
        reason=reference,
    )
    return order


def _moment_of(order: Order, day: dt.date | None) -> dt.datetime:
    """Noon of the day at the business, or now. Money cannot come before it is asked for, nor tomorrow."""
    zone = ZoneInfo(order.business.time_zone)
    now = clock.now()
    today = now.astimezone(zone).date()
    if day is None or day == today:
        return now
    if day > today:
        raise InvalidInput(fields={"received_on": [_("This day has not come yet.")]})
    if day < order.placed_at.astimezone(zone).date():
        raise InvalidInput(fields={"received_on": [_("The order had not been placed on this day.")]})
    return max(dt.datetime.combine(day, dt.time(12), zone), order.placed_at)
