"""Beat's clock is an hour off: its runs are at the right slots, and no worker takes them for expired."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from celery.exceptions import Ignore
from celery.worker.request import Request
from django_celery_beat import models as beat_models
from django_celery_beat.models import PeriodicTask

from apps.kernel import clock
from apps.platform.jobs import services, watching
from apps.platform.jobs.models import JobRun
from monidesk import schedule
from monidesk.celery import app

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
OFF = pytest.mark.parametrize("off", [HOUR, -HOUR], ids=["ahead", "behind"])
JOB = "kernel.dispatch_outbox"


@pytest.fixture(autouse=True)
def one_job(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # As a worker begins: beside no other test nobody has named the tasks to Celery yet.
    app.loader.import_default_modules()
    entries = {JOB: {"task": JOB, "every": dt.timedelta(seconds=2)}}
    monkeypatch.setattr(schedule, "collect_schedule", lambda: entries)
    # Closing the connection would end the test's transaction.
    monkeypatch.setattr("django_celery_beat.schedulers.close_old_connections", lambda: None)
    PeriodicTask.objects.all().delete()
    empty_queue()
    yield
    empty_queue()


def empty_queue() -> None:
    while take_message() is not None:
        pass


def take_message() -> Any:
    """The next message as a worker takes it from the broker, here Kombu's own in memory."""
    with app.connection_for_read() as line:
        return line.default_channel.basic_get("celery", no_ack=True) if queue_is_there(line) else None


def queue_is_there(line: Any) -> bool:
    app.amqp.queues["celery"](line.default_channel).declare()
    return True


@contextmanager
def machine_of(off: dt.timedelta, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock is wrong: for the product, for Celery, for beat's tables."""
    with monkeypatch.context() as patch, clock.travel(off):
        patch.setattr(app, "now", lambda: dt.datetime.now(dt.UTC) + off)
        patch.setattr(beat_models, "now", lambda: dt.datetime.now(dt.UTC) + off)
        yield


def send_one(off: dt.timedelta, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Beat on a machine whose clock is wrong; returns the message of its first run."""
    with machine_of(off, monkeypatch):
        beat = schedule.CodeScheduler(app=app, lazy=False)
        beat._finalize.cancel()
        end = dt.datetime.now() + dt.timedelta(seconds=10)
        while (message := take_message()) is None:
            beat.tick()
            beat._do_sync()
            assert dt.datetime.now() < end, "beat sends nothing"
    return message


def is_refused_as_expired(message: Any) -> bool:
    """What a worker with the right time does with the message before it looks at the task."""
    task = app.tasks[JOB]
    request = Request(message, app=app, task=task, body=message.body, hostname="here", decoded=False)
    return bool(request.maybe_expire())


def begin(message: Any) -> None:
    given = SimpleNamespace(
        is_eager=False,
        delivery_info={"redelivered": False},
        headers=message.headers,
        get=lambda name, default=None: message.headers.get(name, default),
    )
    watching.WatchedTask.before_start(SimpleNamespace(name=JOB, request=given), message.headers["id"], [], {})


@OFF
def test_a_run_of_a_beat_that_is_off_stands_at_the_right_slot_and_is_begun(
    off: dt.timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send_one(off, monkeypatch)
    assert not is_refused_as_expired(message)
    begin(message)
    run = JobRun.objects.get()
    assert (str(run.pk), run.state) == (message.headers["id"], "running")
    assert abs(run.slot - clock.now()) < dt.timedelta(seconds=15)
    assert run.expires_at is not None
    assert abs(run.expires_at - clock.now() - schedule.SHORTEST_EXPIRY) < dt.timedelta(seconds=15)
    assert abs(PeriodicTask.objects.get(name=JOB).last_run_at - clock.now()) < dt.timedelta(seconds=15)


def test_control_with_the_expiry_of_the_message_a_beat_that_is_behind_does_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schedule, "_lasting", dict)
    assert is_refused_as_expired(send_one(-HOUR, monkeypatch))


@OFF
def test_control_by_its_own_clock_the_slots_are_an_hour_off(
    off: dt.timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule.CodeScheduler, "_compare_clocks", lambda _self: None)
    send_one(off, monkeypatch)
    assert abs(JobRun.objects.get().slot - clock.now()) > HOUR / 2


@OFF
def test_a_worker_that_is_off_begins_it_too_and_a_late_run_is_left(
    off: dt.timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = send_one(dt.timedelta(), monkeypatch), send_one(dt.timedelta(), monkeypatch)
    JobRun.objects.filter(pk=second.headers["id"]).update(
        expires_at=services.database_time() - dt.timedelta(seconds=1)
    )
    with machine_of(off, monkeypatch):
        assert not is_refused_as_expired(first)
        begin(first)
        with pytest.raises(Ignore):
            begin(second)
    assert JobRun.objects.get(pk=first.headers["id"]).state == "running"
    assert JobRun.objects.get(pk=second.headers["id"]).state == "expired"


def test_what_a_beat_from_the_future_noted_does_not_hold_up_the_right_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Noted before this product compared clocks, or by a database whose clock was put right."""
    schedule.synchronise()
    PeriodicTask.objects.update(last_run_at=clock.now() + HOUR)
    send_one(dt.timedelta(), monkeypatch)
    assert PeriodicTask.objects.get(name=JOB).last_run_at < clock.now() + dt.timedelta(seconds=5)
