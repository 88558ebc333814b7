"""What allauth and Django tell about accounts, handed to the services."""

from __future__ import annotations

import time
from typing import Any

from allauth.account import signals as account_signals
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from apps.kernel.actors import Actor
from apps.platform.accounts.callers import caller_of
from apps.platform.accounts.models import AccountEvent, User
from apps.platform.accounts.services.activity import note_event
from apps.platform.accounts.services.sessions import end_other_sessions
from apps.platform.accounts.two_step import SEEN_AT, remember_second_factor

Kind = AccountEvent.Kind


@receiver(user_logged_in)
def signed_in(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Keep the session in the list of sessions and the sign-in in the history."""
    records = get_authentication_records(request, user) if hasattr(request, "session") else []
    if any(record.get("method") == "mfa" for record in records):
        remember_second_factor(request)
    request.session[SEEN_AT] = int(time.time())
    if getattr(request, "user", None) == user:
        UserSession.objects.create_from_request(request)
    note_event(user, Kind.SIGNED_IN, caller_of(request), method=_words(records))


@receiver(user_logged_out)
def signed_out(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Told before the session is emptied."""
    if isinstance(user, User):
        note_event(user, Kind.SIGNED_OUT, caller_of(request))


@receiver([account_signals.password_changed, account_signals.password_set, account_signals.password_reset])
def password_changed(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """A new password ends every other session at once, not when each is next used."""
    caller = caller_of(request)
    actor = Actor("user", user.pk, user.name, None, request_id=caller.request_id, ip=caller.ip)
    keep = request.session.session_key if request.user.is_authenticated else ""
    end_other_sessions(actor, user=user, keep=keep or "")
    note_event(user, Kind.PASSWORD_CHANGED, caller)


@receiver(account_signals.email_changed)
def email_changed(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    note_event(user, Kind.EMAIL_CHANGED, caller_of(request))


@receiver(mfa_signals.authenticator_added)
def factor_added(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **kwargs: Any) -> None:
    """Whoever has just set up a second step has just shown it, and need not sign in again."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        remember_second_factor(request)
    note_event(user, Kind.FACTOR_ADDED, caller_of(request), method=authenticator.type)


@receiver(mfa_signals.authenticator_removed)
def factor_removed(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **kwargs: Any) -> None:
    note_event(user, Kind.FACTOR_REMOVED, caller_of(request), method=authenticator.type)


@receiver(mfa_signals.authenticator_used)
def factor_used(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """A second step shown again for something that matters counts for the session too."""
    remember_second_factor(request)


def _words(records: list[dict[str, Any]]) -> str:
    """`password + totp`, `passkey`, `company`: how somebody signed in."""
    names = {"password": "password", "socialaccount": "company", "code": "code"}
    parts = []
    for record in records:
        if record.get("method") == "mfa":
            passkey = record.get("type") == Authenticator.Type.WEBAUTHN
            parts.append("passkey" if passkey else str(record.get("type")))
        else:
            parts.append(names.get(str(record.get("method")), str(record.get("method"))))
    return " + ".join(dict.fromkeys(parts))
