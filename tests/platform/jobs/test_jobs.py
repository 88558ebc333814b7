"""Runs of the schedule, tasks that died, their pages and their end."""

from __future__ import annotations

import datetime as dt
import re
from types import SimpleNamespace
from typing import Any

import pytest
from celery.exceptions import Ignore, Reject
from django.test import Client
from django_celery_beat.models import PeriodicTask

from apps.kernel import clock
from apps.kernel.errors import PermissionRefused
from apps.kernel.models import AuditEntry
from apps.platform.jobs import services, signals, watching
from apps.platform.jobs.models import DeadTask, JobRun, Redelivery
from apps.platform.jobs.selectors import list_jobs
from apps.platform.jobs.slots import slot_of, slots_between
from monidesk.schedule import synchronise
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.platform.accounts.test_platform import platform_client

pytestmark = pytest.mark.django_db
JOB = "kernel.purge_old_rows"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any, Any]]:
    """What is handed to the queue."""
    found: list[tuple[str, Any, Any]] = []
    monkeypatch.setattr(
        watching.WatchedTask,
        "apply_async",
        lambda self, args=None, kwargs=None, **way: found.append((self.name, [args, kwargs], way)),
    )
    return found


def task(name: str = JOB, **request: Any) -> Any:
    """A task as a worker has it in hand."""
    found = services.find_task(name)
    given = {"is_eager": False, "delivery_info": {"redelivered": False}, "headers": {}, **request}
    return SimpleNamespace(name=found.name, request=FakeRequest(**given))


class FakeRequest(SimpleNamespace):
    def get(self, name: str, default: Any = None) -> Any:
        return getattr(self, name, default)


def begin(one: Any, task_id: str) -> None:
    watching.WatchedTask.before_start(one, task_id, [], {})


def test_slots_are_counted_from_one_beginning() -> None:
    moment = dt.datetime(2026, 3, 1, 12, 0, 7, tzinfo=dt.UTC)
    assert slot_of("a", 2, moment) == moment.replace(second=6)
    hourly = slot_of("an.hour", 3600, moment)
    assert hourly <= moment < hourly + dt.timedelta(hours=1)
    assert slot_of("an.hour", 3600, hourly) == hourly
    assert slot_of("an.hour", 3600, hourly - dt.timedelta(seconds=1)) == hourly - dt.timedelta(hours=1)
    assert slot_of("other.hour", 3600, moment) != hourly
    assert slots_between("an.hour", 3600, hourly - dt.timedelta(hours=5), hourly) == 4
    assert slots_between("an.hour", 3600, hourly - dt.timedelta(hours=1), hourly) == 0


def test_a_slot_is_taken_once_and_a_message_begins_once() -> None:
    slot = clock.now().replace(microsecond=0)
    run_id = services.claim_run(JOB, JOB, slot)
    assert run_id is not None
    assert services.claim_run(JOB, JOB, slot) is None
    once = task(scheduled_run=True)
    begin(once, str(run_id))
    with pytest.raises(Ignore):
        begin(once, str(run_id))
    begin(task(scheduled_run=True, delivery_info={"redelivered": True}), str(run_id))
    watching.WatchedTask.after_return(once, "SUCCESS", 7, str(run_id), [], {}, None)
    run = JobRun.objects.get()
    assert (run.state, run.result) == ("done", "7")
    with pytest.raises(Ignore):
        begin(task(scheduled_run=True, delivery_info={"redelivered": True}), str(run_id))


def test_a_task_whose_workers_die_is_stopped_and_recorded() -> None:
    deadly = task(delivery_info={"redelivered": True})
    for _start in range(watching.MOST_STARTS_AGAIN):
        begin(deadly, "one")
    assert not DeadTask.objects.exists()
    with pytest.raises(Reject) as refusal:
        begin(deadly, "one")
    assert refusal.value.requeue is False
    dead = DeadTask.objects.get()
    assert (dead.kind, dead.task, dead.state, dead.times) == ("lost", JOB, "open", 1)
    # The signal that Celery sends for the refusal is not a second death.
    signals.note_failure(sender=deadly, task_id="one", exception=refusal.value, args=[], kwargs={})
    assert DeadTask.objects.get().times == 1


