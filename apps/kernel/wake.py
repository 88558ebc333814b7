"""Waking the dispatcher: a hint that saves waiting, never the delivery itself."""

from __future__ import annotations

import logging
import time

from django.conf import settings

from . import bell

log = logging.getLogger(__name__)
_last_wake = 0.0
# Under load one wake-up serves many writers: the dispatcher drains until nothing is left.
_SECONDS_BETWEEN = 0.2
# A call that waited as long as the schedule's own period is worth nothing, and hundreds of them, from a time when no
# worker was there, would keep everything else waiting behind them.
_GOOD_FOR_SECONDS = 2


def wake_dispatcher() -> None:
    """Ask for the outbox to be drained now: dispatchers that listen, and a worker.

    Failing to ask is harmless: the scheduled run comes anyway, and who listens looks from time to time.
    """
    global _last_wake
    if not getattr(settings, "OUTBOX_WAKE", True):
        return
    bell.ring()
    moment = time.monotonic()
    if moment - _last_wake < _SECONDS_BETWEEN:
        return
    _last_wake = moment
    from .tasks import dispatch_outbox

    try:
        dispatch_outbox.apply_async(retry=False, expires=_GOOD_FOR_SECONDS)
    except Exception as error:
        log.warning("The dispatcher could not be woken; the scheduled run will deliver: %s", error)
