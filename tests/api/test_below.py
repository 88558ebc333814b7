"""What stands below a row comes in one order, however the database keeps it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.kernel import tenancy
from apps.platform.api.below import below
from apps.platform.businesses.models import Business
from apps.selling.orders.models import OrderLine, OrderPayment
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import make_order, ship

pytestmark = pytest.mark.django_db
PARTS = ("orderline", "orderpayment", "fulfilment", "fulfilmentline", "orderrefund")


def test_by_place_where_rows_have_one_else_as_written() -> None:
    with tenancy.bind(make_business().pk):
        assert below("lines", OrderLine).queryset.query.order_by == ("position", "pk")
        assert below("payments", OrderPayment).queryset.query.order_by == ("pk",)
        paid = OrderLine.objects.filter(quantity=1)
        assert str(paid.order_by("position", "pk").query) == str(below("lines", paid).queryset.query)


def test_every_part_of_an_order_has_its_order(client: Client) -> None:
    business: Business = make_business()
    goods = [make_variant(business, title=title, stock=9) for title in ("Mug", "Tea", "Lamp")]
    order = ship(make_order(business, lines=[(one, 1) for one in goods], paid=True))
    sign_in(client, owner_of(business), business)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        told = client.get(f"/api/v1/orders/{order.pk}/", headers={"X-Business": business.slug}).json()

    assert [line["product_title"] for line in told["lines"]] == ["Mug", "Tea", "Lamp"]
    for part in PARTS:
        read = [one["sql"] for one in asked if f'FROM "orders_{part}"' in one["sql"]]
        assert read, part
        assert all("ORDER BY" in sql for sql in read), part
