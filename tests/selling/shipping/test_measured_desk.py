"""Cloth is kept in centimetres and sold by the metre: staff read and type metres from the quote to the return."""

from __future__ import annotations

import html
import json
import re
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.goods.catalog.amount_fields import quantity_field
from apps.goods.catalog.drafts import PackDraft
from apps.goods.catalog.models import Variant
from apps.goods.catalog.services import set_packs, update_variant
from apps.goods.catalog.sold import counting_of
from apps.goods.inventory.codes import Goods
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business, Location
from apps.selling.orders.models import FulfilmentLine, Order, OrderVersion
from apps.selling.orders.typed_lines import read_lines
from apps.selling.quotes.models import Quote, QuoteLine
from apps.selling.returns.models import ReturnLine
from apps.selling.returns.services import request_return
from apps.selling.returns.services.asking import WishedLine
from apps.selling.shipping.models import PickLine
from apps.selling.shipping.services import open_pick_list
from tests.factories.businesses import actor_of, make_business, owner_of, sign_in
from tests.factories.goods import make_variant, stock_up
from tests.factories.orders import lines_of, make_order, make_rate, pay, reread, ship

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def shop() -> Business:
    return make_business()


@pytest.fixture
def linen(shop: Business) -> Variant:
    """19.00 a metre; a roll of five metres."""
    actor = Actor.system("tests", shop.pk)
    variant = make_variant(shop, title="Linen", price="0.19", variant={"sku": "LIN"})
    update_variant(actor, variant_id=variant.pk, unit="cm", shown_unit="m")
    roll = PackDraft(name="Roll", quantity=500, price=D(80), sold=True, sku="ROLL")
    set_packs(actor, variant_id=variant.pk, packs=[roll])
    stock_up(shop, [variant.pk], 5000)
    variant.refresh_from_db()
    return variant


@pytest.fixture
def staff(shop: Business) -> Client:
    return sign_in(Client(), owner_of(shop), shop)


def order_of(shop: Business, linen: Variant) -> Order:
    """Half a metre of linen, 9.50, and a mug."""
    order = make_order(
        shop, lines=[(linen, 50), (make_variant(shop, title="Mug", stock=9), 2)], shipping=None
    )
    return reread(pay(order))


def read(client: Client, address: str) -> str:
    answer: Any = client.get(address)
    assert answer.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


@pytest.mark.parametrize(
    ("unit", "shown", "typed", "kept"),
    [
        ("cm", "m", "0.5", 50),
        ("cm", "m", "0.005", None),
        ("g", "kg", "1.25", 1250),
        ("cm", "ft", "50", 50),  # a centimetre is no round number of feet: typed as it is kept
        ("mg", "kg", "250", 250),
        ("mm", "", "7", 7),
        ("piece", "", "3", 3),
        ("piece", "", "0.5", None),
    ],
)
def test_a_field_takes_the_unit_of_sale_where_it_says_every_stock_unit(
    unit: str, shown: str, typed: str, kept: int | None
) -> None:
    counting = counting_of(Variant(business_id=new_id(), unit=unit, shown_unit=shown))
    field = quantity_field(counting, label="Pieces", initial=0, most=10_000)
    if kept is None:
        with pytest.raises(Exception, match=r"multiple of 0\.01 m|whole number"):
            field.clean(typed)
        return
    assert field.clean(typed) == kept
    assert str(field.prepare_value(kept)) == typed


def test_orders_and_parcels_say_metres(shop: Business, linen: Variant, staff: Client) -> None:
    order = order_of(shop, linen)
    page = f"/admin/orders/order/{order.pk}/"
    shown = read(staff, page)
    assert "0.5 m 0.5 m waiting £19.00 per m £9.50" in shown
    assert "50 waiting" not in shown

    (cloth, mug) = lines_of(order)
    form = staff.get(f"{page}do/ship/")
    assert form.context["form"].fields[f"line_{cloth.pk}"].initial == 50
    said = form.content.decode()
    assert f'name="line_{cloth.pk}" value="0.5"' in said
    assert "m of 0.5 m" in read(staff, f"{page}do/ship/")
    for wrong, why in (("0.205", "Enter a multiple of 0.01 m."), ("0.51", "This can be 0.5 at most.")):
        refused = staff.post(f"{page}do/ship/", {f"line_{cloth.pk}": wrong})
        assert (refused.status_code, why in refused.content.decode()) == (400, True)
    assert staff.post(f"{page}do/ship/", {f"line_{cloth.pk}": "0.2"}).status_code == 302
    assert FulfilmentLine.unscoped.get(order_line=cloth).quantity == 20
    shown = read(staff, page)
    assert "0.2 m × Linen" in shown
    assert "0.3 m waiting , 0.2 m sent" in shown

    refund = f"{page}do/refund/"
    assert "m of 0.3 m" in read(staff, refund)
    given = {f"unsent_{cloth.pk}": "0.1", f"sent_{cloth.pk}": "0.2", "reason": "Short"}
    assert staff.post(refund, given).status_code == 302
    cloth.refresh_from_db()
    assert (cloth.cancelled_quantity, cloth.refunded_quantity, mug.cancelled_quantity) == (10, 20, 0)
    assert "2 waiting" in read(staff, page)


