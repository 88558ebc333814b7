"""Beat killed again and again: every due run is sent, once, as long as somebody starts beat again."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from celery import beat as celery_beat
from django.db import connection
from django_celery_beat import models as beat_models
from django_celery_beat import schedulers
from django_celery_beat.models import PeriodicTask

from monidesk import schedule
from monidesk.celery import app

from .house import House, wait_until
from .test_faults import Drill, drill, patience, rounds, stocked

START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


class Clock:
    """The time that beat believes in, for the schedule and for "not saved for three minutes" alike."""

    def __init__(self) -> None:
        self.now = START

    def monotonic(self) -> float:
        return (self.now - START).total_seconds()


@pytest.fixture
def clock(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Beat on a clock of ours, and a schedule of one run a minute, one every ten, one an hour."""
    fake = Clock()
    for kind in (schedulers.ModelEntry, celery_beat.ScheduleEntry):
        monkeypatch.setattr(kind, "_default_now", lambda _entry: fake.now)
        monkeypatch.setattr(kind, "default_now", lambda _entry: fake.now)
    monkeypatch.setattr(app, "now", lambda: fake.now)
    monkeypatch.setattr(beat_models, "now", lambda: fake.now)
    monkeypatch.setattr(schedulers, "close_old_connections", lambda: None)
    # Beat's own name for the module: the real one is everybody's.
    monkeypatch.setattr(celery_beat, "time", SimpleNamespace(monotonic=fake.monotonic, time=time.time))
    every = {
        "a.minute": dt.timedelta(minutes=1),
        "a.ten": dt.timedelta(minutes=10),
        "an.hour": dt.timedelta(hours=1),
    }
    entries: dict[str, dict[str, Any]] = {name: {"task": name, "every": one} for name, one in every.items()}
    monkeypatch.setattr(schedule, "collect_schedule", lambda: entries)
    PeriodicTask.objects.all().delete()
    schedule.synchronise()
    PeriodicTask.objects.update(date_changed=START, last_run_at=START)
    return fake


def live(clock: Clock, sent: Counter[str], *, until: dt.datetime, saves_every: int | None) -> None:
    """One life of beat, from its start to the moment it is killed: nothing is tidied up at the end."""
    scheduler = schedule.CodeScheduler(app=app, lazy=False, sync_every_tasks=saves_every)
    scheduler._finalize.cancel()  # a killed process saves nothing on its way out
    scheduler.send_task = lambda name, *_arguments, **_way: sent.update([name])
    while clock.now < until:
        # As celery.beat.Service does it.
        pause = scheduler.tick()
        # Work takes time as well: a pause of nothing would stop this clock.
        clock.now += dt.timedelta(seconds=min(max(pause or 0, 0.01), 5))
        if scheduler.should_sync():
            scheduler._do_sync()


def run_killed(
    clock: Clock, *, hours: int, life: dt.timedelta, saves_every: int | None = None
) -> Counter[str]:
    sent: Counter[str] = Counter()
    end = START + dt.timedelta(hours=hours)
    while clock.now < end:
        live(clock, sent, until=min(clock.now + life, end), saves_every=saves_every)
        clock.now += dt.timedelta(seconds=2)  # until somebody starts it again
    return sent


def assert_each_once(sent: Counter[str], hours: int) -> None:
    """Nothing is sent more often than is due, and nothing is left out; a restart may move a run by seconds."""
    assert sent["an.hour"] in {hours - 1, hours}, sent
    assert int(6 * hours * 0.9) <= sent["a.ten"] <= 6 * hours, sent
    assert 60 * hours * 0.8 <= sent["a.minute"] <= 60 * hours, sent


def test_killed_every_minute_for_an_hour(clock: Clock) -> None:
    assert_each_once(run_killed(clock, hours=1, life=dt.timedelta(minutes=1)), 1)


def test_control_without_saving_each_run_they_are_sent_again(clock: Clock) -> None:
    sent = run_killed(clock, hours=1, life=dt.timedelta(minutes=1), saves_every=0)
    assert sent["a.ten"] > 6, sent


@pytest.mark.soak
def test_killed_every_minute_for_days(clock: Clock, capsys: Any) -> None:
    hours = 24 * rounds(30)
    sent = run_killed(clock, hours=hours, life=dt.timedelta(minutes=1))
    with capsys.disabled():
        print(f"\n{hours} hours, killed every minute: {dict(sent)}")
    assert_each_once(sent, hours)


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_the_real_one_killed_under_load(make_house: Callable[..., House], shop: Any, capsys: Any) -> None:
    with drill(make_house(), shop.slug, stocked(shop)) as run:
        for _round in range(rounds(20)):
            _kill_beat(run)
        run.finish(capsys)


def _kill_beat(run: Drill) -> None:
    connection.close()
    before = PeriodicTask.objects.get(name="kernel.dispatch_outbox").total_run_count
    run.house.kill("beat")
    run.house.start("beat")
    wait_until(
        lambda: PeriodicTask.objects.get(name="kernel.dispatch_outbox").total_run_count > before,
        seconds=patience(20),
        what=f"beat sends again: {run.house.log_of('beat')}",
    )
