"""HTTPS with time-outs: the one way an adapter reaches its company."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3
from django.conf import settings

from .base import NoAnswer, NotDelivered, Undeliverable

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
_LARGEST_ANSWER = 256 * 1024
_ASK_LATER = {401, 403, 408, 409, 425, 429}
_pool = urllib3.PoolManager(maxsize=8, retries=False, timeout=urllib3.Timeout(CONNECT_SECONDS, READ_SECONDS))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the company said."""

    status: int
    headers: dict[str, str]
    content: dict[str, Any]


def address_of(provider: str) -> str:
    """Where the company is; tests and installations behind a gateway name another place."""
    return str(settings.MESSAGE_PROVIDER_URLS[provider]).rstrip("/")


def basic(user: str, password: str) -> str:
    """The value of `Authorization` for a name and a password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def post_json(url: str, *, authorization: str, body: dict[str, Any]) -> Answer:
    """Post JSON; raises `NoAnswer` when there is none."""
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    return post(url, headers=headers, body=json.dumps(body).encode())


def post_form(url: str, *, authorization: str, fields: dict[str, str]) -> Answer:
    """Post a form; raises `NoAnswer` when there is none."""
    headers = {"Authorization": authorization, "Content-Type": "application/x-www-form-urlencoded"}
    return post(url, headers=headers, body=urlencode(fields).encode())


def post(url: str, *, headers: dict[str, str], body: bytes) -> Answer:
    """One request. Redirects are not followed: they would carry the key elsewhere."""
    try:
        answer = _pool.request(
            "POST",
            url,
            body=body,
            headers={"Accept": "application/json", **headers},
            redirect=False,
            preload_content=False,
        )
        try:
            text = answer.read(_LARGEST_ANSWER)
        finally:
            answer.release_conn()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise NoAnswer(f"No answer: {error}") from error
    try:
        content = json.loads(text) if text else {}
    except ValueError:
        content = {}
    named = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(answer.status, named, content if isinstance(content, dict) else {})


def raise_unless_taken(answer: Answer, reason: str, *, bad_address: bool = False) -> None:
    """Raise the right one of the two failures unless the company took the message."""
    if 200 <= answer.status < 300:
        return
    said = f"{answer.status} {reason}".strip()[:500]
    if bad_address:
        raise Undeliverable(said, bad_address=True)
    # A key that is wrong today is put right tomorrow: those messages wait, they are not lost.
    if answer.status in _ASK_LATER or answer.status >= 500 or answer.status < 400:
        raise NotDelivered(said)
    raise Undeliverable(said)