def test_an_order_is_changed_in_metres_and_its_versions_say_them(
    shop: Business, linen: Variant, staff: Client
) -> None:
    order = order_of(shop, linen)
    address = f"/admin/orders/order/{order.pk}/do/amend/"
    cloth, mug = lines_of(order)
    form = staff.get(address).content.decode()
    assert f'name="line_{cloth.pk}" value="0.5"' in form
    changes = {f"line_{cloth.pk}": "0.75", f"line_{mug.pk}": "2", "added": "LIN, 0.25 m, 20\nLIN, 1\nROLL, 2"}
    assert staff.post(address, changes).status_code == 302
    cloth.refresh_from_db()
    assert cloth.quantity == 75
    added = [(line.quantity, line.unit_price, line.pack_name) for line in lines_of(order)[2:]]
    assert added == [(25, D("0.20"), ""), (100, D("0.19"), ""), (2, D(80), "Roll")]
    said = read(staff, f"/admin/orders/order/{order.pk}/")
    for words in (
        "Linen: 0.75 m instead of 0.5 m", "Linen: added (0.25 m)", "Linen: added (1 m)", "Linen · Roll: added (2)",
    ):  # fmt: skip
        assert words in said
    change = OrderVersion.unscoped.get(order=order, number=2).changes[0]
    assert (change["before"], change["after"]) == (50, 75), "programs count in stock units, as everywhere"


def test_quotes_are_typed_as_they_are_sold(shop: Business, linen: Variant, staff: Client) -> None:
    make_rate(shop, price="3.00")
    new = "/admin/quotes/quote/do/new/"
    for typed, why in (
        ("LIN, 0.005", "“0.005” is not a quantity: enter a multiple of 0.01 m."),
        ("LIN, 2, 19.005", "“19.005” is not a price"),  # 0.19005 for a centimetre would be rounded
        ("ROLL, 0.5", "“0.5” is not a whole number"),
    ):
        refused = staff.post(new, {"lines": typed})
        assert (refused.status_code, why in html.unescape(refused.content.decode())) == (400, True)
    written = staff.post(new, {"lines": "LIN, 0.5, 18.50\nLIN, 2 m\nROLL, 1", "email": "ada@example.com"})
    assert written.status_code == 302
    quote = Quote.unscoped.get()
    rows = QuoteLine.unscoped.filter(quote=quote).order_by("position")
    assert [(row.quantity, row.unit_price) for row in rows][:2] == [(50, D("0.185")), (200, None)]
    shown = read(staff, f"/admin/quotes/quote/{quote.pk}/")
    assert "0.5 m £18.50 per m £9.25" in shown
    assert "2 m £19.00 per m £38.00" in shown
    form = staff.get(f"/admin/quotes/quote/{quote.pk}/do/change/").context["form"]
    assert form["lines"].value() == "LIN, 0.5 m, 18.5\nLIN, 2 m\nROLL, 1"


