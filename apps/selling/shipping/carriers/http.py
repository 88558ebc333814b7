"""JSON over HTTP with time-outs: the one way an adapter reaches its carrier."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlencode

import urllib3
from django.views.decorators.debug import sensitive_variables

from .base import CarrierRefused, CarrierUnavailable

CONNECT_SECONDS = 2.0
# A label is drawn while we wait.
READ_SECONDS = 15.0
_LARGEST_ANSWER = 4 * 1024 * 1024
_ENOUGH = 64 * 1024
# The moment, on the clock that never goes back, until which whoever asks is prepared to wait.
_until: ContextVar[float | None] = ContextVar("carrier_until", default=None)
_pool = urllib3.PoolManager(maxsize=8, retries=False, timeout=urllib3.Timeout(CONNECT_SECONDS, READ_SECONDS))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Have all calls in this block end within `seconds` together: somebody sits in front of a page and waits."""
    token = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(token)


def _left() -> float:
    """The seconds that a call may take now; raises `CarrierUnavailable` when there are none."""
    until = _until.get()
    left = READ_SECONDS if until is None else min(READ_SECONDS, until - time.monotonic())
    if left <= 0:
        raise CarrierUnavailable(cause="no time left")
    return left


@sensitive_variables("headers", "form")
def call(
    method: str,
    url: str,
    *,
    headers: dict[str, str],
    body: dict[str, Any] | None = None,
    form: dict[str, str] | None = None,
) -> dict[str, Any]:
    """The carrier's answer as a dictionary.

    Raises `CarrierUnavailable` for no answer, a 5xx, 408, 425, 429 or one that is not JSON (it may have been done),
    `CarrierRefused` for every other refusal, with `carrier_status` and the carrier's own words. Redirects are not
    followed.
    """
    kind = "application/x-www-form-urlencoded" if form is not None else "application/json"
    content = urlencode(form).encode() if form is not None else None
    if body is not None:
        content = json.dumps(body).encode()
    left = _left()
    try:
        answer = _pool.request(
            method,
            url,
            body=content,
            headers={"Content-Type": kind, "Accept": "application/json", **headers},
            redirect=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, left), read=left, total=left),
        )
        try:
            text = _read_all(answer)
        except BaseException:
            answer.close()  # half an answer must not be taken for the next one's
            raise
        finally:
            answer.release_conn()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise CarrierUnavailable(cause=str(error)[:200]) from error
    return _read(answer.status, text)


def _read_all(answer: urllib3.BaseHTTPResponse) -> bytes:
    """The body, in pieces: a server that sends a drop a second must not hold us longer than we wait."""
    text = b""
    while len(text) < _LARGEST_ANSWER and (piece := answer.read1(_ENOUGH)):
        text += piece
        _left()
    return text[:_LARGEST_ANSWER]


def _read(status: int, text: bytes) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if status in (408, 425, 429) or status >= 500:
        raise CarrierUnavailable(cause=f"status {status}")
    if 200 <= status < 300 and isinstance(content, dict):
        return content
    if 400 <= status < 500:
        said = refusal_of(content) if isinstance(content, dict) else ""
        raise CarrierRefused(said[:200] or None, carrier_status=status)
    raise CarrierUnavailable(cause=f"status {status}, no JSON")


def refusal_of(content: dict[str, Any]) -> str:
    """A refusal's words, in the shapes that carriers give them."""
    errors = content.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):  # FedEx
        return str(errors[0].get("message") or errors[0].get("code") or "")
    return str(content.get("detail") or content.get("message") or content.get("title") or "")
