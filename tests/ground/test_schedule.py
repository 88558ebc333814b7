"""What runs by the clock: collected from the apps, kept the same in beat's tables."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django_celery_beat.models import PeriodicTask

from monidesk import schedule
from monidesk.celery import app


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()
    entries = schedule.collect_schedule()
    assert "kernel.dispatch_outbox" in entries
    assert {entry["task"] for entry in entries.values()} - set(app.tasks) == set()


@pytest.mark.django_db
def test_rows_follow_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    entries: dict[str, dict[str, Any]] = {"a.one": {"task": "a.one", "every": dt.timedelta(seconds=5)}}
    monkeypatch.setattr(schedule, "collect_schedule", lambda: entries)
    PeriodicTask.objects.all().delete()
    schedule.synchronise()
    row = PeriodicTask.objects.get()
    assert (row.task, row.interval.every, row.expire_seconds, row.enabled) == ("a.one", 5, 30, True)

    PeriodicTask.objects.update(enabled=False)
    entries["a.one"] = {"task": "a.other", "every": dt.timedelta(minutes=1), "kwargs": {"limit": 3}}
    by_hand = PeriodicTask.objects.create(name="by hand", task="x", interval=row.interval)
    schedule.synchronise()
    row.refresh_from_db()
    assert (row.task, row.interval.every, row.kwargs, row.enabled) == ("a.other", 60, '{"limit": 3}', False)

    entries.clear()
    schedule.synchronise()
    assert list(PeriodicTask.objects.all()) == [by_hand]


@pytest.mark.parametrize(
    "entry",
    [
        {"task": "a"},
        {"task": "a", "every": 5},
        {"task": "a", "every": dt.timedelta(milliseconds=500)},
        {"task": "a", "every": dt.timedelta(seconds=5), "evry": 1},
        {"every": dt.timedelta(seconds=5)},
    ],
)
def test_a_wrong_entry_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(schedule.BadSchedule, match=r"a\.wrong"):
        schedule.check_entry("a.wrong", entry)
