"""Working through the rows of an import, batch by batch. Safe to be killed at any point and taken up again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.imports import reading
from apps.goods.imports.columns import BY_CODE
from apps.goods.imports.events import ImportFinished
from apps.goods.imports.models import ImportJob, ImportRowError, RejectedRow
from apps.goods.imports.parsing import Group, Layout, ParsedProduct, Problem, ProductParser, group_rows
from apps.goods.imports.planning import Plan, Seen, Shop, plan_product
from apps.goods.imports.selectors import SILENT_AFTER
from apps.goods.imports.services.jobs import lock_job
from apps.goods.imports.services.products import import_product
from apps.goods.imports.states import move
from apps.kernel import audit, clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.events import publish
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case

BATCH = 100
SAMPLE = 12
_CODES = {
    "slug": "handle",
    "description_html": "description",
    "vendor_name": "vendor",
    "weight_grams": "grams",
}


@dataclass(slots=True)
class Tally:
    """What a batch came to."""

    rows_done: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    errors: list[ImportRowError] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    sample: list[dict[str, Any]] = field(default_factory=list)


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
    job.rows_done = tally.rows_done
    job.sample = [*job.sample, *tally.sample][:SAMPLE]
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
    job.save()
    audit.record(actor, "imports.failed", job, after={"rows done": job.rows_done}, reason=job.failure)
    return job


def _passes(actor: Actor, job: ImportJob, file: Any) -> Iterator[Tally]:
    layout = Layout(job.headings, job.mapping, job.delimiter)
    records = reading.read_records(file, job.encoding, job.delimiter)
    next(records)
    seen = Seen()
    batch: list[Group] = []
    for group in group_rows(records, layout):
        if group.records[-1].row - 1 <= job.rows_done:
            _remember_skipped(group, layout, seen)
            continue
        batch.append(group)
        if len(batch) == BATCH:
            yield _do_batch(actor, job, layout, batch, seen)
            batch = []
    if batch:
        yield _do_batch(actor, job, layout, batch, seen)


def _do_batch(actor: Actor, job: ImportJob, layout: Layout, batch: list[Group], seen: Seen) -> Tally:
    tally = Tally(rows_done=batch[-1].records[-1].row - 1)
    parsed: list[tuple[Group, ParsedProduct | None, list[Problem]]] = []
    for group in batch:
        parser = ProductParser(group, layout)
        parsed.append((group, parser.parse(), parser.problems))
    shop = Shop([product for _group, product, _problems in parsed if product is not None])
    for group, product, problems in parsed:
        plan: Plan | None = None
        if product is not None:
            plan = plan_product(product, shop, seen, as_drafts=job.as_drafts)
            problems = plan.problems or _carry_out(actor, plan, job)
        kind = "rejected" if problems or plan is None else plan.kind
        tally.counts[kind] = tally.counts.get(kind, 0) + 1
        _note_problems(tally, job, group, problems)
        tally.sample.append(_sample(group, plan, kind, layout))
    return tally


def _carry_out(actor: Actor, plan: Plan, job: ImportJob) -> list[Problem]:
    """Import the product unless this is a dry run; a refusal becomes a problem of its first row."""
    if job.is_dry_run or plan.kind == "unchanged":
        return []
    try:
        import_product(actor, plan=plan, job=job)
    except DomainError as error:
        name = next(iter(error.fields), "")
        messages = [str(text) for texts in error.fields.values() for text in texts]
        message = " ".join(messages) or f"{error.message} {error.remedy}".strip()
        return [Problem(plan.parsed.row, _CODES.get(name, name), message)]
    return []


def _note_problems(tally: Tally, job: ImportJob, group: Group, problems: list[Problem]) -> None:
    for problem in problems:
        known = BY_CODE.get(problem.code)
        heading = job.mapping.get(problem.code) or (str(known.label) if known else "")
        tally.errors.append(
            ImportRowError(
                job=job,
                row=problem.row,
                column=heading[:255],
                handle=_storable(group.handle)[:255],
                value=_storable(problem.value)[:255],
                message=problem.message[:500],
            )
        )
    if problems:
        tally.rejected.extend(
            RejectedRow(
                job=job,
                row=record.row,
                handle=_storable(group.handle)[:255],
                raw=[_storable(cell) for cell in record.cells],
            )
            for record in group.records
        )


def _sample(group: Group, plan: Plan | None, kind: str, layout: Layout) -> dict[str, Any]:
    first = group.records[0]
    return {
        "row": first.row,
        "handle": _storable(group.handle)[:120],
        "title": _storable(layout.cell(first, "title"))[:120],
        "kind": kind,
        "variants": len(plan.parsed.variants) if plan else 0,
        "units": sum(v.quantity or 0 for v in plan.parsed.variants) if plan else 0,
        "price": _storable(layout.cell(first, "price"))[:30],
        "fields": sorted(plan.fields)[:8] if plan and kind == "updated" else [],
    }


def _remember_skipped(group: Group, layout: Layout, seen: Seen) -> None:
    seen.handles.setdefault(group.handle, group.records[0].row)
    for record in group.records:
        if sku := layout.cell(record, "sku"):
            seen.skus.setdefault(sku.upper(), record.row)


def _storable(text: str) -> str:
    return text.replace("\x00", "␀").encode("utf-8", "replace").decode()
