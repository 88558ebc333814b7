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
import logging
from importlib import import_module
from typing import Any

from celery.schedules import schedstate
from django.apps import apps
from django.db import Error, connection, transaction
from django.utils.module_loading import module_has_submodule
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from apps.kernel import clock
from apps.platform.jobs import services
from apps.platform.jobs.slots import slot_of, slots_between

log = logging.getLogger(__name__)

# How often beat looks for slots that were claimed and not sent.
LOOK_AGAIN_EVERY = dt.timedelta(seconds=5)
# Further ahead than this no run can have been noted.
LONGEST_JUMP = dt.timedelta(minutes=1)
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
            # The library would put its own clock's time here, and a job from the future would wait for it.
            PeriodicTask.objects.create(name=name, last_run_at=services.database_time(), **fields)
            changed = True
        elif any(getattr(row, field) != value for field, value in fields.items()):
            PeriodicTask.objects.filter(pk=row.pk).update(**fields)
            changed = True
    if changed:
        PeriodicTasks.update_changed()


class SlotEntry(ModelEntry):
    """A job that is due once a slot. Slots are counted from a fixed beginning: every beat finds the same ones."""

    def _default_now(self) -> dt.datetime:
        return clock.now()

    default_now = _default_now

    @property
    def every_seconds(self) -> int | None:
        """The rhythm of a job that runs every so often; None for one that runs at given times."""
        interval = self.model.interval
        return int(interval.schedule.run_every.total_seconds()) if interval is not None else None

    def slot(self) -> dt.datetime:
        """The slot that is due now, or was last."""
        moment = self._default_now()
        # Calendars know no less than a minute.
        return (
            slot_of(self.name, self.every_seconds, moment)
            if self.every_seconds
            else moment.replace(second=0, microsecond=0)
        )

    def missed(self) -> int:
        """How many slots passed since the last run without one."""
        return (
            slots_between(self.name, self.every_seconds, self.last_run_at, self.slot())
            if self.every_seconds
            else 0
        )

    def is_due(self) -> Any:
        """Whether the present slot has had no run yet, and the seconds until the next one."""
        is_special = self.model.start_time or self.model.expires or self.model.one_off
        if not self.every_seconds or not self.model.enabled or is_special:
            usual: schedstate = super().is_due()
            return usual
        slot = self.slot()
        if self.last_run_at > self._default_now() + LONGEST_JUMP:
            # Noted by a clock that was wrong; waiting for that moment would leave the job out until then.
            return schedstate(True, self.every_seconds)
        left = (slot + dt.timedelta(seconds=self.every_seconds) - self._default_now()).total_seconds()
        return schedstate(slot > slot_of(self.name, self.every_seconds, self.last_run_at), max(left, 0.01))


class CodeScheduler(DatabaseScheduler):
    """Beat's database scheduler that first takes over what the code defines, and runs each slot once.

    A slot is claimed in the database before its message is sent, and marked when it was. Killed before the claim,
    nothing happened; killed after it, the next beat finds a claim that nobody marked and sends it under the same id,
    which a worker begins only once. Two beats at once find the slot taken.
    """

    Entry = SlotEntry
    _looks_again_at: dt.datetime | None = None
    _off = dt.timedelta()
    _stumbled = False

    def setup_schedule(self) -> None:
        """Synchronise, then read the rows."""
        synchronise()
        super().setup_schedule()

    def tick(self, *arguments: Any, **named: Any) -> float:
        """One step of beat, by the database's clock: this machine's own may be wrong."""
        self._compare_clocks()
        with clock.travel(self._off):
            return self._tick(*arguments, **named)

    def _compare_clocks(self) -> None:
        try:
            self._off = services.database_time() - clock.now()
        except Error as error:
            log.warning("The database's clock cannot be read, the last difference holds: %s", error)
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()

    def _tick(self, *arguments: Any, **named: Any) -> float:
        moment = clock.now()
        if self._looks_again_at is None or moment >= self._looks_again_at:
            self._looks_again_at = moment + LOOK_AGAIN_EVERY
            self._send_left_over()
        pause: float = super().tick(*arguments, **named)
        if self._stumbled:
            # The database or the queue is away: without a pause this would spin.
            self._stumbled = False
            return max(pause or 0.0, 1.0)
        return pause

    def apply_entry(self, entry: SlotEntry, producer: Any = None) -> None:
        """Claim the slot, send its message, mark it."""
        try:
            run_id = services.claim_run(
                entry.name, entry.task, entry.slot(), missed=entry.missed(), good_for=_patience_of(entry)
            )
        except Error as error:
            log.warning("%s could not be claimed and stays due: %s", entry.name, error)
            self._take_back(entry)
            return
        if run_id is None:
            return
        headers = {**entry.options.get("headers", {}), "scheduled_run": True}
        entry.options = {**_lasting(entry.options), "task_id": str(run_id), "headers": headers}
        try:
            self.apply_async(entry, producer=producer, advance=False)
            services.mark_sent(run_id)
        except Exception as error:
            # It stays claimed; the next look sends it.
            log.warning("%s is claimed and could not be sent yet: %s", entry.name, error)
            self._stumbled = True

    def _take_back(self, entry: SlotEntry) -> None:
        entry.model.last_run_at = entry.last_run_at
        entry.model.total_run_count = entry.total_run_count
        self.schedule[entry.name] = entry
        self._dirty.discard(entry.name)
        self._heap_invalidated = self._stumbled = True
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()

    def _send_left_over(self) -> None:
        try:
            for run in services.claim_unsent():
                entry = self.schedule.get(run.job)
                if entry is not None and clock.now() - run.slot > _patience_of(entry):
                    # The queue was away for long. One run follows anyway; all that are due would be a flood.
                    services.expire_run(str(run.pk))
                else:
                    services.send_run(run, dict(entry.kwargs) if entry is not None else {})
        except Exception as error:
            log.warning("Claimed runs could not be sent yet: %s", error)
            self._stumbled = True
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()


def _lasting(options: dict[str, Any]) -> dict[str, Any]:
    """Without Celery's expiry: beat's clock would write it and the worker's would read it. The run's own holds."""
    return {name: value for name, value in options.items() if name != "expires"}


def _patience_of(entry: SlotEntry) -> dt.timedelta:
    return dt.timedelta(seconds=entry.model.expire_seconds or SHORTEST_EXPIRY.total_seconds())
