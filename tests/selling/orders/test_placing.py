"""Placing orders: what is written, what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.goods.inventory.selectors import availability
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, OutOfStock, PermissionRefused
from apps.kernel.models import OutboxEvent
from apps.people.customers.models import Customer, CustomerAddress
from apps.selling.orders.drafts import Contact, LineDraft
from apps.selling.orders.models import Order, TimelineEntry
from apps.selling.orders.services import place_order
from tests.factories.goods import make_variant
from tests.factories.orders import ADA, FLAT, QUAY, lines_of, make_order, system_of

pytestmark = pytest.mark.django_db


def test_placed_order_keeps_snapshots_and_reserves_stock(business):
    variant = make_variant(business, title="Blue mug", price="12.00", stock=10)
    order = make_order(business, lines=[(variant, 3)])

    assert (order.state, order.payment_state, order.fulfilment_state) == ("placed", "unpaid", "unfulfilled")
    assert (order.subtotal, order.shipping_total, order.total) == (Decimal(36), Decimal(3), Decimal(39))
    assert order.tax_total == Decimal("6.50")
    (line,) = lines_of(order)
    assert (line.product_title, line.quantity, line.gross, line.net, line.tax) == ("Blue mug", 3, 36, 30, 6)
    assert line.unit_cost == Decimal("5.00")
    with tenancy.bind(business.pk):
        assert availability([variant.pk])[variant.pk].quantity == 7
    assert order.customer.email == "ada@example.com"
    assert OutboxEvent.objects.filter(name="orders.placed", owner=f"order:{order.pk}").count() == 1
    assert TimelineEntry.unscoped.filter(order=order, kind="placed").count() == 1


def test_exclusive_prices_add_tax(other_business):
    variant = make_variant(other_business, price="10.00", stock=10)
    order = make_order(other_business, lines=[(variant, 3)])
    assert (order.subtotal, order.tax_total, order.total) == (
        Decimal("30.00"),
        Decimal("2.64"),
        Decimal("35.64"),
    )


def test_numbers_run_per_business(business, other_business):
    business.order_prefix = "H-"
    business.save()
    numbers = [make_order(business).number for _ in range(3)]
    assert numbers == ["H-1001", "H-1002", "H-1003"]
    assert make_order(other_business).number == "1001"


def test_refused_order_leaves_no_trace(business):
    enough, short = make_variant(business, stock=5), make_variant(business, stock=1)
    with pytest.raises(OutOfStock) as refused:
        make_order(business, lines=[(enough, 2), (short, 2)])
    (line,) = refused.value.context["lines"]
    assert (line["variant_id"], line["requested"], line["available"]) == (short.pk, 2, 1)
    assert not Order.unscoped.exists()
    assert not OutboxEvent.objects.filter(name="orders.placed").exists()
    with tenancy.bind(business.pk):
        assert availability([enough.pk])[enough.pk].quantity == 5
    assert make_order(business, lines=[(enough, 1)]).number == "1001"


def test_foreign_variant_is_not_found(business, other_business):
    foreign = make_variant(other_business, stock=5)
    with pytest.raises(NotFound):
        make_order(business, lines=[(foreign, 1)])


def test_visitors_cannot_name_their_own_price(business):
    variant = make_variant(business, stock=5)
    with pytest.raises(PermissionRefused):
        place_order(
            Actor.guest(business.pk),
            lines=[LineDraft(variant.pk, 1, Decimal("0.01"))],
            contact=ADA,
            address=QUAY,
        )


@pytest.mark.parametrize("quantity", [0, -1, 10**9, True])
def test_absurd_quantities_are_refused(business, quantity):
    variant = make_variant(business, stock=5)
    with pytest.raises(InvalidInput):
        make_order(business, lines=[(variant, quantity)])


@pytest.mark.parametrize(
    ("contact", "field"),
    [
        (Contact(email="nobody"), "email"),
        (Contact(email="a@b.co\x00"), "email"),
        (Contact(name="x" * 500), "name"),
        (Contact(name="\ud800"), "name"),
    ],
)
def test_contact_that_is_none_is_refused_at_its_field(business, contact, field):
    variant = make_variant(business, stock=5)
    with pytest.raises(InvalidInput) as refused:
        make_order(business, lines=[(variant, 1)], contact=contact)
    assert field in refused.value.fields


def test_order_over_nothing_is_confirmed_at_once(business):
    variant = make_variant(business, price="0.00", stock=5)
    order = make_order(business, lines=[(variant, 1)], shipping=None)
    assert (order.total, order.state, order.payment_state) == (0, "confirmed", "paid")


def test_same_key_places_one_order(business):
    variant = make_variant(business, stock=5)
    arguments = {"lines": [LineDraft(variant.pk, 1)], "contact": ADA, "address": QUAY, "shipping": FLAT}
    first = place_order(system_of(business), **arguments, key="k-1")
    second = place_order(system_of(business), **arguments, key="k-1")
    assert first.pk == second.pk
    assert Order.unscoped.count() == 1


def test_buyers_address_is_remembered_once(business, drain_outbox):
    variant = make_variant(business, stock=9)
    make_order(business, lines=[(variant, 1)])
    make_order(business, lines=[(variant, 1)], contact=Contact(email="ADA@example.com"))
    drain_outbox()
    customer = Customer.unscoped.get(business=business)
    (address,) = CustomerAddress.unscoped.filter(customer=customer)
    assert (address.line1, address.is_default) == ("1 Quay Street", True)
