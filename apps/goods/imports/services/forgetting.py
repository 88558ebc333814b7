"""Uploaded files and the rows they left behind, given up: by age, or because a person is erased."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.goods.imports.models import (
    DEFAULT_DAYS,
    LONGEST_DAYS,
    BatchChange,
    FileRetention,
    ImportJob,
    ImportRowError,
    RejectedRow,
)
from apps.goods.imports.selectors import get_job
from apps.goods.imports.services.jobs import lock_job
from apps.goods.imports.states import MOVES, move
from apps.kernel import audit, clock, locks, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.locks import Rank
from apps.kernel.use_cases import use_case
from apps.platform.privacy.policies import ERASE


@use_case(permission=ERASE, audits="imports.retention_changed")
def set_file_retention(actor: Actor, *, days: int) -> FileRetention:
    """Keep uploaded files and their refused rows for so many days. The same number changes nothing.

    Raises `InvalidInput` (`days`) outside of 1 to 730.
    """
    if not 1 <= days <= LONGEST_DAYS:
        message = _("From 1 to %(most)s days.") % {"most": LONGEST_DAYS}
        raise InvalidInput(fields={"days": [message]})
    kept, _made = FileRetention.objects.get_or_create(defaults={"days": DEFAULT_DAYS})
    if kept.days != days:
        before, kept.days = kept.days, days
        kept.save(update_fields=["days", "updated_at"])
        audit.record(actor, "imports.retention_changed", kept, before={"days": before}, after={"days": days})
    return kept


def forget_file(actor: Actor, *, job_id: UUID) -> bool:
    """Give up an import's file, samples and refused rows; false while it is under way. Repeatable.

    Not inside a use case: the bytes go after the rows are gone for good. Until they are, the name in storage stays.
    """
    if not _give_up_one(actor, job_id=job_id):
        return False
    _remove_bytes(actor, job_id)
    return True


@use_case(permission=ERASE, audits="imports.forgotten")
def _give_up_one(actor: Actor, *, job_id: UUID) -> bool:
    job = lock_job(job_id)
    if job.in_progress:
        return False
    _give_up(actor, job)
    return True


@use_case(permission=ERASE, audits="imports.forgotten")
def give_up_files(actor: Actor, *, rows: QuerySet[Any]) -> int:
    """Part of an erasure, inside its use case: these files, samples and refused rows; how many files.

    The bytes go once the erasure is certain; a storage that is away then is asked again by the clock.
    """
    jobs: list[ImportJob] = locks.lock(Rank.ROOT, rows)
    for job in jobs:
        _give_up(actor, job)
        transaction.on_commit(
            lambda job_id=job.pk: _remove_bytes(Actor.system("import", actor.business_id), job_id),  # type: ignore[misc]
            robust=True,
        )
    return len(jobs)


def _give_up(actor: Actor, job: ImportJob) -> None:
    ImportRowError.objects.filter(job=job).delete()
    RejectedRow.objects.filter(job=job).delete()
    # A customer whom an undo took off again has no record that an erasure could find her by.
    BatchChange.objects.filter(batch=job.batch_id, kind=BatchChange.Kind.CUSTOMER_ADDED).update(label="")
    if job.forgotten_at is not None:
        return
    if job.state in MOVES["cancel"][0]:
        move(job, "cancel")
        job.finished_at = clock.now()
    job.samples, job.sample = [], []
    job.forgotten_at = clock.now()
    job.save()
    audit.record(actor, "imports.forgotten", job, after={"rows": job.rows_done})


def _remove_bytes(actor: Actor, job_id: UUID) -> None:
    with tenancy.bind(actor.business_id):
        path = get_job(job_id).file.name
    if path:
        default_storage.delete(path)
        _note_removed(actor, job_id=job_id)


@use_case(unaudited="that the file was given up is entered")
def _note_removed(actor: Actor, *, job_id: UUID) -> None:
    ImportJob.objects.filter(pk=job_id).update(file="")
