"""Cloth is kept in centimetres and sold by the metre: from the cart to the papers a buyer reads the same measure."""

from __future__ import annotations

import datetime as dt
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader

from apps.goods.catalog.drafts import PackDraft
from apps.goods.catalog.models import Variant
from apps.goods.catalog.services import set_packs, update_variant
from apps.goods.catalog.sold import as_sold
from apps.goods.catalog.units import TRADE_CODES, UNITS, is_measured
from apps.kernel import outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.money.invoicing.models import Document
from apps.money.invoicing.rendering import render
from apps.platform.businesses.models import Business
from apps.platform.notifications.models import Message
from apps.selling.checkout.selectors import find_cart
from apps.selling.checkout.services import add_to_cart
from apps.selling.orders.services import cancel_order
from apps.selling.pricing.services import save_display_rate
from tests.factories.goods import make_product, stock_up, variants_of
from tests.factories.orders import make_cart, make_order, orders_of, pay, ship, submit

D = Decimal


@pytest.mark.parametrize(
    ("unit", "shown", "quantity", "price", "said"),
    [
        ("cm", "m", 50, "0.19", ("0.5 m", D("19.00"), "m")),
        ("cm", "m", 1, "0.1955", ("0.01 m", D("19.55"), "m")),
        ("g", "kg", 1250, "0.0124", ("1.25 kg", D("12.40"), "kg")),
        ("mm", "", 7, "0.02", ("7 mm", D("0.02"), "mm")),
        # A thousandth of a kilogram is said, a millionth would be rounded away.
        ("mg", "kg", 250, "0.01", ("250 mg", D("0.01"), "mg")),
        # 0.19 for a centimetre is 0.4826 for an inch: rounded it would come to another sum.
        ("cm", "in", 254, "0.19", ("254 cm", D("0.19"), "cm")),
        ("cm", "ft", 50, "0.19", ("50 cm", D("0.19"), "cm")),
        ("piece", "", 50, "0.19", ("50", D("0.19"), "")),
    ],
)
def test_the_shown_unit_where_it_can_say_it_exactly(
    unit: str, shown: str, quantity: int, price: str, said: tuple[str, Decimal, str]
) -> None:
    variant = Variant(business_id=new_id(), unit=unit, shown_unit=shown)
    sold = as_sold(variant, quantity, D(price), "GBP")
    assert (sold.words, sold.price, sold.measure) == said
    assert sold.amount * sold.price == quantity * D(price), "never another sum"
    packed = as_sold(variant, 2, D(price), "GBP", packed=True)
    assert (packed.words, packed.price, packed.measure) == ("2", D(price), "")


def test_a_currency_without_pence_is_not_rounded_into_another_sum() -> None:
    cloth = Variant(business_id=new_id(), unit="cm", shown_unit="m")
    assert as_sold(cloth, 50, D("19"), "JPY").words == "0.5 m"
    assert as_sold(cloth, 50, D("0.125"), "JPY").words == "50 cm"


@pytest.fixture
def linen(store: Business) -> Variant:
    """19.00 a metre; a roll of ten metres costs 150.00."""
    actor = Actor.system("tests", store.pk)
    product = make_product(store, title="Linen", slug="linen", price="0.19")
    (variant,) = variants_of(product)
    update_variant(actor, variant_id=variant.pk, unit="cm", shown_unit="m")
    set_packs(
        actor, variant_id=variant.pk, packs=[PackDraft(name="Roll", quantity=500, price=D(150), sold=True)]
    )
    stock_up(store, [variant.pk], 5000)
    variant.refresh_from_db()
    return variant


@pytest.mark.django_db
def test_cart_and_checkout_say_the_metre_and_count_it_once(
    client: Client, store: Business, linen: Variant
) -> None:
    cart = make_cart(store, [(linen, 50)])
    client.cookies["cart"] = cart.cookie_value
    shop = f"/store/{store.slug}/"
    page = client.get(f"{shop}cart/").content.decode()
    assert "0.5 m × £19.00 per m" in page
    assert "£9.50" in page
    assert 'value="50"' in page, "the field counts what stock is counted in, and says so"
    assert "(cm)" in page
    assert "1 item" in page
    assert "50 items" not in page
    checkout = client.get(f"{shop}checkout/").content.decode()
    assert "0.5 m × £19.00 per m" in checkout
    assert "£0.19" not in page + checkout

    with tenancy.bind(store.pk):
        pack = linen.packs.get()
    again = add_to_cart(
        Actor.guest(store.pk), cart_token=cart.cookie_value, variant_id=linen.pk, quantity=2, pack_id=pack.pk
    )
    assert again.pk == cart.pk
    page = client.get(f"{shop}cart/").content.decode()
    assert "3 items" in page
    assert "£150.00" in page
    assert "2 × £150.00" in client.get(f"{shop}checkout/").content.decode()


