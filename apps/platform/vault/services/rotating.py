"""Encrypting what is kept anew, under the current key."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.views.decorators.debug import sensitive_variables

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.locks import Rank, lock
from apps.kernel.use_cases import use_case
from apps.platform.vault.keys import current_version
from apps.platform.vault.models import Secret
from apps.platform.vault.sealing import SecretUnreadable, seal, unseal


@dataclass(frozen=True)
class RotatedBatch:
    """What one transaction did: how many rows, and why the others could not be opened."""

    done: int
    failed: list[str] = field(default_factory=list)
    failed_ids: list[str] = field(default_factory=list)


@sensitive_variables()
@use_case(audits="vault.rotated")
def rotate_batch(actor: Actor, *, limit: int, skip: list[str] | None = None) -> RotatedBatch:
    """Encrypt up to `limit` secrets of the actor's business under the current key, in one transaction.

    Rows already under it are not touched, so it may be interrupted and begun again at any time. `skip` names rows
    that could not be opened before. A row that cannot be opened stays as it is and is reported.
    """
    target = current_version()
    outdated = Secret.objects.exclude(key_version=target).exclude(pk__in=skip or []).order_by("pk")
    ids = list(outdated.values_list("pk", flat=True)[:limit])
    done, failed, failed_ids = 0, [], []
    for row in lock(Rank.SERIES, Secret.objects.filter(pk__in=ids).exclude(key_version=target)):
        try:
            value = unseal(row.business_id, row.name, row.version, row.key_version, row.sealed)
        except SecretUnreadable as error:
            failed.append(str(error))
            failed_ids.append(str(row.pk))
            continue
        row.key_version, row.sealed = seal(row.business_id, row.name, row.version, value)
        row.updated_at = clock.now()
        row.save(update_fields=["key_version", "sealed", "updated_at"])
        done += 1
    if done:
        audit.record(actor, "vault.rotated", after={"key": target, "secrets": done})
    return RotatedBatch(done, failed, failed_ids)
