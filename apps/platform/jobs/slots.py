"""When a job is due: slots counted from a fixed beginning, so that every clock process finds the same ones."""

from __future__ import annotations

import datetime as dt
from zlib import crc32

_BEGINNING = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# Jobs of the same rhythm would all begin in the same second; those of a minute and more are spread by their names.
_SPREAD_FROM_SECONDS = 60


def slot_of(job: str, every_seconds: int, moment: dt.datetime) -> dt.datetime:
    """The last slot of the job that is not after the moment."""
    shift = crc32(job.encode()) % every_seconds if every_seconds >= _SPREAD_FROM_SECONDS else 0
    passed = int((moment - _BEGINNING).total_seconds() // 1) - shift
    return _BEGINNING + dt.timedelta(seconds=passed - passed % every_seconds + shift)


def slots_between(job: str, every_seconds: int, last: dt.datetime, slot: dt.datetime) -> int:
    """How many slots passed without a run, when `last` was the moment of the last one and `slot` runs now."""
    gap = (slot - slot_of(job, every_seconds, last)).total_seconds()
    return max(0, int(gap // every_seconds) - 1)