def test_a_task_that_ends_after_redelivery_is_forgotten() -> None:
    again = task(delivery_info={"redelivered": True})
    begin(again, "one")
    assert Redelivery.objects.get().starts == 1
    watching.WatchedTask.after_return(again, "SUCCESS", None, "one", [], {}, None)
    assert not Redelivery.objects.exists()


def fail(*args: Any, **kwargs: Any) -> None:
    error = ValueError("no such account for ada@example.com")
    signals.note_failure(sender=task(), task_id="one", exception=error, args=args, kwargs=kwargs)


def test_failures_of_one_task_are_counted_on_one_row_without_secrets() -> None:
    fail("7", note="to ada@example.com", token="hush")
    fail("7", note="to ada@example.com", token="hush")
    fail("8")
    first, second = DeadTask.objects.order_by("first_at")
    assert (first.times, second.times) == (2, 1)
    assert first.args == ["7"]
    assert first.kwargs == {"note": "to [e-mail]", "token": "[left out]"}
    assert (first.is_whole, second.is_whole) == (False, True)
    assert "no such account for [e-mail]" in first.error
    assert "ada@example.com" not in first.error


def test_dead_tasks_are_shown_sent_again_and_discarded(
    sent: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    client = platform_client()
    fail("7")
    fail("8")
    fail("9", token="hush")
    page = client.get("/platform/tasks/").content.decode()
    assert "no such account" in page
    assert "it cannot be sent again" in page
    assert "hush" not in page
    by_first = {dead.args[0]: dead for dead in DeadTask.objects.all()}
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/platform/tasks/{by_first['7'].pk}/retry/")
        client.post(f"/platform/tasks/{by_first['7'].pk}/retry/")
    assert [(name, given) for name, given, _way in sent] == [(JOB, [["7"], {}])]
    client.post(f"/platform/tasks/{by_first['8'].pk}/discard/")
    client.post(f"/platform/tasks/{by_first['9'].pk}/retry/")
    states = {dead.args[0]: dead.state for dead in DeadTask.objects.all()}
    assert states == {"7": "retried", "8": "discarded", "9": "open"}
    actions = set(
        AuditEntry.objects.filter(action__startswith="platform.task").values_list("action", flat=True)
    )
    assert actions == {"platform.task_retried", "platform.task_discarded"}
    # It dies again: a row of its own.
    fail("7")
    assert DeadTask.objects.filter(state="open").count() == 2


def test_a_retry_that_cannot_be_sent_needs_a_look_again(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    client = platform_client()
    fail("7")

    def refuse(*_arguments: Any, **_way: Any) -> None:
        raise OSError("the queue is away")

    monkeypatch.setattr(watching.WatchedTask, "apply_async", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/platform/tasks/{DeadTask.objects.get().pk}/retry/")
    dead = DeadTask.objects.get()
    assert dead.state == "open"
    assert "the queue is away" in dead.error


def test_the_schedule_is_shown_switched_and_run(
    sent: list[Any], django_capture_on_commit_callbacks: Any, django_assert_max_num_queries: Any
) -> None:
    synchronise()
    client = platform_client()
    job = PeriodicTask.objects.get(name=JOB)
    slot = clock.now().replace(microsecond=0) - dt.timedelta(hours=1)
    run_id = services.claim_run(JOB, JOB, slot, missed=3)
    services.start_run(str(run_id), again=False)
    services.end_run(str(run_id), error="ValueError: broken")
    with django_assert_max_num_queries(9):
        page = client.get("/platform/schedule/").content.decode()
    assert "Drop idempotency keys after 7 days, delivered events after 30" in page
    assert "3 missed" in page
    assert "every day" in page
    assert not re.search(r"every \d{3,} seconds|; returns", page)
    assert "1 failed" in page
    assert "ValueError: broken" in page

    client.post(f"/platform/schedule/{job.pk}/off/")
    job.refresh_from_db()
    assert not job.enabled
    with clock.travel(dt.timedelta(days=2)):
        client.post(f"/platform/schedule/{job.pk}/on/")
        job.refresh_from_db()
        assert job.enabled
        assert job.last_run_at is not None
        assert job.last_run_at > clock.now() - dt.timedelta(minutes=1)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/platform/schedule/{job.pk}/run/")
    ((name, _given, way),) = sent
    run = JobRun.objects.exclude(asked_by="").get()
    assert (name, way["task_id"], run.state) == (JOB, str(run.pk), "sent")
    actions = set(
        AuditEntry.objects.filter(action__startswith="platform.job").values_list("action", flat=True)
    )
    assert actions == {"platform.job_switched", "platform.job_run"}
    assert client.post(f"/platform/schedule/{job.pk}/burn/").status_code == 404


def test_members_change_nothing_of_it() -> None:
    synchronise()
    business = make_business()
    owner = owner_of(business)
    member = sign_in(Client(), owner, business)
    job = PeriodicTask.objects.get(name=JOB)
    fail("7")
    dead = DeadTask.objects.get()
    for path in ("/platform/schedule/", "/platform/tasks/"):
        assert member.get(path).status_code == 404
    assert member.post(f"/platform/schedule/{job.pk}/off/").status_code == 404
    assert member.post(f"/platform/tasks/{dead.pk}/discard/").status_code == 404
    from tests.factories.businesses import actor_of

    with pytest.raises(PermissionRefused):
        services.switch_job(actor_of(business), admin=owner, job_id=job.pk, on=False)
    with pytest.raises(PermissionRefused):
        services.discard_dead_task(actor_of(business), admin=owner, dead_id=dead.pk)
    assert b"Drop idempotency keys" in member.get("/admin/jobs/").content


def test_old_records_are_forgotten_and_the_last_run_and_open_ones_kept() -> None:
    synchronise()
    for hours in (50, 49, 2):
        with clock.travel(clock.now() - dt.timedelta(hours=hours)):
            run_id = services.claim_run(JOB, JOB, clock.now())
            services.end_run(str(run_id), error="broken" if hours == 50 else "")
    with clock.travel(clock.now() - dt.timedelta(hours=60)):
        lonely = services.claim_run("kernel.dispatch_outbox", "x", clock.now())
        services.end_run(str(lonely))
    fail("7")
    fail("8")
    DeadTask.objects.filter(args=["8"]).update(state="discarded", settled_at=clock.now())
    services.count_start("x")
    services.forget_old_records()
    assert sorted(JobRun.objects.values_list("job", "state")) == [
        ("kernel.dispatch_outbox", "done"), (JOB, "done"), (JOB, "failed"),
    ]  # fmt: skip
    # The failed run is 50 hours old already; it is kept until its thirtieth day is over, and not an hour longer.
    left = dt.timedelta(days=services.FAILED_RUNS_KEPT_DAYS) - dt.timedelta(hours=50)
    with clock.travel(left - dt.timedelta(hours=1)):
        services.forget_old_records()
    assert JobRun.objects.filter(state="failed").count() == 1
    with clock.travel(left + dt.timedelta(hours=1)):
        services.forget_old_records()
    assert sorted(JobRun.objects.values_list("job", "state")) == [
        ("kernel.dispatch_outbox", "done"), (JOB, "done"),
    ]  # fmt: skip
    with clock.travel(dt.timedelta(days=29)):
        services.forget_old_records()
    assert DeadTask.objects.count() == 2
    with clock.travel(dt.timedelta(days=31)):
        services.forget_old_records()
    assert [dead.args for dead in DeadTask.objects.all()] == [["7"]]
    assert JobRun.objects.count() == 2
    assert not Redelivery.objects.exists()


def test_a_run_that_never_ends_is_shown_as_lost() -> None:
    synchronise()
    run_id = services.claim_run(JOB, JOB, clock.now())
    services.start_run(str(run_id), again=False)
    assert not next(job for job in list_jobs() if job.name == JOB).is_lost
    with clock.travel(dt.timedelta(minutes=23)):
        assert next(job for job in list_jobs() if job.name == JOB).is_lost
