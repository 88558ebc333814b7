"""Working through the rows of an import, batch by batch. Safe to be killed at any point and taken up again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.imports import sources
from apps.goods.imports.arranging import one_per_code
from apps.goods.imports.events import ImportFinished
from apps.goods.imports.kinds import find_kind
from apps.goods.imports.models import Batch, ImportJob, ImportRowError, RejectedRow
from apps.goods.imports.parsing import Layout
from apps.goods.imports.reading import Record, Shape
from apps.goods.imports.rules import Rules
from apps.goods.imports.selectors import SILENT_AFTER
from apps.goods.imports.services.batches import Tally, add_reasons, count_passes, product_passes
from apps.goods.imports.services.jobs import lock_job
from apps.goods.imports.states import move
from apps.goods.imports.woocommerce import as_own_rows, own_codes, own_mapping
from apps.kernel import audit, clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.events import publish
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case

SAMPLE = 12
# While a file is arranged nothing is told; a worker that is silent for long would be taken for dead.
BEAT_SECONDS = 2.0


class _Stopped(Exception):
    """Somebody asked to stop while the file was being read."""


def work_through(job_id: UUID, business_id: UUID) -> ImportJob | None:
    """Do the pass that an import waits for, to its end. None when another worker has it.

    A pass that was broken off goes on behind the last batch it told; products of the broken batch that were
    imported already are found unchanged.
    """
    system = Actor.system("import", business_id)
    job = claim_job(system, job_id=job_id)
    if job is None:
        return None
    actor = Actor("system", job.actor_user_id, job.actor_label or "import", business_id, role="import")
    with tenancy.bind(business_id):
        try:
            with job.file.open("rb") as file:
                for tally in _passes(actor, job, file):
                    if keep_progress(system, job_id=job.pk, tally=tally):
                        return end_pass(actor, job_id=job.pk, verb="cancel")
        except _Stopped:
            return end_pass(actor, job_id=job.pk, verb="cancel")
        except InvalidInput as error:
            return fail_job(system, job_id=job.pk, message=str(error.message))
        except (OSError, UnicodeDecodeError) as error:
            return fail_job(
                system, job_id=job.pk, message=_("The file could not be read: %(why)s") % {"why": error}
            )
    return end_pass(actor, job_id=job.pk, verb="be_ready" if job.is_dry_run else "finish")


@use_case(unaudited="a worker's step; the import's start and end are entered")
def claim_job(actor: Actor, *, job_id: UUID) -> ImportJob | None:
    """Take an import that nobody works on: not begun, or its worker fell silent."""
    job = lock_job(job_id)
    silent = job.updated_at < clock.now() - SILENT_AFTER
    if not job.in_progress or (job.started_at is not None and not silent):
        return None
    job.started_at = clock.now()
    job.save(update_fields=["started_at", "updated_at"])
    return job


@use_case(unaudited="a worker's step; every product it wrote is entered")
def keep_progress(actor: Actor, *, job_id: UUID, tally: Tally) -> bool:
    """Write what a batch came to; true when somebody asked to stop."""
    ImportRowError.objects.bulk_create(tally.errors)
    RejectedRow.objects.bulk_create(tally.rejected)
    job = lock_job(job_id)
    for kind, count in tally.counts.items():
        setattr(job, f"{kind}_count", getattr(job, f"{kind}_count") + count)
    job.rows_accepted += tally.accepted
    job.rows_reported += tally.reported
    job.rows_done = job.rows_accepted + job.rows_reported
    job.sample = [*job.sample, *tally.sample][:SAMPLE]
    job.reasons = add_reasons(job.reasons, tally.reasons)
    job.save()
    return job.cancel_requested_at is not None


@use_case(audits="imports.run")
def end_pass(actor: Actor, *, job_id: UUID, verb: str) -> ImportJob:
    """Close a pass. A run that changed or rejected something is told and entered; one that did not, is not."""
    job = lock_job(job_id)
    move(job, verb)
    job.finished_at = clock.now()
    if verb in {"be_ready", "finish"}:
        job.rows_total = job.rows_done
    _close_batch(job)
    job.save()
    if job.is_dry_run or not (job.created_count or job.updated_count or job.rejected_count):
        return job
    numbers = {
        "created": job.created_count,
        "updated": job.updated_count,
        "unchanged": job.unchanged_count,
        "rejected": job.rejected_count,
    }
    publish(ImportFinished(business_id=require_business_id(), job_id=job.pk, **numbers))
    audit.record(actor, "imports.run", job, after=numbers)
    return job


@use_case(audits="imports.failed")
def fail_job(actor: Actor, *, job_id: UUID, message: str) -> ImportJob:
    """Give an import up, with the reason for the person who started it. What was imported stays."""
    job = lock_job(job_id)
    move(job, "fail")
    job.failure = message[:500]
    job.finished_at = clock.now()
    _close_batch(job)
    job.save()
    audit.record(actor, "imports.failed", job, after={"rows done": job.rows_done}, reason=job.failure)
    return job


def _close_batch(job: ImportJob) -> None:
    """Count what the run changed; a run that changed nothing leaves nothing to undo."""
    batch = job.batch
    if batch is None or batch.state != Batch.State.DONE:
        return
    batch.change_count = batch.changes.count()
    if batch.change_count:
        batch.save(update_fields=["change_count", "updated_at"])
        return
    job.batch = None
    batch.delete()


def _told(records: Iterator[Record], job: ImportJob) -> Iterator[Record]:
    """The rows, telling now and then how many were read."""
    system, last = Actor.system("import", job.business_id), time.monotonic()
    for number, record in enumerate(records, start=1):
        # The clock is cheap, asking it for each of millions of rows is not.
        if number % 500 == 0 and time.monotonic() - last >= BEAT_SECONDS:
            if tell_reading(system, job_id=job.pk, rows=number):
                raise _Stopped
            last = time.monotonic()
        yield record


@use_case(unaudited="a worker's step; the import's start and end are entered")
def tell_reading(actor: Actor, *, job_id: UUID, rows: int) -> bool:
    """Write how many rows were read; true when somebody asked to stop."""
    job = lock_job(job_id)
    job.rows_read = rows
    job.save(update_fields=["rows_read", "updated_at"])
    return job.cancel_requested_at is not None


def _passes(actor: Actor, job: ImportJob, file: Any) -> Iterator[Tally]:
    rules = Rules.read(job.rules)
    shape = Shape(job.encoding, job.delimiter, list(job.headings), job.container)
    records: Iterator[Record] = sources.read_records(file, shape)
    next(records)
    records = _told(records, job)
    options: dict[str, Any] = {"defaults": job.defaults, "rules": rules}
    if other := find_kind(job.kind):
        yield from other.passes(actor, job, records)
        return
    layout = Layout(job.headings, job.mapping, job.delimiter, **options)
    if job.kind == ImportJob.Kind.STOCK:
        yield from count_passes(actor, job, layout, records)
        return
    if job.format == "woocommerce":
        records = as_own_rows(records, job.headings, job.mapping)
        layout = Layout(own_codes(), own_mapping(job.mapping), job.delimiter, **options)
    elif rules.one_per:
        at = layout.places
        records = one_per_code(
            records, rules, code=list(job.headings).index(rules.one_per), title=at.get("title"),
            price=at.get("price"), width=layout.width,
        )  # fmt: skip
    yield from product_passes(actor, job, layout, records)