@pytest.mark.django_db
def test_order_page_mails_and_papers_say_the_metre(client: Client, store: Business, linen: Variant) -> None:
    order = pay(make_order(store, lines=[(linen, 50)]))
    ship(order)
    outbox.drain()
    page = client.get(f"/store/{store.slug}/track/{order.public_token}/").content.decode()
    assert "0.5 m × £19.00 per m" in page
    assert "50 ×" not in page
    placed = Message.unscoped.get(template="order_placed")
    assert "0.5 m × £19.00 per m" in placed.html
    assert "0.5 m × Linen" in placed.text
    shipped = Message.unscoped.get(template="order_shipped")
    assert "0.5 m × Linen" in shipped.html
    for kind in ("receipt", "invoice"):
        paper = Document.unscoped.get(kind=kind)
        (line,) = paper.snapshot["lines"]
        assert (line["quantity"], line["unit_price"], line["amount"]) == (50, "0.19", "9.50")
        text = "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(render(paper))).pages)
        assert "0.5 m" in text, text
        assert "£19.00 per m" in text, text
        assert "£0.19" not in text


@pytest.mark.django_db
def test_what_is_counted_stays_as_it_was(client: Client, store: Business) -> None:
    order = make_order(store)
    outbox.drain()
    page = client.get(f"/store/{store.slug}/track/{order.public_token}/").content.decode()
    assert "2 × £12.00" in page
    assert "2 × £12.00" in Message.unscoped.get(template="order_placed").html


@pytest.mark.django_db
def test_cancelled_cloth_is_said_by_the_metre(client: Client, store: Business, linen: Variant) -> None:
    order = make_order(store, lines=[(linen, 50)])
    cancel_order(Actor.system("tests", store.pk), order_id=order.pk, reason="Asked for")
    page = client.get(f"/store/{store.slug}/track/{order.public_token}/").content.decode()
    assert "0.5 m cancelled" in page


@pytest.mark.django_db
def test_each_store_s_cart_counts_its_own_cloth_once(
    store: Business, other_business: Business, linen: Variant
) -> None:
    """The statement is made once and filled in for every store."""
    product = make_product(other_business, title="Rope", slug="rope", price="0.02")
    (rope,) = variants_of(product)
    they = Actor.system("tests", other_business.pk)
    update_variant(they, variant_id=rope.pk, unit="cm", shown_unit="m")
    stock_up(other_business, [rope.pk], 500)
    for shop, variant in ((store, linen), (other_business, rope)):
        cart = make_cart(shop, [(variant, 50)])
        with tenancy.bind(shop.pk):
            found: Any = find_cart(cart.cookie_value)
            assert found.item_count == 1


@pytest.mark.django_db
def test_other_currencies_are_said_of_the_metre_too(client: Client, store: Business, linen: Variant) -> None:
    """19.00 pounds at 1.27 are 24.13 dollars: those of a centimetre, 0.24, stood beside the price of a metre."""
    save_display_rate(
        Actor.system("tests", store.pk),
        currency="USD",
        rate=D("1.27"),
        source="A bank",
        day=dt.date(2026, 3, 3),
    )
    page = client.get(f"/store/{store.slug}/products/linen/").content.decode()
    assert "£19.00 per m" in page
    assert "$24.13" in page
    assert "$0.24" not in page


@pytest.mark.django_db
def test_a_buyer_who_changes_an_order_reads_the_same_price(
    client: Client, store: Business, linen: Variant
) -> None:
    mug = variants_of(make_product(store, title="Mug", price="12.00", stock=5))[0]
    (order,) = orders_of(submit(store, make_cart(store, [(linen, 50), (mug, 2)])))
    page = client.get(f"/store/{store.slug}/orders/{order.public_token}/change/").content.decode()
    assert "£19.00 per m" in page
    assert "(cm)" in page
    assert "£12.00 each" in page


def test_search_engines_are_told_the_price_of_a_metre(
    client: Client, store: Business, linen: Variant
) -> None:
    make_product(store, title="Mug", slug="mug", price="18.00", stock=5)

    def offer(slug: str) -> Any:
        page = client.get(f"/store/harbour/products/{slug}/").content.decode()
        assert f'price:amount" content="{"19" if slug == "linen" else "18"}.0' in page
        data = (
            page.partition('<script type="application/ld+json"')[2]
            .partition(">")[2]
            .partition("</script>")[0]
        )
        (told,) = json.loads(data)["offers"]
        return told

    cloth = offer("linen")
    assert (D(cloth["price"]), cloth["priceCurrency"]) == (D(19), "GBP")
    unit = cloth["priceSpecification"]
    assert (unit["@type"], D(unit["price"]), unit["priceCurrency"]) == (
        "UnitPriceSpecification",
        D(19),
        "GBP",
    )
    assert unit["referenceQuantity"] == {"@type": "QuantitativeValue", "value": 1, "unitCode": "MTR"}
    mug = offer("mug")
    assert (D(mug["price"]), "priceSpecification" in mug) == (D(18), False)


def test_each_measure_has_a_code_that_machines_know() -> None:
    assert set(TRADE_CODES) == {code for code in UNITS if is_measured(code)}
