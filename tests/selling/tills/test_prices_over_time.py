"""What the store asked, and the lowest of it before a reduction."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.goods.catalog.services import update_variant
from apps.kernel import clock, outbox
from apps.kernel.errors import PermissionRefused
from apps.platform.businesses.models import Business
from apps.selling.pricing.history import Point, lowest_before_reduction
from apps.selling.pricing.models import PriceList, PriceListEntry, PricePoint
from apps.selling.pricing.services import note_prices
from tests.factories.goods import make_variant

D = Decimal
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def point(day: int, price: str, was: str = "") -> Point:
    return Point(START + dt.timedelta(days=day), D(price), D(was) if was else None)


@pytest.mark.parametrize(
    ("points", "lowest"),
    [
        ([], None),
        ([point(0, "10")], None),
        ([point(0, "8", "10")], None),  # nothing is known of the days before
        ([point(0, "10"), point(40, "8", "10")], "10"),
        ([point(0, "7"), point(5, "10"), point(30, "8", "10")], "7"),
        # The 7 ended 31 days before the reduction.
        ([point(0, "7"), point(5, "10"), point(36, "8", "10")], "10"),
        # Step by step is one reduction; a rise within it begins another.
        ([point(0, "10"), point(40, "9", "10"), point(45, "8", "10")], "10"),
        ([point(0, "10"), point(40, "6", "10"), point(45, "8", "10")], "6"),
        ([point(0, "10"), point(40, "8", "10"), point(60, "10")], None),
    ],
)
def test_the_lowest_price_of_the_thirty_days_before(points: list[Point], lowest: str | None) -> None:
    assert lowest_before_reduction(points) == (D(lowest) if lowest else None)


@pytest.mark.django_db
def test_changes_are_kept_and_the_store_says_the_lowest(business: Any, bound: Any, owner: Any) -> None:
    variant = make_variant(business, price="12.00", stock=5)

    def ask(days: int, **prices: Any) -> None:
        with clock.travel(dt.timedelta(days=days)):
            update_variant(owner, variant_id=variant.pk, **prices)
            outbox.drain()

    ask(1, price=D("9.50"))
    ask(2, price=D("11.00"))
    ask(10, price=D("8.00"), compare_at_price=D("11.00"))
    with clock.travel(dt.timedelta(days=11)):
        outbox.drain()
        known = PricePoint.objects.order_by("since", "pk").values_list("price", "was")
        assert list(known) == [
            (D("12.00"), None), (D("9.50"), None), (D("11.00"), None), (D("8.00"), D("11.00"))
        ]  # fmt: skip
        page = Client().get(f"/store/{business.slug}/products/{variant.product.slug}/").content.decode()
    assert "Lowest price in the 30 days before: £9.50" in page
    with pytest.raises(PermissionRefused):
        note_prices(owner)


@pytest.mark.django_db
def test_the_store_says_what_more_pieces_cost(business: Any, bound: Any) -> None:
    variant = make_variant(business, price="10.00", stock=50)
    offers = [PriceListEntry(min_quantity=6, price=D("9.00")), PriceListEntry(min_quantity=12, percent=D(25))]
    sale = PriceList.objects.create(name="More", level="sale")
    for one, kind in zip(offers, ("fixed", "volume"), strict=True):
        one.price_list, one.kind, one.variant = sale, kind, variant
        one.save()
    Business.objects.filter(pk=business.pk).update(has_price_lists=True)
    page = Client().get(f"/store/{business.slug}/products/{variant.product.slug}/").content.decode()
    # From twelve on: nine, less a quarter of the line.
    assert "from 6: £9.00 each · from 12: £6.75 each" in page
