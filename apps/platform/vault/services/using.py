"""The one way to a secret's value, and the note of who took it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.kernel import audit, clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound
from apps.kernel.use_cases import use_case
from apps.platform.vault.models import Secret, SecretUse
from apps.platform.vault.sealing import unseal


@sensitive_variables()
def open_secret(actor: Actor, *, name: str, purpose: str) -> str:
    """The current value of a secret of the actor's business, for use at once; the use is noted.

    `purpose` says what for in a few words ("send mail"). Raises `NotFound` for a secret that is not kept,
    `SecretUnreadable` for one that cannot be opened. Never log or store what it returns.
    """
    with tenancy.bind(actor.business_id):
        row = Secret.objects.filter(name=name, is_current=True).first()
    if row is None:
        raise NotFound(_("No secret is kept under %(name)s.") % {"name": name})
    value = _value_of(row)
    note_use(actor, name=name, purpose=purpose)
    return value


@sensitive_variables()
def accepted_secrets(name: str, now: dt.datetime) -> list[str]:
    """All values of the bound business's secret that are accepted at `now`, newest first; one query, no note.

    For checking a stranger's signature, which must write nothing: call `note_use` once it has proved right.
    """
    rows = Secret.objects.filter(Q(is_current=True) | Q(accepted_until__gt=now), name=name)
    return [_value_of(row) for row in rows.order_by("-version")]


def note_use(actor: Actor, *, name: str, purpose: str) -> None:
    """Enter the first use of the day by this actor for this purpose; later ones cost one query and no write."""
    used_on = clock.now().astimezone(dt.UTC).date()
    found = {"name": name, "used_by": actor.label[:200], "purpose": purpose[:120], "used_on": used_on}
    with tenancy.bind(actor.business_id):
        known = SecretUse.objects.filter(**found).exists()
    if not known:
        _enter_use(actor, found=found)


@use_case(audits="vault.secret_used")
def _enter_use(actor: Actor, *, found: dict[str, Any]) -> None:
    rows = [SecretUse(**found, first_used_at=clock.now())]
    SecretUse.objects.bulk_create(rows, ignore_conflicts=True)
    secret = Secret.objects.filter(name=found["name"], is_current=True).defer("sealed").first()
    after = {"secret": found["name"], "purpose": found["purpose"]}
    audit.record(actor, "vault.secret_used", secret, after=after)


@sensitive_variables()
def _value_of(row: Secret) -> str:
    return unseal(row.business_id, row.name, row.version, row.key_version, row.sealed)
