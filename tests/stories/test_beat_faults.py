"""Beat killed again and again: every due job runs once, as long as somebody starts beat again."""

from __future__ import annotations

import datetime as dt
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from celery import beat as celery_beat
from django.db import OperationalError, connection
from django_celery_beat import models as beat_models
from django_celery_beat import schedulers
from django_celery_beat.models import PeriodicTask

from apps.kernel import clock as kernel_clock
from apps.kernel.ids import new_id
from apps.platform.jobs import services
from apps.platform.jobs.models import JobRun
from apps.platform.jobs.slots import slot_of
from monidesk import schedule
from monidesk.celery import app

from .house import House, wait_until
from .test_faults import Drill, drill, patience, rounds, stocked

START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


EVERY = {
    "a.minute": dt.timedelta(minutes=1),
    "a.ten": dt.timedelta(minutes=10),
    "an.hour": dt.timedelta(hours=1),
    "a.day": dt.timedelta(days=1),
}
# Where the process can end between looking at the clock and having saved what it did.
POINTS = ("before claiming", "after claiming", "after sending", "after marking")

WAITING = "while it waits"


class Clock:
    """The time that beat believes in, for the schedule and for "not saved for three minutes" alike."""

    def __init__(self) -> None:
        self.now = START

    def monotonic(self) -> float:
        return (self.now - START).total_seconds()


class Killed(BaseException):
    """The power cut. No `except Exception` of a scheduler may see it."""


class World:
    """Beat's surroundings on a clock of ours: a queue that keeps every message, and a worker that works them off.

    The worker begins and ends runs by the product's own rules; `did` counts what it carried out, by job and slot.
    """

    def __init__(self, clock: Clock, seed: int) -> None:
        self.clock, self.dice = clock, random.Random(seed)
        self.queue: list[tuple[str, str]] = []
        self.did: Counter[tuple[str, dt.datetime]] = Counter()
        self.sent: Counter[str] = Counter()
        self.killed_at: Counter[str] = Counter()
        self._deadly_point = ""

    def scheduler(self) -> schedule.CodeScheduler:
        """A beat process that has just been started."""
        beat = schedule.CodeScheduler(app=app, lazy=False)
        beat._finalize.cancel()  # a killed process saves nothing on its way out
        return beat

    def live(self, *, until: dt.datetime, beats: int = 1) -> None:
        """One life, from the start to the kill: at a random point of the next work, or while it waits."""
        processes = [self.scheduler() for _number in range(beats)]
        self._deadly_point = ""
        try:
            while True:
                if self.clock.now >= until and not self._deadly_point:
                    self._deadly_point = self.dice.choice((*POINTS, WAITING))
                self.at(WAITING)
                pause = min((self._tick(one) for one in processes), default=5)
                # Work takes time as well: a pause of nothing would stop this clock.
                self.clock.now += dt.timedelta(seconds=min(max(pause or 0, 0.01), 5))
        except Killed:
            self.killed_at[self._deadly_point] += 1
        # A slow worker finds the message again that the next beat sent because the mark was missing.
        if self.dice.random() < 0.5:
            self.work()

    def work(self) -> None:
        """The worker takes what is there, a message that came twice as well."""
        for run_id, job in self.queue:
            if services.start_run(run_id, again=False):
                run = JobRun.objects.get(pk=run_id)
                assert run.job == job
                self.did[run.job, run.slot] += 1
                services.end_run(run_id)
        self.queue.clear()

    def at(self, point: str) -> None:
        if point == self._deadly_point:
            raise Killed

    def _tick(self, beat: schedule.CodeScheduler) -> float:
        # As celery.beat.Service does it.
        pause = beat.tick()
        if beat.should_sync():
            beat._do_sync()
        return pause

    def send(self, name: str, *_arguments: Any, **way: Any) -> None:
        self.queue.append((way["task_id"], name))
        self.sent[name] += 1


