"""Money given back by hand: for pieces that left, for pieces that did not, for delivery, out of goodwill."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.goods.inventory.models import StockBalance
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.events import publish
from apps.kernel.ids import new_id
from apps.kernel.models import OutboxEvent
from apps.kernel.use_cases import use_case
from apps.selling.orders.drafts import RefundLine
from apps.selling.orders.models import Order, OrderRefund, TimelineEntry
from apps.selling.orders.services import refund_order
from apps.selling.orders.timeline import sentence
from apps.selling.payments.events import PaymentRefundFailed
from apps.selling.payments.owners import owner_url
from tests.factories.goods import make_variant
from tests.factories.orders import (
    deliver,
    lines_of,
    make_order,
    pay,
    reread,
    ship,
    system_of,
)

pytestmark = pytest.mark.django_db


def states(order: Order) -> tuple[str, str, str]:
    order = reread(order)
    return order.state, order.payment_state, order.fulfilment_state


def kinds(order: Order) -> list[str]:
    return list(TimelineEntry.unscoped.filter(order=order).order_by("id").values_list("kind", flat=True))


def events(order: Order, name: str) -> list[dict]:
    rows = OutboxEvent.objects.filter(owner=f"order:{order.pk}", name=name).order_by("id")
    return [row.payload for row in rows]


def balance(variant) -> StockBalance:
    return StockBalance.unscoped.get(variant=variant)


def test_refund_of_a_returned_piece_takes_back_sale_tax_and_cost(business):
    variant = make_variant(business, stock=9, price="12.00")
    order = deliver(ship(pay(make_order(business, lines=[(variant, 2)]))))
    (line,) = lines_of(order)
    refund = refund_order(
        system_of(business), order_id=order.pk, lines=[(line.pk, 1)], restock=True, reason="Chipped"
    )
    assert (refund.amount, refund.returns_net, refund.tax_part) == (12, 10, 2)
    assert (refund.deposit_part, refund.shipping_net_part, refund.restocked_cost) == (0, 0, 5)
    assert (balance(variant).on_hand, balance(variant).value) == (8, 40)
    order = reread(order)
    assert states(order) == ("closed", "part_refunded", "delivered")
    refund_order(
        system_of(business), order_id=order.pk, lines=[(line.pk, 1)], shipping=Decimal("3.00"), restock=True
    )
    order = reread(order)
    assert states(order) == ("closed", "refunded", "returned")
    told = events(order, "orders.refunded")
    assert sum(Decimal(one["shipping_net_part"]) for one in told) == order.shipping_net
    assert sum(Decimal(one["tax_part"]) for one in told) == order.tax_total
    assert len(events(order, "returns.received")) == 2
    assert (order.deposit, order.refundable) == (0, 0)
    with pytest.raises(WrongState):
        refund_order(system_of(business), order_id=order.pk, amount=Decimal("1.00"))


def test_refund_of_pieces_that_never_left_is_deposit_and_frees_stock(business):
    variant = make_variant(business, stock=9, price="12.00")
    order = pay(make_order(business, lines=[(variant, 2)]))
    (line,) = lines_of(order)
    refund = refund_order(system_of(business), order_id=order.pk, lines=[(line.pk, 1)])
    assert (refund.amount, refund.deposit_part) == (12, 12)
    assert balance(variant).reserved == 1
    assert states(order) == ("confirmed", "part_refunded", "unfulfilled")
    order = deliver(ship(order))
    assert (states(order), order.deposit) == (("closed", "part_refunded", "delivered"), 0)
    assert order.recognised_total == order.total - 12


def test_refund_of_everything_before_sending_cancels_and_includes_delivery(business):
    order = pay(make_order(business))
    (line,) = lines_of(order)
    with pytest.raises(InvalidInput):
        refund_order(system_of(business), order_id=order.pk, lines=[(line.pk, 2)], shipping=Decimal(0))
    refund = refund_order(system_of(business), order_id=order.pk, lines=[(line.pk, 2)])
    assert refund.amount == order.total
    assert states(order) == ("cancelled", "refunded", "unfulfilled")
    assert reread(order).deposit == 0


def test_goodwill_before_sending_lessens_what_is_sold(business):
    order = pay(make_order(business))
    refund = refund_order(system_of(business), order_id=order.pk, amount=Decimal("5.01"))
    assert refund.deposit_part == Decimal("5.01")
    order = deliver(ship(order))
    assert order.recognised_total == order.total - Decimal("5.01")
    assert (order.deposit, order.state) == (0, "closed")


def test_goodwill_after_sending_takes_from_the_sale(business):
    order = ship(pay(make_order(business)))
    refund = refund_order(system_of(business), order_id=order.pk, amount=Decimal("5.01"))
    assert refund.deposit_part == 0
    assert refund.returns_net + refund.tax_part + refund.shipping_net_part == Decimal("5.01")
    rest = refund_order(system_of(business), order_id=order.pk, amount=reread(order).refundable)
    order = reread(order)
    assert rest.tax_part + refund.tax_part == order.tax_total
    assert states(order) == ("confirmed", "refunded", "fulfilled")


def test_deduction_for_returned_pieces(business):
    order = ship(pay(make_order(business)))
    (line,) = lines_of(order)
    refund = refund_order(
        system_of(business), order_id=order.pk, lines=[(line.pk, 2)], amount=Decimal("20.00")
    )
    assert refund.amount == 20
    with pytest.raises(InvalidInput):
        refund_order(system_of(business), order_id=order.pk, lines=[(line.pk, 1)])


@pytest.mark.parametrize("amount", ["27.01", "-1", "NaN", "0.001", "1e30", "0"])
def test_absurd_refunds_are_refused_and_write_nothing(business, amount):
    order = pay(make_order(business))
    with pytest.raises(InvalidInput):
        refund_order(system_of(business), order_id=order.pk, amount=Decimal(amount))
    assert not OrderRefund.unscoped.exists()
    assert states(order) == ("confirmed", "paid", "unfulfilled")


def test_refund_can_name_pieces_that_were_sent(business):
    order = pay(make_order(business))
    (line,) = lines_of(order)
    order = ship(order, [(line.pk, 1)])
    refund = refund_order(system_of(business), order_id=order.pk, lines=[RefundLine(line.pk, 1, sent=True)])
    assert (refund.deposit_part, refund.returns_net) == (0, 10)
    (line,) = lines_of(order)
    assert (line.refunded_quantity, line.waiting_quantity) == (1, 1)


def test_refund_is_ticked_off_when_paid_out(business, drain_outbox):
    from apps.selling.orders.services import note_refund_paid_out

    order = pay(make_order(business))
    refund = refund_order(system_of(business), order_id=order.pk, amount=Decimal("2.00"))
    part = refund.parts[0]
    for _ in range(2):
        note_refund_paid_out(
            system_of(business),
            order_id=order.pk,
            payment_refund_id=part["refund_id"],
            amount=Decimal("2.00"),
        )
    refund = OrderRefund.unscoped.get(pk=refund.pk)
    assert (refund.state, refund.completed_amount) == ("completed", 2)


def test_same_key_refunds_once(business):
    order = pay(make_order(business))
    first, second = (
        refund_order(system_of(business), order_id=order.pk, amount=Decimal("2.00"), key="r")
        for _ in range(2)
    )
    assert first.pk == second.pk
    assert reread(order).refunded_total == 2


def test_a_refused_refund_stands_on_the_timeline_for_staff_only(business, drain_outbox):
    order = pay(make_order(business))
    refund_order(system_of(business), order_id=order.pk, amount=Decimal("2.00"))

    @use_case()
    def company_refuses(actor):
        publish(
            PaymentRefundFailed(
                business_id=business.pk,
                payment_id=new_id(),
                owner_type="order",
                owner_id=order.pk,
                refund_id=new_id(),
                amount=Decimal("2.00"),
                currency=order.currency,
                reason="the card was closed",
            )
        )

    company_refuses(system_of(business))
    drain_outbox()
    written = TimelineEntry.unscoped.get(order=order, kind="refund_refused")
    assert not written.is_public
    assert sentence(written, currency="GBP") == (
        "The payment company refused to pay £2.00 back: the card was closed"
    )


def test_a_payment_leads_to_its_order(business):
    order = make_order(business)
    assert str(order.pk) in owner_url("order", order.pk)
