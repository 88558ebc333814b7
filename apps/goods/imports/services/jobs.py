"""An import from upload to report: what people do with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import IO, Any
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from apps.goods.catalog.text import clean_text
from apps.goods.imports import reading, sources
from apps.goods.imports.columns import (
    BY_CODE,
    field_kind,
    find_field,
    flavour,
    guess_mapping,
    is_constant,
    missing_fields,
)
from apps.goods.imports.kinds import check_may_bring, find_kind
from apps.goods.imports.models import Batch, ImportJob, ImportRowError, RejectedRow
from apps.goods.imports.rules import Rules, checked_rules, guess_rules
from apps.goods.imports.services.mappings import find_mapping, get_mapping, save_mapping, take_mapping
from apps.goods.imports.states import move
from apps.goods.imports.wake import wake_importer
from apps.goods.imports.woocommerce import woo_mapping
from apps.kernel import audit, clock, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank
from apps.kernel.use_cases import use_case


def upload_file(
    actor: Actor,
    *,
    file: IO[bytes],
    name: str,
    size: int,
    as_drafts: bool = False,
    kind: str = "",
    key: str | None = None,
) -> ImportJob:
    """Take a file in, find out how it is written and guess its mapping. Nothing is imported yet.

    A delimited text, the same packed with gzip or xz, or a workbook (.xlsx). A mapping that was saved for the same
    headings is taken. The same `key` with the same file gives the same import again. `size` in bytes, at most
    100 MB. Raises `InvalidInput` for what is no table with headings.
    """
    check_may_bring(actor, kind)
    if size > reading.LARGEST_FILE:
        raise InvalidInput(
            fields={"file": [_("The file is larger than 100 MB. Split it and import the parts.")]}
        )
    try:
        shape = sources.find_shape(file)
    except InvalidInput as error:
        raise InvalidInput(error.message, code="unreadable_file", fields={"file": [error.message]}) from error
    digest, lines = _measure(file, shape.container)
    job_id = new_id()
    file.seek(0)
    path = default_storage.save(f"imports/{actor.business_id}/{job_id}.csv", File(file))
    try:
        job = _record_job(
            actor,
            kept=_Kept(job_id, path),
            name=name,
            size=size,
            digest=digest,
            lines=lines,
            shape=shape,
            as_drafts=as_drafts,
            wanted=checked_kind(kind) if kind else "",
            key=key,
        )
    except Exception:
        default_storage.delete(path)
        raise
    if job.pk != job_id:
        # The key was used before: the first upload's file stays, this one is nobody's.
        default_storage.delete(path)
    return job


class _Kept:
    """Where this upload was put. It says nothing of itself: the same file sent again is the same command."""

    def __init__(self, job_id: UUID, path: str) -> None:
        self.job_id, self.path = job_id, path

    def __str__(self) -> str:
        return "kept"


@use_case(idempotent=True, unaudited="a file that nothing was taken from yet")
def _record_job(
    actor: Actor,
    *,
    kept: _Kept,
    name: str,
    size: int,
    digest: str,
    lines: int,
    shape: reading.Shape,
    as_drafts: bool,
    wanted: str,
    key: str | None = None,
) -> ImportJob:
    check_may_bring(actor, wanted)
    format_name = flavour(shape.headings)
    kind = wanted or (ImportJob.Kind.STOCK if format_name == "stock" else ImportJob.Kind.SHOPIFY_PRODUCTS)
    mapping = guess_mapping(shape.headings, field_kind(kind))
    if format_name == "woocommerce" and not field_kind(kind):
        mapping = woo_mapping(shape.headings)
    job = ImportJob(
        id=kept.job_id,
        kind=kind,
        file=kept.path,
        file_name="".join(c for c in name if c.isprintable())[:255] or "import.csv",
        file_size=size,
        sha256=digest,
        container=shape.container,
        format=format_name,
        encoding=shape.encoding,
        delimiter=shape.delimiter,
        headings=shape.headings,
        samples=shape.samples,
        mapping=mapping,
        rules=_first_rules(kind, shape, mapping),
        as_drafts=as_drafts,
        rows_total=max(0, lines - 1),
        actor_user_id=actor.id,
        actor_label=actor.label[:200],
    )
    saved = find_mapping(shape.headings)
    if saved is not None and wanted in {"", saved.kind}:
        take_mapping(job, saved)
    job.save(force_insert=True)
    return job


@use_case(idempotent=True, audits="imports.mapping_saved")
def check_job(
    actor: Actor,
    *,
    job_id: UUID,
    mapping: Mapping[str, str] | None = None,
    as_drafts: bool | None = None,
    defaults: Mapping[str, str] | None = None,
    rules: Mapping[str, Any] | None = None,
    kind: str | None = None,
    save_as: str = "",
    saved_as: str = "",
    key: str | None = None,
) -> ImportJob:
    """Start the dry run: every row is read and compared, nothing is written to the catalogue.

    `mapping` says which heading feeds which field, `defaults` what stands for fields in all rows, `rules` how rows
    are put together (`rules.Rules`). With `save_as` all of it is kept under that name for files with the same
    headings; `saved_as` takes one that was kept. Raises `InvalidInput` when a needed field has no heading,
    `WrongState` while the import is under way.
    """
    job = lock_job(job_id)
    _refuse_forgotten(job)
    check_may_bring(actor, job.kind)
    if saved_as:
        take_mapping(job, get_mapping(saved_as))
    if kind is not None:
        job.kind = checked_kind(kind)
    check_may_bring(actor, job.kind)
    if mapping is not None:
        job.mapping = _checked_mapping(job, mapping)
    if defaults is not None:
        job.defaults = _checked_defaults(job, defaults)
    if rules is not None:
        job.rules = checked_rules({**job.rules, **rules}, job.headings).stored()
    lacking = missing_fields(job.mapping, field_kind(job.kind), job.defaults)
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
    if save_as.strip():
        save_mapping(actor, job=job, name=save_as)
    _start_pass(job, is_dry_run=True)
    return job


@use_case(
    idempotent=True,
    unaudited="the run enters its end, and every product it changes; one that changes nothing enters nothing",
)
def run_job(actor: Actor, *, job_id: UUID, key: str | None = None) -> ImportJob:
    """Start the import itself, after the dry run. Raises `WrongState` unless the import is ready."""
    job = lock_job(job_id)
    _refuse_forgotten(job)
    check_may_bring(actor, job.kind)
    if other := find_kind(job.kind):
        actor.require(other.permission)
    move(job, "run")
    job.batch = Batch.objects.create(kind=Batch.Kind.IMPORT, label=job.file_name, actor_label=job.actor_label)
    _start_pass(job, is_dry_run=False)
    return job


@use_case(audits="imports.cancelled")
def cancel_job(actor: Actor, *, job_id: UUID) -> ImportJob:
    """Stop an import. What is imported by then stays; a running one stops after the products in hand."""
    job = lock_job(job_id)
    check_may_bring(actor, job.kind)
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


def _refuse_forgotten(job: ImportJob) -> None:
    if job.forgotten_at is not None:
        raise WrongState(_("The file of this import was deleted. Upload it again."))


def lock_job(job_id: UUID) -> ImportJob:
    """The import, locked; raises `NotFound`."""
    return locks.lock_one(Rank.ROOT, ImportJob.objects.filter(pk=job_id))


def _start_pass(job: ImportJob, *, is_dry_run: bool) -> None:
    ImportRowError.objects.filter(job=job).delete()
    RejectedRow.objects.filter(job=job).delete()
    job.is_dry_run = is_dry_run
    job.rows_accepted = job.rows_reported = job.rows_read = 0
    job.rows_done = job.created_count = job.updated_count = job.unchanged_count = job.rejected_count = 0
    job.sample, job.reasons, job.failure = [], {}, ""
    job.started_at = job.finished_at = job.cancel_requested_at = None
    job.save()
    transaction.on_commit(wake_importer)


def _first_rules(kind: str, shape: reading.Shape, mapping: Mapping[str, str]) -> dict[str, Any]:
    if other := find_kind(kind):
        return Rules(**other.default_rules).stored()
    return guess_rules(shape.headings, mapping, shape.samples).stored()


def checked_kind(kind: str) -> str:
    """What a file may bring."""
    if kind not in ImportJob.Kind.values:
        raise InvalidInput(fields={"kind": [_("Choose one of what files can bring.")]})
    return kind


def _checked_mapping(job: ImportJob, mapping: Mapping[str, str]) -> dict[str, str]:
    chosen = {code: heading for code, heading in mapping.items() if heading}
    for code, heading in chosen.items():
        known = code in BY_CODE or find_field(code, field_kind(job.kind)) is not None
        if not known or heading not in job.headings:
            raise InvalidInput(fields={code: [_("Choose one of the headings of the file.")]})
    return chosen


def _checked_defaults(job: ImportJob, defaults: Mapping[str, str]) -> dict[str, str]:
    given = {}
    for code, text in defaults.items():
        if not (cleaned := clean_text(text, code, 255)):
            continue
        if not is_constant(code, field_kind(job.kind)):
            raise InvalidInput(fields={code: [_("This differs from row to row: choose a column for it.")]})
        given[code] = cleaned
    return given


def _measure(file: IO[bytes], container: str) -> tuple[str, int]:
    """The file's digest and its number of lines, read in pieces; the lines of a workbook are not known before."""
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(1024 * 1024):
        digest.update(piece)
    lines, last = 0, b"\n"
    if container != sources.WORKBOOK:
        with sources.unpacked(file, container) as content:
            while piece := content.read(1024 * 1024):
                lines += piece.count(b"\n")
                last = piece[-1:]
    return digest.hexdigest(), lines + (last != b"\n")
