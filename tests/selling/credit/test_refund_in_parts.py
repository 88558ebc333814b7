"""A refund that goes back partly to a card is one refund with its parts, wherever it is read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from apps.kernel import outbox, tenancy
from apps.money.invoicing import rendering
from apps.money.invoicing.models import Document
from apps.platform.businesses.models import Business
from apps.platform.notifications.models import Message
from apps.selling.credit.models import CreditAccount
from apps.selling.credit.services import issue_credit
from apps.selling.orders.models import Order
from apps.selling.orders.selectors import list_steps
from apps.selling.orders.services import refund_order
from apps.selling.payments.models import Payment
from tests.factories.businesses import actor_of, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import make_cart, orders_of, reread, say_captured, ship, submit, system_of

pytestmark = pytest.mark.django_db
D = Decimal


def buy(shop: Business, card: CreditAccount) -> Order:
    """30.00, of it 10.00 by the card and 20.00 by money, sent."""
    cart = make_cart(shop, [(make_variant(shop, price="30.00", stock=3), 1)])
    order = orders_of(submit(shop, cart, credit_ids=[card.pk]))[0]
    say_captured(Payment.unscoped.get(owner_id=order.pk))
    outbox.drain()
    sent: Order = ship(reread(order))
    outbox.drain()
    return sent


def read(order: Order) -> list[str]:
    with tenancy.bind(order.business_id):
        return [step.text for step in list_steps(order, only_public=True)]


@pytest.fixture
def card(shop: Business) -> CreditAccount:
    return issue_credit(actor_of(shop), amount=D("10.00"), reason="Prize", recipient_name="Bea")


def test_one_refund_with_its_parts_on_pages_in_the_mail_and_on_the_paper(
    shop: Business, card: CreditAccount
) -> None:
    order = buy(shop, card)
    refund_order(system_of(shop), order_id=order.pk, amount=D("15.00"), reason="Scratched")
    outbox.drain()
    name = f"Gift card ···· {card.last4}"
    said = f"£15.00 goes back to the buyer: Scratched. Of it £10.00: {name}; £5.00: the way it was paid."
    told = read(order)
    assert said in told
    assert [step for step in told if "goes back" in step] == [said], "one sentence, not one for each part"

    assert said in Client().get(f"/store/{shop.slug}/track/{order.public_token}/").content.decode()
    page = sign_in(Client(), owner_of(shop), shop).get(f"/admin/orders/order/{order.pk}/").content.decode()
    assert said in page
    cells = [part.partition("</td>")[0] for part in page.split("<td") if "</td>" in part]
    (cell,) = (part for part in cells if "the way it was paid" in part)
    assert cell.index("£10.00") < cell.index(name) < cell.index("£5.00")

    mail = Message.unscoped.get(template="order_refunded").text
    assert "£15.00 goes back to you" in mail
    assert (
        "£10.00 of it is on your gift card or store credit already. The other £5.00 returns the way you paid"
        in mail
    )

    note = Document.unscoped.get(kind="credit_note")
    parts = [{"by": name, "amount": "10.00"}, {"by": "the way it was paid", "amount": "5.00"}]
    assert note.snapshot["paid_back"] == {"amount": "15.00", "parts": parts}
    with tenancy.bind(shop.pk):
        markup = rendering.render_to_string(rendering.TEMPLATES["credit_note"], rendering._context(note))
    assert "£15.00 goes back in all:" in markup
    assert f"£10.00</span>: <bdi>{name}</bdi>" in markup


def test_all_of_it_on_a_card_says_so_and_all_of_it_as_money_says_nothing_more(
    shop: Business, card: CreditAccount
) -> None:
    order = buy(shop, card)
    refund_order(system_of(shop), order_id=order.pk, amount=D("10.00"))
    refund_order(system_of(shop), order_id=order.pk, amount=D("4.00"))
    outbox.drain()
    assert f"£10.00 goes back to the buyer. It is on Gift card ···· {card.last4}." in read(order)
    assert "£4.00 goes back to the buyer." in read(order)
    texts = list(
        Message.unscoped.filter(template="order_refunded").order_by("id").values_list("text", flat=True)
    )
    assert "It is on your gift card or store credit already." in texts[0]
    assert "gift card" not in texts[1]
    notes = Document.unscoped.filter(kind="credit_note").order_by("id")
    assert ["paid_back" in note.snapshot for note in notes] == [True, False]
