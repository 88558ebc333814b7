"""How goods are sent: classes that cost more at the checkout, and what customs read of them."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, PermissionRefused
from apps.kernel.models import AuditEntry
from apps.platform.businesses.models import Business
from apps.selling.checkout.selectors import delivery_offers
from apps.selling.checkout.services import quote_cart
from apps.selling.orders.models import Fulfilment
from apps.selling.shipping.charging import BadStep, read_surcharges, surcharge_of, write_surcharges
from apps.selling.shipping.models import ShippingItem, ShippingRate
from apps.selling.shipping.selectors import list_rates
from apps.selling.shipping.services import GoodsDraft, add_rate, change_rate, describe_goods
from tests.api.world import Caller
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_product, variants_of
from tests.factories.orders import QUAY, make_cart, make_order, orders_of, ship, submit
from tests.factories.promotions import make_promotion

pytestmark = pytest.mark.django_db

D = Decimal
RATE: dict[str, Any] = {
    "name": "Standard", "price": D(4), "countries": ["GB"], "delivery_days_min": 2, "delivery_days_max": 4,
}  # fmt: skip


def thing(business: Business, title: str, price: str = "10.00") -> Any:
    variant = {"sku": title.upper()}
    return variants_of(make_product(business, title=title, price=price, stock=50, variant=variant))[0]


def test_surcharges_are_read_as_they_are_typed_and_reckoned_by_class() -> None:
    text = "Bulky = 12.50\nGlass = 2 each\nDangerous = no"
    found = read_surcharges(text)
    assert found == [("Bulky", D("12.50"), "once"), ("Glass", D(2), "each"), ("Dangerous", None, "")]
    assert read_surcharges(write_surcharges(found)) == found
    for pieces, expected in (
        ({}, D(0)),
        ({"bulky": 3}, D("12.50")),
        ({"GLASS": 3}, D(6)),
        ({"Bulky": 1, "Glass": 2, "other": 9}, D("16.50")),
        ({"Bulky": 1, "dangerous": 1}, None),
        ({"dangerous": 0}, D(0)),
    ):
        assert surcharge_of(found, pieces) == expected
    for bad in ("Bulky", "= 4", "Bulky = -1", "Bulky = much", "Bulky = NaN", "Bulky = 1\nBULKY = 2"):
        with pytest.raises(BadStep):
            read_surcharges(bad)


def test_a_class_costs_more_or_is_not_carried(
    business: Business, actor: Actor, django_assert_num_queries: Any
) -> None:
    sofa, vase, paint, mug = (thing(business, name) for name in ("Sofa", "Vase", "Paint", "Mug"))
    surcharges = [("Bulky", D("12.50"), "once"), ("glass", D(2), "each"), ("Dangerous", None, "")]
    rate = add_rate(actor, **RATE, free_over=D(50), surcharges=surcharges)
    add_rate(actor, **{**RATE, "name": "Van", "price": D(30)})
    describe_goods(
        actor,
        drafts=[
            GoodsDraft(product_id=sofa.product_id, shipping_class="bulky"),
            GoodsDraft(product_id=vase.product_id, shipping_class="Bulky"),
            GoodsDraft(variant_id=vase.pk, shipping_class="Glass"),
            GoodsDraft(product_id=paint.product_id, shipping_class="Dangerous"),
        ],
    )

    def offers(worth: int = 10, **pieces: int) -> list[tuple[str, Decimal, Decimal]]:
        named = {"sofa": sofa, "vase": vase, "paint": paint, "mug": mug}
        goods = {named[name].pk: count for name, count in pieces.items()}
        with django_assert_num_queries(1):
            found = list_rates(business, "GB", D(worth), goods=goods)
        return [(offer.name, offer.price, offer.surcharge) for offer in found]

    van = ("Van", D(30), D(0))
    assert offers(mug=3) == offers() == [("Standard", D(4), D(0)), van]
    assert offers(sofa=2, mug=1) == [("Standard", D("16.50"), D("12.50")), van]
    assert offers(vase=3) == [("Standard", D(10), D(6)), van], "its own class counts, not its product's"
    assert offers(60, sofa=1, vase=1) == [("Standard", D("14.50"), D("14.50")), van], "free, but for the bulk"
    assert offers(mug=1, paint=1) == [van]
    change_rate(actor, rate_id=rate.pk, **RATE)
    assert offers(sofa=1, paint=1) == [("Standard", D(4), D(0)), van]
    for wrong in ([("", D(1), "once")], [("A", D(1), "often")], [("A", D(1), "once"), ("a", D(2), "once")]):
        with pytest.raises(InvalidInput) as refused:
            add_rate(actor, **{**RATE, "name": "New"}, surcharges=wrong)
        assert list(refused.value.fields) == ["surcharges"]


def test_the_buyer_pays_the_surcharge_and_a_new_class_is_a_new_total(
    business: Business, actor: Actor
) -> None:
    """Two sofas at 10.00, delivery 4.00 and 12.50 for the bulk: the same on quote and order."""
    sofa = thing(business, "Sofa")
    add_rate(actor, **RATE, surcharges=[("Bulky", D("12.50"), "once")])
    describe_goods(actor, drafts=[GoodsDraft(product_id=sofa.product_id, shipping_class="Bulky")])
    cart = make_cart(business, [(sofa, 2)])
    offer = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
    assert (offer.snapshot["shipping"], offer.snapshot["total"]) == ("16.50", "36.50")
    (order,) = orders_of(submit(business, cart, offer.pk))
    assert (order.shipping_total, order.total) == (D("16.50"), D("36.50"))


def test_free_delivery_by_a_promotion_leaves_the_surcharge(business: Business, actor: Actor) -> None:
    """The carriage of 4.00 is free, 12.50 for the bulk is not: in the list, the estimate, the quote and the order."""
    sofa = thing(business, "Sofa")
    add_rate(actor, **RATE, surcharges=[("Bulky", D("12.50"), "once")])
    add_rate(actor, **{**RATE, "name": "Van", "price": D(30)})
    describe_goods(actor, drafts=[GoodsDraft(product_id=sofa.product_id, shipping_class="Bulky")])
    make_promotion(business, "delivery", None, name="Free delivery")
    cart = make_cart(business, [(sofa, 2)])
    with tenancy.bind(business.pk):
        (group,) = delivery_offers(cart, country="GB")
    offers = group.offers
    assert [(one.name, one.price, one.surcharge) for one in offers] == [
        ("Standard", D("12.50"), D("12.50")),
        ("Van", D(0), D(0)),
    ]
    (rate, *_others) = offers
    offer = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY, rate_id=rate.rate_id)
    assert (offer.snapshot["shipping"], offer.snapshot["total"]) == ("12.50", "32.50")
    assert [one["amount"] for one in offer.snapshot["groups"][0]["promotions"]] == ["4.00"]
    (order,) = orders_of(submit(business, cart, offer.pk, rate_id=rate.rate_id))
    assert (order.shipping_total, order.total) == (D("12.50"), D("32.50"))


def test_what_is_said_of_goods_is_checked_replaced_and_entered(
    business: Business,
    other_business: Business,
    actor: Actor,
    make_actor: Any,
    django_assert_max_num_queries: Any,
) -> None:
    mug = thing(business, "Mug")
    for name, value in (("hs_code", "12"), ("hs_code", "69x200"), ("hs_code", "1" * 11), ("origin", "XX"),
                        ("customs_text", "a\nb"), ("shipping_class", "x" * 41)):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            describe_goods(actor, drafts=[GoodsDraft(variant_id=mug.pk, **{name: value})])
        assert list(refused.value.fields) == [name]
    for draft in (GoodsDraft(), GoodsDraft(product_id=mug.product_id, variant_id=mug.pk)):
        with pytest.raises(InvalidInput):
            describe_goods(actor, drafts=[draft])
    with pytest.raises(NotFound):
        describe_goods(actor, drafts=[GoodsDraft(variant_id=thing(other_business, "Theirs").pk)])
    reader = make_actor(business, permissions=frozenset({"shipping.read"}))
    with pytest.raises(PermissionRefused):
        describe_goods(reader, drafts=[GoodsDraft(variant_id=mug.pk, origin="GB")])
    assert not ShippingItem.unscoped.exists()
    for origin in ("gb", "PT"):
        describe_goods(actor, drafts=[GoodsDraft(variant_id=mug.pk, hs_code="6912.00", origin=origin)])
    item = ShippingItem.unscoped.get()
    assert (item.hs_code, item.origin) == ("691200", "PT")
    entered = AuditEntry.objects.filter(action="shipping.goods_described").order_by("pk").last()
    assert entered is not None
    assert (entered.before["origin"], entered.after["origin"]) == ("GB", "PT")
    assert entered.object_id == str(item.pk), "what was replaced is entered at the row that stands"
    many = [thing(business, f"Thing {number}") for number in range(12)]
    drafts = [GoodsDraft(variant_id=one.pk, origin="DE") for one in many]
    with django_assert_max_num_queries(12):
        describe_goods(actor, drafts=drafts)
    assert ShippingItem.unscoped.filter(origin="DE").count() == 12


def test_staff_describe_goods_on_pages_and_take_them_along(client: Client) -> None:
    shop = make_business(slug="harbour", name="Harbour Goods")
    mug, bowl = thing(shop, "Mug"), thing(shop, "Bowl")
    sign_in(client, owner_of(shop), shop)
    for address, back in (
        (reverse("admin:shipping_goods_of_product", args=[mug.product_id]),
         reverse("admin:catalog_product_change", args=[mug.product_id])),
        (reverse("admin:shipping_goods_of_variant", args=[mug.pk]),
         reverse("admin:catalog_variant_change", args=[mug.pk])),
    ):  # fmt: skip
        assert address in client.get(back).content.decode()
        wrong = client.post(address, {"hs_code": "12", "shipping_class": "Fragile"})
        assert wrong.status_code == 422
        assert "six to ten digits" in wrong.content.decode()
        assert 'value="Fragile"' in wrong.content.decode()
        done = client.post(address, {"hs_code": "691200", "origin": "PT", "shipping_class": "Fragile"})
        assert (done.status_code, done["Location"]) == (302, back)
        assert "Fragile · 691200 · PT" in client.get(back).content.decode()
    many = reverse("admin:shipping_goods")
    pasted = "sku\tHS code\tOrigin\nbowl\t6912.00\tGB\tBulky\tBowls; blue\nlamp\t940540\tDE\nMUG\t1\tDE"
    page = client.post(many, {"rows": pasted}).content.decode()
    assert "nothing here is called “lamp”" in page
    assert "An HS code has six to ten digits." in page
    item = ShippingItem.unscoped.get(variant=bowl)
    assert (item.hs_code, item.shipping_class, item.customs_text) == ("691200", "Bulky", "Bowls; blue")
    taken = client.get(f"{many}?csv=1").content.decode("utf-8-sig")
    assert taken.splitlines()[1:] == ["BOWL,691200,GB,Bulky,Bowls; blue", "MUG,691200,PT,Fragile,"]
    ShippingItem.unscoped.all().delete()
    assert client.post(many, {"rows": taken}).status_code == 302
    assert client.get(f"{many}?csv=1").content.decode("utf-8-sig") == taken
    rates = reverse("admin:list_verb", args=["shipping", "shippingrate", "add"])
    typed = {
        "name": "Post",
        "price": "4",
        "delivery_days_min": "1",
        "delivery_days_max": "2",
        "position": "0",
    }
    assert "is not understood" in client.post(rates, {**typed, "surcharges": "Bulky"}).content.decode()
    assert client.post(rates, {**typed, "surcharges": "Bulky = 3.50 each"}).status_code == 302
    rate = ShippingRate.unscoped.get(name="Post")
    page = client.get(reverse("admin:shipping_shippingrate_change", args=[rate.pk])).content.decode()
    assert "£3.50 for each item" in page
    change = reverse("admin:verb", args=["shipping", "shippingrate", rate.pk, "change"])
    assert "Bulky = 3.5 each" in client.get(change).content.decode()
    sign_in(client, make_member(shop, "stock_keeper"), shop)
    assert client.get(many).status_code == 403


def test_the_customs_paper_names_what_is_in_the_parcel(client: Client) -> None:
    shop = make_business(slug="harbour", name="Harbour Goods")
    owner = owner_of(shop)
    boss = Actor.system("test", shop.pk)
    mug, bowl = thing(shop, "Mug"), thing(shop, "Bowl")
    describe_goods(
        boss, drafts=[GoodsDraft(variant_id=mug.pk, hs_code="691200", origin="PT", customs_text="Clay mugs")]
    )
    oslo = QUAY.__class__(name="Kari Nordmann", line1="Gate 1", city="Oslo", postcode="0150", country="NO")
    abroad = Fulfilment.unscoped.get(
        order=ship(make_order(shop, lines=[(mug, 2), (bowl, 1)], address=oslo, paid=True))
    )
    home = Fulfilment.unscoped.get(order=ship(make_order(shop, lines=[(mug, 1)], paid=True)))
    sign_in(client, owner, shop)
    address = reverse("admin:shipping_customs", args=[abroad.pk])
    assert (
        address in client.get(reverse("admin:orders_order_change", args=[abroad.order_id])).content.decode()
    )
    paper = client.get(address)
    assert paper["Content-Type"] == "application/pdf"
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages)
    text = " ".join(text.split())
    for words in (
        "CN 23",
        "Kari Nordmann",
        "Norway",
        "Harbour Goods",
        "Clay mugs",
        "691200",
        "Portugal",
        "Bowl",
        "____",
    ):
        assert words in text, words
    total = sum(line.net for line in abroad.lines(manager="unscoped").all())
    assert f"{total:.2f} GBP" in text
    assert client.get(reverse("admin:shipping_customs", args=[home.pk])).status_code == 404
    order_page = client.get(reverse("admin:orders_order_change", args=[home.order_id])).content.decode()
    assert "customs paper" not in order_page


def test_programs_send_lists_of_goods() -> None:
    shop = make_business(slug="harbour", name="Harbour Goods")
    mug = thing(shop, "Mug")
    feed = Caller(shop, owner_of(shop))
    sent = {"goods": [{"sku": "mug", "hs_code": "6912.00", "origin": "PT"}, {"sku": "NONE", "origin": "PT"}]}
    answer = feed.send("POST", "shipping-goods/", sent)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["kept"], [one["row"] for one in answer.json()["bad"]]) == (1, [2])
    (found,) = feed.send("GET", f"shipping-goods/?variant={mug.pk}").json()["results"]
    assert (found["hs_code"], found["origin"], found["product"]) == ("691200", "PT", None)
    assert feed.send("GET", f"shipping-goods/{found['id']}/").json() == found
    assert feed.send("POST", "shipping-goods/", {"goods": []}).status_code == 400
    keeper = Caller(shop, make_member(shop, "stock_keeper"))
    assert keeper.send("POST", "shipping-goods/", sent).status_code == 403
