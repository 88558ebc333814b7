"""What runs by the clock, defined in code beside the tasks and kept the same in the database.

An app's `tasks.py` may have

    SCHEDULE = {
        "orders.expire_due": {"task": "orders.expire_due", "every": dt.timedelta(seconds=30)},
    }

The name is unique in the whole product. Besides `task` and `every` an entry may have `kwargs` (a
JSON-able dict) and `expires` (a timedelta: a run that waited longer in the queue is dropped, because
a fresher one follows it; the default is three periods, half a minute at least).

Beat writes these entries into its tables when it starts: new ones are added, changed ones changed,
ones that left the code removed. An operator may switch an entry off in the back office, and it stays
off. Rows that an operator added by hand are left alone.
"""

from __future__ import annotations

import datetime as dt
import json
from importlib import import_module
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils.module_loading import module_has_submodule
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import DatabaseScheduler

FROM_CODE = "Defined in the code of MoniDesk."
SHORTEST_EXPIRY = dt.timedelta(seconds=30)
KNOWN_KEYS = {"task", "every", "kwargs", "expires"}


class BadSchedule(ValueError):
    """An app's SCHEDULE cannot be understood; the message names the entry."""


def collect_schedule() -> dict[str, dict[str, Any]]:
    """Return every app's entries by name. Raises BadSchedule for a wrong or doubled entry."""
    found: dict[str, dict[str, Any]] = {}
    for config in apps.get_app_configs():
        if not config.name.startswith("apps.") or not module_has_submodule(config.module, "tasks"):
            continue
        entries = getattr(import_module(f"{config.name}.tasks"), "SCHEDULE", {})
        for name, entry in entries.items():
            check_entry(name, entry)
            if name in found:
                raise BadSchedule(f"Two apps define the scheduled run {name!r}.")
            found[name] = entry
    return found


def check_entry(name: str, entry: dict[str, Any]) -> None:
    """Refuse an entry that beat would silently never run."""
    if not isinstance(entry.get("task"), str) or not isinstance(entry.get("every"), dt.timedelta):
        raise BadSchedule(f"The scheduled run {name!r} needs a task name and a timedelta in 'every'.")
    if entry["every"] < dt.timedelta(seconds=1) or entry["every"].microseconds:
        raise BadSchedule(f"The scheduled run {name!r} needs whole seconds, one at least.")
    if unknown := set(entry) - KNOWN_KEYS:
        raise BadSchedule(f"The scheduled run {name!r} has unknown keys: {', '.join(sorted(unknown))}.")


@transaction.atomic
def synchronise() -> None:
    """Make the rows of beat's tables the same as the code; the switch of each row stays as it is."""
    wanted = collect_schedule()
    changed = PeriodicTask.objects.filter(description=FROM_CODE).exclude(name__in=wanted).delete()[0] > 0
    known = {row.name: row for row in PeriodicTask.objects.filter(name__in=wanted).select_related("interval")}
    for name, entry in wanted.items():
        seconds = int(entry["every"].total_seconds())
        interval, _ = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
        expires = entry.get("expires") or max(3 * entry["every"], SHORTEST_EXPIRY)
        fields = {
            "task": entry["task"],
            "interval": interval,
            "kwargs": json.dumps(entry.get("kwargs", {}), sort_keys=True),
            "expire_seconds": int(expires.total_seconds()),
            "description": FROM_CODE,
        }
        row = known.get(name)
        if row is None:
            PeriodicTask.objects.create(name=name, **fields)
            changed = True
        elif any(getattr(row, field) != value for field, value in fields.items()):
            PeriodicTask.objects.filter(pk=row.pk).update(**fields)
            changed = True
    if changed:
        PeriodicTasks.update_changed()


class CodeScheduler(DatabaseScheduler):
    """Beat's database scheduler that first takes over what the code defines."""

    def setup_schedule(self) -> None:
        """Synchronise, then read the rows."""
        synchronise()
        super().setup_schedule()
