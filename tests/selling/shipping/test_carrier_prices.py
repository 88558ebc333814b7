"""A price that a carrier names: what staff enter, what it is made of, whose answers are read, what they cost."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.goods.catalog.models import Variant
from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, PermissionRefused, StaleQuote
from apps.platform.businesses.models import Business
from apps.selling.checkout.services import quote_cart
from apps.selling.orders.drafts import LineDraft
from apps.selling.quotes.drafts import QuoteDraft
from apps.selling.quotes.services import accept_quote, send_quote, write_quote
from apps.selling.shipping.live import Missing
from apps.selling.shipping.models import CarrierAnswer, ShippingRate
from apps.selling.shipping.selectors import judge_rates, list_rates
from apps.selling.shipping.services import (
    CarrierPrice,
    GoodsDraft,
    add_package,
    add_rate,
    ask_carriers,
    change_rate,
    describe_goods,
    use_carrier,
)
from apps.selling.shipping.services.asking import keep_answers
from apps.selling.shipping.tasks import forget_old_answers
from tests.factories.businesses import make_business, make_member, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import ADA, QUAY, lines_of, make_cart, orders_of, reread, submit, system_of

from .live import DAYS, look, sandbox_rate, ways

pytestmark = pytest.mark.django_db

D = Decimal


@pytest.fixture
def mug(business: Business) -> Variant:
    mug: Variant = make_variant(business, stock=20)
    Variant.unscoped.filter(pk=mug.pk).update(weight_grams=425)
    return mug


def test_a_shop_without_carriers_pays_nothing_for_them(
    business: Business, actor: Actor, mug: Variant, django_assert_num_queries: Any
) -> None:
    add_rate(actor, name="Post", price=D(4), **DAYS)
    with django_assert_num_queries(1):
        list_rates(business, "GB", D(1), postcode="BS1 4DJ", goods={mug.pk: 1})
    rate = sandbox_rate(actor)
    missing = Missing()
    with django_assert_num_queries(5):
        judge_rates(business, "GB", D(1), postcode="BS1 4DJ", goods={mug.pk: 1}, missing=missing)
    ask_carriers(missing.unasked)
    more = make_variant(business, stock=1)
    goods = {mug.pk: 1, more.pk: 2}
    with django_assert_num_queries(5):
        list_rates(business, "GB", D(1), postcode="BS1 4DJ", goods=goods)
    assert rate.carrier_account is not None


def test_free_from_a_sum_on_days_and_surcharges(business: Business, actor: Actor, mug: Variant) -> None:
    """The sandbox asks 4.20 for up to a kilogram at home, 13.20 over the sea, and takes three days."""
    rate = sandbox_rate(actor, extra=D(1))
    change_rate(
        actor,
        rate_id=rate.pk,
        name="Live",
        price=D(0),
        measure="carrier",
        carrier=CarrierPrice("sandbox", "standard", extra=D(1)),
        surcharges=[("Bulky", D(8), "once")],
        free_over=D(50),
        **DAYS,
    )
    describe_goods(
        actor,
        drafts=[GoodsDraft(variant_id=mug.pk, shipping_class="Bulky", hs_code="691200", origin="PT")],
    )

    def offers(country: str, worth: int = 10) -> list[tuple[Decimal, str, int]]:
        missing = Missing()
        facts: dict[str, Any] = {"postcode": "1000", "goods": {mug.pk: 1}}
        judge_rates(business, country, D(worth), **facts, missing=missing)
        ask_carriers(missing.unasked)
        found = list_rates(business, country, D(worth), **facts)
        return [(one.price, one.source, one.delivery_days_max) for one in found]

    assert offers("GB") == [(D("13.20"), "carrier", 3)]
    assert offers("GB", 50) == [(D(8), "carrier", 3)], "free, but for the bulk"
    assert offers("NO") == [(D("22.20"), "carrier", 3)]


def test_answers_of_another_business_are_not_read(
    business: Business, other_business: Business, actor: Actor, make_actor: Any, mug: Variant
) -> None:
    sandbox_rate(actor)
    look(business, make_cart(business, [(mug, 1)]))
    (answer,) = CarrierAnswer.unscoped.all()
    with tenancy.bind(other_business.pk):
        assert not CarrierAnswer.objects.exists()
        assert not CarrierAnswer.objects.filter(pk=answer.pk).update(problem="x")
    with pytest.raises(PermissionRefused):
        keep_answers(actor, answers=[])
    theirs = make_actor(other_business)
    with pytest.raises(InvalidInput) as refused:
        _rate_of(theirs, "sandbox")
    assert "carrier" in refused.value.fields


def _rate_of(actor: Actor, carrier: str, **fields: Any) -> ShippingRate:
    price = CarrierPrice(carrier, **{"service": "standard", **fields})
    return add_rate(actor, name="Live", price=D(0), measure="carrier", carrier=price, **DAYS)


@pytest.mark.parametrize(
    ("field", "value"),
    [("carrier", "fedex"), ("service", " "), ("percent", D(501)), ("extra", D(-1)), ("fallback", D(-1)),
     ("percent", D("NaN"))],
)  # fmt: skip
def test_what_cannot_be_a_carriers_price(business: Business, actor: Actor, field: str, value: Any) -> None:
    use_carrier(actor, carrier="sandbox", active=True)
    given = {"carrier": "sandbox", field: value}
    with pytest.raises(InvalidInput) as refused:
        _rate_of(actor, **given)
    assert list(refused.value.fields) == [field]
    with pytest.raises(InvalidInput):
        add_rate(actor, name="Live", price=D(0), measure="carrier", **DAYS)
    with pytest.raises(InvalidInput):
        add_rate(actor, name="Live", price=D(0), carrier=CarrierPrice("sandbox", "standard"), **DAYS)


def test_a_carrier_out_of_use_falls_back(business: Business, actor: Actor, mug: Variant) -> None:
    sandbox_rate(actor, fallback=D(7))
    cart = make_cart(business, [(mug, 1)])
    assert ways(look(business, cart)) == [("Live", D("4.20"))]
    use_carrier(actor, carrier="sandbox", active=False)
    assert ways(look(business, cart)) == [("Live", D(7))]


def test_old_answers_are_dropped(business: Business, actor: Actor, mug: Variant) -> None:
    sandbox_rate(actor)
    look(business, make_cart(business, [(mug, 1)]))
    with clock.travel(dt.timedelta(minutes=70)):
        forget_old_answers()
        assert CarrierAnswer.unscoped.count() == 1
    with clock.travel(dt.timedelta(minutes=80)):
        forget_old_answers()
        assert not CarrierAnswer.unscoped.exists()


def test_a_quote_without_asking_says_what_is_missing(business: Business, actor: Actor, mug: Variant) -> None:
    sandbox_rate(actor)
    cart = make_cart(business, [(mug, 1)])
    quote = quote_cart(Actor.guest(business.pk), cart_id=cart.pk, address=QUAY)
    assert [one.account.carrier for one in quote.unasked] == ["sandbox"]
    assert ways(quote) == []


def test_staff_choose_a_carrier_and_try_it(client: Client) -> None:
    shop = make_business()
    staff = sign_in(client, make_member(shop, "owner"), shop)
    actor = Actor.system("test", shop.pk)
    add_package(actor, name="Box", length_mm=300, width_mm=200, height_mm=105, empty_grams=150)
    use_carrier(actor, carrier="sandbox", active=True)
    add = reverse("admin:list_verb", args=["shipping", "shippingrate", "add"])
    assert "Sandbox Parcels: Express" in staff.get(add).content.decode()
    form = {
        "name": "Express", "measure": "carrier", "percent": "10", "fallback": "20", "delivery_days_min": "1",
        "delivery_days_max": "2", "position": "0",
    }  # fmt: skip
    wrong = staff.post(add, {**form, "idempotency_key": "k0"})
    assert wrong.status_code == 400
    assert "Choose the carrier and its service." in wrong.content.decode()
    assert staff.post(add, {**form, "carrier": "sandbox:express", "idempotency_key": "k1"}).status_code == 302
    rate = ShippingRate.unscoped.get(name="Express")
    assert (rate.carrier_percent, rate.fallback) == (D(10), D(20))
    page = staff.get(reverse("admin:shipping_shippingrate_change", args=[rate.pk])).content.decode()
    assert "Sandbox Parcels: Express" in page
    change = reverse("admin:verb", args=["shipping", "shippingrate", rate.pk, "change"])
    assert 'value="sandbox:express" selected' in staff.get(change).content.decode()

    url = reverse("admin:shipping_calculator")
    assert staff.get(url).status_code == 200
    tried = staff.post(url, {"country": "GB", "postcode": "BS1 4DJ", "pieces": "1", "grams": "1500"})
    text = tried.content.decode()
    assert "£11.88" in text, "9.80, 1.00 for the weight, and ten per cent"
    assert "The carrier" in text
    heavy = staff.post(url, {"country": "GB", "pieces": "1", "grams": "31000"}).content.decode()
    assert "£20.00" in heavy
    assert "does not offer this service there" in heavy
    unknown = staff.post(url, {"country": "GB", "pieces": "1", "sku": "NOTHING"})
    assert unknown.status_code == 400
    assert "Nothing here has this SKU" in unknown.content.decode()
    half = staff.post(url, {"country": "GB", "pieces": "1", "grams": "500", "length_cm": "3"})
    assert "Enter all three sides" in half.content.decode()


def test_an_offer_by_link_shows_it_and_looks_once_more_when_it_ran_out(
    business: Business, client: Client
) -> None:
    """Two lamps of 50.00 weigh 1.95 kg with the box: 5.20 at the carrier."""
    staff = system_of(business)
    rate = sandbox_rate(staff)
    lamp = make_variant(business, price="50.00", stock=9, variant={"weight_grams": 900})
    draft = QuoteDraft(lines=[LineDraft(lamp.pk, 2)], contact=ADA, address=QUAY)
    quote = write_quote(staff, draft=draft)
    send_quote(staff, quote_id=quote.pk)
    page = f"/store/{business.slug}/quotes/{quote.token}/"
    assert "£105.20" in client.get(page).content.decode()
    taken: dict[str, Any] = {
        "quote_id": quote.pk, "contact": ADA, "address": QUAY, "rate_id": rate.pk, "expected_total": D("105.20"),
    }  # fmt: skip
    with clock.travel(dt.timedelta(minutes=16)):
        with pytest.raises(StaleQuote):
            accept_quote(staff, **taken)
        assert "£105.20" in client.get(page).content.decode()
        assert accept_quote(staff, **taken).shipping_total == D("5.20")


def test_a_buyer_who_takes_less_pays_what_the_carrier_asks_for_less(
    business: Business, actor: Actor, mug: Variant
) -> None:
    """Two mugs and the box weigh 1 kg, 5.20; one of them 575 g, 4.20: asked while she looks, read when she agrees."""
    sandbox_rate(actor)
    cart = make_cart(business, [(mug, 2)])
    (order,) = orders_of(submit(business, cart, look(business, cart).pk))
    assert (order.shipping_total, order.total) == (D("5.20"), D("29.20"))
    (line,) = lines_of(order)
    buyer, page = Client(), f"/store/{business.slug}/orders/{order.public_token}/change/"
    words = buyer.post(page, {f"line_{line.pk}": "1", "look": "1"}).content.decode()
    assert 'name="total" value="16.20' in words
    agreed = {f"line_{line.pk}": "1", "agree": "1", "total": "16.20", "key": "one"}
    assert buyer.post(page, agreed).status_code == 302
    assert reread(order).total == D("16.20")
    assert CarrierAnswer.unscoped.count() == 2
