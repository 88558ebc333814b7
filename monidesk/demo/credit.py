"""Gift cards, store credit and returns of the demo: each in a state that somebody wants to look at."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.money import round_money
from apps.selling.credit.services import block_credit, issue_credit
from apps.selling.orders.models import Order, OrderLine
from apps.selling.returns.services import (
    receive_return,
    request_return,
    set_return_rules,
    settle_return,
)
from apps.selling.returns.services.asking import WishedLine
from apps.selling.returns.services.receiving import ReceivedLine
from monidesk.demo.shops import Shop

INSTRUCTIONS = "Please put the number of the return on the parcel and send it to the address of the shop."


def fill(actor: Actor, shop: Shop) -> None:
    """After the year: three orders that arrived lately are coming back, four cards were given away."""
    unit = round_money(Decimal(5000) if shop.currency in {"NGN", "JPY"} else Decimal(25), shop.currency)
    soon = clock.today() + dt.timedelta(days=365)
    issue_credit(actor, amount=unit, reason="First prize of the raffle", recipient_name="Maya Lindqvist")
    issue_credit(actor, amount=unit * 2, reason="Thank you to the choir", expires_on=soon)
    lost = issue_credit(actor, amount=unit, reason="Sorry for the wait", recipient_name="Tomas Rey")
    block_credit(actor, account_id=lost.pk, reason="He says that the letter was opened")
    set_return_rules(
        actor, accepts=True, window_days=30, offers_exchange=True, offers_credit=True,
        excluded_tags=["final sale"], instructions=INSTRUCTIONS,
    )  # fmt: skip
    for order, step in zip(_arrived(3), ("ask", "approve", "settle"), strict=False):
        _send_back(actor, order, step)


def _arrived(count: int) -> list[Order]:
    """Orders of known buyers that arrived lately and of which nothing went back."""
    rows = Order.objects.filter(
        fulfilment_state__in=("fulfilled", "delivered"), refunded_total=0, customer__isnull=False
    )
    return list(rows.exclude(email="").order_by("-placed_at", "number")[:count])


def _send_back(actor: Actor, order: Order, step: str) -> None:
    line = OrderLine.objects.filter(order=order).order_by("position")[0]
    if step == "ask":
        wished, by = [WishedLine(line.pk, 1, "size")], Actor.guest(order.seller_id)
        request_return(by, order_id=order.pk, lines=wished, note="One size smaller would have been right.")
        return
    wished = [WishedLine(line.pk, 1, "likes")]
    row = request_return(actor, order_id=order.pk, lines=wished, wish="store_credit")
    if step == "settle":
        receive_return(actor, return_id=row.pk, lines=[ReceivedLine(row.lines.get().pk, 1)])
        settle_return(actor, return_id=row.pk)
