"""What a session remembers about two-step sign-in, so that no page asks the database for it."""

from __future__ import annotations

import time
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse

from apps.kernel.actors import Actor
from apps.platform.accounts.services.sessions import note_seen

SECOND_FACTOR = "second_factor"
SEEN_AT = "seen_at"
SEEN_EVERY_SECONDS = 300


def remember_second_factor(request: HttpRequest) -> None:
    """The session has shown a second factor of its person."""
    request.session[SECOND_FACTOR] = True


def has_shown_second_factor(request: HttpRequest) -> bool:
    """Whether this session was opened, or has since been confirmed, with a second factor."""
    return bool(request.session.get(SECOND_FACTOR))


def must_prove_again(request: HttpRequest) -> bool:
    """Whether the person should show password, code or passkey again before something that matters."""
    return bool(get_adapter().is_reauthentication_required(app="monidesk"))


class LastSeenMiddleware:
    """Notes every five minutes that a session is in use; in between it costs nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session = getattr(request, "session", None)
        # Only a session that was opened anyway: a shopper's page must not read one for this.
        if session is not None and session.accessed and session.get(SEEN_AT):
            now = int(time.time())
            if now - int(session[SEEN_AT]) >= SEEN_EVERY_SECONDS and session.session_key:
                session[SEEN_AT] = now
                note_seen(Actor.system("sessions", None), session_key=session.session_key)
        return response
