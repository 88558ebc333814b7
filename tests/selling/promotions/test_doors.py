"""The doors of promotions: the back office's pages, the store's pages, the API; each from beginning to end."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, PermissionRefused, WrongState
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import forget_cached_businesses
from apps.selling.promotions.models import Promotion, PromotionCode
from apps.selling.promotions.services import add_code, duplicate_promotion, generate_codes
from apps.selling.promotions.words import summarise
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.goods import make_product, variants_of
from tests.factories.orders import make_rate, system_of
from tests.factories.promotions import make_promotion
from tests.selling.storefront.test_buying import fill, hidden

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_businesses(settings: Any) -> Any:
    settings.BUSINESS_CACHE_SECONDS = 0
    forget_cached_businesses()
    yield
    forget_cached_businesses()


@pytest.fixture
def business(db: None) -> Business:
    """With its roles and an owner."""
    return make_business(slug="harbour", name="Harbour Goods")


@pytest.fixture
def mug(business: Business) -> Any:
    make_rate(business, price="3.00")
    fields = {"variant": {"sku": "MUG-1"}}
    return make_product(business, title="Mug", slug="mug", price="18.00", stock=9, **fields)


def at(name: str) -> str:
    return reverse("admin:list_verb", args=["promotions", "promotion", name])


def test_staff_make_try_and_change_a_promotion(client: Client, business: Business, mug: Any) -> None:
    sign_in(client, owner_of(business), business)
    assert "Add a promotion" in client.get("/admin/promotions/promotion/").content.decode()
    typed = {
        "name": "Mug week", "kind": "percent", "value": "20", "goods": "mug", "code": "mugs",
        "starts_at": "2026-03-01T00:00", "ends_at": "2026-03-08T00:00", "per_customer_limit": "1", "priority": "5",
    }  # fmt: skip
    wrong = client.post(at("add"), {**typed, "value": "200", "goods": "lamp"})
    assert wrong.status_code == 400
    assert "Nothing has the SKU or address “lamp”." in wrong.content.decode()
    wrong = client.post(at("add"), {**typed, "value": "200"})
    assert "Percent are more than 0 and at most 100." in wrong.content.decode()
    assert client.post(at("add"), typed).status_code == 302
    promotion = Promotion.unscoped.get()
    sentence = "20 % off Mug, from 1 March 2026 to 7 March 2026, once per customer, with a code"
    with tenancy.bind(business.pk):
        assert summarise(promotion, business, ["Mug"]) == sentence
    home = f"/admin/promotions/promotion/{promotion.pk}/"
    page = client.get(home).content.decode()
    assert sentence in page
    assert "MUGS" in page
    assert "Mug week" in client.get("/admin/promotions/promotion/?tab=all").content.decode()

    asked = {"items": "mug-1, 3", "codes": "mugs, nothing", "channel": "storefront", "shipping": "3.00"}
    tried = client.get("/admin/promotions/try/", {**asked, "at": "2026-03-07T23:59"}).content.decode()
    assert "“NOTHING” is not a code of this shop." in tried
    assert "£10.80" in tried  # off 54.00
    assert "£46.20" in tried  # and the delivery
    late = client.get("/admin/promotions/try/", {**asked, "at": "2026-03-08T00:00"}).content.decode()
    assert "It has ended." in late
    assert "£57.00" in late

    change = reverse("admin:verb", args=["promotions", "promotion", promotion.pk, "change"])
    form = client.get(change).content.decode()
    assert 'value="20"' in form
    assert 'value="2026-03-01T00:00"' in form
    without = {name: value for name, value in typed.items() if name not in ("code", "starts_at", "ends_at")}
    assert client.post(change, {**without, "needs_code": "on", "use_limit": "2"}).status_code == 302
    promotion.refresh_from_db()
    assert (promotion.starts_at, promotion.use_limit, promotion.needs_code) == (None, 2, True)
    generate = reverse("admin:verb", args=["promotions", "promotion", promotion.pk, "generate-codes"])
    key = {"idempotency_key": "once"}
    for _twice in range(2):
        assert client.post(generate, {"count": "2500", "prefix": "fair", **key}).status_code == 302
    assert PromotionCode.unscoped.count() == 2501
    file = client.get(reverse("admin:promotions_codes", args=[promotion.pk])).content.decode()
    assert len(file.splitlines()) == 2502
    assert "MUGS,for everybody," in file
    for verb, state in (("pause", "paused"), ("resume", "running"), ("end", "ended")):
        client.post(reverse("admin:verb", args=["promotions", "promotion", promotion.pk, verb]))
        promotion.refresh_from_db()
        assert promotion.state == state
    with pytest.raises(WrongState):
        generate_codes(system_of(business), promotion_id=promotion.pk, count=1)
    copy = duplicate_promotion(system_of(business), promotion_id=promotion.pk, name="Again", code="MUGS2")
    assert (copy.state, copy.products, copy.value) == ("paused", promotion.products, promotion.value)
    with pytest.raises(InvalidInput) as taken:
        add_code(system_of(business), promotion_id=copy.pk, code="mugs")
    assert "Mug week" in str(taken.value.fields["code"][0])


def test_a_visitor_types_codes_without_javascript(client: Client, business: Business, mug: Any) -> None:
    client.post("/store/harbour/cart/add/", {"product": "mug", "quantity": 2})
    cart = "/store/harbour/cart/"
    assert 'name="code"' not in client.get(cart).content.decode(), "no shop without codes asks for one"
    make_promotion(business, name="Mug week", products=[mug.pk])
    make_promotion(business, "delivery", None, name="Ships free", code="SHIP", minimum_amount=Decimal(30))
    page = client.get(cart).content.decode()
    assert "−£3.60" in page
    assert "£32.40" in page
    client.post(f"{cart}code/", {"code": "ship"})
    answer = client.post(f"{cart}code/", {"code": "<b>x"}, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "“&lt;B&gt;X” is not a code of this shop." in page
    assert "Ships free (SHIP)" in page
    client.post(f"{cart}code/remove/", {"code": "<B>X"})
    assert "is not a code" not in client.get(cart).content.decode()

    form = fill(client, name="Ada, half typed")
    page = client.post("/store/harbour/checkout/", {**form, "drop_code": "SHIP"}).content.decode()
    assert 'value="Ada, half typed"' in page
    assert "£35.40" in page
    page = client.post("/store/harbour/checkout/", {**form, "put_code": "1", "code": "ship"}).content.decode()
    assert 'value="Ada, half typed"' in page
    assert "£32.40" in page
    form |= {"quote": hidden(page, "quote")}
    done = client.post("/store/harbour/checkout/", form)
    assert done.status_code == 302
    from apps.selling.orders.models import Order

    order = Order.unscoped.get()
    assert order.total == Decimal("32.40")
    page = client.get(f"/store/harbour/track/{order.public_token}/").content.decode()
    for words in ("Mug week", "−£3.60", "(Ships free (SHIP))", "£32.40"):
        assert words in page, words
    sign_in(client, owner_of(business), business)
    page = client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    for words in ("Mug week −\u2060£3.60", "Ships free (SHIP) −\u2060£3.00", "-£3.60"):
        assert words in page, words


def test_programs_keep_promotions_and_buy_with_codes(client: Client, business: Business, mug: Any) -> None:
    from tests.api.world import Caller

    staff = Caller(business, owner_of(business))
    soon = (clock.now() + dt.timedelta(days=1)).isoformat()
    body = {"name": "Welcome", "kind": "amount", "value": "5.00", "code": "hello", "minimum_amount": "30.00"}
    made = staff.send("POST", "promotions/", body)
    assert made.status_code == 201, made.content
    row = made.json()
    assert (row["state"], row["needs_code"], row["usage"]["orders"]) == ("running", True, 0)
    assert row["summary"] == "£5.00 off the whole order, from £30.00 on, with a code"
    address = f"promotions/{row['id']}/"
    assert staff.send("PATCH", address, {"starts_at": soon}).json()["state"] == "scheduled"
    assert staff.send("PATCH", address, {"value": "-1"}).status_code == 400
    staff.send("PATCH", address, {"starts_at": None, "use_limit": 1})
    assert staff.send("POST", f"{address}codes/generate/", {"count": 3}).json() == {"made": 3}
    assert len(staff.send("GET", f"{address}codes/").json()["results"]) == 4
    variant = variants_of(mug)[0]
    tried = staff.send(
        "POST", "promotions/try/",
        {"lines": [{"variant_id": str(variant.pk), "quantity": 1}], "codes": ["hello"]},
    ).json()  # fmt: skip
    assert [(one["reason"], one["words"]) for one in tried["verdicts"]] == [
        ("minimum_amount", "it counts from £30.00 on: £12.00 are missing.")
    ]

    def shop(method: str, path: str, data: Any = None, token: str = "") -> Any:
        headers = {"X-Cart": token, "Idempotency-Key": "k"} if token else {}
        url = f"/api/v1/stores/harbour/{path}"
        return client.generic(
            method, url, "" if data is None else json.dumps(data), "application/json",
            headers=headers,
        ).json()  # fmt: skip

    cart = shop("POST", "cart/items/", {"variant_id": str(variant.pk), "quantity": 2})
    token = cart["token"]
    cart = shop("POST", "cart/codes/", {"code": "hello"}, token)
    assert (cart["subtotal"], cart["discount"], cart["total"], cart["codes"]) == (
        "36.00",
        "5.00",
        "31.00",
        ["HELLO"],
    )
    assert shop("POST", "cart/codes/", {"code": "bye"}, token)["warnings"] == [
        "“BYE” is not a code of this shop."
    ]
    assert shop("DELETE", "cart/codes/BYE/", None, token)["codes"] == ["HELLO"]
    quote = shop("POST", "cart/quote/", {"address": {"country": "GB"}}, token)
    assert (quote["discount"], quote["total"]) == ("5.00", "34.00")
    buyer = {"name": "Ada", "line1": "1 Quay", "city": "Bristol", "postcode": "BS1", "country": "GB"}
    done = shop(
        "POST",
        "checkout/",
        {"quote_id": quote["id"], "contact": {"email": "a@example.com"}, "address": buyer},
        token,
    )
    assert done["total"] == "34.00", done
    usage = staff.send("GET", address).json()["usage"]
    assert (usage["orders"], usage["revenue"], usage["discount"]) == (1, "34.00", "5.00")
    order = staff.send("GET", "orders/").json()["results"][0]
    assert staff.send("GET", f"orders/{order['id']}/").json()["promotions"][0]["code"] == "HELLO"
    assert staff.send("POST", f"{address}end/").json()["state"] == "ended"
    # Whoever may not make promotions does not.
    clerk = Actor("user", None, "clerk", business.pk, permissions=frozenset({"promotions.read"}))
    with pytest.raises(PermissionRefused):
        add_code(clerk, promotion_id=row["id"], code="NEW")
