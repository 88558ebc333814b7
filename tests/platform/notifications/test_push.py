"""Alerts in browsers: sealed for one browser, signed by this installation, gone with the browser."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, PermissionRefused
from apps.platform.alerts.kinds import declare_kind
from apps.platform.alerts.services import Wanted, choose_preferences, notify_members
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import actor_for
from apps.platform.notifications import services, vapid
from apps.platform.notifications.models import Message, PushDevice, Suppression
from apps.platform.notifications.states import MessageState
from apps.platform.notifications.tasks import send_due_messages
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.platform.notifications.browsers import SomeBrowser, unb64, who_knocks
from tests.platform.notifications.carriers import Carrier, carrier

pytestmark = pytest.mark.django_db
KIND = declare_kind("order_paid", "An order is paid", permission="orders.read")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
GOOD = SomeBrowser().keys


@pytest.fixture
def push(settings: Any) -> Iterator[Carrier]:
    """A push service on this machine, which the installation has named."""
    with carrier() as found:
        settings.PUSH_HOSTS = [urlsplit(found.url).netloc, ".push.services.mozilla.com"]
        found.says(201)
        yield found


@pytest.fixture
def shop() -> Business:
    return make_business()


def turn_on(
    business: Business, push: Carrier, person: Any = None, name: str = "one"
) -> tuple[SomeBrowser, PushDevice]:
    browser = SomeBrowser()
    actor = actor_for(person or owner_of(business), business)
    device = services.remember_device(
        actor, endpoint=f"{push.url}/send/{name}", label="Firefox, Linux", **browser.keys
    )
    return browser, device


def tell(business: Business, key: str = "k", **changes: Any) -> int:
    known: dict[str, Any] = {
        "kind": KIND, "title": "Order 1001 is paid", "text": "£36.00 by card", "link": "/admin/orders/order/"
    }  # fmt: skip
    return notify_members(Actor.system("tests", business.pk), dedupe_key=key, **{**known, **changes})


def pushed(business: Business) -> list[Message]:
    return list(Message.unscoped.filter(business_id=business.pk, channel="push").order_by("created_at"))


def test_the_browser_in_the_tests_opens_the_standards_own_example() -> None:
    """RFC 8291, section 5: otherwise what is proved with it would prove nothing."""
    number = int.from_bytes(unb64("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big")
    browser = SomeBrowser(ec.derive_private_key(number, ec.SECP256R1()), unb64("BTBZMqHH6r4Tts7J_aSIgg"))
    body = unb64(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y"
        "l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert browser.open(body) == b"When I grow up, I want to be a watermelon"


def test_only_the_browser_can_read_it_and_the_service_knows_who_knocks(shop: Business, push: Carrier) -> None:
    browser, _device = turn_on(shop, push)
    tell(shop)
    tell(shop)
    assert send_due_messages() == 1

    (asked,) = push.asked
    assert asked.path == "/send/one"
    (message,) = pushed(shop)
    assert json.loads(browser.open(asked.body)) == {
        "title": "Order 1001 is paid",
        "body": "£36.00 by card",
        "url": "/admin/orders/order/",
        "tag": str(message.pk),
    }
    with pytest.raises(InvalidTag):
        SomeBrowser(secret=browser.secret, key=ec.generate_private_key(ec.SECP256R1())).open(asked.body)
    assert b"1001" not in asked.body
    claims, key = who_knocks(asked.headers["authorization"])
    found = vapid.find_key()
    assert found is not None
    assert key == vapid.public_text(found)
    assert claims["aud"] == push.url
    assert 0 < claims["exp"] - clock.now().timestamp() <= 24 * 3600
    assert claims["sub"].startswith(("mailto:", "https://"))
    assert asked.headers["content-encoding"] == "aes128gcm"
    assert asked.headers["ttl"] == "86400"
    assert (message.state, message.provider) == (MessageState.SENT, "webpush")


def test_each_browser_of_everybody_who_may_know_and_wants_it(shop: Business, push: Carrier) -> None:
    owner, cashier, buyer = owner_of(shop), make_member(shop), make_member(shop, "buyer")
    manager = make_member(shop, "manager")
    for name in ("desk", "telephone"):
        turn_on(shop, push, owner, name)
    turn_on(shop, push, cashier, "till")
    turn_on(shop, push, buyer, "buyer")
    turn_on(shop, push, manager, "manager")
    choose_preferences(actor_for(manager, shop), wanted={"order_paid": Wanted(True, False, False)})
    tell(shop)
    assert {message.to for message in pushed(shop)} == {owner.email, cashier.email}
    assert send_due_messages() == 3
    assert sorted(asked.path for asked in push.asked) == ["/send/desk", "/send/telephone", "/send/till"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten_and_the_person_is_not(
    shop: Business, push: Carrier, status: int
) -> None:
    turn_on(shop, push, name="gone")
    turn_on(shop, push, name="there")
    push.says(status)
    tell(shop)
    gone = pushed(shop)[0]
    services.sending.send_message(shop.pk, gone.pk)
    push.says(201)
    send_due_messages()
    assert {message.state for message in pushed(shop)} == {MessageState.BOUNCED, MessageState.SENT}
    assert PushDevice.unscoped.count() == 1
    assert not Suppression.unscoped.exists()
    tell(shop, "next")
    assert len(pushed(shop)) == 3


@pytest.mark.parametrize(
    ("status", "state"), [(429, "queued"), (500, "queued"), (403, "queued"), (413, "failed")]
)
def test_what_the_service_says(shop: Business, push: Carrier, status: int, state: str) -> None:
    turn_on(shop, push)
    push.says(status)
    tell(shop)
    assert send_due_messages() == 0
    (message,) = pushed(shop)
    assert message.state == state
    assert PushDevice.unscoped.exists()
    if state == "queued":
        push.says(201)
        with clock.travel(dt.timedelta(minutes=2)):
            assert send_due_messages() == 1


def test_one_turned_off_before_it_was_sent_hears_nothing(shop: Business, push: Carrier) -> None:
    _browser, device = turn_on(shop, push)
    tell(shop)
    services.forget_device(actor_for(owner_of(shop), shop), device_id=device.pk)
    assert send_due_messages() == 0
    assert push.asked == []
    assert pushed(shop)[0].state == MessageState.BOUNCED or pushed(shop)[0].state == MessageState.FAILED


def test_a_browser_tells_one_person(shop: Business, push: Carrier) -> None:
    """A till that two people use: whoever turns it on there last is told there."""
    cashier = make_member(shop)
    turn_on(shop, push, owner_of(shop), "till")
    browser, _device = turn_on(shop, push, cashier, "till")
    tell(shop)
    send_due_messages()
    assert [message.to for message in pushed(shop)] == [cashier.email]
    assert browser.open(push.asked[0].body)


def test_what_waits_for_one_person_is_not_shown_to_the_next(shop: Business, push: Carrier) -> None:
    cashier = make_member(shop)
    turn_on(shop, push, owner_of(shop), "till")
    tell(shop)
    turn_on(shop, push, cashier, "till")
    send_due_messages()
    assert push.asked == []
    assert [message.state for message in pushed(shop)] == [MessageState.FAILED]


def test_nobody_changes_anothers_browser_nor_sees_it(shop: Business, push: Carrier) -> None:
    _browser, device = turn_on(shop, push)
    cashier, elsewhere = make_member(shop), make_business(name="Elsewhere", slug="elsewhere")
    for actor in (actor_for(cashier, shop), actor_for(owner_of(elsewhere), elsewhere)):
        with pytest.raises(NotFound):
            services.forget_device(actor, device_id=device.pk)
        with pytest.raises(NotFound):
            services.queue_device_test(actor, device_id=device.pk, to="x@example.com")
    with pytest.raises(PermissionRefused):
        services.remember_device(
            Actor.guest(shop.pk), endpoint=f"{push.url}/send/x", label="", **SomeBrowser().keys
        )
    assert "Firefox, Linux" not in sign_in(Client(), cashier, shop).get("/admin/me/alerts/").content.decode()


BAD = [
    "http://updates.push.services.mozilla.com/x",
    "https://push.services.mozilla.com.evil.example/x",
    "https://evil.example/x",
    "https://evil.example/.push.services.mozilla.com",
    "https://evil.example#.push.services.mozilla.com/x",
    "https://evil.example?.push.services.mozilla.com",
    "https://evil.example\\.push.services.mozilla.com/x",
    "https://bea:secret@updates.push.services.mozilla.com/x",
    "https://updates.push.services.mozilla.com:8443/x",
    "https://updates.push.services.mozilla.com@127.0.0.1/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/x",
    "http://127.0.0.1:9/x",
    "http://localhost:9/x",
    "file:///etc/passwd",
    "",
    "https://updates.push.services.mozilla.com/" + "x" * 1000,
    "https://updates.push.services.mozilla.com/\n\tx",
]


@pytest.mark.parametrize("endpoint", BAD)
def test_addresses_that_are_no_push_services(shop: Business, push: Carrier, endpoint: str) -> None:
    with pytest.raises(InvalidInput):
        services.remember_device(actor_for(owner_of(shop), shop), endpoint=endpoint, label="x", **GOOD)
    assert not PushDevice.unscoped.exists()


@pytest.mark.parametrize(
    "keys",
    [
        {"p256dh": ""}, {"auth": ""}, {"auth": GOOD["auth"][:-4]}, {"p256dh": GOOD["p256dh"][:-4]},
        {"p256dh": "B" + "A" * 86}, {"p256dh": "nonsense !"}, {"p256dh": GOOD["p256dh"] * 2},
    ],
)  # fmt: skip
def test_keys_that_are_none(shop: Business, push: Carrier, keys: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        services.remember_device(
            actor_for(owner_of(shop), shop), endpoint=f"{push.url}/x", label="x", **{**GOOD, **keys}
        )


def test_an_address_whose_name_leads_inside_is_not_knocked_at(
    shop: Business, push: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    services.remember_device(
        actor_for(owner_of(shop), shop), endpoint="https://a.push.services.mozilla.com/x", label="x", **GOOD
    )
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: [(2, 1, 6, "", ("10.0.0.5", 443))])
    connected: list[Any] = []
    monkeypatch.setattr(socket, "create_connection", lambda place, *_rest, **_more: connected.append(place))
    tell(shop)
    message = pushed(shop)[0]
    assert not services.send_message(shop.pk, message.pk)
    assert connected == []


def test_the_words_in_the_outbox_are_for_who_may_know(shop: Business, push: Carrier) -> None:
    """Somebody who may see messages but no orders sees that an alert went out, and not what it said."""
    turn_on(shop, push)
    choose_preferences(actor_for(owner_of(shop), shop), wanted={"order_paid": Wanted(True, True, True)})
    tell(shop)
    reader = make_member(shop, "manager")
    with tenancy.bind(shop.pk):
        from apps.platform.businesses.models import Role

        role = Role.objects.get(code="manager")
        permissions = actor_for(reader, shop).permissions - {"orders.read"}
        Role.objects.filter(pk=role.pk).update(permissions=sorted(permissions))
    for message in Message.unscoped.filter(template="member_alert"):
        page = reverse("admin:notifications_message_change", args=[message.pk])
        assert "Order 1001 is paid" in sign_in(Client(), owner_of(shop), shop).get(page).content.decode()
        client = sign_in(Client(), reader, shop)
        answer = client.get(page)
        assert answer.status_code == 200
        assert "1001" not in answer.content.decode()
        assert "36.00" not in answer.content.decode()
        listed = client.get(reverse("admin:notifications_message_changelist")).content.decode()
        assert "1001" not in listed
        assert "An alert for this person" in listed


def test_the_page_turns_it_on_tries_it_and_off(shop: Business, push: Carrier) -> None:
    owner, browser = owner_of(shop), SomeBrowser()
    client, page = sign_in(Client(), owner, shop), reverse("admin:my_alerts")
    given = {"endpoint": f"{push.url}/send/desk", **browser.keys}
    answer = client.post(page, given, headers={"User-Agent": FIREFOX}, follow=True)
    text = answer.content.decode()
    assert "told of alerts from now on" in text
    assert "Firefox, Linux" in text
    device = PushDevice.unscoped.get()
    assert device.digest in re.findall(r'data-known="([^"]*)"', text)[0]
    assert device.endpoint not in text

    assert "was handed over" in client.post(page, {"try": device.pk}, follow=True).content.decode()
    assert json.loads(browser.open(push.asked[0].body))["url"] == "/admin/me/alerts/"

    client.post(page, {"bell:order_paid": "on"})
    tell(shop)
    assert len(pushed(shop)) == 1, "no longer wanted in the browser"

    client.post(page, {"forget": device.pk})
    assert not PushDevice.unscoped.exists()
    bad = client.post(page, {**given, "endpoint": "https://evil.example/"}, follow=True).content.decode()
    assert "gave an address that we do not know" in bad


def test_a_test_from_the_channels_page(shop: Business, push: Carrier) -> None:
    client, page = sign_in(Client(), owner_of(shop), shop), reverse("admin:channel_push")
    assert "You have not turned on a browser yet" in client.post(page, {"test": "1"}).content.decode()
    turn_on(shop, push)
    client.post(page, {"test": "1"})
    assert len(push.asked) == 1


def test_tried_out_it_is_shown_and_not_sent(shop: Business, push: Carrier) -> None:
    services.choose_provider(
        actor_for(owner_of(shop), shop), channel="push", provider="sandbox_push", values={}, secrets={}
    )
    turn_on(shop, push)
    tell(shop)
    assert send_due_messages() == 1
    assert push.asked == []
    client = sign_in(Client(), owner_of(shop), shop)
    page = client.get(
        reverse("admin:notifications_message_change", args=[pushed(shop)[0].pk])
    ).content.decode()
    assert "Shown here only" in page
    assert "£36.00 by card" in page


def test_ten_browsers_are_enough(shop: Business, push: Carrier) -> None:
    for number in range(12):
        turn_on(shop, push, name=f"{number}")
    assert PushDevice.unscoped.count() == 10
    assert not PushDevice.unscoped.filter(endpoint__endswith="/send/0").exists()


def test_the_key_is_made_once_and_production_makes_none(settings: Any, tmp_path: Path, capsys: Any) -> None:
    settings.VAPID_KEY_FILE = tmp_path / "vapid.key"
    first, second = vapid.find_key(), vapid.find_key()
    assert first is not None
    assert second is not None
    assert vapid.public_text(first) == vapid.public_text(second)
    assert settings.VAPID_KEY_FILE.stat().st_mode & 0o077 == 0
    settings.PRODUCTION = True
    assert vapid.find_key() is None
    call_command("make_vapid_key")
    settings.VAPID_PRIVATE_KEY = capsys.readouterr().out.strip()
    assert vapid.find_key() is not None
    settings.VAPID_PRIVATE_KEY = "short"
    with pytest.raises(vapid.KeyUnreadable):
        vapid.find_key()


def test_without_a_key_the_page_says_so(shop: Business, settings: Any) -> None:
    settings.PRODUCTION = True
    page = sign_in(Client(), owner_of(shop), shop).get(reverse("admin:my_alerts")).content.decode()
    assert 'data-key=""' in page
    assert "has not been set up for it" in page


def test_the_worker_is_a_script_for_everybody() -> None:
    answer = Client().get("/push/worker.js")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/javascript")
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert "Set-Cookie" not in answer
