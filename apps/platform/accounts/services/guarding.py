"""Counting failed sign-ins, and how long the next one must wait."""

from __future__ import annotations

import datetime as dt

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.locks import Rank, lock
from apps.kernel.use_cases import use_case
from apps.platform.accounts.callers import Caller
from apps.platform.accounts.limits import FORGOTTEN_AFTER, LIMITS, account_digest
from apps.platform.accounts.models import SignInGuard, User


@use_case(unaudited="a counter; the failure itself is entered as accounts.failed")
def count_failure(actor: Actor, *, email: str, caller: Caller) -> dt.datetime | None:
    """Count a failed sign-in for the account from this address and for the address; returns until when to wait.

    The same for an address that nobody has, so that the answer does not tell who has an account.
    """
    now = clock.now()
    wanted = [("address", ""), ("account", account_digest(email))] if email else [("address", "")]
    SignInGuard.objects.bulk_create(
        [SignInGuard(scope=scope, account=account, ip=caller.network) for scope, account in wanted],
        ignore_conflicts=True,
    )
    rows = lock(
        Rank.ROOT,
        SignInGuard.objects.filter(ip=caller.network, account__in=[account for _s, account in wanted]),
    )
    for row in rows:
        fresh = row.last_failed_at + FORGOTTEN_AFTER < now
        row.failures = 1 if fresh else row.failures + 1
        row.last_failed_at = now
        pause = LIMITS[SignInGuard.Scope(row.scope)].pause(row.failures)
        row.locked_until = now + pause if pause else None
    SignInGuard.objects.bulk_update(rows, ["failures", "last_failed_at", "locked_until"])
    return max((row.locked_until for row in rows if row.locked_until), default=None)


@use_case(unaudited="a counter set back by a sign-in, which is entered")
def forget_failures(actor: Actor, *, email: str, caller: Caller) -> None:
    """A sign-in that went well ends the count for the account from this address.

    The address's own count stays: else a guesser would sign in to an account of his own now and then.
    """
    SignInGuard.objects.filter(account=account_digest(email), ip=caller.network).delete()


@use_case(audits="accounts.unlocked")
def unlock_person(actor: Actor, *, user: User, with_addresses: bool = False) -> int:
    """Let a locked-out person try again at once, from everywhere; returns how many counts were dropped.

    The caller has checked that the actor may. `with_addresses` also frees the addresses that were counted with it.
    """
    guards = SignInGuard.objects.filter(account=account_digest(user.email))
    addresses = list(guards.values_list("ip", flat=True)) if with_addresses else []
    dropped, _kinds = guards.delete()
    dropped += SignInGuard.objects.filter(account="", ip__in=addresses).delete()[0]
    audit.record(actor, "accounts.unlocked", user, after={"counts": dropped})
    return dropped


@use_case(unaudited="drops counters that lock nobody any more")
def forget_old_guards(actor: Actor) -> int:
    """Drop counts of which the last failure is more than two days old."""
    old = SignInGuard.objects.filter(last_failed_at__lt=clock.now() - 2 * FORGOTTEN_AFTER)
    return old.delete()[0]
