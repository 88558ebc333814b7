"""A business's own words: values are filled in, nothing runs, and the product's words are there without them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from apps.kernel import outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.platform.businesses.models import Business
from apps.platform.notifications import services
from apps.platform.notifications.models import Message
from apps.platform.notifications.tasks import send_due_messages
from apps.platform.notifications.wording import as_text, list_events, put_in, word
from apps.selling.orders.drafts import Address, Contact
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_product, variants_of
from tests.factories.orders import make_order

BUYER = "Bea <script>alert(1)</script>"
WORDS = {
    "event": "order_paid", "channel": "email", "language": "en", "subject": "Ta, {name}! {amount} is here",
    "body": "Hello {name},\n\n{items} go to packing.\n\n<a href='{order_link}'>Follow it</a>",
}  # fmt: skip


def paid_order(business: Business, **contact: str) -> Any:
    variant = variants_of(make_product(business, title="Mug <b>", price="18.00", stock=9))[0]
    known = {"email": "bea@example.com", "name": BUYER, **contact}
    address = Address(name=BUYER, line1="1 Quay", city="Hull", country="GB")
    order = make_order(business, lines=[(variant, 2)], contact=Contact(**known), address=address, paid=True)
    outbox.drain()
    return order


def of_kind(business: Business, template: str, channel: str = "email") -> list[Message]:
    return list(Message.unscoped.filter(business=business, template=template, channel=channel))


@pytest.mark.django_db
def test_the_buyer_reads_the_business_s_words_and_others_the_product_s() -> None:
    business, other = make_business(), make_business("Prairie")
    services.save_wording(Actor.system("tests", business.pk), **WORDS)
    order = paid_order(business)
    paid_order(other)

    (own,) = of_kind(business, "order_paid")
    assert own.subject == f"Ta, {BUYER}! £39.00 is here"
    assert "<script>" not in own.html
    assert "2 × Mug &lt;b&gt; go to packing." in own.html
    assert f"/track/{order.public_token}/" in own.html
    assert f"/track/{order.public_token}/" in own.text
    assert "Harbour Goods" in own.html
    (theirs,) = of_kind(other, "order_paid")
    assert "goes to packing next" in theirs.text
    (placed,) = of_kind(business, "order_placed")
    assert "Ta," not in placed.subject

    system = Actor.system("tests", business.pk)
    services.forget_wording(system, event="order_paid", channel="email", language="en")
    paid_order(business)
    again = next(message for message in of_kind(business, "order_paid") if message.pk != own.pk)
    assert "goes to packing next" in again.text


@pytest.mark.django_db
def test_telephones_are_told_only_in_the_business_s_words() -> None:
    business = make_business()
    words = {**WORDS, "channel": "sms", "subject": "", "body": "Order {order_number}: {amount} is here"}
    paid_order(business, phone="+44 7700 900123")
    assert not of_kind(business, "order_paid", "sms")

    services.save_wording(Actor.system("tests", business.pk), **words)
    order = paid_order(business, phone="+44 7700 900123")
    paid_order(business, phone="0770 900123")
    (told,) = of_kind(business, "order_paid", "sms")
    assert (told.to, told.text) == ("+447700900123", f"Order {order.number}: £39.00 is here")
    assert len(of_kind(business, "order_paid")) == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"body": "Hello {password}"}, "body"),
        ({"subject": "{settings}"}, "subject"),
        ({"body": "  "}, "body"),
        ({"subject": ""}, "subject"),
        ({"event": "invitation"}, "event"),
        ({"language": "xx"}, "channel"),
        ({"channel": "pigeon"}, "channel"),
    ],
)
def test_what_cannot_be_said_is_refused(owner: Actor, changes: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        services.save_wording(owner, **{**WORDS, **changes})
    assert field in refused.value.fields


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>hi",
        "<img src=https://evil.example/{name}>",
        "<p onclick=x()>hi</p>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='{name}'>x</a>",
        "<style>p{color:red}</style>",
        "<form action=https://evil.example><input></form>",
    ],
)
def test_nothing_that_runs_or_loads_gets_through(body: str) -> None:
    html = word("s", body, {"name": "javascript:alert(2)"}, with_html=True).html
    for forbidden in ("script", "<img", "onclick", "<style", "<form", "<input"):
        assert forbidden not in html


def test_a_value_cannot_break_out_of_an_address_nor_name_another_value() -> None:
    html = word("s", "<a href='{name}'>x</a>", {"name": "https://x/' onclick='y"}, with_html=True).html
    assert "href=\"https://x/' onclick='y\"" in html or "onclick=" not in html
    assert put_in("{name} {total}", {"name": "{total}", "total": "9"}) == "{total} 9"
    assert put_in("{{ 7 }} {% now %} {0} {name.x}", {}) == "{{ 7 }} {% now %} {0} {name.x}"


def test_the_text_keeps_links_and_lines() -> None:
    body = "<p>Hello &amp; <b>welcome</b></p><ul><li>one</li><li>two</li></ul><p><a href='https://x/'>Look</a></p>"
    assert as_text(body) == "Hello & welcome\n\n- one\n- two\n\nLook (https://x/)"


def test_every_event_has_a_sample_for_each_value() -> None:
    assert {event.key for event in list_events()} >= {
        "order_placed",
        "order_paid",
        "order_shipped",
        "order_refunded",
    }
    for event in list_events():
        assert all(event.samples().values()), event.key


@pytest.mark.django_db
def test_the_page_previews_tries_saves_and_takes_away() -> None:
    business = make_business()
    client = sign_in(Client(), owner_of(business), business)
    page = f"{reverse('admin:wording_edit')}?event=order_paid&channel=email&language=en"
    typed = {"subject": WORDS["subject"], "body": WORDS["body"], "to": "me@example.com"}

    shown = client.post(page, {**typed, "preview": "1"}).content.decode()
    assert "Ta, Bea Buyer! £36.00 is here" in shown
    with tenancy.bind(business.pk):
        assert not Message.objects.filter(template="order_paid").exists()
    wrong = client.post(page, {**typed, "body": "{nonsense}", "preview": "1"})
    assert wrong.status_code == 400
    assert "no value {nonsense}" in wrong.content.decode()

    client.post(page, {**typed, "test": "1"})
    assert mail.outbox[-1].to == ["me@example.com"]
    assert "Bea Buyer" in mail.outbox[-1].subject

    assert client.post(page, {**typed, "save": "1"}).status_code == 302
    assert "E-mail, English" in client.get(reverse("admin:wordings")).content.decode()
    client.post(page, {"forget": "1"})
    assert "E-mail, English" not in client.get(reverse("admin:wordings")).content.decode()
    assert send_due_messages() >= 0


@pytest.mark.django_db
def test_support_cannot_change_words() -> None:
    business = make_business()
    client = sign_in(Client(), make_member(business, "support"), business)
    assert client.get(reverse("admin:wordings")).status_code == 403
