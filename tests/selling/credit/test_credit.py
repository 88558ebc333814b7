"""Gift cards and store credit from the sale to the last cent: the same figures on order, card and books."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client

from apps.kernel import clock, outbox, tenancy
from apps.kernel.errors import InvalidInput, PermissionRefused, WrongState
from apps.money.invoicing.models import Document
from apps.money.ledger.models import Account
from apps.money.ledger.selectors import balance_of
from apps.money.ledger.verification import verify_books
from apps.platform.businesses.models import Business
from apps.platform.notifications.models import Message
from apps.selling.credit import tasks
from apps.selling.credit.codes import digest_of, is_code
from apps.selling.credit.models import CreditAccount, CreditEntry
from apps.selling.credit.services import (
    block_credit,
    correct_credit,
    issue_credit,
    renew_code,
    sell_as_gift_card,
    top_up_card,
    unblock_credit,
)
from apps.selling.orders.drafts import Contact
from apps.selling.orders.models import Order
from apps.selling.orders.services import cancel_order, expire_order, pay_by_credit, refund_order
from apps.selling.payments.models import Payment, Refund
from tests.factories.businesses import actor_of, make_user
from tests.factories.goods import make_product, make_variant, variants_of
from tests.factories.orders import (
    capture,
    lines_of,
    make_cart,
    make_order,
    orders_of,
    pay,
    reread,
    say_captured,
    ship,
    submit,
    system_of,
)

D = Decimal


def books(business: Business) -> dict[str, Decimal]:
    """What stands on each account; the check of the books has found nothing."""
    with clock.travel(dt.timedelta(days=40)):  # what was told by a later clock is due then
        outbox.drain()
    with tenancy.bind(business.pk):
        assert verify_books().findings == []
        keys = Account.objects.exclude(system_key="").values_list("system_key", flat=True)
        return {key: amount for key in keys if (amount := balance_of(key))}


def on_card(account: CreditAccount) -> Decimal:
    return CreditAccount.unscoped.get(pk=account.pk).balance


def story(order: Order) -> list[str]:
    with tenancy.bind(order.business_id):
        return list(order.timeline.order_by("id").values_list("kind", flat=True))


@pytest.fixture
def card(shop: Business) -> CreditAccount:
    return issue_credit(actor_of(shop), amount=D("10.00"), reason="Prize", recipient_name="Bea")


def buy(shop: Business, price: str, card: CreditAccount | None = None, **fields: Any) -> Order:
    """One thing at this price is ordered through the checkout, with a card when there is one."""
    cart = make_cart(shop, [(make_variant(shop, price=price, stock=3), 1)])
    ids = [card.pk] if card else []
    return orders_of(submit(shop, cart, credit_ids=ids, **fields))[0]


@pytest.mark.django_db
def test_a_card_is_sold_spent_and_returned(shop: Business) -> None:
    """Two cards of 25.00 and a mug of 12.00: the cards are owed, not sold; spent they pay for goods."""
    product = make_product(
        shop, title="Gift card", price="25.00", cost=None, variant={"taxable": False, "track_stock": False}
    )
    gift, mug = variants_of(product)[0], make_variant(shop, title="Mug", price="12.00", stock=5, cost="4.00")
    with pytest.raises(WrongState, match="not taxed"):
        sell_as_gift_card(actor_of(shop), variant_id=mug.pk)
    sell_as_gift_card(actor_of(shop), variant_id=gift.pk, months=12)
    sold = pay(make_order(shop, lines=[(gift, 2), (mug, 1)]))
    assert story(sold)[-3:] == ["shipped_by", "gift_cards_sent", "delivered"]
    cards = list(CreditAccount.unscoped.order_by("id"))
    today = clock.today()
    leap_day = (today.month, today.day) == (2, 29)
    in_a_year = today.replace(year=today.year + 1, day=28 if leap_day else today.day)
    assert [(one.balance, one.expires_on) for one in cards] == [(D(25), in_a_year)] * 2
    codes = re.findall(
        r"[2-9A-Z]{4}(?:-[2-9A-Z]{4}){3}",
        "".join(Message.unscoped.filter(template="gift_card").values_list("text", flat=True)),
    )
    assert {digest_of(code) for code in codes} == {one.code_digest for one in cards}
    assert not Message.unscoped.filter(template="order_shipped").exists()  # no parcel is on its way
    # 65.00 came in: 50.00 is owed on the cards, 15.00 (mug and delivery) for what has not left.
    assert books(shop) == {
        "provider_clearing": D(65), "gift_card_liability": D(-50), "customer_deposits": D(-15),
        "inventory": D(20), "grni": D(-20),
    }  # fmt: skip
    assert reread(sold).fulfilment_state == "part_fulfilled"
    assert not Document.unscoped.filter(kind="invoice").exists()  # tax is due when the card is spent
    outbox.drain()
    ship(sold)
    # The mug 12.00 and delivery 3.00, each with 20 % tax in it.
    assert books(shop)["sales_revenue"] == D(-10)
    assert Document.unscoped.get(kind="invoice").total == D("15.00")

    # 30.00 by a card of 25.00 and 5.00 of money, sent, then given back: the card first, as it paid first.
    bought = buy(shop, "30.00", cards[0])
    assert (bought.paid_total, bought.payment_state, bought.state) == (D(25), "part_paid", "placed")
    assert on_card(cards[0]) == 0
    asked = Payment.unscoped.get(owner_id=bought.pk)
    assert asked.amount == D("5.00")
    say_captured(asked)
    outbox.drain()
    bought = ship(reread(bought))
    assert (bought.payment_state, bought.state) == ("paid", "confirmed")
    assert books(shop)["gift_card_liability"] == D(-25)
    receipt = Document.unscoped.filter(kind="receipt", order=bought).order_by("number").first()
    assert receipt is not None
    assert receipt.snapshot["payment"]["by"] == f"Gift card ···· {cards[0].last4}"
    line = lines_of(bought)[0]
    refund = refund_order(
        system_of(shop), order_id=bought.pk, lines=[(line.pk, 1)], amount=D(27), restock=True
    )
    assert on_card(cards[0]) == D(25)
    assert Refund.unscoped.get(payment__owner_id=bought.pk).amount == D(2)
    assert (refund.state, refund.completed_amount) == ("requested", D(25))
    assert books(shop)["gift_card_liability"] == D(-50)

    # The buyer returns one card of the two: what is on it goes, and it was never a sale.
    line = lines_of(sold)[0]
    revenue = books(shop)["sales_revenue"]
    back = refund_order(system_of(shop), order_id=sold.pk, lines=[(line.pk, 1)])
    assert (back.amount, back.voucher_part) == (D(25), D(25))
    assert sorted(one.balance for one in CreditAccount.unscoped.all()) == [D(0), D(25)]
    now = books(shop)
    assert (now["gift_card_liability"], now["sales_revenue"]) == (D(-25), revenue)
    assert "sales_returns" not in {key for key in now if now[key] == D(25)}
    assert Document.unscoped.filter(kind="credit_note").count() == 1  # of the goods alone
    # What was spent of a card cannot be paid back in money as well.
    buy(shop, "20.00", cards[0])
    with pytest.raises(WrongState, match="spent in part"):
        refund_order(system_of(shop), order_id=sold.pk, lines=[(line.pk, 1)])


@pytest.mark.django_db
def test_what_becomes_of_an_order_that_credit_paid(shop: Business, card: CreditAccount) -> None:
    """In part and unpaid in time, cancelled, paid as a whole; refunds to credit; the order's own pay page."""
    late = buy(shop, "16.00", card)
    assert on_card(card) == 0
    with clock.travel(dt.timedelta(hours=2)):
        # Money of the company that is still on its way keeps the order, whatever the card paid.
        paid = capture(late, "6.00")
        assert not expire_order(system_of(shop), order_id=late.pk)
        outbox.drain()
    assert reread(late).state == "confirmed"
    assert paid.pk
    cancel_order(system_of(shop), order_id=late.pk)
    assert on_card(card) == D(10)
    unpaid = buy(shop, "16.00", card)
    with clock.travel(dt.timedelta(hours=2)):
        assert expire_order(system_of(shop), order_id=unpaid.pk)
    assert (on_card(card), reread(unpaid).payment_state) == (D(10), "refunded")
    assert story(unpaid)[-2:] == ["expired", "refunded"]

    # All of it: no company is asked, the order is confirmed at once.
    whole = buy(shop, "8.00", card)
    assert (whole.state, whole.payment_state, on_card(card)) == ("confirmed", "paid", D(2))
    assert not Payment.unscoped.filter(owner_id=whole.pk).exists()
    assert story(whole) == ["placed", "credit_spent", "confirmed"]

    # An order that waits takes a card from its page; the request for the whole is closed, the rest asked anew.
    waiting = buy(shop, "12.00")
    pay_by_credit(system_of(shop), order_id=waiting.pk, account_id=card.pk)
    states = Payment.unscoped.filter(owner_id=waiting.pk).order_by("id").values_list("amount", "state")
    assert list(states) == [(D(12), "cancelled"), (D(10), "open")]
    with pytest.raises(WrongState, match="nothing on this card"):
        pay_by_credit(system_of(shop), order_id=waiting.pk, account_id=card.pk)
    say_captured(Payment.unscoped.get(owner_id=waiting.pk, state="open"))
    outbox.drain()
    sent = ship(reread(waiting))

    # Money as store credit: what the card paid goes back on the card all the same.
    refund = refund_order(
        system_of(shop), order_id=sent.pk, lines=[(lines_of(sent)[0].pk, 1)], to_credit=True, reason="Too big"
    )
    own = CreditAccount.unscoped.get(kind="store_credit")
    assert (own.balance, on_card(card), own.customer_id) == (D(10), D(2), sent.customer_id)
    assert (refund.state, refund.completed_amount) == ("completed", D(12))
    # No company pays anything back but for the first order, which was cancelled.
    assert [(row.payment.owner_id, row.amount) for row in Refund.unscoped.select_related("payment")] == [
        (late.pk, D(6))
    ]
    now = books(shop)
    assert (now["gift_card_liability"], now["store_credit_liability"]) == (D(-2), D(-10))
    assert now["credit_given"] == D(10)
    code = Message.unscoped.filter(template="gift_card").latest("id").text
    assert own.last4 in code

    # Who is not known cannot have store credit.
    nobody = pay(make_order(shop, contact=Contact()))
    with pytest.raises(WrongState, match="Nobody is known"):
        refund_order(system_of(shop), order_id=nobody.pk, amount=D(1), to_credit=True)


