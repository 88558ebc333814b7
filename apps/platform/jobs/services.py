"""Every write about background work: runs of the schedule, dead tasks, and what who runs the platform does to them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import connection, transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import PeriodicTask

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, NotFound, PermissionRefused, WrongState
from apps.kernel.ids import new_id
from apps.kernel.outbox import cause_of
from apps.kernel.scrub import scrub_text, scrub_values
from apps.kernel.use_cases import use_case
from apps.platform.accounts.models import User

from .models import DeadTask, JobRun, Redelivery

__all__ = ["cause_of"]

RUNS_KEPT_HOURS = 24
FAILED_RUNS_KEPT_DAYS = 30
SETTLED_KEPT_DAYS = 30
# A clock process that was killed between taking a slot and sending it is noticed by the next one after this.
UNSENT_AFTER = dt.timedelta(seconds=10)
_CLAIM = """
    INSERT INTO jobs_jobrun (id, job, task, slot, state, missed, asked_by, claimed_at, result, error, expires_at)
    VALUES (%s, %s, %s, %s, 'due', %s, '', %s, '', '', clock_timestamp() + make_interval(secs => %s))
    ON CONFLICT (job, slot) DO NOTHING
"""
_COUNT_START = """
    INSERT INTO jobs_redelivery (task_id, starts, last_at) VALUES (%s, 1, %s)
    ON CONFLICT (task_id) DO UPDATE SET starts = jobs_redelivery.starts + 1, last_at = EXCLUDED.last_at
    RETURNING starts
"""
_RECORD_DEAD = """
    INSERT INTO jobs_deadtask (id, fingerprint, kind, state, task, task_id, args, kwargs, is_whole, error, times,
        first_at, last_at, settled_by)
    VALUES (%s, %s, %s, 'open', %s, %s, %s, %s, %s, %s, 1, %s, %s, '')
    ON CONFLICT (fingerprint) WHERE state = 'open' DO UPDATE SET times = jobs_deadtask.times + 1,
        last_at = EXCLUDED.last_at, error = EXCLUDED.error, task_id = EXCLUDED.task_id, kind = EXCLUDED.kind
"""


def claim_run(
    job: str, task: str, slot: dt.datetime, *, missed: int = 0, good_for: dt.timedelta | None = None
) -> UUID | None:
    """Take a slot of a job; None when it was taken already, by whichever clock process.

    A run that no worker has begun after `good_for` is not begun any more. The database's clock decides, because the
    clock process and the worker may stand on two machines that do not agree.
    """
    run_id = new_id()
    seconds = good_for.total_seconds() if good_for is not None else None
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [run_id, job, task, slot, missed, clock.now(), seconds])
        return run_id if cursor.rowcount == 1 else None


def claim_unsent() -> list[JobRun]:
    """Take over slots that were claimed and not sent: whoever claimed them was killed, or had no queue."""
    moment = clock.now()
    taken = []
    for run in JobRun.objects.filter(state=JobRun.State.DUE, claimed_at__lt=moment - UNSENT_AFTER).order_by(
        "slot"
    ):
        still = JobRun.objects.filter(pk=run.pk, state=JobRun.State.DUE, claimed_at=run.claimed_at)
        if still.update(claimed_at=moment):
            taken.append(run)
    return taken


def database_time() -> dt.datetime:
    """What the database takes for now: one clock for every clock process and worker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: dt.datetime = cursor.fetchone()[0]
    return moment


def mark_sent(run_id: UUID) -> None:
    """The message is in the queue. A quick worker may have begun already."""
    JobRun.objects.filter(pk=run_id, state=JobRun.State.DUE).update(state=JobRun.State.SENT)


def start_run(task_id: str, *, again: bool) -> bool:
    """Begin a run; False for a message that came twice, or too late: then a fresher run follows.

    `again`: its worker was gone, so it may begin once more.
    """
    waiting = Q(pk=task_id, state__in=[JobRun.State.DUE, JobRun.State.SENT])
    allowed = waiting & (Q(expires_at=None) | Q(expires_at__gt=Now()))
    if again:
        allowed |= Q(pk=task_id, state=JobRun.State.RUNNING)
    if JobRun.objects.filter(allowed).update(state=JobRun.State.RUNNING, started_at=clock.now()):
        return True
    JobRun.objects.filter(waiting, expires_at__lte=Now()).update(
        state=JobRun.State.EXPIRED, ended_at=clock.now()
    )
    return False


