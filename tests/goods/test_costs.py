"""What goods cost is told to whoever may see it, and left out everywhere for whoever serves at the till."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.goods.catalog.models import Product, Variant
from apps.goods.catalog.policies import SEES_COSTS
from apps.goods.inventory.lines import AdjustLine
from apps.goods.inventory.models import Adjustment, StockBalance, StockMovement, StockRules
from apps.goods.inventory.services import propose_adjustment
from apps.goods.warehouse.lines import WantedLine
from apps.goods.warehouse.models import StockCount, Transfer
from apps.goods.warehouse.services import (
    approve_count,
    finish_count,
    open_count,
    record_scan,
    request_transfer,
    ship_transfer,
)
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business, Location, Role
from tests.api.world import Caller
from tests.factories.businesses import actor_of, make_business, make_member, make_user, sign_in
from tests.factories.goods import make_location, make_variant, stock_up

pytestmark = pytest.mark.django_db

# Three sevens that no price, count, id or day of these pages has: 3 pieces at 77.71, 233.13 together.
EACH, ALL = "77.71", "233.13"
PAGES = {
    "the list of variants": "/admin/catalog/variant/",
    "a variant": "/admin/catalog/variant/{variant}/",
    "a product": "/admin/catalog/product/{product}/",
    "stock levels": "/admin/inventory/stockbalance/?tab=all",
    "a stock level": "/admin/inventory/stockbalance/{balance}/",
    "movements": "/admin/inventory/stockmovement/",
    "a movement": "/admin/inventory/stockmovement/{movement}/",
    "adjustments that wait": "/admin/inventory/adjustment/?tab=all",
    "an adjustment": "/admin/inventory/adjustment/{adjustment}/",
    "a transfer": "/admin/warehouse/transfer/{transfer}/",
    "a count": "/admin/warehouse/stockcount/{count}/",
    **{
        f"the report {code}{kind}": f"/admin/stock/report/?report={code}{kind}"
        for code in ("worth", "places", "movements", "idle")
        for kind in ("", "&format=csv")
    },
}
ADDRESSES = [
    "stock/", "stock/{balance}/", "stock/movements/", "stock/movements/{movement}/", "stock/adjustments/",
    "stock/adjustments/{adjustment}/", "stock/reports/worth/", "stock/reports/places/", "stock/reports/movements/",
    "stock/reports/idle/", "stock/transfers/{transfer}/", "stock/counts/{count}/",
]  # fmt: skip


class Shelf:
    """Three vases bought at 77.71: a movement, an adjustment that waits, a transfer under way, a posted count."""

    def __init__(self) -> None:
        self.business = make_business(currency="GBP")
        pk = self.business.pk
        shop = Location.unscoped.get(business=self.business, is_default=True)
        depot = make_location(self.business, name="Depot")
        vase = make_variant(self.business, title="Vase", price="500.00", cost=EACH)
        stock_up(self.business, [vase.pk], 3, unit_cost=Decimal(EACH))
        stock_up(self.business, [vase.pk], 3, unit_cost=Decimal(EACH), location_id=depot.pk)
        system, keeper = Actor.system("t", pk), actor_of(self.business, "stock_keeper")
        with tenancy.bind(pk):
            movement = StockMovement.objects.get(location=shop)
            StockRules.objects.create(adjust_approval_above=Decimal(1), count_approval_above=Decimal(10_000))
        propose_adjustment(
            keeper, location_id=shop.pk, lines=[AdjustLine(vase.pk, delta=-3)], reason_code="damage"
        )
        asked = request_transfer(
            system, source_id=depot.pk, destination_id=shop.pk, lines=[WantedLine(vase.pk, 3)]
        )
        ship_transfer(system, transfer_id=asked.pk)
        lost = make_variant(self.business, title="Bowl", price="500.00", cost=EACH)
        stock_up(self.business, [lost.pk], 4, unit_cost=Decimal(EACH), location_id=depot.pk)
        counted = open_count(system, location_id=depot.pk, variant_ids=[lost.pk])
        record_scan(system, count_id=counted.pk, variant_id=lost.pk, quantity=1, is_total=True)
        finish_count(system, count_id=counted.pk, rest_is_gone=False)
        approve_count(system, count_id=counted.pk)
        with tenancy.bind(pk):
            self.ids: dict[str, Any] = {
                "variant": vase.pk,
                "product": vase.product_id,
                "balance": StockBalance.objects.get(variant=vase, location=shop).pk,
                "movement": movement.pk,
                "adjustment": Adjustment.objects.get().pk,
                "transfer": Transfer.objects.get().pk,
                "count": StockCount.objects.get().pk,
            }

    def read(self, role: str) -> dict[str, str]:
        """Every page that knows what goods cost, and every address of the API, as a member of `role` reads it."""
        browser = sign_in(Client(), make_member(self.business, role), self.business)
        told = {}
        for name, page in PAGES.items():
            answer = browser.get(page.format(**self.ids))
            assert answer.status_code == 200, name
            told[name] = answer.content.decode()
        caller = Caller(self.business, make_member(self.business, role, user=make_user()))
        for address in ADDRESSES:
            answer = caller.get(address.format(**self.ids))
            assert answer.status_code == 200, address
            told[address] = answer.content.decode()
        return told


@pytest.fixture
def shelf(db: None) -> Shelf:
    return Shelf()


def tell_costs(text: str) -> bool:
    return EACH in text or ALL in text


def test_who_may_not_see_costs_finds_them_nowhere_and_a_buyer_everywhere(shelf: Shelf) -> None:
    assert [name for name, text in shelf.read("cashier").items() if tell_costs(text)] == []
    assert [name for name, text in shelf.read("buyer").items() if not tell_costs(text)] == []


def test_the_report_of_worth_is_not_offered_and_the_others_keep_their_figures(shelf: Shelf) -> None:
    browser = sign_in(Client(), make_member(shelf.business, "cashier"), shelf.business)
    page = browser.get("/admin/stock/report/?report=worth").content.decode()
    assert "What stock is worth" not in page
    rows = browser.get("/admin/stock/report/?report=places&format=csv").content.decode().splitlines()
    assert rows[0].lstrip("\ufeff") == "Location,Kinds of goods,On hand,Reserved,Available"
    assert "Depot,1,1,0,1" in rows


def test_editing_a_variant_neither_shows_nor_empties_its_cost(shelf: Shelf) -> None:
    browser = sign_in(Client(), make_member(shelf.business, "marketer"), shelf.business)
    address = f"/admin/catalog/variant/{shelf.ids['variant']}/do/edit/"
    page = browser.get(address)
    assert page.status_code == 200
    assert not tell_costs(page.content.decode())
    form = page.context["form"]
    data = {name: field.value() for name, field in ((name, form[name]) for name in form.fields)}
    sent = {name: value for name, value in data.items() if value is not None and value is not False} | {
        "sku": "VASE-NEW",
        "price": "500.00",
    }
    answer = browser.post(address, sent)
    assert answer.status_code == 302, answer.context["form"].errors
    with tenancy.bind(shelf.business.pk):
        variant = Variant.objects.get(pk=shelf.ids["variant"])
    assert (variant.sku, variant.cost) == ("VASE-NEW", Decimal(EACH))


def test_a_file_of_products_has_no_costs_for_who_may_not_see_them(shelf: Shelf) -> None:
    def exported(business: Business) -> str:
        browser = sign_in(Client(), make_member(business, "manager"), business)
        answer = browser.post("/admin/catalog/product/do/export/", {"format": "own", "file_type": "csv"})
        return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]

    assert tell_costs(exported(shelf.business))
    role = Role.unscoped.get(business=shelf.business, code="manager")
    role.permissions = [
        *(code for code in actor_of(shelf.business, "manager").permissions if code != SEES_COSTS)
    ]
    role.save()
    file = exported(shelf.business)
    assert "Vase" in file
    assert not tell_costs(file)
    header, *rows = csv.reader(io.StringIO(file))
    assert "Cost per item" not in header, "an empty column would empty the costs when the file comes back"
    assert {len(row) for row in rows} == {len(header)}
    assert rows[0][header.index("Price")] == "500"
    assert Product.unscoped.filter(business=shelf.business).count() == 2
