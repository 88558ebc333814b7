"""Competitors' prices by every door, and prices shown besides in another currency; with exact figures."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.kernel import clock, tenancy
from apps.kernel.errors import InvalidInput
from apps.platform.businesses.models import Business
from apps.selling.orders.models import Order
from apps.selling.pricing.competitors import read_file
from apps.selling.pricing.models import CompetitorPrice, DisplayRate
from apps.selling.pricing.services import note_competitor_prices, remove_competitor_price, save_display_rate
from tests.api.world import Caller, open_business
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.goods import make_product
from tests.factories.orders import make_rate, system_of

D = Decimal
pytestmark = pytest.mark.django_db
LIST = "/admin/pricing/competitorprice/"


@pytest.fixture
def shop(db: None) -> Business:
    """Mug at 11.00 and bowl at 20.00."""
    business = make_business(slug="rivals", name="Rivals")
    for title, sku, price in (("Mug", "MUG-1", "11.00"), ("Bowl", "BOWL-1", "20.00")):
        make_product(business, title=title, slug=title.lower(), price=price, stock=9, variant={"sku": sku})
    return business


def rows(business: Business) -> set[tuple[str, str, D, str]]:
    with tenancy.bind(business.pk):
        return {
            (row.variant.sku, row.competitor, row.price, row.source)
            for row in CompetitorPrice.objects.select_related("variant")
        }


def test_what_competitors_ask_by_every_door(shop: Business, client: Client) -> None:
    today = clock.today(shop.time_zone)
    past = (today - dt.timedelta(days=30)).isoformat()
    sign_in(client, owner_of(shop), shop)
    assert "Write down what others ask" in client.get(f"{LIST}?tab=all").content.decode()
    add = reverse("admin:list_verb", args=["pricing", "competitorprice", "add"])
    wrong = client.post(add, {"sku": "LAMP", "competitor": "Acme", "price": "9"})
    assert "nothing here is called “LAMP”." in wrong.content.decode()
    typed = {"sku": "mug-1", "competitor": "Acme", "price": "10.00", "date": past, "idempotency_key": "once"}
    for _twice in range(2):
        assert client.post(add, typed).status_code == 302
    assert rows(shop) == {("MUG-1", "Acme", D(10), "typed")}

    text = (
        "\ufeffShop;Code;Price;Currency;Seen on\r\n"
        f"ACME;MUG-1;8,80;;{today.isoformat()}\r\n"
        f"Brook;BOWL-1;25.00;GBP;{past}\r\n"
        "Brook;BOWL-1;19.00;USD;\r\n"
        "Brook;LAMP;1;;\r\n"
        "Brook;MUG-1;nothing;;\r\n"
        ";MUG-1;9.00;;\r\n"
        "Brook;MUG-1;9.00;POUND;\r\n"
        "Brook;MUG-1;9.00;;2999-01-01\r\n"
        "Brook;MUG-1;9.00;;yesterday\r\n"
        '"=Evil";MUG-1;9.001;;\r\n'
    )
    file = reverse("admin:list_verb", args=["pricing", "competitorprice", "file"])

    def send(**more: str) -> str:
        upload = SimpleUploadedFile("prices.csv", text.encode(), content_type="text/csv")
        return client.post(file, {"file": upload, **more}).content.decode()

    checked = send(check_only="on")
    assert "3 prices can be kept. Nothing was written." in checked
    assert len(rows(shop)) == 1
    kept = send()
    assert "3 prices are kept." in kept
    for words in (
        "nothing here is called “LAMP”.", "“nothing” is no price", "name the competitor", "“POUND” is no currency",
        "2999-01-01 is not in the last ten years", "“yesterday” is no day", "“9.001” is no price",
    ):  # fmt: skip
        assert words in kept
    # Acme in other capitals is Acme.
    assert rows(shop) == {
        ("MUG-1", "Acme", D(10), "typed"), ("MUG-1", "Acme", D("8.80"), "file"),
        ("BOWL-1", "Brook", D(25), "file"), ("BOWL-1", "Brook", D(19), "file"),
    }  # fmt: skip
    with tenancy.bind(shop.pk), pytest.raises(InvalidInput):
        read_file(b"a,b\n1,2\n", shop)

    newest = client.get(LIST).content.decode()
    assert "25.0 % dearer" in newest  # 11.00 against 8.80
    assert "another currency" in newest
    assert "10.0 % dearer" not in newest, "the former price of Acme is history"
    assert "25.0 % dearer" in client.get(f"{LIST}?tab=much").content.decode()
    assert "Brook" not in client.get(f"{LIST}?tab=dearer").content.decode()
    everything = client.get(f"{LIST}?tab=all").content.decode()
    assert "20.0 % cheaper" in everything  # 20.00 against 25.00
    with tenancy.bind(shop.pk):
        acme = CompetitorPrice.objects.get(price=D("8.80"))
    page = client.get(f"{LIST}{acme.pk}/").content.decode()
    assert "£8.80" in page
    assert "£10.00" in page
    export = client.post(
        reverse("admin:list_verb", args=["pricing", "competitorprice", "export"])
    ).content.decode()
    assert "MUG-1,Mug · MUG-1,Acme,8.80" in export
    assert ",25.0," in export
    assert len(export.splitlines()) == 3
    remove_competitor_price(system_of(shop), price_id=acme.pk)
    assert "10.0 % dearer" in client.get(LIST).content.decode()


def test_a_feed_writes_and_reads_and_only_with_the_right(settings: Any, db: None) -> None:
    settings.API_THROTTLES = {}
    shop = open_business("feeds")
    make_product(shop, title="Mug", price="11.00", variant={"sku": "MUG-1"})
    feed = Caller(shop, owner_of(shop))
    sent = {
        "prices": [
            {"sku": "MUG-1", "competitor": "Acme", "price": "8.80"},
            {"sku": "MUG-1", "competitor": "acme", "price": "8.70"},
            {"sku": "NONE", "competitor": "Acme", "price": "8.80"},
        ]
    }
    answer = feed.send("POST", "competitor-prices/", sent)
    assert answer.status_code == 201, answer.content
    assert answer.json()["kept"] == 1
    assert [one["row"] for one in answer.json()["bad"]] == [3]
    assert rows(shop) == {("MUG-1", "acme", D("8.70"), "api")}
    (found,) = feed.send("GET", "competitor-prices/?competitor=ACME").json()["results"]
    assert (found["price"], found["currency"], found["source"]) == ("8.70", "GBP", "api")
    assert feed.send("DELETE", f"competitor-prices/{found['id']}/").status_code == 204
    assert rows(shop) == set()
    with pytest.raises(InvalidInput):
        note_competitor_prices(system_of(shop), drafts=[], source="api")


def test_a_price_is_shown_in_another_currency_and_charged_in_our_own(shop: Business, client: Client) -> None:
    """A mug at 11.00: about US$13.97 at 1.27, and 2,041 yen at 185.5; the order is in pounds."""
    make_rate(shop, price="3.00")
    caches["pages"].clear()
    page = "/store/rivals/products/mug/"
    assert "You pay in" not in client.get(page).content.decode()
    staff, day = system_of(shop), dt.date(2026, 3, 3)
    wrong: dict[str, Any]
    for wrong in (
        {"currency": "GBP"},
        {"currency": "XXZ"},
        {"rate": D(0)},
        {"source": ""},
        {"day": dt.date(2999, 1, 1)},
    ):
        fields: dict[str, Any] = {
            "currency": "USD",
            "rate": D("1.27"),
            "source": "A bank",
            "day": day,
            **wrong,
        }
        with pytest.raises(InvalidInput):
            save_display_rate(staff, **fields)
    sign_in(client, owner_of(shop), shop)
    add = reverse("admin:list_verb", args=["pricing", "displayrate", "add"])
    typed = {"currency": "usd", "rate": "1.27", "source": "A bank", "day": "2026-03-03", "active": "on"}
    assert client.post(add, typed).status_code == 302
    save_display_rate(staff, currency="JPY", rate=D("185.5"), source="A paper", day=day)
    listed = client.get("/admin/pricing/displayrate/").content.decode()
    assert "$127.00" in listed
    client.logout()
    caches["pages"].clear()
    shown = client.get(page).content.decode()
    words = "About ¥2,041 · $13.97, at rates of 3 March 2026. You pay in GBP."
    assert words in shown.replace("JP¥", "¥").replace("US$", "$")
    client.post("/store/rivals/cart/add/", {"product": "mug", "quantity": 1})
    for part in ("cart/", "checkout/"):
        assert "You pay in GBP." in client.get(f"/store/rivals/{part}").content.decode()
    assert "$17.78" in client.get("/store/rivals/checkout/").content.decode()  # 14.00 with delivery
    assert not Order.unscoped.exists()
    with tenancy.bind(shop.pk):
        row = DisplayRate.objects.get(currency="USD")
        change = reverse("admin:verb", args=["pricing", "displayrate", row.pk, "change"])
    sign_in(client, owner_of(shop), shop)
    assert client.post(change, {**typed, "rate": "2", "active": ""}).status_code == 302
    row.refresh_from_db()
    assert (row.currency, row.rate, row.active) == ("USD", D(2), False)
