"""Reads of the accounts context."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Max, QuerySet
from django.db.models.functions import Lower

from apps.kernel import clock
from apps.platform.accounts.callers import Caller
from apps.platform.accounts.limits import account_digest
from apps.platform.accounts.models import AccountEvent, SignInGuard, User

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def find_user_by_email(email: str) -> User | None:
    """The user with this address, without regard to case."""
    return User.objects.filter(email=email.strip().lower()).first()


def find_lock(email: str, caller: Caller) -> dt.datetime | None:
    """Until when the account (from this address) or the address itself must wait; None when it need not."""
    accounts = ["", account_digest(email)] if email else [""]
    guards = SignInGuard.objects.filter(ip=caller.network, account__in=accounts, locked_until__gt=clock.now())
    found: dt.datetime | None = guards.aggregate(until=Max("locked_until"))["until"]
    return found


def find_account_lock(user: User) -> dt.datetime | None:
    """Until when the person must wait at the worst of the addresses tried from."""
    guards = SignInGuard.objects.filter(account=account_digest(user.email), locked_until__gt=clock.now())
    found: dt.datetime | None = guards.aggregate(until=Max("locked_until"))["until"]
    return found


def has_second_factor(user: User) -> bool:
    """Whether an authenticator app or a passkey is set up."""
    return Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exists()


def list_across_with_second_factor(user_ids: Sequence[UUID]) -> set[UUID]:
    """Who of these people has an authenticator app or a passkey."""
    rows = Authenticator.objects.filter(user__in=user_ids, type__in=SECOND_FACTORS)
    return set(rows.values_list("user_id", flat=True))


def list_events(user: User) -> QuerySet[AccountEvent]:
    """What happened to the account, newest first."""
    return AccountEvent.objects.filter(user=user)


def list_sessions(user: User) -> list[UserSession]:
    """Where the person is signed in, last seen first; sessions that ended are left out."""
    alive = [session for session in UserSession.objects.filter(user=user) if session.exists()]
    return sorted(alive, key=lambda session: session.last_seen_at, reverse=True)


def confirmed_addresses(user_id: UUID) -> QuerySet[EmailAddress, str]:
    """The addresses a user has proved, in small letters; to stand inside another statement."""
    return EmailAddress.objects.filter(user_id=user_id, verified=True).values_list(Lower("email"), flat=True)


def is_email_verified(user: User) -> bool:
    """Whether the person's address was proved by a link."""
    return EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()
