"""Saving, replacing and forgetting secrets."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.kernel import audit, clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound
from apps.kernel.locks import Rank, lock
from apps.kernel.use_cases import use_case
from apps.platform.vault import policies
from apps.platform.vault.models import Secret
from apps.platform.vault.sealing import seal

LONGEST_SECRET = 20_000
# A private key or a service account's file is long; of a short password four characters would give too much away.
SHOWS_LAST_FOUR_FROM = 12
_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_-]+)+")


@sensitive_variables("value")
@use_case(audits="vault.secret_saved")
def keep_secret(
    actor: Actor, *, name: str, value: str, accept_old_for: dt.timedelta | None = None, keep_versions: int = 5
) -> Secret:
    """Save `value` as the current version of the bound business's secret `name`, e.g. `payments.acme.api_key`.

    Versions that are still accepted stay so for `accept_old_for` from now, at most `keep_versions` in all; without
    it they are erased. For services of providers' settings, each of which has checked its own permission; the
    general door is `replace_secret`. Raises `InvalidInput`, `VaultUnavailable`. Audited without the value.
    """
    _check(name, value)
    business_id = tenancy.require_business_id()
    rows = Secret.objects.filter(name=name)
    # Late in the lock order, so that settings and orders of any kind may keep a secret while they hold their own.
    known = lock(Rank.SERIES, rows) if rows.exists() else []
    newest = max((row.version for row in known), default=0)
    _end_old_versions(known, accept_old_for, keep_versions)
    key_version, sealed = seal(business_id, name, newest + 1, value)
    secret: Secret = Secret.objects.create(
        name=name,
        version=newest + 1,
        key_version=key_version,
        sealed=sealed,
        last_four=value[-4:] if len(value) >= SHOWS_LAST_FOUR_FROM else "",
        saved_at=clock.now(),
        saved_by=actor.label[:200],
    )
    before = {"version": newest} if newest else None
    audit.record(
        actor,
        "vault.secret_saved",
        secret,
        before=before,
        after={"version": secret.version, "key": key_version},
    )
    return secret


@sensitive_variables("value")
@use_case(permission=policies.MANAGE, audits="vault.secret_saved")
def replace_secret(actor: Actor, *, secret_id: Any, value: str) -> Secret:
    """Give a secret that is kept a new value; the old one is erased. Raises `NotFound`, `InvalidInput`."""
    known = Secret.objects.filter(pk=secret_id, is_current=True).first()
    if known is None:
        raise NotFound()
    return keep_secret(actor, name=known.name, value=value)


@use_case(permission=policies.MANAGE, audits="vault.secret_forgotten")
def forget_secret(actor: Actor, *, secret_id: Any) -> None:
    """Erase a secret with all its versions. Whatever used it stops working. Raises `NotFound`."""
    known = Secret.objects.filter(pk=secret_id).first()
    if known is None:
        raise NotFound()
    lock(Rank.SERIES, Secret.objects.filter(name=known.name))
    audit.record(actor, "vault.secret_forgotten", known, before={"version": known.version})
    Secret.objects.filter(name=known.name).delete()


def _end_old_versions(known: list[Secret], accept_for: dt.timedelta | None, keep_versions: int) -> None:
    now = clock.now()
    ended = Q(accepted_until__lte=now) if accept_for is not None else Q()
    names = {row.name for row in known}
    Secret.objects.filter(ended, name__in=names).delete()
    if accept_for is None:
        return
    alive = sorted(
        (row for row in known if row.accepted_until is None or row.accepted_until > now),
        key=lambda row: row.version,
        reverse=True,
    )
    surplus = [row.pk for row in alive[max(keep_versions - 1, 0) :]]
    Secret.objects.filter(pk__in=surplus).delete()
    Secret.objects.filter(name__in=names, is_current=True).update(
        is_current=False, accepted_until=now + accept_for
    )


def _check(name: str, value: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > 120:
        raise InvalidInput(fields={"name": [_("A name such as payments.acme.api_key.")]})
    if not value or len(value) > LONGEST_SECRET or "\x00" in value:
        raise InvalidInput(fields={"value": [_("Enter the secret as you were given it.")]})
