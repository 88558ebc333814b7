"""Every line has its ids and nobody's data."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.core import signing
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils.crypto import get_random_string

from apps.kernel import tenancy, trace
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business
from monidesk.redaction import GONE, redact, redact_text
from tests.factories.businesses import make_business, make_member
from tests.operations.conftest import Lines

log = logging.getLogger("apps.probe")

PERSONAL = [
    "ada.lovelace+shop@mail.example.co.uk",
    "+44 20 7946 0958",
    "+1 (415) 555-0132",
    "0171 9283-7465",
    "07911123456",
    "(415) 555-0132",
    "4111 1111 1111 1111",
    "5555555555554444",
    "GB29 NWBK 6016 1331 9268 19",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "Bearer abcdef1234567890",
    "password=hunter2",
    '"api_key": "shhh"',
    "Set-Cookie: sessionid=abc; Path=/",
    "postgresql://monidesk:hunter2@db:5432/x",
    "/accounts/?next=/x&code=123456",
    "/store/a/track/Zx81kQpL0vTe3mWs9yRb5nHu/",
    "md_live_abcdefghij",
    "DETAIL:  Failing row contains (7, Ada Lovelace, 12 St James Square).",
]
TELLTALE = [
    "lovelace", "7946", "555-0132", "9283", "07911123456", "1111 1111", "5555555555554444", "NWBK", "eyJ",
    "abcdef1234567890", "hunter2", "shhh", "sessionid=abc", "123456", "Zx81kQpL0", "abcdefghij", "Lovelace",
]  # fmt: skip


@pytest.mark.parametrize("text", PERSONAL)
def test_personal_data_is_taken_out_of_a_text(text: str) -> None:
    written = redact_text(f"before {text} after")
    assert GONE in written
    assert not [word for word in TELLTALE if word in written], written
    assert written.startswith("before ")


@pytest.mark.parametrize(
    "text",
    [
        "0191f3a2-1234-7abc-8def-0123456789ab is paid",
        "0191f3a212347abc8def0123456789ab",
        "2026-11-21T11:41:20.123456Z to 2026-11-21 11:41",
        "order 10042, 3 pieces of 12.50, 1.234,00 in 1732189280 seconds",
        "GET storefront:product 200 in 12.5 ms with 7 queries",
        "apps.selling.orders.services.placing line 112, in place_order",
        "1234567890123 is no card",
        "the token has ended; a key is missing",
    ],
)
def test_what_is_needed_to_find_a_fault_stays(text: str) -> None:
    assert redact_text(text) == text


def test_what_a_field_is_called_decides_too() -> None:
    given = {
        "email": "nobody",
        "user_password": "short",
        "lines": [{"phone": 7, "sku": "MUG"}],
        "ok": True,
        "n": 4,
    }
    assert redact(given) == {
        "email": GONE,
        "user_password": GONE,
        "lines": [{"phone": GONE, "sku": "MUG"}],
        "ok": True,
        "n": 4,
    }


def test_keys_made_by_chance_never_stand_in_a_line() -> None:
    for _turn in range(50):
        session = get_random_string(32, VALID_KEY_CHARS)
        signed = signing.dumps({"membership": str(new_id())})
        for secret in (session, signed):
            assert secret not in redact_text(f"looked for {secret}")


def test_personal_data_in_message_arguments_extras_and_exceptions_is_taken_out(lines: Lines) -> None:
    for text in PERSONAL:
        log.warning("message %s", text, extra={"note": text, "email": text, "request": object()})
        try:
            raise ValueError(f"exception {text}")
        except ValueError:
            log.exception("caught")
    written = [line for line in lines() if line["logger"] == log.name]
    assert len(written) == 2 * len(PERSONAL)
    # Microseconds may look like any number.
    text = json.dumps(
        [{name: value for name, value in line.items() if name != "timestamp"} for line in written]
    )
    assert not [word for word in TELLTALE if word in text]
    assert all("request" not in line for line in written)
    assert all("ValueError" in line["exception"] for line in written if line["event"] == "caught")


@pytest.mark.django_db
def test_the_row_that_postgresql_repeats_is_taken_out(lines: Lines) -> None:
    Business.objects.create(slug="ada", name="Ada Lovelace", country="GB", currency="GBP")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE businesses_business SET name = NULL WHERE slug = 'ada'")
    except IntegrityError:
        log.exception("not written")
    (line,) = lines()
    assert "IntegrityError" in line["exception"]
    assert "Ada Lovelace" not in line["exception"]


def test_a_line_carries_the_ids_of_what_is_going_on(lines: Lines) -> None:
    business, actor = new_id(), new_id()
    going_on = trace.Trace(request_id="request-0001", route="orders", actor_id=actor)
    with trace.opened(going_on), tenancy.bind(business):
        log.info("inside")
    log.info("outside")
    inside, outside = lines()
    assert {name: inside[name] for name in ("request_id", "route", "business_id", "actor_id")} == {
        "request_id": "request-0001",
        "route": "orders",
        "business_id": str(business),
        "actor_id": str(actor),
    }
    assert not {"request_id", "business_id", "actor_id"} & set(outside)


def access_lines(lines: Lines) -> list[dict[str, Any]]:
    return [line for line in lines() if line["logger"] == "monidesk.access"]


def test_one_line_a_request(lines: Lines, client: Client, business: Business) -> None:
    client.get(
        f"/store/{business.slug}/products/",
        {"q": "ada@lovelace.example"},
        headers={"X-Request-ID": "from-the-proxy-1"},
    )
    (line,) = access_lines(lines)
    assert (line["route"], line["method"], line["status"]) == ("storefront:products", "GET", 200)
    assert line["request_id"] == "from-the-proxy-1"
    assert line["business_id"] == str(business.pk)
    assert line["duration_ms"] > 0
    assert line["queries"] > 0
    assert "lovelace" not in json.dumps(lines())


def test_the_line_of_a_path_that_is_not_there_does_not_repeat_it(
    lines: Lines, client: Client, db: None
) -> None:
    client.get("/nowhere/ada-lovelace/12/")
    (line,) = access_lines(lines)
    assert (line["route"], line["status"]) == ("none", 404)
    assert {one.get("request_id") for one in lines()} == {line["request_id"]}
    assert len(lines()) == 2  # Django's own word about it, and ours
    assert "lovelace" not in json.dumps(lines())


def test_a_signed_in_person_is_an_id(lines: Lines, client: Client, db: None) -> None:
    house = make_business()
    person = make_member(house)
    client.force_login(person)
    client.get("/admin/")
    (line,) = access_lines(lines)
    assert line["actor_id"] == str(person.pk)
    assert line["business_id"] == str(house.pk)
    assert person.email not in json.dumps(lines())
