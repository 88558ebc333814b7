"""The order mails: subject, plain-text twin and HTML say the same, with the one button."""

from __future__ import annotations

from typing import Any

import pytest

from apps.kernel import outbox
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.platform.notifications.models import Message
from apps.selling.orders.services import fulfil_order, refund_order
from tests.factories.orders import make_order, pay

pytestmark = pytest.mark.django_db


def mail(template: str) -> Message:
    return Message.unscoped.get(template=template)


def test_placed_paid_shipped_and_refunded_are_written_twice_over(store: Business, settings: Any) -> None:
    settings.PUBLIC_BASE_URL = "https://shop.example"
    order = pay(make_order(store))
    actor = Actor.system("tests", store.pk)
    fulfil_order(
        actor,
        order_id=order.pk,
        carrier="Royal Mail",
        tracking_number="RM1",
        tracking_url="https://track.example/RM1",
    )
    refund_order(actor, order_id=order.pk, amount=order.total, reason="Chipped <rim>")
    outbox.drain()
    link = f"https://shop.example/store/harbour/track/{order.public_token}/"
    expected = {
        "order_placed": order.number,
        "order_paid": "£27.00",
        "order_shipped": "Royal Mail",
        "order_refunded": "£27.00",
    }
    for template, words in expected.items():
        message = mail(template)
        assert order.number in message.subject
        assert words in message.text
        assert words in message.html
        assert link in message.text
        assert message.html.count(f'href="{link}"') == 1
        assert "&lt;" not in message.text
        assert "{{" not in message.text + message.html
    assert "Chipped &lt;rim&gt;" in mail("order_refunded").html
    assert "Chipped <rim>" in mail("order_refunded").text


def test_names_cannot_break_a_mail(store: Business) -> None:
    from apps.selling.orders.drafts import Contact

    make_order(store, contact=Contact(email="eve@example.com", name="<b>Eve</b>"))
    outbox.drain()
    assert "<b>Eve</b>" not in mail("order_placed").html
