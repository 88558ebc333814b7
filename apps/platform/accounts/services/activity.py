"""What happened to an account: told to the person, and entered on the audit chain of each place of work."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import UUID

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.use_cases import use_case
from apps.platform.accounts.callers import Caller
from apps.platform.accounts.models import AccountEvent, User

Kind = AccountEvent.Kind
Audience = Callable[[User], Iterable[UUID]]
_audiences: list[Audience] = []


def register_audience(find: Audience) -> Audience:
    """Have `find(user)` name the businesses on whose chains the person's sign-ins are entered."""
    if find not in _audiences:
        _audiences.append(find)
    return find


def note_event(
    user: User, kind: AccountEvent.Kind, caller: Caller, *, method: str = "", by: Actor | None = None
) -> AccountEvent:
    """Enter an event in the person's history and on the audit chains; `by` when somebody else caused it.

    The history and, for who belongs nowhere, the platform's chain are one transaction; each business has its
    own chain and so its own transaction, because two chains locked at once could wait for each other.
    """
    actor = _actor(user, kind, caller, by)
    businesses = [business_id for find in _audiences for business_id in find(user)]
    event = _keep(replace(actor, business_id=None), user=user, kind=kind, caller=caller, method=method)
    if not businesses:
        _enter(replace(actor, business_id=None), user=user, kind=kind, method=method)
    for business_id in dict.fromkeys(businesses):
        _enter(replace(actor, business_id=business_id), user=user, kind=kind, method=method)
    return event


def note_stranger(email: str, caller: Caller) -> None:
    """Enter a failed sign-in with an address that nobody has; on the platform's chain, the address masked."""
    name, _at, domain = email.partition("@")
    actor = Actor("guest", None, "somebody", None, request_id=caller.request_id, ip=caller.ip)
    _enter_stranger(actor, masked=f"{name[:1]}…@{domain[:60]}")


@use_case(unaudited="the person's own history; the same event is entered on each chain beside it")
def _keep(actor: Actor, *, user: User, kind: str, caller: Caller, method: str) -> AccountEvent:
    return AccountEvent.objects.create(
        user=user, kind=kind, method=method[:40], ip=caller.ip or None, user_agent=caller.user_agent
    )


@use_case(
    audits=(
        "accounts.signed_in",
        "accounts.failed",
        "accounts.code_failed",
        "accounts.locked",
        "accounts.unlocked",
        "accounts.signed_out",
        "accounts.session_ended",
        "accounts.password_changed",
        "accounts.email_changed",
        "accounts.factor_added",
        "accounts.factor_removed",
        "accounts.factor_reset",
    )
)
def _enter(actor: Actor, *, user: User, kind: str, method: str) -> None:
    audit.record(actor, f"accounts.{kind}", user, after={"how": method} if method else None)


@use_case(audits="accounts.failed")
def _enter_stranger(actor: Actor, *, masked: str) -> None:
    audit.record(actor, "accounts.failed", after={"address": masked})


def _actor(user: User, kind: str, caller: Caller, by: Actor | None) -> Actor:
    if by is not None:
        return by
    if kind in {Kind.FAILED, Kind.CODE_FAILED, Kind.LOCKED}:
        # Whoever failed is not known to be the person.
        return Actor("guest", None, "somebody", None, request_id=caller.request_id, ip=caller.ip)
    return Actor("user", user.pk, user.name, None, request_id=caller.request_id, ip=caller.ip)
