"""A name for each request, so that a log line, an audit entry and an answer can be put together; no tenant yet."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from . import tenancy
from .ids import new_id

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """Take the caller's `X-Request-ID` when it is harmless, else make one; give it back. Nothing is bound yet."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.request_id = given if _ACCEPTABLE.fullmatch(given) else new_id().hex  # type: ignore[attr-defined]
        # A request begins with nothing in sight, whatever the thread did before; who binds is further in.
        with tenancy.bind(None):
            response = self.get_response(request)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response
