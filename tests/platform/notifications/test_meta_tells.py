"""What Meta tells afterwards of WhatsApp, as it documents it; and what others tell in its name."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business
from apps.platform.notifications import services
from apps.platform.notifications.models import Message, Suppression
from apps.platform.notifications.states import MessageState
from tests.platform.notifications.told import again, queue, writes

pytestmark = pytest.mark.django_db
SECRET, TOKEN = "meta app secret", "a word of ours"


@pytest.fixture
def with_whatsapp(business: Business, owner: Actor) -> Business:
    services.choose_provider(
        owner, channel="whatsapp", provider="whatsapp_cloud", values={"phone_number_id": "106540"},
        secrets={"access_token": "EAA", "app_secret": SECRET, "verify_token": TOKEN},
    )  # fmt: skip
    return business


def status(message: Message, name: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": message.provider_ref,
        "status": name,
        "timestamp": str(int(clock.now().timestamp())),
        "recipient_id": "447700900123",
        "biz_opaque_callback_data": str(message.pk),
        **changes,
    }


def tell_by_meta(business: Business, *statuses: Any, secret: str = SECRET, **headers: str) -> Any:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": "106540"},
        "statuses": list(statuses),
    }
    body = json.dumps(
        {
            "object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
        }
    ).encode()
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Client().post(
        reverse("notifications:webhook", args=["whatsapp_cloud", business.pk]), data=body,
        content_type="application/json", headers={"X-Hub-Signature-256": f"sha256={digest}", **headers},
    )  # fmt: skip


def chat(business: Business) -> Message:
    return queue(business, channel="whatsapp", subject="", to="+447700900123")


@pytest.mark.parametrize(
    ("name", "code", "state", "reason"),
    [
        ("sent", None, MessageState.SENT, None),
        ("delivered", None, MessageState.SENT, None),
        ("read", None, MessageState.SENT, None),
        ("failed", 131026, MessageState.BOUNCED, "bounced"),
        ("failed", 131047, MessageState.FAILED, None),
        ("failed", 131050, MessageState.FAILED, "unsubscribed"),
    ],
)
def test_what_meta_tells(
    with_whatsapp: Business, name: str, code: int | None, state: str, reason: str | None
) -> None:
    message = chat(with_whatsapp)
    more = {"errors": [{"code": code, "title": "Message undeliverable"}]} if code else {}
    by_ref = status(message, name, **more)
    del by_ref["biz_opaque_callback_data"]
    for told in (by_ref, status(message, name, **more)):
        assert tell_by_meta(with_whatsapp, told).status_code == 200
    assert again(message).state == state
    assert (again(message).delivered_at is not None) == (name in {"delivered", "read"})
    assert list(Suppression.unscoped.values_list("reason", flat=True)) == ([reason] if reason else [])
    assert ("Message undeliverable" in again(message).error) == bool(code)


def test_what_meta_did_not_sign_or_said_long_ago_changes_nothing(
    with_whatsapp: Business, other_business: Business
) -> None:
    message = chat(with_whatsapp)
    failed = status(message, "failed", errors=[{"code": 131026, "title": "x"}])
    long_ago = status(message, "failed", timestamp=str(int(clock.now().timestamp()) - 9 * 86400))
    with CaptureQueriesContext(connection) as seen:
        assert tell_by_meta(with_whatsapp, failed, secret="another").status_code == 401
        assert tell_by_meta(with_whatsapp, failed, **{"X-Hub-Signature-256": ""}).status_code == 401
        assert tell_by_meta(other_business, failed, secret="").status_code == 401
        assert (
            tell_by_meta(
                with_whatsapp, long_ago, {"id": 7}, 7, status(message, "failed", timestamp="²")
            ).status_code
            == 200
        )
    assert writes(seen) == []
    assert again(message).state == MessageState.SENT
    assert tell_by_meta(with_whatsapp, failed).json()["known"] == 1
    with CaptureQueriesContext(connection) as seen:
        assert tell_by_meta(with_whatsapp, failed).status_code == 200
    assert writes(seen) == []


def greet(business: Business, provider: str = "whatsapp_cloud", **changes: str) -> Any:
    query = {"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "1158201444"}
    query |= {name.replace("_", ".", 1): text for name, text in changes.items()}
    return Client().get(reverse("notifications:webhook", args=[provider, business.pk]), query)


def test_meta_greets_with_the_word_we_share(with_whatsapp: Business, other_business: Business) -> None:
    answer = greet(with_whatsapp)
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (
        200, b"1158201444", "text/plain; charset=utf-8",
    )  # fmt: skip
    assert greet(with_whatsapp, hub_verify_token="guess").status_code == 401
    assert greet(with_whatsapp, hub_mode="other").status_code == 401
    assert greet(with_whatsapp, hub_challenge="<script>").status_code == 401
    assert greet(other_business, hub_verify_token="").status_code == 401
    assert greet(with_whatsapp, provider="twilio").status_code == 404


def test_our_number_goes_along_to_both(settings: Any) -> None:
    """What the answers above are matched by."""
    from apps.platform.notifications.providers import Account, Outgoing, get_provider
    from tests.platform.notifications.carriers import carrier

    message = Outgoing(new_id(), "+447700900123", "News", "New mugs")
    with carrier() as company:
        settings.MESSAGE_PROVIDER_URLS = {"whatsapp_cloud": company.url, "ses": company.url}
        company.says(200, {"messages": [{"id": "wamid.1"}], "MessageId": "m-1"})
        get_provider("whatsapp_cloud").deliver(
            message, Account({"phone_number_id": "1"}, {"access_token": "t"})
        )
        values = {
            "region": "eu-west-1",
            "access_key_id": "A",
            "from_email": "s@x.example",
            "configuration_set": "shop",
        }
        get_provider("ses").deliver(message, Account(values, {"secret_access_key": "s"}))
    chat_asked, mail_asked = company.asked
    assert chat_asked.json["biz_opaque_callback_data"] == str(message.id)
    assert mail_asked.json["ConfigurationSetName"] == "shop"
    assert re.search(str(message.id), json.dumps(mail_asked.json["EmailTags"]))
