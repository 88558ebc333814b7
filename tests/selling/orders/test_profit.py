"""What an order leaves over, as staff who see costs read it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from apps.selling.orders.profit import profit_of, profit_words
from apps.selling.orders.services import refund_order
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import lines_of, make_order, pay, ship, system_of

pytestmark = pytest.mark.django_db
D = Decimal


def test_goods_less_their_cost_before_and_after_they_left() -> None:
    shop = make_business()
    mug = make_variant(shop, price="12.00", cost="4.00", stock=9)
    gift = make_variant(shop, price="6.00", cost=None, stock=9)
    order = pay(make_order(shop, lines=[(mug, 3), (gift, 1)]))
    net = sum((line.net for line in lines_of(order) if line.variant_id == mug.pk), D(0))
    before = profit_of(lines_of(order))
    assert (before.amount, before.unknown) == (net - 12, 1)
    first = lines_of(order)[0]
    ship(order, [(first.pk, 2)])
    # What leaves takes its value out of stock with it; here it lay there at its cost.
    assert profit_of(lines_of(order)).amount == net - lines_of(order)[0].cost_total - 4
    refund_order(system_of(shop), order_id=order.pk, lines=[(first.pk, 1)])
    (line,) = (one for one in lines_of(order) if one.pk == first.pk)
    kept = line.net - line.released_net - line.returned_net
    left = profit_of([line])
    assert left.amount == kept - line.cost_total + line.returned_cost - 4 * line.waiting_quantity
    assert profit_words(before, "GBP").endswith("1 item has no cost")
    page = f"/admin/orders/order/{order.pk}/"
    assert "Estimated profit" in sign_in(Client(), owner_of(shop), shop).get(page).content.decode()
    keeper = sign_in(Client(), make_member(shop, "stock_keeper"), shop)
    assert "Estimated profit" not in keeper.get(page).content.decode()
    assert profit_of([]).share is None
