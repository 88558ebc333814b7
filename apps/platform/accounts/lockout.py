"""The bridge from axes, which watches every sign-in, to our own counts with growing pauses."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from axes.handlers.base import AxesHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.platform.accounts.callers import caller_of
from apps.platform.accounts.models import AccountEvent
from apps.platform.accounts.selectors import find_lock, find_user_by_email
from apps.platform.accounts.services.activity import note_event, note_stranger
from apps.platform.accounts.services.guarding import count_failure, forget_failures


class GrowingLockout(AxesHandler):  # type: ignore[misc]
    """Counts per account and address and per address; each further failure doubles the pause."""

    def is_allowed(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """Whether the account may be tried from this address now; notes on the request until when not."""
        until = find_lock(_email(credentials), caller_of(request))
        if until is not None:
            request.sign_in_locked_until = until  # type: ignore[attr-defined]
        return until is None

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> None:
        """Count and note a failure; one that was refused unseen is not counted, or the pause never ended."""
        if request is None or getattr(request, "sign_in_locked_until", None):
            return
        email, caller = _email(credentials), caller_of(request)
        until = count_failure(Actor.system("sign-in", None, caller.request_id), email=email, caller=caller)
        user = find_user_by_email(email)
        if user is None:
            note_stranger(email, caller)
        else:
            note_event(user, AccountEvent.Kind.FAILED, caller)
        if until is not None:
            request.sign_in_locked_until = until  # type: ignore[attr-defined]
            request.axes_locked_out = True  # type: ignore[attr-defined]
            if user is not None:
                note_event(user, AccountEvent.Kind.LOCKED, caller)

    def user_logged_in(self, sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
        """End the count of the account from this address."""
        caller = caller_of(request)
        forget_failures(Actor.system("sign-in", None, caller.request_id), email=user.email, caller=caller)

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Asked by nobody here: `is_allowed` decides by the pause."""
        return 0


def locked_response(
    request: HttpRequest, original: HttpResponse | None = None, credentials: Any = None
) -> HttpResponse:
    """The page that says when to try again; a program keeps the problem document it was given."""
    if original is not None and request.path_info.startswith("/api/"):
        return original
    until: dt.datetime = getattr(request, "sign_in_locked_until", None) or clock.now()
    seconds = max(1, math.ceil((until - clock.now()).total_seconds()))
    context = {"until": until, "minutes": math.ceil(seconds / 60), "hours": round(seconds / 3600)}
    response = render(request, "account/locked.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _email(credentials: dict[str, Any] | None) -> str:
    given = credentials or {}
    return str(given.get("email") or given.get("username") or given.get("login") or "").strip().lower()[:254]
