"""Changing a placed order: versions, stock, and money to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from apps.goods.inventory.models import StockBalance
from apps.kernel import outbox, tenancy
from apps.kernel.errors import Conflict, InvalidInput, OutOfStock, PermissionRefused, WrongState
from apps.money.invoicing.models import Document
from apps.money.ledger.verification import verify_books
from apps.platform.notifications.models import Message
from apps.selling.orders.amendments import AmendmentDraft
from apps.selling.orders.drafts import LineDraft, ShippingDraft
from apps.selling.orders.models import Order, OrderLine, OrderVersion
from apps.selling.orders.services import amend_order, cancel_order, fulfil_order
from apps.selling.orders.states import PaymentState
from apps.selling.orders.versions import say_change
from apps.selling.payments.models import Payment
from apps.selling.payments.models import Refund as PaymentRefund
from tests.factories.goods import make_variant
from tests.factories.orders import lines_of, make_order, pay, reread, say_captured, ship, system_of

pytestmark = pytest.mark.django_db


def amend(order: Order, reason: str = "", **draft) -> OrderVersion:
    made = amend_order(
        system_of(order.business), order_id=order.pk, draft=AmendmentDraft(**draft), reason=reason
    )
    outbox.drain()
    return made


def reserved(variant) -> int:
    return StockBalance.unscoped.get(variant=variant).reserved


def test_a_paid_order_grows_is_paid_and_shrinks_and_the_books_stay_right(business):
    mug = make_variant(business, title="Mug", price="12.00", stock=10)
    bowl = make_variant(business, title="Bowl", price="20.00", stock=10)
    order = make_order(business, lines=[(mug, 2)], paid=True)
    assert (order.total, order.payment_state) == (Decimal("27.00"), "paid")
    (line,) = lines_of(order)

    made = amend(order, "Asked on the phone", quantities={line.pk: 3}, added=[LineDraft(bowl.pk, 1)])
    order = reread(order)
    assert (order.version, order.total, order.outstanding) == (2, Decimal("59.00"), Decimal("32.00"))
    assert (order.state, order.payment_state) == ("confirmed", PaymentState.PART_PAID)
    assert (reserved(mug), reserved(bowl)) == (3, 1)
    assert [say_change(change, "GBP") for change in made.changes] == [
        f"{line.title}: 3 instead of 2",
        f"{lines_of(order)[1].title}: added (1)",
    ]
    assert [Decimal(change["amount"]) for change in made.changes] == [Decimal("12.00"), Decimal("20.00")]
    first = OrderVersion.unscoped.get(order=order, number=1)
    assert (first.total, first.snapshot["totals"]["total"]) == (Decimal("27.00"), "27")
    (mail,) = Message.unscoped.filter(business=business, template="order_amended")
    assert "£32.00" in mail.text
    assert order.public_token in mail.text
    with pytest.raises(WrongState):
        fulfil_order(system_of(business), order_id=order.pk)

    (asked,) = Payment.unscoped.filter(owner_id=order.pk, state="open")
    assert asked.amount == Decimal("32.00")
    say_captured(asked)
    outbox.drain()
    order = reread(order)
    assert (order.payment_state, order.outstanding, order.deposit) == ("paid", 0, Decimal("59.00"))

    ship(order, [(line.pk, 2)])
    amend(order, quantities={line.pk: 2, lines_of(order)[1].pk: 0})
    order = reread(order)
    assert (order.total, order.refunded_total) == (Decimal("27.00"), Decimal("32.00"))
    assert (order.fulfilment_state, order.payment_state, order.deposit) == ("fulfilled", "paid", 0)
    assert (reserved(mug), reserved(bowl)) == (0, 0)
    assert sum(refund.amount for refund in PaymentRefund.unscoped.filter(business=business)) == Decimal(
        "32.00"
    )
    with tenancy.bind(business.pk):
        (invoice,) = Document.objects.filter(kind="invoice")
        assert invoice.total == order.recognised_total == Decimal("27.00")
        assert verify_books().findings == []


def test_an_unpaid_order_asks_for_its_new_total_once(business):
    mug = make_variant(business, price="12.00", stock=4)
    order = make_order(business, lines=[(mug, 2)])
    (line,) = lines_of(order)
    with pytest.raises(OutOfStock):
        amend(order, quantities={line.pk: 5})
    assert (reread(order).version, reserved(mug)) == (1, 2)
    amend(order, quantities={line.pk: 4}, shipping=Decimal("1.50"))
    order = reread(order)
    assert (order.state, order.payment_state, order.total) == ("placed", "unpaid", Decimal("49.50"))
    amend(order, quantities={line.pk: 1})
    (asked,) = Payment.unscoped.filter(owner_id=order.pk, state="open")
    assert asked.amount == reread(order).total == Decimal("13.50")
    say_captured(asked)
    outbox.drain()
    assert (reread(order).state, reread(order).payment_state) == ("confirmed", "paid")


def test_a_part_that_is_paid_settles_what_became_less(business):
    mug = make_variant(business, price="10.00", stock=9)
    order = pay(make_order(business, lines=[(mug, 3)], shipping=None), "15.00")
    (line,) = lines_of(order)
    amend(order, quantities={line.pk: 1})
    order = reread(order)
    assert (order.state, order.payment_state) == ("confirmed", "paid")
    assert (order.total, order.refunded_total, order.outstanding) == (Decimal(10), Decimal(5), 0)
    amend(order, quantities={line.pk: 2})
    order = reread(order)
    # What went back is not there any more: ten are missing, not five.
    assert (order.payment_state, order.outstanding) == ("part_paid", Decimal(10))
    cancel_order(system_of(business), order_id=order.pk)
    order = reread(order)
    assert (order.state, order.refunded_total, order.deposit) == ("cancelled", Decimal(15), 0)


def test_what_cannot_be_changed_is_refused_in_words(business, make_actor):
    mug = make_variant(business, price="10.00", stock=9)
    order = make_order(business, lines=[(mug, 3)], paid=True)
    (line,) = lines_of(order)
    ship(order, [(line.pk, 2)])
    for draft, code in (
        ({"quantities": {line.pk: 1}}, "wrong_quantity"),
        ({"quantities": {line.pk: 3}}, "nothing_amended"),
        ({"shipping": Decimal(1)}, "wrong_delivery_charge"),
    ):
        with pytest.raises(InvalidInput) as refused:
            amend(order, **draft)
        assert refused.value.code == code
    with pytest.raises(Conflict):
        amend_order(
            system_of(business), order_id=order.pk, draft=AmendmentDraft(quantities={line.pk: 2}), version=4
        )
    with pytest.raises(PermissionRefused):
        amend_order(
            make_actor(business, permissions=frozenset({"orders.amend"})), order_id=order.pk,
            draft=AmendmentDraft(quantities={line.pk: 2}),
        )  # fmt: skip
    fresh = make_order(business, lines=[(mug, 1)], paid=True)
    with pytest.raises(WrongState):
        amend(fresh, quantities={lines_of(fresh)[0].pk: 0})


def test_a_discount_and_its_tax_keep_their_part(business):
    """Swapping two sizes of a wholesale order changes nothing that is paid."""
    small = make_variant(business, title="Kaftan S", price="14500.00", stock=90)
    large = make_variant(business, title="Kaftan L", price="14500.00", stock=90)
    order = make_order(
        business, lines=[(small, 30), (large, 30)], shipping=ShippingDraft("Van", Decimal(0)),
        order_discount=Decimal("43500.00"),
    )  # fmt: skip
    assert order.total == Decimal("826500.00")
    order = pay(order)
    one, two = lines_of(order)
    ship(order, [(one.pk, 20), (two.pk, 20)])
    amend(order, quantities={one.pk: 28, two.pk: 32})
    order = ship(reread(order))
    assert (order.total, order.discount_total) == (Decimal("826500.00"), Decimal("43500.00"))
    assert order.recognised_total == order.total
    assert (order.payment_state, order.refunded_total, order.deposit) == ("paid", 0, 0)


def test_the_database_lets_nothing_change_but_through_an_amendment(business):
    order = make_order(business, paid=True)
    (line,) = lines_of(order)
    for change in (
        lambda: OrderLine.unscoped.filter(pk=line.pk).update(quantity=9),
        lambda: Order.unscoped.filter(pk=order.pk).update(total=1, subtotal=1, shipping_total=0),
        lambda: Order.unscoped.filter(pk=order.pk).update(version=2, discount_total=1),
        lambda: OrderLine.unscoped.filter(pk=line.pk).delete(),
    ):
        with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
            change()
    made = amend(order, quantities={line.pk: 1})
    # Made and over: the same transaction may not change it again.
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        OrderLine.unscoped.filter(pk=line.pk).update(quantity=9)
    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
        OrderVersion.unscoped.filter(pk=made.pk).update(total=1)


def test_staff_amend_within_what_they_may_give_back(business, make_actor):
    mug = make_variant(business, price="80.00", stock=9)
    order = make_order(business, lines=[(mug, 3)], paid=True)
    (line,) = lines_of(order)
    owner = make_actor(business)
    made = amend_order(owner, order_id=order.pk, draft=AmendmentDraft(quantities={line.pk: 1}), key="k-1")
    again = amend_order(owner, order_id=order.pk, draft=AmendmentDraft(quantities={line.pk: 1}), key="k-1")
    assert (made.pk, made.number) == (again.pk, 2)
    assert reread(order).refunded_total == Decimal("160.00")
