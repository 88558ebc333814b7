"""S2: more buyers than pieces. Exactly as many orders as there are pieces, and everybody else is told politely."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Sum

from apps.goods.inventory.models import StockBalance, StockMovement
from apps.kernel import clock, outbox, tenancy
from apps.platform.businesses.models import Business
from apps.selling.orders.models import Order
from apps.selling.orders.tasks import expire_due_orders
from bench.buyer import Buyer
from tests.factories.goods import make_variant

from .house import House


def buyers_at(
    house: House, shop: Business, variant_id: Any, count: int
) -> list[tuple[Buyer, dict[str, Any]]]:
    """So many buyers with the same thing in their carts and the checkout page open."""
    ready: list[tuple[Buyer, dict[str, Any]]] = []

    def walk_in(number: int) -> None:
        buyer = Buyer(house.base, shop.slug, f"buyer{number}@example.com")
        buyer.add(variant_id)
        ready.append((buyer, buyer.open_checkout()))

    for start in range(0, count, 8):
        threads = [threading.Thread(target=walk_in, args=(n,)) for n in range(start, min(start + 8, count))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(ready) == count
    return ready


def rush(ready: list[tuple[Buyer, dict[str, Any]]]) -> list[Buyer]:
    """All of them press the button in the same instant."""
    gate = threading.Barrier(len(ready))

    def press(buyer: Buyer, form: dict[str, Any]) -> None:
        buyer.strict = False
        gate.wait()
        buyer.place(form, follow=False)

    threads = [threading.Thread(target=press, args=pair) for pair in ready]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for buyer, _form in ready:
        buyer.close()
    return [buyer for buyer, _form in ready]


@pytest.mark.parametrize("web_workers", [2, 16])
def test_a_hundred_buyers_and_the_last_ten(
    make_house: Callable[..., House], shop: Business, web_workers: int
) -> None:
    variant = make_variant(shop, title="Stoneware mug", stock=10)
    house = make_house(web_workers=web_workers, servers=("web",))
    rushed = rush(buyers_at(house, shop, variant.pk, 100))
    assert Counter(buyer.status for buyer in rushed) == {302: 10, 409: 90}
    for buyer in rushed:
        if buyer.status == 409:
            assert "Somebody was quicker" in buyer.page
            assert "Nothing was charged" in buyer.page
    with tenancy.bind(shop.pk):
        assert Order.objects.count() == 10
        balance = StockBalance.objects.get(variant=variant)
        assert (balance.on_hand, balance.reserved) == (10, 10)
        sums = StockMovement.objects.aggregate(on_hand=Sum("on_hand_delta"), reserved=Sum("reserved_delta"))
        assert sums == {"on_hand": 10, "reserved": 10}
    call_command("reconcile_stock")


def test_the_last_piece_comes_back_when_nobody_pays(make_house: Callable[..., House], shop: Business) -> None:
    variant = make_variant(shop, title="The last lamp", stock=1)
    house = make_house(servers=("web",))
    rushed = rush(buyers_at(house, shop, variant.pk, 20))
    assert Counter(buyer.status for buyer in rushed) == {302: 1, 409: 19}
    with tenancy.bind(shop.pk):
        order = Order.objects.get()
    with clock.travel(dt.timedelta(minutes=shop.unpaid_minutes + 1)):
        expire_due_orders()
        outbox.drain()
    with tenancy.bind(shop.pk):
        order.refresh_from_db()
        assert order.state == "expired"
        assert order.timeline.filter(kind__contains="expired").exists()
        assert StockBalance.objects.get(variant=variant).reserved == 0
    late = Buyer(house.base, shop.slug, "next@example.com")
    late.add(variant.pk)
    late.place(late.open_checkout(), follow=False)
    assert late.status == 302
    call_command("reconcile_stock")
