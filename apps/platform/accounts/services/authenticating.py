"""Signing in without a browser: who sends e-mail, password and code."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.platform.accounts.callers import Caller, caller_of
from apps.platform.accounts.models import AccountEvent, User
from apps.platform.accounts.selectors import find_lock, has_second_factor
from apps.platform.accounts.services.activity import note_event
from apps.platform.accounts.services.guarding import count_failure, forget_failures


class SignInRefused(DomainError):
    """Unknown address, wrong password, suspended account: all the same answer."""

    status = 401
    default_code = "sign_in_refused"
    default_message = _("The e-mail address and the password do not fit together.")


class SignInLocked(DomainError):
    """Too many failures. `context["retry_after"]` says in how many seconds to try again, `until` when."""

    status = 429
    default_code = "sign_in_locked"
    default_message = _("There were too many failed sign-ins. Please wait before you try again.")


class SecondFactorNeeded(DomainError):
    """The password is right and a code is missing, or the code was wrong (`second_factor_wrong`)."""

    status = 401
    default_code = "second_factor_needed"
    default_message = _("This account uses two-step sign-in: send the code of the authenticator app as well.")


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who signed in, and how."""

    user: User
    second_factor: bool


def authenticate_person(
    request: HttpRequest, *, email: str, password: str, code: str = "", door: str = "api"
) -> Authenticated:
    """Check who signs in through a door without pages (the token endpoint of the API calls this and nothing else).

    `request` is Django's own (`request._request` in a REST view). `code` is a number of the authenticator app or
    a recovery code. The outcome stands in the person's history and on the audit chain; failures count towards
    the same lock-out as those of the sign-in page.

    Raises `SignInRefused` (401), `SecondFactorNeeded` (401, code `second_factor_needed` or `second_factor_wrong`),
    `SignInLocked` (429, with `context["retry_after"]` in seconds).
    """
    caller = caller_of(request)
    user = authenticate(request, email=email.strip().lower(), password=password)
    until = getattr(request, "sign_in_locked_until", None)
    if user is None and until is not None:
        raise locked_until(until)
    if not isinstance(user, User):
        raise SignInRefused
    second = has_second_factor(user)
    if second:
        _check_code(user, code, caller)
    forget_failures(Actor.system("sign-in", None, caller.request_id), email=user.email, caller=caller)
    note_event(
        user, AccountEvent.Kind.SIGNED_IN, caller, method=f"{door}: password{' + code' if second else ''}"
    )
    return Authenticated(user, second)


def refuse_if_locked(user: User, caller: Caller) -> None:
    """Raise `SignInLocked` while the person must wait."""
    if until := find_lock(user.email, caller):
        raise locked_until(until)


def note_wrong_code(user: User, caller: Caller) -> dt.datetime | None:
    """Count a wrong second step like a wrong password; returns until when to wait."""
    until = count_failure(Actor.system("sign-in", None, caller.request_id), email=user.email, caller=caller)
    note_event(user, AccountEvent.Kind.CODE_FAILED, caller)
    if until:
        note_event(user, AccountEvent.Kind.LOCKED, caller)
    return until


def locked_until(until: dt.datetime) -> SignInLocked:
    """The refusal of a locked sign-in."""
    seconds = max(1, math.ceil((until - clock.now()).total_seconds()))
    facts: dict[str, Any] = {"retry_after": seconds, "until": until}
    return SignInLocked(
        remedy=_("Try again in %(minutes)d min.") % {"minutes": math.ceil(seconds / 60)}, **facts
    )


def _check_code(user: User, code: str, caller: Caller) -> None:
    refuse_if_locked(user, caller)
    if not code:
        raise SecondFactorNeeded(remedy=_("A recovery code will do."))
    for authenticator in Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.WEBAUTHN):
        if authenticator.wrap().validate_code(code):
            authenticator.record_usage()
            return
    if until := note_wrong_code(user, caller):
        raise locked_until(until)
    raise SecondFactorNeeded(_("This code is not right, or it was used already."), code="second_factor_wrong")