def end_run(task_id: str, *, result: Any = "", error: str = "") -> None:
    """Note how a run ended; nothing happens for a task that no schedule sent."""
    try:
        run_id = UUID(task_id)
    except ValueError:
        return
    JobRun.objects.filter(pk=run_id).exclude(state=JobRun.State.DONE).update(
        state=JobRun.State.FAILED if error else JobRun.State.DONE,
        ended_at=clock.now(),
        result="" if result is None else scrub_text(str(result))[:200],
        error=error,
    )


def expire_run(task_id: str) -> None:
    """A run whose message waited too long and was dropped."""
    try:
        run_id = UUID(task_id)
    except ValueError:
        return
    JobRun.objects.filter(pk=run_id, state__in=[JobRun.State.DUE, JobRun.State.SENT]).update(
        state=JobRun.State.EXPIRED, ended_at=clock.now()
    )


def count_start(task_id: str) -> int:
    """Note that a task is begun again after its worker was gone; returns how often that was."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_START, [task_id, clock.now()])
        return int(cursor.fetchone()[0])


def forget_start(task_id: str) -> None:
    """It came to its end."""
    Redelivery.objects.filter(pk=task_id).delete()


def record_dead_task(kind: str, task: str, task_id: str, args: Any, kwargs: Any, *, error: str) -> None:
    """Record a task that nobody carries out any more; the same one again is counted. Secrets are left out."""
    given = json.loads(json.dumps([list(args or ()), dict(kwargs or {})], default=str))
    clean = scrub_values(given)
    fingerprint = hashlib.sha256(json.dumps([task, given], sort_keys=True).encode()).hexdigest()
    moment = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            _RECORD_DEAD,
            [
                new_id(), fingerprint, kind, task, task_id[:64], json.dumps(clean[0]), json.dumps(clean[1]),
                clean == given, error[-4000:], moment, moment,
            ],
        )  # fmt: skip


@use_case(audits="platform.task_retried")
def retry_dead_task(actor: Actor, *, admin: User, dead_id: UUID) -> DeadTask:
    """Send a dead task once more with the same arguments; services are idempotent, so what it did is not done twice.

    Raises `WrongState` when somebody settled it, `Conflict` when secrets were left out of its arguments or the product
    no longer has it.
    """
    dead = _open_one(admin, dead_id)
    if not dead.is_whole:
        raise Conflict(
            _("Its arguments held secrets, which are not kept."),
            remedy=_("Start what it belongs to again, and discard this."),
            code="arguments_left_out",
        )
    if find_task(dead.task) is None:
        raise Conflict(_("The product no longer has this task."), code="unknown_task")
    _settle(actor, dead, DeadTask.State.RETRIED)
    audit.record(actor, "platform.task_retried", dead, after={"task": dead.task, "task_id": dead.task_id})
    transaction.on_commit(lambda: _send_again(dead))
    return dead


@use_case(audits="platform.task_discarded")
def discard_dead_task(actor: Actor, *, admin: User, dead_id: UUID) -> DeadTask:
    """Say that a dead task is not wanted any more."""
    dead = _open_one(admin, dead_id)
    _settle(actor, dead, DeadTask.State.DISCARDED)
    audit.record(actor, "platform.task_discarded", dead, after={"task": dead.task, "task_id": dead.task_id})
    return dead


@use_case(audits="platform.job_switched")
def switch_job(actor: Actor, *, admin: User, job_id: int, on: bool) -> PeriodicTask:
    """Switch a job off or on again. It goes on with its next slot; what passed meanwhile does not count as missed."""
    job = _job(admin, job_id)
    if job.enabled == on:
        raise WrongState(_("It is switched on already.") if on else _("It is switched off already."))
    before, job.enabled = {"enabled": job.enabled}, on
    if on:
        job.last_run_at = clock.now()
    job.save()
    audit.record(actor, "platform.job_switched", job, before=before, after={"enabled": on})
    return job


@use_case(audits="platform.job_run")
def run_job_now(actor: Actor, *, admin: User, job_id: int) -> JobRun:
    """Carry a job out once, now, beside its rhythm; also when it is switched off."""
    job = _job(admin, job_id)
    run = JobRun.objects.create(job=job.name, task=job.task, slot=clock.now(), asked_by=actor.label[:200])
    audit.record(actor, "platform.job_run", job, after={"run": run.pk})
    # The clock process sends it when this attempt fails.
    transaction.on_commit(lambda: send_run(run, json.loads(job.kwargs or "{}")), robust=True)
    return run


def send_run(run: JobRun, kwargs: dict[str, Any]) -> None:
    """Put a claimed run into the queue under its own id."""
    options: dict[str, Any] = {"task_id": str(run.pk), "headers": {"scheduled_run": True}}
    task = find_task(run.task)
    if task is not None:
        task.apply_async(kwargs=kwargs, retry=False, **options)
    else:
        current_app.send_task(run.task, kwargs=kwargs, retry=False, **options)
    mark_sent(run.pk)


def find_task(name: str) -> Any:
    """A task of the product, None for one it does not have. The web knows of tasks only when it asks for them."""
    current_app.loader.import_default_modules()
    return current_app.tasks.get(name)


def forget_old_records() -> None:
    """Drop runs that ended well after a day, others and settled tasks after a month. The last run of a job stays."""
    moment = clock.now()
    month = moment - dt.timedelta(days=FAILED_RUNS_KEPT_DAYS)
    last = JobRun.objects.filter(job=OuterRef("name")).order_by("-slot").values("pk")[:1]
    kept = PeriodicTask.objects.annotate(last_run=Subquery(last)).exclude(last_run=None)
    old = JobRun.objects.exclude(pk__in=list(kept.values_list("last_run", flat=True)))
    day = moment - dt.timedelta(hours=RUNS_KEPT_HOURS)
    # What shows a fault is kept longer: a failure, and a run that made up for missed ones.
    old.filter(state=JobRun.State.DONE, missed=0, claimed_at__lt=day).delete()
    old.filter(claimed_at__lt=month).delete()
    DeadTask.objects.exclude(state=DeadTask.State.OPEN).filter(
        settled_at__lt=moment - dt.timedelta(days=SETTLED_KEPT_DAYS)
    ).delete()
    Redelivery.objects.filter(last_at__lt=month).delete()


def _send_again(dead: DeadTask) -> None:
    try:
        current_app.tasks[dead.task].apply_async(args=dead.args, kwargs=dead.kwargs, retry=False)
    except Exception as error:
        # Nothing was sent: it needs a look again, unless it has died once more meanwhile.
        if not DeadTask.objects.filter(fingerprint=dead.fingerprint, state=DeadTask.State.OPEN).exists():
            DeadTask.objects.filter(pk=dead.pk).update(
                state=DeadTask.State.OPEN, settled_at=None, settled_by="", times=F("times") + 1,
                error=cause_of(error),
            )  # fmt: skip


def _open_one(admin: User, dead_id: UUID) -> DeadTask:
    _require_admin(admin)
    dead = DeadTask.objects.select_for_update().filter(pk=dead_id).first()
    if dead is None:
        raise NotFound()
    if dead.state != DeadTask.State.OPEN:
        raise WrongState(_("Somebody has settled this already."))
    return dead


def _settle(actor: Actor, dead: DeadTask, state: str) -> None:
    dead.state, dead.settled_at, dead.settled_by = state, clock.now(), actor.label[:200]
    dead.save(update_fields=["state", "settled_at", "settled_by"])


def _job(admin: User, job_id: int) -> PeriodicTask:
    _require_admin(admin)
    job: PeriodicTask | None = PeriodicTask.objects.select_for_update().filter(pk=job_id).first()
    if job is None:
        raise NotFound()
    return job


def _require_admin(admin: User) -> None:
    if not (admin.is_platform_admin and admin.is_active):
        raise PermissionRefused(_("Only who runs the platform may do this."))
