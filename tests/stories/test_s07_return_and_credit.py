"""S7: two shirts, one comes back for store credit, and the credit pays for the next thing. To the kobo.

There is no till yet: the second purchase is made in the store, with the credit's code and the rest by card. Everything
is done on the pages that buyer and staff use.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.goods.inventory.models import StockBalance
from apps.kernel import outbox, tenancy
from apps.money.invoicing.models import Document
from apps.money.ledger.models import Account
from apps.money.ledger.selectors import balance_of
from apps.money.ledger.verification import verify_books
from apps.platform.backoffice.verbs import verb_url
from apps.platform.businesses.models import Business
from apps.platform.notifications.models import Message
from apps.selling.credit.models import CreditAccount
from apps.selling.orders.models import Order
from apps.selling.orders.selectors import list_steps
from apps.selling.payments.models import Payment
from apps.selling.payments.services.accounts import ensure_account
from apps.selling.returns.models import GoodsReturn
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import (
    deliver,
    lines_of,
    make_cart,
    make_order,
    make_rate,
    pay,
    reread,
    say_captured,
    ship,
)

pytestmark = [pytest.mark.story(7), pytest.mark.django_db]
D = Decimal


@pytest.fixture
def lagos(db: None) -> Business:
    business = make_business(
        "Lagos Linen", currency="NGN", country="NG", tax_rate=D("0.075"), tax_inclusive=True
    )
    make_rate(business, price="0.00", name="Collected at the shop")
    with tenancy.bind(business.pk):
        ensure_account("sandbox")
    return business


def books(business: Business) -> dict[str, Decimal]:
    outbox.drain()
    with tenancy.bind(business.pk):
        assert verify_books().findings == []
        keys = Account.objects.exclude(system_key="").values_list("system_key", flat=True)
        return {key: amount for key in keys if (amount := balance_of(key))}


def press(staff: Client, thing: Any, verb: str, **fields: Any) -> None:
    """Press a button of the back office and see it done."""
    answer = staff.post(verb_url(thing, verb), fields)
    assert answer.status_code == 302, re.findall(
        r'class="mdk-error">([^<]+)|alert">(.+?)</div', answer.content.decode()
    )
    outbox.drain()


def the_return(business: Business) -> GoodsReturn:
    with tenancy.bind(business.pk):
        return GoodsReturn.objects.select_related("order").get()


def buy_with_code(lagos: Business, client: Client, variant: Any, code: str) -> Order:
    """In the store: the thing in the cart, the code at the checkout, what is left by the payment company."""
    cart = make_cart(lagos, [(variant, 1)])
    client.cookies["cart"] = cart.cookie_value
    way = f"/store/{lagos.slug}/checkout/"
    page = client.post(way, {"put_code": "1", "code": code, "email": "ada@example.com"}).content.decode()
    assert "₦2,150.00" in page
    fields = dict(re.findall(r'name="(key|quote|credit)"[^>]*value="([^"]*)"', page))
    rate = re.findall(r'name="rate" value="([^"]+)"', page)[0]
    address = {
        "name": "Ada Obi", "line1": "1 Marina", "city": "Lagos", "postcode": "101001", "country": "NG",
        "email": "ada@example.com",
    }  # fmt: skip
    sent = client.post(way, {**fields, **address, "rate": rate, "provider": "sandbox"})
    assert sent.status_code == 302
    with tenancy.bind(lagos.pk):
        return Order.objects.latest("id")


@pytest.mark.parametrize("condition", ["sellable", "damaged"])
def test_a_shirt_comes_back_and_its_credit_is_spent(lagos: Business, condition: str) -> None:
    shirt = make_variant(lagos, title="Linen shirt", price="10750", cost="4000", stock=5)
    wrap = make_variant(lagos, title="Wrap dress", price="12900", cost="5000", stock=2)
    bought = deliver(ship(pay(make_order(lagos, lines=[(shirt, 2)], shipping=None))))
    assert bought.total == D(21500)
    assert books(lagos)["sales_revenue"] == D(-20000)
    staff = sign_in(Client(), owner_of(lagos), lagos)
    buyer = Client()

    # She asks on her order's page; the shop agrees and writes how.
    page = f"/store/{lagos.slug}/orders/{bought.public_token}/return/"
    line = lines_of(bought)[0]
    assert "Linen shirt" in buyer.get(page).content.decode()
    wish = {"wish": "store_credit", f"line_{line.pk}": "1", f"reason_{line.pk}": "size"}
    too_many = buyer.post(page, {**wish, f"line_{line.pk}": "3"})
    assert too_many.status_code == 400
    assert buyer.post(page, wish).status_code == 302
    outbox.drain()
    row = the_return(lagos)
    assert (row.number, row.state, row.by_buyer) == (f"{bought.number}-R1", "requested", True)
    # What is asked for once cannot be asked for twice: one shirt is left.
    assert buyer.post(page, {**wish, f"line_{line.pk}": "2"}).status_code == 400
    press(staff, row, "approve", words="Send it to 1 Marina, Lagos.")
    assert reread(bought).fulfilment_state == "returning"
    mail = Message.unscoped.get(template="return_decided")
    assert "Send it to 1 Marina" in mail.text
    assert row.number in mail.subject
    own_page = f"/store/{lagos.slug}/track/{bought.public_token}/"
    assert "Send it to 1 Marina" in buyer.get(own_page).content.decode()

    # It arrives; until it is settled nothing has moved.
    with tenancy.bind(lagos.pk):
        returned = row.lines.get()
    before = books(lagos)
    counts = {f"{name}_{returned.pk}": "0" for name in ("sellable", "damaged", "missing")}
    press(staff, row, "receive", **{**counts, f"{condition}_{returned.pk}": "1"})
    assert books(lagos) == before
    press(staff, the_return(lagos), "settle", how="store_credit")
    assert the_return(lagos).state == "settled"
    bought = reread(bought)
    assert (bought.fulfilment_state, bought.state, bought.payment_state) == (
        "delivered",
        "closed",
        "part_refunded",
    )

    note = Document.unscoped.get(kind="credit_note")
    assert note.total == D(10750)
    assert (note.snapshot["totals"]["net"], note.snapshot["totals"]["tax"]) == ("10000.00", "750.00")
    is_back = condition == "sellable"
    with tenancy.bind(lagos.pk):
        assert StockBalance.objects.get(variant=shirt).on_hand == (4 if is_back else 3)
        credit = CreditAccount.objects.get()
    assert (credit.kind, credit.balance) == ("store_credit", D(10750))
    now = books(lagos)
    assert now["store_credit_liability"] == D(-10750)
    assert (now["sales_revenue"] + now["sales_returns"], now["tax_payable"]) == (D(-10000), D(-750))
    assert now["cost_of_goods_sold"] == (D(4000) if is_back else D(8000))
    assert now["provider_clearing"] == D(21500)  # no money went back

    # The code came by mail; it pays 10,750 of 12,900.
    code = re.findall(r"[2-9A-Z]{4}(?:-[2-9A-Z]{4}){3}", Message.unscoped.get(template="gift_card").text)[0]
    second = buy_with_code(lagos, buyer, wrap, code)
    with tenancy.bind(lagos.pk):
        asked = Payment.objects.get(owner_id=second.pk)
    assert (second.paid_total, asked.amount) == (D(10750), D(2150))
    say_captured(asked)
    outbox.drain()
    second = deliver(ship(reread(second)))
    assert (second.state, second.payment_state) == ("closed", "paid")

    now = books(lagos)
    assert "store_credit_liability" not in now
    assert now["provider_clearing"] == D(23650)
    assert now["sales_revenue"] + now["sales_returns"] == D(-22000)  # net sales
    assert now["tax_payable"] == D(-1650)
    assert now["cost_of_goods_sold"] == (D(9000) if is_back else D(13000))
    assert "customer_deposits" not in now

    # Both orders tell it.
    with tenancy.bind(lagos.pk):
        told = [step.text for step in list_steps(bought, only_public=True)]
        told_then = [step.text for step in list_steps(second, only_public=True)]
    for sentence in (
        f"Return {row.number} asked for: 1 piece.",
        f"Return {row.number} approved.",
        f"Return {row.number}: 1 piece arrived.",
        f"₦10,750.00 goes back to the buyer: Return {row.number}. It is on Store credit ···· {credit.last4}.",
        f"Return {row.number} is settled.",
    ):
        assert sentence in told
    assert f"₦10,750.00 paid by Store credit ···· {credit.last4}." in told_then
    page = buyer.get(own_page).content.decode()
    assert "Settled" in page
    assert "Send it to 1 Marina" not in page, "nobody is asked to send what has arrived"
