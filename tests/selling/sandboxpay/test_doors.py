"""The company's page and API by themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from apps.kernel.ids import new_id
from apps.selling.payments.providers.sandbox import api_key
from apps.selling.sandboxpay.models import SandboxSession

pytestmark = pytest.mark.django_db
MERCHANT = new_id()
ADDRESS = f"/sandbox-pay/api/merchants/{MERCHANT}/sessions/"
SESSION = {
    "reference": "attempt-1",
    "merchant_name": "Harbour <b>Goods</b>",
    "description": "Order 1042",
    "amount": "24.30",
    "currency": "GBP",
    "return_url": "http://testserver/thanks/",
    "webhook_url": "http://127.0.0.1:9/hook/",
    "webhook_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}


def post(client: Client, content: Any, *, key: str | None = None, address: str = ADDRESS) -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content)
    headers = {"Authorization": f"Bearer {api_key() if key is None else key}"}
    return client.post(address, body, content_type="application/json", headers=headers)


def page_of(client: Client) -> str:
    address: str = post(client, SESSION).json()["url"]
    return "/" + address.split("/", 3)[3]


def test_without_the_key_nothing_is_opened(client: Client) -> None:
    for key in ("", "wrong", "é"):
        assert post(client, SESSION, key=key).status_code == 401
    assert client.get(f"{ADDRESS}attempt-1/").status_code == 401
    assert not SandboxSession.objects.exists()


def test_one_reference_one_session(client: Client) -> None:
    first, second = (post(client, SESSION) for _time in range(2))
    assert (first.status_code, first.json()["id"]) == (201, second.json()["id"])
    assert post(client, {**SESSION, "amount": "24.31"}).status_code == 409


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"nonsense",
        b"[" * 9000,
        {},
        {**SESSION, "amount": "NaN"},
        {**SESSION, "amount": "-1"},
        {**SESSION, "amount": "1e99"},
        {**SESSION, "amount": 5},
        {**SESSION, "return_url": "javascript:alert(1)"},
        {**SESSION, "merchant_name": "x" * 500},
        {**SESSION, "description": "a\x00b"},
        {**SESSION, "expires_at": "tomorrow"},
        {**SESSION, "expires_at": "2026-01-01T00:00:00"},
    ],
)
def test_bad_input_is_refused_in_words(client: Client, content: Any) -> None:
    answer = post(client, content)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert not SandboxSession.objects.exists()


def test_the_page_says_that_no_money_moves_and_escapes_names(client: Client) -> None:
    text = client.get(page_of(client)).content.decode()
    assert "no money moves" in text
    assert "Harbour &lt;b&gt;Goods&lt;/b&gt;" in text
    assert "£24.30" in text
    assert 'name="robots" content="noindex"' in text


def test_paying_leads_back_to_the_shop(client: Client) -> None:
    answer = client.post(page_of(client) + "choose/", {"outcome": "pay"})
    assert (answer.status_code, answer["Location"]) == (302, SESSION["return_url"])


def test_a_shop_elsewhere_is_reached_by_a_link(client: Client) -> None:
    content = {**SESSION, "return_url": "http://shop.example/thanks/"}
    page = "/" + post(client, content).json()["url"].split("/", 3)[3]
    answer = client.post(page + "choose/", {"outcome": "pay"}, follow=True)
    assert "http://shop.example/thanks/" in answer.content.decode()
    assert "Paid (test)." in answer.content.decode()


def test_unknown_pages_and_choices(client: Client) -> None:
    page = page_of(client)
    assert client.post(page + "choose/", {"outcome": "rob"}).status_code == 400
    assert client.get(page + "choose/").status_code == 405
    assert client.get(f"/sandbox-pay/{new_id()}/").status_code == 404
    assert SandboxSession.objects.get().state == "open"


def test_choosing_needs_the_form_of_the_page(client: Client) -> None:
    page = page_of(client)
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(page + "choose/", {"outcome": "pay"}).status_code == 403
