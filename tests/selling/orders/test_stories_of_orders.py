"""What the buyer hears and sees: mails, the page behind the secret link, the timeline."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.kernel import tenancy
from apps.kernel.errors import InvalidInput
from apps.kernel.models import Delivery
from apps.platform.notifications.models import Message
from apps.selling.orders.selectors import (
    find_across_order_by_token,
    find_order_by_token,
    order_view,
    tracking_view,
)
from apps.selling.orders.services import add_note, cancel_order, fulfil_order, refund_order
from apps.selling.orders.timeline import _SENTENCES, entry, sentence
from tests.factories.goods import make_variant
from tests.factories.orders import deliver, lines_of, make_order, pay, reread, ship, system_of

pytestmark = pytest.mark.django_db


def test_buyer_gets_four_mails_each_once(business, drain_outbox):
    order = pay(make_order(business))
    fulfil_order(system_of(business), order_id=order.pk, carrier="DHL", tracking_number="JD01")
    refund_order(system_of(business), order_id=order.pk, amount=Decimal("2.00"), reason="Late")
    drain_outbox()
    mails = {mail.template: mail for mail in Message.unscoped.filter(to="ada@example.com")}
    assert set(mails) == {"order_placed", "order_paid", "order_shipped", "order_refunded"}
    assert Message.unscoped.count() == 4
    for mail in mails.values():
        assert order.number in mail.subject + mail.text
        assert order.public_token in mail.text
        assert order.public_token in mail.html
    assert "JD01" in mails["order_shipped"].text
    assert "2.00" in mails["order_refunded"].text
    failed = Delivery.objects.exclude(last_error="").filter(subscriber__startswith="orders.")
    assert not list(failed.values_list("subscriber", "last_error"))


def test_order_without_an_address_gets_no_mail(business, drain_outbox):
    from apps.selling.orders.drafts import Contact

    make_order(business, contact=Contact(name="Walk-in"))
    drain_outbox()
    assert not Message.unscoped.exists()


def test_secret_link_shows_the_buyers_story_only(business, other_business):
    order = deliver(ship(pay(make_order(business))))
    add_note(system_of(business), order_id=order.pk, text="Difficult customer")
    with tenancy.bind(business.pk):
        found = find_order_by_token(order.public_token)
        seen = tracking_view(found)
        texts = [step.text for step in seen.steps]
        assert texts[0] == "Order placed: £27.00."
        assert texts[-1] == "Everything is delivered and settled."
        assert "Difficult customer" not in " ".join(texts)
        assert "Difficult customer" in " ".join(step.text for step in order_view(found).timeline)
        assert seen.next_step == "Your order has arrived. Enjoy it!"
        assert find_order_by_token("nobody") is None
    with tenancy.bind(other_business.pk):
        assert find_order_by_token(order.public_token) is None
    assert find_across_order_by_token(order.public_token).pk == order.pk


def test_tracking_page_takes_the_same_queries_for_any_size(business):
    counts = set()
    for size in (1, 6):
        order = pay(make_order(business, lines=[(make_variant(business, stock=9), 2) for _ in range(size)]))
        for line in lines_of(order):
            ship(order, [(line.pk, 1)])
        with tenancy.bind(business.pk), CaptureQueriesContext(connection) as captured:
            seen = tracking_view(find_order_by_token(order.public_token))
            assert [piece.order_line.title for parcel in seen.parcels for piece in parcel.lines.all()]
            assert seen.order.business.name
        counts.add(len(captured))
    assert len(counts) == 1
    assert counts.pop() <= 6


def test_cancelled_with_a_reason_says_so(business):
    order = make_order(business)
    cancel_order(system_of(business), order_id=order.pk, reason="Out of clay")
    with tenancy.bind(business.pk):
        seen = tracking_view(reread(order))
    assert seen.steps[-1].text == "Order cancelled: Out of clay"


def test_every_kind_of_entry_has_a_sentence(business):
    facts = {
        "amount": Decimal("1.00"), "missing": Decimal("2.00"), "foreign": "$1", "reason": "because", "parcel": 1,
        "pieces": 2, "carrier": "DHL", "tracking": "1", "text": "hello",
        "place": "Depot", "by": "Gift card ···· 7KQ2", "number": "1001-R1", "version": 2,
        "items": "Lamp",
    }  # fmt: skip
    order = make_order(business)
    for kind in _SENTENCES:
        text = sentence(entry(system_of(business), order, kind, **facts), currency="GBP")
        assert text
        assert "%(" not in text
    with pytest.raises(LookupError):
        entry(system_of(business), order, "unheard_of")


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_empty_and_endless_notes_are_refused(business, text):
    with pytest.raises(InvalidInput):
        add_note(system_of(business), order_id=make_order(business).pk, text=text)
