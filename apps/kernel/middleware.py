"""A name for each request, so that a log line, an audit entry and an answer can be put together; no tenant yet."""

from __future__ import annotations

import ipaddress
import logging
import re
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from . import metrics, tenancy, trace
from .ids import new_id

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")
access = logging.getLogger("monidesk.access")


class QueryCount:
    """Counts the statements sent while it wraps a connection."""

    def __init__(self) -> None:
        self.total = 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.total += 1
        return execute(*arguments)


class RequestIdMiddleware:
    """Take the caller's `X-Request-ID` when it is harmless, else make one; give it back. Nothing is bound yet.

    Stands first, so that every request leaves one line in the log and one tick in the metrics, a static file and a
    redirect to TLS too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _ACCEPTABLE.fullmatch(given) else new_id().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        started, queries = time.perf_counter(), QueryCount()
        # A request begins with nothing in sight, whatever the thread did before; who binds is further in.
        with (
            trace.opened(_begun(request, request_id)) as going_on,
            tenancy.bind(None),
            connection.execute_wrapper(queries),
        ):
            response = self.get_response(request)
            going_on.route, going_on.outcome = route_of(request), str(response.status_code)
            seconds = time.perf_counter() - started
            access.info(
                "request",
                extra={
                    "method": request.method,
                    "status": response.status_code,
                    "duration_ms": round(seconds * 1000, 1),
                    "queries": queries.total,
                },
            )
        metrics.count_request(going_on.route, request.method or "", response.status_code, seconds)
        response["X-Request-ID"] = request_id
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Name the route to every line that follows."""
        going_on = trace.current()
        if going_on is not None:
            going_on.route = route_of(request)


def _begun(request: HttpRequest, request_id: str) -> trace.Trace:
    return trace.Trace(request_id=request_id, traceparent=request.headers.get("traceparent", "")[:100])


def route_of(request: HttpRequest) -> str:
    """The name of the address that was asked for, never the path: paths hold ids and secrets."""
    match = request.resolver_match
    if match is not None:
        return match.view_name or match.route or "unnamed"
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "none"


class CallerAddressMiddleware:
    """Put the caller's own address where everything looks for it, `REMOTE_ADDR`.

    Behind proxies of ours the connection's other end is a proxy: every caller would share one rate limit and one
    lock-out, and the audit would name the proxy. `TRUSTED_PROXIES` says how many entries at the end of
    `X-Forwarded-For` our proxies wrote; what stands before them the caller may have written himself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        proxies = settings.TRUSTED_PROXIES
        entries = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if proxies else []
        # Fewer entries than proxies: somebody came past them, and the connection's own end is true.
        if proxies and len(entries) >= proxies and (address := _plain_address(entries[-proxies])):
            request.META["REMOTE_ADDR"] = address
        return self.get_response(request)


def _plain_address(entry: str) -> str:
    """The address in an entry that may carry a port, `10.0.0.1:80` or `[::1]:80`; "" when there is none."""
    bare = entry.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return ""
