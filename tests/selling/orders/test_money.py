"""An order's money: what comes in, what becomes revenue, what goes back; exact to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.goods.inventory.models import StockBalance
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.models import OutboxEvent
from apps.selling.orders.drafts import ShippingDraft
from apps.selling.orders.models import Fulfilment, Order, OrderLine, TimelineEntry
from apps.selling.orders.services import (
    cancel_order,
    expire_order,
    mark_delivered,
    record_payment,
)
from apps.selling.orders.tasks import expire_due_orders
from apps.selling.payments.models import Payment
from apps.selling.payments.models import Refund as PaymentRefund
from tests.factories.goods import make_variant
from tests.factories.orders import (
    capture,
    deliver,
    lines_of,
    make_order,
    pay,
    reread,
    say_captured,
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


def three_lines(business) -> list[tuple]:
    """Amounts that do not divide: 3 × 3.33, 7 × 0.99, 1 × 19.99; delivery 4.97."""
    prices = (("3.33", 3), ("0.99", 7), ("19.99", 1))
    return [(make_variant(business, price=price, stock=20), quantity) for price, quantity in prices]


def test_paid_order_confirms_itself_once(business):
    order = pay(make_order(business))
    assert states(order) == ("confirmed", "paid", "unfulfilled")
    assert kinds(order) == ["placed", "payment_received", "confirmed"]
    (recorded,) = events(order, "orders.payment_recorded")
    assert Decimal(recorded["amount"]) == order.total
    again = {"payment_id": recorded["payment_id"], "capture_id": recorded["capture_id"]}
    record_payment(system_of(business), order_id=order.pk, amount=order.total, **again)
    assert reread(order).paid_total == order.total
    assert len(events(order, "orders.payment_recorded")) == 1


def test_part_payment_waits_with_a_visible_note(business):
    order = pay(make_order(business), "10.00")
    assert states(order) == ("placed", "part_paid", "unfulfilled")
    assert kinds(order)[-1] == "payment_part"
    with pytest.raises(WrongState):
        ship(order)
    order = pay(order)
    assert states(order) == ("confirmed", "paid", "unfulfilled")


def test_money_that_came_twice_goes_back_by_itself(business):
    order = make_order(business)
    first, second = capture(order), capture(order)
    order = pay(order, "1.00")
    assert states(order) == ("confirmed", "paid", "unfulfilled")
    assert order.paid_total == 2 * order.total + 1
    assert order.refundable == order.deposit == order.total
    assert {refund.payment_id for refund in PaymentRefund.unscoped.all()} & {first.pk, second.pk}
    order = deliver(ship(order))
    assert (states(order)[0], order.deposit) == ("closed", 0)


def test_late_money_after_expiry_goes_back_in_full(business):
    order = make_order(business)
    Order.unscoped.filter(pk=order.pk).update(expires_at=order.placed_at)
    assert expire_order(system_of(business), order_id=order.pk)
    order = pay(order)
    assert states(order) == ("expired", "refunded", "unfulfilled")
    assert kinds(order) == ["placed", "expired", "payment_late", "late_payment_returned"]
    (refund,) = PaymentRefund.unscoped.all()
    assert refund.amount == order.total
    (told,) = events(order, "orders.refunded")
    assert Decimal(told["deposit_part"]) == order.total


def test_money_in_another_currency_is_not_credited(business):
    order = make_order(business)
    payment = capture(order)
    from apps.kernel.ids import new_id

    record_payment(
        system_of(business),
        order_id=order.pk,
        payment_id=payment.pk,
        capture_id=new_id(),
        amount=order.total,
        currency="USD",
    )
    assert reread(order).payment_state == "unpaid"
    assert kinds(order)[-1] == "payment_foreign"
    assert PaymentRefund.unscoped.get().amount == order.total


def test_expiry_frees_stock_closes_the_payment_and_tells(business):
    variant = make_variant(business, stock=5)
    order = make_order(business, lines=[(variant, 5)])
    assert expire_due_orders() == 0
    Order.unscoped.filter(pk=order.pk).update(expires_at=order.placed_at)
    assert expire_due_orders() == 1
    assert expire_due_orders() == 0
    assert states(order) == ("expired", "unpaid", "unfulfilled")
    assert (balance(variant).reserved, balance(variant).on_hand) == (0, 5)
    assert len(events(order, "orders.expired")) == 1
    assert make_order(business, lines=[(variant, 5)]).state == "placed"


def test_order_whose_money_is_on_its_way_does_not_expire(business):
    order = make_order(business)
    capture(order)
    Order.unscoped.filter(pk=order.pk).update(expires_at=order.placed_at)
    assert not expire_order(system_of(business), order_id=order.pk)
    from apps.kernel import outbox

    outbox.drain()
    assert states(order) == ("confirmed", "paid", "unfulfilled")


def test_part_paid_order_expires_and_gives_back(business):
    order = pay(make_order(business), "10.00")
    Order.unscoped.filter(pk=order.pk).update(expires_at=order.placed_at)
    assert expire_order(system_of(business), order_id=order.pk)
    order = reread(order)
    assert (order.payment_state, order.refunded_total, order.deposit) == ("refunded", 10, 0)


def test_parcels_recognise_exactly_the_order(business):
    order = pay(
        make_order(business, lines=three_lines(business), shipping=ShippingDraft("Post", Decimal("4.97")))
    )
    first, second, _third = lines_of(order)
    order = ship(order, [(first.pk, 1), (second.pk, 4)])
    assert states(order)[2] == "part_fulfilled"
    order = ship(order, [(first.pk, 1)])
    order = ship(order)
    assert states(order)[2] == "fulfilled"
    told = events(order, "fulfilment.shipped")
    sums = {
        name: sum(Decimal(one[name]) for one in told)
        for name in ("lines_net", "tax", "shipping_net", "gross")
    }
    assert sums["lines_net"] == sum(line.net for line in lines_of(order))
    assert sums["tax"] == order.tax_total
    assert sums["shipping_net"] == order.shipping_net
    assert sums["gross"] == order.total == order.recognised_total
    assert [Decimal(one["shipping_net"]) > 0 for one in told] == [True, False, False]
    assert [one["is_last"] for one in told] == [False, False, True]
    assert order.deposit == 0
    order = deliver(order)
    assert states(order) == ("closed", "paid", "delivered")
    assert sum(parcel.cost for parcel in Fulfilment.unscoped.filter(order=order)) == 11 * 5


def test_cancel_before_anything_left_gives_everything_back(business):
    variant = make_variant(business, stock=5)
    order = pay(make_order(business, lines=[(variant, 2)]))
    cancel_order(system_of(business), order_id=order.pk, reason="Buyer changed her mind")
    order = reread(order)
    assert states(order) == ("cancelled", "refunded", "unfulfilled")
    assert (order.refunded_total, order.deposit, balance(variant).reserved) == (order.total, 0, 0)
    (told,) = events(order, "orders.refunded")
    assert Decimal(told["deposit_part"]) == Decimal(told["amount"]) == order.total
    with pytest.raises(WrongState) as refused:
        cancel_order(system_of(business), order_id=order.pk)
    assert refused.value.code == "orders.order_cancel_refused"


def test_cancelling_an_unpaid_order_closes_its_payment(business):
    order = make_order(business)
    from apps.selling.payments.services import Owner, request_payment

    payment = request_payment(
        system_of(business),
        owner=Owner("order", order.pk),
        reference=order.number,
        amount=order.total,
        currency="GBP",
        provider="sandbox",
        return_url="",
    )
    cancel_order(system_of(business), order_id=order.pk)
    assert Payment.unscoped.get(pk=payment.pk).state == "cancelled"
    say_captured(payment)
    from apps.kernel import outbox

    outbox.drain()
    assert states(order) == ("cancelled", "refunded", "unfulfilled")


def test_cancel_after_a_part_left_cancels_the_rest(business):
    variant = make_variant(business, stock=9, price="3.33")
    order = pay(make_order(business, lines=[(variant, 3)]))
    (line,) = lines_of(order)
    order = ship(order, [(line.pk, 1)])
    cancel_order(system_of(business), order_id=order.pk)
    order = reread(order)
    assert states(order) == ("confirmed", "part_refunded", "fulfilled")
    (line,) = lines_of(order)
    assert (line.cancelled_quantity, line.fulfilled_quantity) == (2, 1)
    assert order.refunded_total == line.released_net + line.released_tax == Decimal("6.66")
    assert (order.deposit, balance(variant).reserved, balance(variant).on_hand) == (0, 0, 8)
    order = deliver(order)
    assert states(order) == ("closed", "part_refunded", "delivered")
    with pytest.raises(WrongState):
        cancel_order(system_of(business), order_id=order.pk)


def test_rest_of_a_delivered_part_closes_the_order(business):
    order = pay(make_order(business))
    (line,) = lines_of(order)
    order = deliver(ship(order, [(line.pk, 1)]))
    assert states(order) == ("confirmed", "paid", "part_fulfilled")
    cancel_order(system_of(business), order_id=order.pk)
    assert states(order) == ("closed", "part_refunded", "delivered")


def test_more_pieces_than_wait_cannot_leave(business):
    order = pay(make_order(business))
    (line,) = lines_of(order)
    for count in (3, -1, 10**9):
        with pytest.raises(InvalidInput) as refused:
            ship(order, [(line.pk, count)])
        assert f"line_{line.pk}" in refused.value.fields
    with pytest.raises(InvalidInput):
        ship(order, [])
    with pytest.raises(InvalidInput):
        ship(order, tracking_url="javascript:alert(1)")


def test_parcels_arrive_one_by_one(business):
    order = pay(make_order(business))
    (line,) = lines_of(order)
    order = ship(ship(order, [(line.pk, 1)]))
    first, second = Fulfilment.unscoped.filter(order=order).order_by("number")
    mark_delivered(system_of(business), order_id=order.pk, fulfilment_id=first.pk)
    assert states(order) == ("confirmed", "paid", "fulfilled")
    with pytest.raises(WrongState):
        mark_delivered(system_of(business), order_id=order.pk, fulfilment_id=first.pk)
    mark_delivered(system_of(business), order_id=order.pk, fulfilment_id=second.pk)
    assert states(order) == ("closed", "paid", "delivered")


def test_promise_of_a_paid_order_is_frozen(business):
    order = pay(make_order(business))
    (line,) = lines_of(order)
    attempts = [
        lambda: OrderLine.unscoped.filter(pk=line.pk).update(quantity=1),
        lambda: OrderLine.unscoped.filter(pk=line.pk).update(unit_price=1),
        lambda: OrderLine.unscoped.filter(pk=line.pk).update(variant_id=make_variant(business).pk),
        lambda: OrderLine.unscoped.filter(pk=line.pk)._raw_delete("default"),
        lambda: Order.unscoped.filter(pk=order.pk).update(
            total=1, subtotal=1, shipping_total=0, shipping_net=0
        ),
        lambda: Order.unscoped.filter(pk=order.pk).update(currency="USD"),
    ]
    for attempt in attempts:
        with pytest.raises(IntegrityError), transaction.atomic():
            attempt()
    unpaid = make_order(business)
    assert OrderLine.unscoped.filter(order=unpaid).update(product_title="Mug") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"total": Decimal("1.00")},
        {"refunded_total": Decimal("1.00")},
        {"recognised_total": Decimal("1.00")},
        {"deposit_refunded_total": Decimal("1.00")},
        {"shipping_net": Decimal("9.00")},
    ],
)
def test_database_refuses_sums_that_do_not_add_up(business, change):
    order = make_order(business)
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.unscoped.filter(pk=order.pk).update(**change)