@pytest.mark.django_db
def test_cards_are_kept_by_hand_and_by_the_clock(shop: Business, card: CreditAccount) -> None:
    owner = actor_of(shop)
    with pytest.raises(PermissionRefused):
        issue_credit(actor_of(shop, "cashier"), amount=D(5), reason="For a friend")
    for wrong in (D(0), D("-1"), D("1.001"), D("NaN"), D(2_000_000)):
        with pytest.raises(InvalidInput):
            issue_credit(owner, amount=wrong, reason="Prize")
    with pytest.raises(InvalidInput):
        correct_credit(owner, account_id=card.pk, amount=D("-10.01"), reason="Too much")
    assert correct_credit(owner, account_id=card.pk, amount=D("-2.50"), reason="Typed wrong").balance == D(
        "7.50"
    )
    # Money for a card is owed to whoever holds it, and lies where it was taken.
    cash = books(shop).get("cash", D(0))
    assert top_up_card(owner, account_id=card.pk, amount=D("20.00"), tender="cash", key="t").balance == D(
        "27.50"
    )
    assert top_up_card(owner, account_id=card.pk, amount=D("20.00"), tender="cash", key="t").balance == D(
        "27.50"
    )
    after = books(shop)
    assert (after["cash"] - cash, after["gift_card_liability"]) == (D("20.00"), -D("27.50"))
    for account_id, amount, tender in ((card.pk, D(0), "cash"), (card.pk, D(5), "provider")):
        with pytest.raises(InvalidInput):
            top_up_card(owner, account_id=account_id, amount=amount, tender=tender)
    assert top_up_card(
        actor_of(shop, "cashier"), account_id=card.pk, amount=D(1), tender="bank"
    ).balance == D("28.50")
    with pytest.raises(PermissionRefused):
        top_up_card(actor_of(shop, "support"), account_id=card.pk, amount=D(1), tender="bank")
    correct_credit(owner, account_id=card.pk, amount=D("-21.00"), reason="Back to where it was")
    block_credit(owner, account_id=card.pk, reason="Reported lost")
    with pytest.raises(WrongState):
        top_up_card(owner, account_id=card.pk, amount=D(1), tender="cash")
    assert buy(shop, "5.00", card).paid_total == 0
    unblock_credit(owner, account_id=card.pk)
    before = CreditAccount.unscoped.get(pk=card.pk).code_digest
    renewed = renew_code(owner, account_id=card.pk, recipient_email="bea@example.com")
    assert is_code(renewed.shown_code)
    assert digest_of(renewed.shown_code) != before
    assert renewed.shown_code in Message.unscoped.latest("id").text
    # The database keeps the ledger: no balance by hand, nothing below zero, nothing changed afterwards.
    entry = CreditEntry.unscoped.filter(account=card).latest("id")
    for attack in (
        lambda: CreditAccount.unscoped.filter(pk=card.pk).update(balance=1000),
        lambda: CreditEntry.unscoped.create(business=shop, account=card, kind="redeemed", amount=D("-7.51")),
        lambda: CreditEntry.unscoped.filter(pk=entry.pk).update(amount=D(5)),
        lambda: entry.delete(),
    ):
        with (
            pytest.raises((IntegrityError, ProgrammingError)),
            transaction.atomic(),
        ):
            attack()
    until = clock.today() + dt.timedelta(days=30)
    short = issue_credit(owner, amount=D(4), reason="Voucher", expires_on=until)
    with clock.travel(dt.timedelta(days=30)):
        assert tasks.expire_due() == 0  # its last day is a day
    with clock.travel(dt.timedelta(days=31)):
        assert buy(shop, "5.00", short).paid_total == 0
        assert (tasks.expire_due(), tasks.expire_due()) == (1, 0)
    assert (on_card(short), on_card(card)) == (0, D("7.50"))
    now = books(shop)
    # 10.00 and 4.00 were given, 2.50 and the 21.00 that were topped up corrected; 4.00 was never spent.
    assert (now["credit_given"], now["breakage_income"], now["gift_card_liability"]) == (
        D("11.50") - D("21.00"),
        D(-4),
        D("-7.50"),
    )


