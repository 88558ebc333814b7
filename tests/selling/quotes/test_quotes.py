"""Draft orders and quotes: written, sent, changed by the buyer, accepted once, and to the cent."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.goods.inventory.models import StockBalance
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, OutOfStock, PermissionRefused, StaleQuote, WrongState
from apps.platform.businesses.services import change_settings
from apps.platform.notifications.models import Message
from apps.selling.orders.drafts import LineDraft
from apps.selling.orders.models import Order
from apps.selling.orders.selectors import search_orders
from apps.selling.payments.models import Payment
from apps.selling.promotions.drafts import PromotionDraft
from apps.selling.promotions.services import add_promotion
from apps.selling.quotes.drafts import QuoteDraft
from apps.selling.quotes.models import Quote, QuoteLine
from apps.selling.quotes.services import (
    accept_quote,
    ask_again,
    change_quote,
    duplicate_quote,
    place_quote,
    send_quote,
    write_quote,
)
from apps.selling.shipping.services import add_rate, add_zone
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.goods import make_location, make_variant, stock_up
from tests.factories.orders import ADA, QUAY, lines_of, make_rate, pay, system_of

pytestmark = pytest.mark.django_db
FORM = {
    "email": "ada@example.com", "phone": "", "country": "GB", "name": "Ada Obi", "line1": "1 Quay Street",
    "line2": "", "city": "Bristol", "region": "", "postcode": "BS1 4DJ", "provider": "sandbox",
}  # fmt: skip


def quote_for(business: Any, lines: list[LineDraft], **fields: Any) -> Quote:
    draft = QuoteDraft(lines=lines, contact=ADA, address=QUAY, **fields)
    return write_quote(system_of(business), draft=draft)


def reserved(variant: Any) -> int:
    return int(StockBalance.unscoped.get(variant=variant).reserved)


def reread(quote: Quote) -> Quote:
    return Quote.unscoped.select_related("order").get(pk=quote.pk)


def test_a_sale_in_a_chat(business: Any, client: Client) -> None:
    """S4: written, sent as a link, quantity changed, delivery chosen, approved with her number, paid; once."""
    kaftan = make_variant(business, title="Kaftan", price="9000.00", stock=9)
    scarf = make_variant(business, title="Scarf", price="3000.00", stock=9)
    van = make_rate(business, name="Van", price="300.00")
    make_rate(business, name="Courier", price="900.00")
    quote = quote_for(
        business, [LineDraft(kaftan.pk, 2), LineDraft(scarf.pk, 3, Decimal("2000.00"))], may_change=True
    )
    assert (quote.number, quote.total, reserved(kaftan)) == ("Q-00001", Decimal("24000.00"), 0)
    page = f"/store/{business.slug}/quotes/{quote.token}/"
    assert client.get(page).status_code == 404

    send_quote(system_of(business), quote_id=quote.pk, message="As we said")
    (mail,) = Message.unscoped.filter(template="quote_sent")
    assert page in mail.text
    assert "£24,000.00" in mail.text
    shown = client.get(page).content.decode()
    assert "£24,300.00" in shown
    assert "Kaftan" in shown
    assert client.get(f"{page}quote.pdf").content.startswith(b"%PDF")

    kaftans, scarves = QuoteLine.unscoped.filter(quote=quote).order_by("position")
    typed = {**FORM, f"line_{kaftans.pk}": "1", f"line_{scarves.pk}": "3", "rate": str(van.pk)}
    shown = client.post(page, {**typed, "look": "1"}).content.decode()
    assert "£15,300.00" in shown
    stale = client.post(page, {**typed, "accept": "1", "total": "24300.00"})
    assert stale.status_code == 409
    assert reread(quote).order is None
    done = client.post(page, {**typed, "accept": "1", "total": "15300.00", "po_number": "PO-4711"})
    assert done.status_code == 302
    order = reread(quote).order
    assert order is not None
    assert (order.total, order.channel, order.po_number) == (Decimal("15300.00"), "link", "PO-4711")
    assert (reserved(kaftan), reserved(scarf)) == (1, 3)
    again = client.post(page, {**typed, "accept": "1", "total": "15300.00"})
    assert again.headers["Location"].endswith(f"/track/{order.public_token}/")
    assert Order.unscoped.count() == 1
    with tenancy.bind(business.pk):
        assert [one.pk for one in search_orders("po-4711")] == [order.pk]
    (asked,) = Payment.unscoped.filter(owner_id=order.pk)
    assert asked.amount == Decimal("15300.00")
    order = pay(order)
    assert (order.state, order.payment_state) == ("confirmed", "paid")


def test_delivery_follows_weight_and_postcode_as_in_the_checkout(business: Any, client: Client) -> None:
    staff = system_of(business)
    lamp = make_variant(business, price="50.00", stock=9, variant={"weight_grams": 900})
    mainland = add_zone(staff, name="Mainland", countries=["GB"])
    islands = add_zone(staff, name="Islands", countries=["GB"], postcodes=["BT*"])
    steps = [(Decimal(1000), Decimal("3.50")), (Decimal(5000), Decimal("6.00"))]
    days: dict[str, Any] = {"delivery_days_min": 1, "delivery_days_max": 3, "countries": []}
    add_rate(staff, name="Post", price=Decimal(0), zone_id=mainland.pk, measure="weight", steps=steps, **days)
    ferry = add_rate(staff, name="Ferry", price=Decimal(15), zone_id=islands.pk, **days)
    quote = quote_for(business, [LineDraft(lamp.pk, 2)])
    send_quote(staff, quote_id=quote.pk)
    page = f"/store/{business.slug}/quotes/{quote.token}/"
    assert "£106.00" in client.get(page).content.decode()
    belfast = client.post(page, {**FORM, "postcode": "BT1 5AB", "look": "1"}).content.decode()
    assert "£115.00" in belfast
    assert "£106.00" not in belfast
    away = dataclasses.replace(QUAY, postcode="BT1 5AB")
    taken = {"quote_id": quote.pk, "contact": ADA, "address": away, "rate_id": ferry.pk}
    with pytest.raises(StaleQuote):
        accept_quote(staff, expected_total=Decimal("106.00"), **taken)
    assert accept_quote(staff, expected_total=Decimal("115.00"), **taken).shipping_total == Decimal(15)


def test_what_was_sent_holds_and_what_is_over_can_be_asked_for_again(business: Any, client: Client) -> None:
    mug = make_variant(business, price="10.00", stock=50)
    system = system_of(business)
    add_promotion(system, draft=PromotionDraft(name="Ten off", kind="percent", value=Decimal(10)))
    quote = quote_for(business, [LineDraft(mug.pk, 4)], shipping_price=Decimal("2.00"))
    assert quote.total == Decimal("38.00")
    send_quote(system, quote_id=quote.pk)
    type(mug).unscoped.filter(pk=mug.pk).update(price=Decimal(99))
    with clock.travel(dt.timedelta(days=15)):
        assert reread(quote).is_over
        page = f"/store/{business.slug}/quotes/{quote.token}/"
        assert "Ask for a new offer" in client.get(page).content.decode()
        with pytest.raises(WrongState):
            accept_quote(
                system, quote_id=quote.pk, expected_total=Decimal("38.00"), contact=ADA, address=QUAY
            )
        assert "writes to you" in client.post(f"{page}ask/").content.decode()
        ask_again(system, quote_id=quote.pk)
        assert reread(quote).asked_again_at is not None
        send_quote(system, quote_id=quote.pk)
        fresh = duplicate_quote(system, quote_id=quote.pk)
        assert fresh.total > Decimal(300)
        order = accept_quote(
            system, quote_id=quote.pk, expected_total=Decimal("38.00"), contact=ADA, address=QUAY
        )
    (line,) = lines_of(order)
    assert (line.unit_price, line.discount, order.total) == (Decimal(10), Decimal(4), Decimal(38))
    assert order.shipping_total == Decimal(2)


def test_an_offer_that_was_sent_is_kept_to_while_the_store_takes_no_orders(business: Any) -> None:
    mug = make_variant(business, price="10.00", stock=3)
    system = system_of(business)
    quote = quote_for(business, [LineDraft(mug.pk, 2)], shipping_price=Decimal("2.00"))
    send_quote(system, quote_id=quote.pk)
    change_settings(system, orders_closed=True)
    order = accept_quote(
        Actor.guest(business.pk),
        quote_id=quote.pk,
        expected_total=Decimal("22.00"),
        contact=ADA,
        address=QUAY,
    )
    assert (order.total, reserved(mug)) == (Decimal("22.00"), 2)


def test_staff_change_and_place_and_prices_of_ones_own_need_the_right(business: Any, make_actor: Any) -> None:
    mug = make_variant(business, price="10.00", stock=3)
    system = system_of(business)
    seller = make_actor(business, permissions=frozenset({"quotes.read", "quotes.write"}))
    own = QuoteDraft(lines=[LineDraft(mug.pk, 2, Decimal("7.50"))], contact=ADA, address=QUAY)
    with pytest.raises(PermissionRefused):
        write_quote(seller, draft=own)
    quote = write_quote(system, draft=own, key="once")
    assert write_quote(system, draft=own, key="once").pk == quote.pk
    send_quote(system, quote_id=quote.pk, by_mail=False)
    assert not Message.unscoped.filter(template="quote_sent").exists()
    more = QuoteDraft(
        lines=[LineDraft(mug.pk, 5)],
        contact=ADA,
        address=QUAY,
        order_discount=Decimal(5),
        shipping_price=Decimal(0),
    )
    quote = change_quote(system, quote_id=quote.pk, draft=more)
    assert (quote.state, quote.version, quote.total) == ("draft", 2, Decimal(45))
    with pytest.raises(OutOfStock):
        place_quote(system, quote_id=quote.pk)
    assert (reread(quote).state, reserved(mug)) == ("draft", 0)
    less = QuoteDraft(lines=[LineDraft(mug.pk, 3)], contact=ADA, address=QUAY, shipping_price=Decimal(0))
    change_quote(system, quote_id=quote.pk, draft=less)
    # Staff name the location: one that cannot fill it is refused, as is one that is not theirs.
    cellar = make_location(business, name="Cellar")
    with pytest.raises(OutOfStock):
        place_quote(system, quote_id=quote.pk, location_id=cellar.pk)
    stock_up(business, [mug.pk], 3, location_id=cellar.pk)
    elsewhere = dataclasses.replace(
        make_actor(business, permissions=frozenset({"orders.place"})), location_ids=frozenset()
    )
    with pytest.raises(PermissionRefused):
        place_quote(elsewhere, quote_id=quote.pk, location_id=cellar.pk)
    order = place_quote(system, quote_id=quote.pk, location_id=cellar.pk, provider="sandbox")
    outbox.drain()
    rows = StockBalance.unscoped.filter(variant=mug, reserved__gt=0)
    assert (order.total, list(rows.values_list("location_id", "reserved"))) == (Decimal(30), [(cellar.pk, 3)])
    assert place_quote(system, quote_id=quote.pk).pk == order.pk
    with pytest.raises(WrongState):
        change_quote(system, quote_id=quote.pk, draft=less)


def test_the_page_of_a_draft_says_one_total() -> None:
    business = make_business()
    quote = quote_for(business, [LineDraft(make_variant(business, price="10.00", stock=9).pk, 4)])
    assert quote.total == Decimal(40)
    # It applies by itself to what is written already and to what will be sent.
    add_promotion(system_of(business), draft=PromotionDraft(name="Autumn", kind="percent", value=Decimal(10)))
    Quote.unscoped.filter(pk=quote.pk).update(written_by="demo")
    page = sign_in(Client(), owner_of(business), business).get(f"/admin/quotes/quote/{quote.pk}/")
    shown = page.content.decode()
    assert shown.count("£36.00") == 2
    assert "1 Quay Street, Bristol, BS1 4DJ, United Kingdom" in shown
    assert "MoniDesk" in shown.split("Written by")[1][:300]


def test_staff_read_what_delivery_costs_and_what_a_quantity_is() -> None:
    business = make_business()
    make_rate(business, name="Letter", price="3.90")
    mug = make_variant(business, price="10.00", stock=9, variant={"sku": "MUG"})
    quote = quote_for(business, [LineDraft(mug.pk, 4)])
    staff = sign_in(Client(), owner_of(business), business)
    assert "Letter, £3.90" in staff.get(f"/admin/quotes/quote/{quote.pk}/do/place/").content.decode()
    for typed in ("-3", "99999999", "two"):
        refused = staff.post("/admin/orders/order/do/new/", {"lines": f"MUG, {typed}"})
        assert refused.status_code == 400
        assert f"“{typed}” is not a whole number from 1 to 9999999." in refused.content.decode()


def test_what_the_link_may_not_do_is_refused(business: Any) -> None:
    mug = make_variant(business, price="10.00", stock=9)
    system = system_of(business)
    rate = make_rate(business, price="3.00")
    quote = quote_for(business, [LineDraft(mug.pk, 2)])
    taken = {"quote_id": quote.pk, "contact": ADA, "address": QUAY, "expected_total": Decimal("23.00")}
    with pytest.raises(WrongState):
        accept_quote(system, **taken)
    send_quote(system, quote_id=quote.pk)
    (line,) = QuoteLine.unscoped.filter(quote=quote)
    for more, error in (
        ({"quantities": {line.pk: 1}, "rate_id": rate.pk}, InvalidInput),
        ({}, InvalidInput),
        ({"rate_id": rate.pk, "expected_total": Decimal(1)}, StaleQuote),
    ):
        with pytest.raises(error):
            accept_quote(system, **{**taken, **more})
    assert accept_quote(system, **taken, rate_id=rate.pk).total == Decimal("23.00")


def test_amounts_stand_in_forms_as_people_write_them() -> None:
    business = make_business()
    mug = make_variant(business, price="10.00", stock=9)
    quote = quote_for(
        business, [LineDraft(mug.pk, 4)], order_discount=Decimal("2.5"), shipping_price=Decimal(0)
    )
    staff = sign_in(Client(), owner_of(business), business)
    form = staff.get(f"/admin/quotes/quote/{quote.pk}/do/change/").content.decode()
    assert 'value="2.50"' in form
    assert "2.5000" not in form
    order = place_quote(system_of(business), quote_id=quote.pk)
    asked = staff.get(f"/admin/orders/order/{order.pk}/do/money/").content.decode()
    assert 'value="37.50"' in asked
