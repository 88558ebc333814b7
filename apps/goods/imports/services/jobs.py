"""An import from upload to report: what people do with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import IO
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from apps.goods.imports import reading
from apps.goods.imports.columns import BY_CODE, guess_mapping, missing_fields
from apps.goods.imports.models import ImportJob, ImportRowError, RejectedRow
from apps.goods.imports.states import move
from apps.goods.imports.wake import wake_importer
from apps.kernel import audit, clock, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank
from apps.kernel.use_cases import use_case


def upload_file(actor: Actor, *, file: IO[bytes], name: str, size: int, as_drafts: bool = False) -> ImportJob:
    """Take a file in, find out how it is written and guess its mapping. Nothing is imported yet.

    `size` in bytes, at most 100 MB. Raises `InvalidInput` for what is not a delimited text with headings.
    """
    actor.require("imports.run")
    if size > reading.LARGEST_FILE:
        raise InvalidInput(
            fields={"file": [_("The file is larger than 100 MB. Split it and import the parts.")]}
        )
    try:
        shape = reading.find_shape(file)
    except InvalidInput as error:
        raise InvalidInput(error.message, code="unreadable_file", fields={"file": [error.message]}) from error
    digest, lines = _measure(file)
    job_id = new_id()
    file.seek(0)
    path = default_storage.save(f"imports/{actor.business_id}/{job_id}.csv", File(file))
    try:
        return _record_job(
            actor,
            job_id=job_id,
            path=path,
            name=name,
            size=size,
            digest=digest,
            lines=lines,
            shape=shape,
            as_drafts=as_drafts,
        )
    except Exception:
        default_storage.delete(path)
        raise


@use_case(permission="imports.run", unaudited="a file that nothing was taken from yet")
def _record_job(
    actor: Actor,
    *,
    job_id: UUID,
    path: str,
    name: str,
    size: int,
    digest: str,
    lines: int,
    shape: reading.Shape,
    as_drafts: bool,
) -> ImportJob:
    return ImportJob.objects.create(
        id=job_id,
        file=path,
        file_name="".join(c for c in name if c.isprintable())[:255] or "import.csv",
        file_size=size,
        sha256=digest,
        encoding=shape.encoding,
        delimiter=shape.delimiter,
        headings=shape.headings,
        mapping=guess_mapping(shape.headings),
        as_drafts=as_drafts,
        rows_total=max(0, lines - 1),
        actor_user_id=actor.id,
        actor_label=actor.label[:200],
    )


@use_case(permission="imports.run", unaudited="a dry run: nothing of the catalogue is written")
def check_job(
    actor: Actor, *, job_id: UUID, mapping: Mapping[str, str] | None = None, as_drafts: bool | None = None
) -> ImportJob:
    """Start the dry run: every row is read and compared, nothing is written to the catalogue.

    `mapping` says which heading feeds which field. Raises `InvalidInput` when a needed field has no heading,
    `WrongState` while the import is under way.
    """
    job = lock_job(job_id)
    if mapping is not None:
        job.mapping = _checked_mapping(job, mapping)
    lacking = missing_fields(job.mapping)
    if lacking:
        raise InvalidInput(
            _("Choose the headings for: %(fields)s.") % {"fields": ", ".join(str(f.label) for f in lacking)},
            code="missing_columns",
            fields={
                f.code: [_("The file has no such column. Choose the one that holds it.")] for f in lacking
            },
        )
    if as_drafts is not None:
        job.as_drafts = as_drafts
    move(job, "check")
    _start_pass(job, is_dry_run=True)
    return job


@use_case(
    permission="imports.run",
    unaudited="the run enters its end, and every product it changes; one that changes nothing enters nothing",
)
def run_job(actor: Actor, *, job_id: UUID) -> ImportJob:
    """Start the import itself, after the dry run. Raises `WrongState` unless the import is ready."""
    job = lock_job(job_id)
    move(job, "run")
    _start_pass(job, is_dry_run=False)
    return job


@use_case(permission="imports.run", audits="imports.cancelled")
def cancel_job(actor: Actor, *, job_id: UUID) -> ImportJob:
    """Stop an import. What is imported by then stays; a running one stops after the products in hand."""
    job = lock_job(job_id)
    if job.in_progress and job.started_at is not None:
        job.cancel_requested_at = clock.now()
        job.save(update_fields=["cancel_requested_at", "updated_at"])
        audit.record(actor, "imports.cancelled", job, after={"rows done": job.rows_done})
        return job
    move(job, "cancel")
    job.finished_at = clock.now()
    job.save(update_fields=["state", "finished_at", "updated_at"])
    audit.record(actor, "imports.cancelled", job)
    return job


def lock_job(job_id: UUID) -> ImportJob:
    """The import, locked; raises `NotFound`."""
    return locks.lock_one(Rank.ROOT, ImportJob.objects.filter(pk=job_id))


def _start_pass(job: ImportJob, *, is_dry_run: bool) -> None:
    ImportRowError.objects.filter(job=job).delete()
    RejectedRow.objects.filter(job=job).delete()
    job.is_dry_run = is_dry_run
    job.rows_done = job.created_count = job.updated_count = job.unchanged_count = job.rejected_count = 0
    job.sample, job.failure = [], ""
    job.started_at = job.finished_at = job.cancel_requested_at = None
    job.save()
    transaction.on_commit(wake_importer)


def _checked_mapping(job: ImportJob, mapping: Mapping[str, str]) -> dict[str, str]:
    chosen = {code: heading for code, heading in mapping.items() if heading}
    for code, heading in chosen.items():
        if code not in BY_CODE or heading not in job.headings:
            raise InvalidInput(fields={code: [_("Choose one of the headings of the file.")]})
    return chosen


def _measure(file: IO[bytes]) -> tuple[str, int]:
    """The file's digest and its number of lines, read in pieces."""
    digest, lines, last = hashlib.sha256(), 0, b"\n"
    file.seek(0)
    while piece := file.read(1024 * 1024):
        digest.update(piece)
        lines += piece.count(b"\n")
        last = piece[-1:]
    return digest.hexdigest(), lines + (last != b"\n")
