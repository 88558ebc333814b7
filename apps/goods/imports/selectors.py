"""Reads of imports."""

from __future__ import annotations

import csv
import datetime as dt
import io
from tempfile import SpooledTemporaryFile
from typing import IO
from uuid import UUID

from django.db.models import (
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from apps.goods.imports.beside import apps_beside
from apps.goods.imports.models import (
    DEFAULT_DAYS,
    Batch,
    BatchChange,
    FileRetention,
    ImportJob,
    ImportRowError,
    RejectedRow,
)
from apps.goods.imports.parsing import GUARDED
from apps.kernel import clock
from apps.kernel.errors import NotFound
from apps.kernel.tenancy import across

# A worker tells its progress with every batch; one silent for so long has died.
SILENT_AFTER = dt.timedelta(minutes=3)


def apps_that_go_along() -> tuple[str, ...]:
    """Apps whose rows go with a product: the last numbers imported, what is kept beside the catalogue."""
    return ("imports", *apps_beside())


def get_job(job_id: UUID) -> ImportJob:
    """An import of the bound business; raises `NotFound`."""
    job = ImportJob.objects.filter(pk=job_id).first()
    if job is None:
        raise NotFound()
    return job


def list_jobs() -> QuerySet[ImportJob]:
    """Imports, newest first."""
    return ImportJob.objects.order_by("-id")


def list_errors(job: ImportJob, limit: int = 200) -> list[ImportRowError]:
    """The first errors by row."""
    return list(ImportRowError.objects.filter(job=job).order_by("row", "id")[:limit])


def write_rejected_rows(job: ImportJob) -> IO[bytes]:
    """The rejected rows as a CSV file with a last column that says why, ready to be mended and sent again.

    A cell that a spreadsheet would run as a formula gets a leading apostrophe, which an import takes off again.
    Kept on disk when large; whoever gets it closes it.
    """
    target = SpooledTemporaryFile(max_size=2_000_000)  # noqa: SIM115
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="")  # type: ignore[arg-type]
    writer = csv.writer(text)
    writer.writerow([safe_cell(cell) for cell in [*job.headings, _("What to do")]])
    reasons: dict[int, list[str]] = {}
    for error in ImportRowError.objects.filter(job=job).order_by("row", "id").iterator(chunk_size=2000):
        where = f"{error.column}: " if error.column else ""
        reasons.setdefault(error.row, []).append(f"{where}{error.message}")
    for rejected in RejectedRow.objects.filter(job=job).order_by("row").iterator(chunk_size=2000):
        cells = list(rejected.raw)[: len(job.headings)]
        cells += [""] * (len(job.headings) - len(cells))
        why = " ".join(reasons.get(rejected.row, []))
        writer.writerow([safe_cell(str(cell)) for cell in [*cells, why]])
    text.detach()
    target.seek(0)
    return target  # type: ignore[return-value]


def safe_cell(text: str) -> str:
    """`text` so that no spreadsheet runs it. What has the sign already gets one more, so that reading is exact."""
    return f"'{text}" if text.lstrip("'")[:1] in GUARDED and text.lstrip("'") else text


@across("tasks.due")
def find_across_waiting() -> list[tuple[UUID, UUID]]:
    """Imports of all businesses that nobody works on: (job, business). For the task alone."""
    waiting = Q(started_at__isnull=True) | Q(updated_at__lt=clock.now() - SILENT_AFTER)
    states = [ImportJob.State.PREVIEWING, ImportJob.State.RUNNING]
    rows = ImportJob.unscoped.filter(waiting, state__in=states).order_by(
        F("started_at").asc(nulls_first=True), "id"
    )
    return list(rows.values_list("pk", "business_id")[:20])


@across("tasks.due")
def find_across_undoing() -> list[tuple[UUID, UUID]]:
    """Undos of all businesses that nobody works on: (batch, business). For the task alone."""
    waiting = Q(undo_started_at__isnull=True) | Q(updated_at__lt=clock.now() - SILENT_AFTER)
    rows = Batch.unscoped.filter(waiting, state=Batch.State.UNDOING).order_by("id")
    return list(rows.values_list("pk", "business_id")[:20])


def file_days() -> int:
    """For how many days the bound business keeps uploaded files."""
    found = FileRetention.objects.values_list("days", flat=True).first()
    return DEFAULT_DAYS if found is None else found


@across("tasks.due")
def find_across_old_files(limit: int = 100) -> list[tuple[UUID, UUID]]:
    """Files of all businesses whose days are over, or whose bytes are still there: (job, business). For the task."""
    own = FileRetention.unscoped.filter(business=OuterRef("business")).values("days")[:1]
    days = Coalesce(Subquery(own), Value(DEFAULT_DAYS))
    age = ExpressionWrapper(F("kept") * Value(dt.timedelta(days=1)), DurationField())
    old = Q(updated_at__lt=ExpressionWrapper(Value(clock.now()) - age, DateTimeField()))
    under_way = (ImportJob.State.PREVIEWING, ImportJob.State.RUNNING)
    rows = ImportJob.unscoped.alias(kept=days).exclude(state__in=under_way)
    rows = rows.filter(Q(forgotten_at__isnull=False, file__gt="") | (old & Q(forgotten_at__isnull=True)))
    return list(rows.order_by("updated_at").values_list("pk", "business_id")[:limit])


def list_batches() -> QuerySet[Batch]:
    """Bulk changes, newest first."""
    return Batch.objects.order_by("-id")


def list_changes(batch: Batch, limit: int = 200, *, only_left: bool = False) -> list[BatchChange]:
    """The first changes of a batch; with `only_left` those that its undo did not simply take back."""
    rows = BatchChange.objects.filter(batch=batch).order_by("id")
    return list((rows.exclude(outcome__in=("", "undone")) if only_left else rows)[:limit])