@pytest.fixture
def clock(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Beat on a clock of ours, and a schedule of one run a minute, one every ten, one an hour, one a day."""
    fake = Clock()
    monkeypatch.setattr(kernel_clock, "now", lambda: fake.now)
    monkeypatch.setattr(app, "now", lambda: fake.now)
    monkeypatch.setattr(beat_models, "now", lambda: fake.now)
    monkeypatch.setattr(schedulers, "close_old_connections", lambda: None)
    # Beat's own name for the module: the real one is everybody's.
    monkeypatch.setattr(celery_beat, "time", SimpleNamespace(monotonic=fake.monotonic, time=time.time))
    entries: dict[str, dict[str, Any]] = {name: {"task": name, "every": one} for name, one in EVERY.items()}
    monkeypatch.setattr(schedule, "collect_schedule", lambda: entries)
    PeriodicTask.objects.all().delete()
    JobRun.objects.all().delete()
    schedule.synchronise()
    PeriodicTask.objects.update(date_changed=START, last_run_at=START)
    return fake


@pytest.fixture
def world(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> World:
    """The surroundings, with every point where beat may die."""
    seed = int(os.environ.get("SOAK_SEED") or random.SystemRandom().randrange(10**6))
    made = World(clock, seed)
    claim, mark = services.claim_run, services.mark_sent

    def deadly_claim(*arguments: Any, **named: Any) -> Any:
        made.at("before claiming")
        claimed = claim(*arguments, **named)
        made.at("after claiming")
        return claimed

    def deadly_mark(run_id: Any) -> None:
        made.at("after sending")
        mark(run_id)
        made.at("after marking")

    monkeypatch.setattr(app, "send_task", made.send)
    monkeypatch.setattr(services, "claim_run", deadly_claim)
    monkeypatch.setattr(services, "mark_sent", deadly_mark)
    print(f"SOAK_SEED={seed}")
    return made


def run_killed(world: World, *, hours: int, life: dt.timedelta, beats: int = 1) -> None:
    """Life after life, each started two seconds after the last was killed; then a quiet minute to finish."""
    end = START + dt.timedelta(hours=hours)
    while world.clock.now < end:
        world.live(until=world.clock.now + life, beats=beats)
        world.clock.now += dt.timedelta(seconds=2)  # until somebody starts it again
    quiet = world.scheduler()
    quiet_until = world.clock.now + dt.timedelta(seconds=30)
    world._deadly_point = ""
    while world.clock.now < quiet_until:
        world.clock.now += dt.timedelta(seconds=min(max(world._tick(quiet) or 0, 0.01), 5))
    world.work()


def slots_until(end: dt.datetime) -> set[tuple[str, dt.datetime]]:
    """Every slot of every job after the beginning."""
    found = set()
    for name, every in EVERY.items():
        seconds = int(every.total_seconds())
        slot = slot_of(name, seconds, START) + every
        while slot <= end:
            found.add((name, slot))
            slot += every
    return found


def faults(world: World) -> dict[str, Any]:
    """Slots without a run, and with more than one; both must be empty."""
    due = slots_until(world.clock.now - dt.timedelta(seconds=1))
    return {
        "left out": sorted(due - set(world.did))[:5],
        "twice": sorted(key for key, times in world.did.items() if times > 1)[:5],
    }


def test_killed_every_minute_for_hours_every_due_job_runs_once(world: World) -> None:
    run_killed(world, hours=3, life=dt.timedelta(minutes=1))
    assert faults(world) == {"left out": [], "twice": []}
    assert set(world.killed_at) == {*POINTS, WAITING}, world.killed_at


def test_control_a_beat_that_forgets_its_claims_leaves_runs_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "claim_unsent", list)
    run_killed(world, hours=3, life=dt.timedelta(minutes=1))
    assert faults(world)["left out"] != []


def test_control_a_worker_that_takes_every_message_does_runs_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "start_run", lambda *_a, **_n: True)
    run_killed(world, hours=3, life=dt.timedelta(minutes=1))
    assert faults(world)["twice"] != []


def test_two_beats_at_once_run_each_slot_once(world: World) -> None:
    run_killed(world, hours=2, life=dt.timedelta(minutes=7), beats=2)
    assert faults(world) == {"left out": [], "twice": []}


def test_control_two_beats_that_claim_nothing_send_everything_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "claim_run", lambda *_a, **_n: new_id())
    monkeypatch.setattr(services, "mark_sent", lambda _run_id: None)
    beats = [world.scheduler(), world.scheduler()]
    end = START + dt.timedelta(hours=1)
    while world.clock.now < end:
        pause = min(world._tick(one) for one in beats)
        world.clock.now += dt.timedelta(seconds=min(max(pause or 0, 0.01), 5))
    assert world.sent["a.minute"] >= 118, world.sent
    assert world.sent["a.ten"] >= 11, world.sent


def test_what_was_missed_while_beat_was_down_is_made_up_for_once(world: World) -> None:
    run_killed(world, hours=1, life=dt.timedelta(minutes=20))
    before = Counter(job for job, _slot in world.did.elements())
    down_since = world.clock.now
    world.clock.now += dt.timedelta(hours=5)
    back = world.scheduler()
    until = world.clock.now + dt.timedelta(seconds=20)
    while world.clock.now < until:
        world.clock.now += dt.timedelta(seconds=min(max(world._tick(back) or 0, 0.01), 5))
    world.work()
    after = Counter(job for job, _slot in world.did.elements())
    assert after["an.hour"] - before["an.hour"] == 1
    assert after["a.ten"] - before["a.ten"] == 1
    assert after["a.minute"] - before["a.minute"] in {1, 2}
    late = JobRun.objects.filter(claimed_at__gt=down_since, job="an.hour").get()
    assert late.missed in {3, 4, 5}
    assert JobRun.objects.filter(claimed_at__gt=down_since, job="a.minute", missed__gte=298).count() == 1


def test_a_database_that_is_away_for_a_moment_costs_no_slot(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = services.claim_run
    away_until = START + dt.timedelta(minutes=5)

    def refuse(*arguments: Any, **named: Any) -> Any:
        if START + dt.timedelta(minutes=4, seconds=30) < world.clock.now < away_until:
            raise OperationalError("the database is away")
        return claim(*arguments, **named)

    monkeypatch.setattr(services, "claim_run", refuse)
    beat = world.scheduler()
    while world.clock.now < START + dt.timedelta(minutes=12):
        world.clock.now += dt.timedelta(seconds=min(max(world._tick(beat) or 0, 0.01), 5))
    world.work()
    assert faults(world) == {"left out": [], "twice": []}


@pytest.mark.soak
def test_killed_every_minute_for_a_month(world: World, capsys: Any) -> None:
    hours = 24 * rounds(30)
    run_killed(world, hours=hours, life=dt.timedelta(minutes=1))
    done = Counter(job for job, _slot in world.did.elements())
    with capsys.disabled():
        print(f"\n{hours} hours, killed {dict(world.killed_at)}: ran {dict(done)}, sent {dict(world.sent)}")
    assert faults(world) == {"left out": [], "twice": []}


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
