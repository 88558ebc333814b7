"""JSON over HTTP with time-outs: the one way an adapter reaches its company."""

from __future__ import annotations

import json
from typing import Any

import urllib3
from django.views.decorators.debug import sensitive_variables

from .base import ProviderRefused, ProviderUnavailable

CONNECT_SECONDS = 2.0
READ_SECONDS = 5.0
_LARGEST_ANSWER = 256 * 1024
_pool = urllib3.PoolManager(maxsize=8, retries=False, timeout=urllib3.Timeout(CONNECT_SECONDS, READ_SECONDS))


@sensitive_variables("headers", "content")
def call(
    method: str,
    url: str,
    *,
    headers: dict[str, str],
    body: dict[str, Any] | None = None,
    content: bytes | None = None,
) -> dict[str, Any]:
    """The company's answer as a dictionary.

    Raises `ProviderUnavailable` for no answer, a 5xx, 408, 425, 429 or one that is not JSON (it may have been
    done: repeat under the same key), `ProviderRefused` for every other refusal, with `provider_status` and the
    company's own `provider_code`. Redirects are not followed. `content` goes out as it is.
    """
    try:
        answer = _pool.request(
            method,
            url,
            body=content if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json", **headers},
            redirect=False,
            preload_content=False,
        )
        try:
            text = answer.read(_LARGEST_ANSWER)
        finally:
            answer.release_conn()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise ProviderUnavailable(cause=str(error)) from error
    return _read(answer.status, text)


def _read(status: int, text: bytes) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if status in (408, 425, 429) or status >= 500:
        raise ProviderUnavailable(cause=f"status {status}")
    if 200 <= status < 300 and isinstance(content, dict):
        return content
    if 400 <= status < 500:
        said, code = refusal_of(content) if isinstance(content, dict) else ("", "")
        raise ProviderRefused(said[:200] or None, provider_status=status, provider_code=code)
    raise ProviderUnavailable(cause=f"status {status}, no JSON")


def refusal_of(content: dict[str, Any]) -> tuple[str, str]:
    """A refusal's words and code, in the shapes that companies give them."""
    error = content.get("error")
    if isinstance(error, dict):  # Razorpay
        return str(error.get("description") or ""), str(error.get("code") or "")
    if error:
        return str(content.get("error_description") or error), str(error)
    details = content.get("details")
    if isinstance(details, list) and details and isinstance(details[0], dict):  # PayPal
        issue = str(details[0].get("issue") or "")
        return str(details[0].get("description") or issue), issue
    return str(content.get("message") or ""), str(content.get("code") or content.get("name") or "")