@pytest.mark.django_db
def test_paying_with_a_card_in_the_store(shop: Business, card: CreditAccount, client: Client) -> None:
    """The whole way of a visitor: look at the card, print it, put it in at checkout, and out again."""
    place = f"/store/{shop.slug}/gift-card/"
    assert "We do not know" in client.post(place, {"code": "AAAA-BBBB-CCCC-DDDD"}).content.decode()
    page = client.post(place, {"code": card.shown_code.lower()}).content.decode()
    assert "£10.00" in page
    assert card.last4 in page
    paper = client.post(place, {"code": card.shown_code, "print": "1"})
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")

    cart = make_cart(shop, [(make_variant(shop, title="Bowl", price="24.00", stock=3), 1)])
    client.cookies["cart"] = cart.cookie_value
    way = f"/store/{shop.slug}/checkout/"
    page = client.post(way, {"put_code": "1", "code": card.shown_code}).content.decode()
    assert "−£10.00" in page
    assert "£14.00" in page
    out = client.post(way, {"drop_card": str(card.pk)}).content.decode()
    assert "−£10.00" not in out
    page = client.post(way, {"put_code": "1", "code": card.shown_code}).content.decode()

    def place_order(page: str) -> Any:
        fields = dict(re.findall(r'name="(key|quote|credit)"[^>]*value="([^"]*)"', page))
        rate = re.search(r'name="rate" value="([^"]+)"', page)
        assert rate is not None
        address = {
            "name": "Ada Obi",
            "line1": "1 Quay Street",
            "city": "Bristol",
            "postcode": "BS1 4DJ",
            "country": "GB",
        }
        return client.post(
            way, {**fields, **address, "email": "ada@example.com", "rate": rate[1], "provider": "sandbox"}
        )

    # Somebody spends of the card meanwhile: nobody is asked for more than was agreed to.
    correct_credit(actor_of(shop), account_id=card.pk, amount=D(-4), reason="Spent by telephone")
    refused = place_order(page)
    assert refused.status_code == 409
    page = refused.content.decode()
    assert "has changed" in page
    assert "−£6.00" in page
    assert place_order(page).status_code == 302
    order = Order.unscoped.get()
    assert (order.paid_total, order.outstanding, on_card(card)) == (D(6), D(18), D(0))
    track = f"/store/{shop.slug}/track/{order.public_token}/"
    page = client.get(track).content.decode()
    assert f"Gift card ···· {card.last4}" in page
    assert "Pay £18.00" in page
    second = issue_credit(actor_of(shop), amount=D(50), reason="Prize")
    paid = client.post(f"/store/{shop.slug}/orders/{order.public_token}/card/", {"code": second.shown_code})
    assert paid.status_code == 302
    assert (reread(order).state, on_card(second)) == ("confirmed", D(32))
    outbox.drain()
    mail = Message.unscoped.get(template="order_paid").text
    assert f"Gift card ···· {second.last4}" in mail

    # Store credit is offered to who has signed in as its customer.
    user = make_user("cleo@example.com")
    with tenancy.bind(shop.pk):
        from apps.people.customers.models import Customer

        cleo = Customer.objects.create(business=shop, email="cleo@example.com", name="Cleo", user=user)
    issue_credit(actor_of(shop), amount=D(3), reason="Sorry", customer_id=cleo.pk)
    cart = make_cart(shop, [(make_variant(shop, price="9.00", stock=3), 1)])
    client.cookies["cart"] = cart.cookie_value
    assert "of store credit" not in client.get(way).content.decode()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["cart"] = cart.cookie_value
    # Her cart becomes hers on all devices first.
    assert "You have £3.00 of store credit" in client.get(way, follow=True).content.decode()
    assert "£6.00" in client.post(way, {"put_credit": "1"}).content.decode()
