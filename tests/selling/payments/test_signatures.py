"""The official vectors of the Standard Webhooks libraries, and what must be refused."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from apps.selling.payments.signatures import (
    WebhookMalformed,
    WebhookRefused,
    new_secret,
    sign,
    verify,
)
from apps.selling.sandboxpay.signing import signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'
NOW = dt.datetime(2021, 2, 25, 15, 2, 10, tzinfo=dt.UTC)
STAMP = 1614265330
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
WRONG = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="


def headers(**changes: str) -> dict[str, str]:
    given = {"id": MESSAGE_ID, "timestamp": str(STAMP), "signature": SIGNATURE} | changes
    return {f"webhook-{name}": value for name, value in given.items() if value}


def test_official_signature() -> None:
    assert int(NOW.timestamp()) == STAMP
    assert sign(SECRET, MESSAGE_ID, STAMP, BODY) == SIGNATURE
    assert sign(SECRET.removeprefix("whsec_"), MESSAGE_ID, STAMP, BODY) == SIGNATURE


def test_official_valid_messages() -> None:
    assert verify([SECRET], headers(), BODY, NOW) == MESSAGE_ID
    several = " ".join([WRONG, WRONG.replace("v1", "v2"), SIGNATURE, WRONG])
    assert verify([SECRET], headers(signature=several), BODY, NOW) == MESSAGE_ID


def test_the_company_signs_by_the_same_rule() -> None:
    given = signed_headers(SECRET, MESSAGE_ID, STAMP, BODY)
    assert given["webhook-signature"] == SIGNATURE
    assert verify([SECRET], given, BODY, NOW) == MESSAGE_ID


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"timestamp": ""},
        {"signature": ""},
        {"timestamp": "hello"},
        {"timestamp": "-5"},
        {"timestamp": "1614265330.5"},
        {"timestamp": "9" * 400},
        {"timestamp": "١٦١٤٢٦٥٣٣٠"},
        {"id": "x" * 500},
        {"id": "msg\n1"},
    ],
)
def test_malformed_headers(changes: dict[str, str]) -> None:
    with pytest.raises(WebhookMalformed):
        verify([SECRET], headers(**changes), BODY, NOW)


@pytest.mark.parametrize(
    "signature",
    [WRONG, "v1,", "v1,dawfeoifkpqwoekfpqoekf", SIGNATURE[:8], SIGNATURE[3:], "v2" + SIGNATURE[2:], "é" * 9],
)
def test_wrong_signatures(signature: str) -> None:
    with pytest.raises(WebhookRefused):
        verify([SECRET], headers(signature=signature), BODY, NOW)


def test_other_id_other_time_or_other_body_is_refused() -> None:
    for changed in (headers(id="msg_other"), headers(timestamp=str(STAMP + 1))):
        with pytest.raises(WebhookRefused):
            verify([SECRET], changed, BODY, NOW)
    with pytest.raises(WebhookRefused):
        verify([SECRET], headers(), json.dumps(json.loads(BODY), separators=(",", ":")).encode(), NOW)


@pytest.mark.parametrize("seconds", [-301, 301, 86400, -86400])
def test_too_old_or_too_new_is_refused(seconds: int) -> None:
    with pytest.raises(WebhookRefused):
        verify([SECRET], headers(), BODY, NOW + dt.timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-299, 0, 299])
def test_a_clock_a_little_off_is_accepted(seconds: int) -> None:
    assert verify([SECRET], headers(), BODY, NOW + dt.timedelta(seconds=seconds))


def test_any_accepted_secret_counts_and_none_refuses() -> None:
    assert verify([new_secret(), SECRET], headers(), BODY, NOW)
    with pytest.raises(WebhookRefused):
        verify([new_secret()], headers(), BODY, NOW)
    with pytest.raises(WebhookRefused):
        verify([], headers(), BODY, NOW)