def test_returns_are_counted_in_metres(shop: Business, linen: Variant, staff: Client) -> None:
    order = reread(ship(order_of(shop, linen)))
    buyer = Client().get(f"/store/{shop.slug}/orders/{order.public_token}/return/").content.decode()
    assert "How much (m)" in buyer
    assert 'max="0.5"' in buyer
    start = read(staff, f"/admin/orders/order/{order.pk}/do/return/")
    assert "m of 0.5 m" in start
    cloth = lines_of(order)[0]
    row = request_return(actor_of(shop), order_id=order.pk, lines=[WishedLine(cloth.pk, 40, "faulty")])
    page = f"/admin/returns/goodsreturn/{row.pk}/"
    line = ReturnLine.unscoped.get(goods_return=row)
    assert f'name="damaged_{line.pk}" value="0.4"' in staff.get(f"{page}do/receive/").content.decode()
    said = {f"sellable_{line.pk}": "0.15", f"damaged_{line.pk}": "0.25", f"missing_{line.pk}": ""}
    assert staff.post(f"{page}do/receive/", said).status_code == 302
    line.refresh_from_db()
    assert (line.sellable, line.damaged, line.missing) == (15, 25, 0)
    assert "0.4 m Does not work 0.15 m 0.25 m 0 m" in read(staff, page)
    said = read(staff, f"{page}do/settle/")
    assert "1 piece is paid back; in stock again: 0.15 m." in said
    story = read(staff, f"/admin/orders/order/{order.pk}/")
    for words in ("asked for: 1 piece.", ": 1 piece arrived.", "Parcel 1 is on its way: 3 pieces."):
        assert words in story, "a cut of cloth is one thing, beside two mugs"


def test_picking_and_packing_count_in_metres_and_a_cut_is_one_scan(
    shop: Business, linen: Variant, staff: Client
) -> None:
    order = order_of(shop, linen)
    place = Location.unscoped.get(business=shop, is_default=True)
    made = open_pick_list(actor_of(shop), order_ids=[order.pk], location_id=place.pk)
    address = f"/admin/shipping/picklist/{made.pk}/"

    def rows(page: str) -> dict[str, tuple[str, dict[str, float], str]]:
        found = re.findall(
            r'data-codes="([^"]*)" data-item="([^"]*)" data-wanted="([^"]*)" data-unit="([^"]*)"', page
        )
        return {item: (wanted, json.loads(html.unescape(codes)), unit) for codes, item, wanted, unit in found}

    page = staff.get(f"{address}do/pick/").content.decode()
    wanted, codes, unit = rows(page)["Linen"]
    assert (wanted, codes, unit) == ("0.5", {"LIN": 0.5, "ROLL": 5}, "m")
    assert rows(page)["Mug"][0] == "2"
    assert "0.5 m" in read(staff, address)
    picks = {
        f"line_{line.pk}": "0.5" if line.variant_id == linen.pk else "2" for line in PickLine.unscoped.all()
    }
    assert staff.post(f"{address}do/pick/", picks).status_code == 302
    assert PickLine.unscoped.get(variant=linen).picked == 50

    pack = f"/admin/shipping/pack/{order.pk}/"
    page = staff.get(pack).content.decode()
    assert rows(page)["Linen"] == ("0.5", {"LIN": 0.5, "ROLL": 5}, "m")
    names = re.findall(r'name="(box_[^"]+)"', page)
    boxed = {name: "0.5" if str(linen.pk) in name else "2" for name in names}
    assert staff.post(pack, {**boxed, "send": "1"}).status_code == 302
    assert FulfilmentLine.unscoped.get(order_line__variant=linen).quantity == 50


@pytest.mark.parametrize("form", ["do/ship/", "do/refund/", "do/amend/", "refund-preview"])
def test_a_form_of_an_order_asks_the_same_for_any_number_of_lines(
    shop: Business, linen: Variant, staff: Client, form: str
) -> None:
    def asked(count: int) -> int:
        goods = [(linen, 50), *((make_variant(shop, title=f"Mug {n}", stock=9), 1) for n in range(count - 1))]
        order = reread(pay(make_order(shop, lines=goods, shipping=None)))
        if form == "refund-preview":
            address = reverse("admin:orders_refund_preview", args=[order.pk])
            send = partial(staff.post, address, {f"unsent_{lines_of(order)[0].pk}": "0.1"})
        else:
            send = partial(staff.get, f"/admin/orders/order/{order.pk}/{form}")
        assert send().status_code == 200
        with CaptureQueriesContext(connection) as queries:
            assert send().status_code == 200
        return len(queries)

    assert asked(1) == asked(6)


@pytest.mark.parametrize(
    "typed", ["50 cm", "5 mm", "0,5", "0.005 m", "1e999999", "NaN", "-1", "1, NaN", "1, 1e999999", "1, 0.001"]
)
def test_what_is_no_length_or_price_is_refused_and_not_read_as_another(linen: Variant, typed: str) -> None:
    goods = Goods(linen)
    with pytest.raises(ValidationError, match=r"multiple of 0\.01 m|is not a price"):
        read_lines(f"LIN, {typed}", lambda codes: dict.fromkeys(map(str.upper, codes), goods))
