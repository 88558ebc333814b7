"""The schedule with how each job went, and the tasks that died."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.translation import ngettext
from django_celery_beat.models import PeriodicTask

from apps.kernel import clock

from .models import DeadTask, JobRun
from .services import find_task
from .slots import slot_of

COUNTED = dt.timedelta(hours=24)
# Seconds, with words for one and for many of them.
_UNITS = (
    (604_800, "every week", "every %(count)d weeks"),
    (86_400, "every day", "every %(count)d days"),
    (3_600, "every hour", "every %(count)d hours"),
    (60, "every minute", "every %(count)d minutes"),
    (1, "every second", "every %(count)d seconds"),
)
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Job:
    """A line of the schedule and how it goes. `missed` and `failed` are of the last 24 hours."""

    id: int
    name: str
    does: str
    every: str
    is_on: bool
    last: JobRun | None
    next_at: dt.datetime | None
    missed: int
    failed: int

    @property
    def took_seconds(self) -> float | None:
        """How long the last run took; None while it runs."""
        if self.last is None or self.last.started_at is None or self.last.ended_at is None:
            return None
        return max(0.0, (self.last.ended_at - self.last.started_at).total_seconds())

    @property
    def is_lost(self) -> bool:
        """It began and cannot be running any more: no task may take so long."""
        last = self.last
        if last is None or last.state != JobRun.State.RUNNING or last.started_at is None:
            return False
        longest = dt.timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT + 60)
        return last.started_at < clock.now() - longest


def list_jobs() -> list[Job]:
    """Every job by name, with its last run and its figures; three queries."""
    last = JobRun.objects.filter(job=OuterRef("name")).order_by("-slot").values("pk")[:1]
    rows = list(
        PeriodicTask.objects.select_related("interval", "crontab", "solar", "clocked")
        .annotate(last_run=Subquery(last))
        .order_by("name")
    )
    runs = JobRun.objects.in_bulk([row.last_run for row in rows if row.last_run is not None])
    since = clock.now() - COUNTED
    counted: dict[str, dict[str, Any]] = {
        row["job"]: dict(row)
        for row in JobRun.objects.filter(slot__gt=since)
        .values("job")
        .annotate(missed=Sum("missed"), late=Count("pk", filter=Q(state="expired")))
        .annotate(failed=Count("pk", filter=Q(state="failed")))
    }
    return [_job(row, runs.get(row.last_run), counted.get(row.name, {})) for row in rows]


def list_dead_tasks(state: str = DeadTask.State.OPEN) -> Sequence[DeadTask]:
    """Tasks that died, newest first."""
    rows: QuerySet[DeadTask] = DeadTask.objects.filter(state=state).order_by("-last_at", "pk")
    return list(rows[:MOST_SHOWN])


def count_dead_tasks() -> int:
    """How many need a look."""
    return DeadTask.objects.filter(state=DeadTask.State.OPEN).count()


def does_of(task: str) -> str:
    """What a task does, in the words of its first line."""
    found = find_task(task)
    text = inspect.getdoc(found.run) if found is not None else ""
    # What it gives back is for the log, not for who reads the schedule.
    return text.splitlines()[0].partition("; returns")[0].rstrip(".") + "." if text else ""


def rhythm_of(row: Any) -> str:
    """How often a line of the schedule comes, in the largest unit that fits: "every 5 minutes"."""
    if row.interval is None:
        return str(row.scheduler)
    seconds = int(row.interval.schedule.run_every.total_seconds())
    for length, one, many in _UNITS:
        if seconds % length == 0:
            return ngettext(one, many, seconds // length) % {"count": seconds // length}
    return str(row.scheduler)


def _job(row: Any, last: JobRun | None, counted: dict[str, Any]) -> Job:
    return Job(
        id=row.pk,
        name=row.name,
        does=does_of(row.task),
        every=rhythm_of(row),
        is_on=row.enabled,
        last=last,
        next_at=_next(row) if row.enabled else None,
        missed=(counted.get("missed") or 0) + (counted.get("late") or 0),
        failed=counted.get("failed") or 0,
    )


def _next(row: Any) -> dt.datetime | None:
    moment = clock.now()
    if row.interval is not None:
        every = int(row.interval.schedule.run_every.total_seconds())
        return slot_of(row.name, every, moment) + dt.timedelta(seconds=every)
    if row.crontab is not None:
        left: dt.timedelta = row.schedule.remaining_estimate(row.last_run_at or moment)
        return moment + left
    return None
