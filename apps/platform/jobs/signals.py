"""What Celery tells of tasks that end badly; also heard in a worker's main process, which keeps no connection."""

from __future__ import annotations

import logging
from typing import Any

from celery.exceptions import Ignore, Reject, Retry
from celery.signals import task_failure, task_revoked
from django.db import connection

from . import services

log = logging.getLogger(__name__)


@task_failure.connect(dispatch_uid="jobs.note_failure")  # type: ignore[untyped-decorator]
def note_failure(
    sender: Any = None,
    task_id: str = "",
    exception: Any = None,
    args: Any = None,
    kwargs: Any = None,
    **_rest: Any,
) -> None:
    """Record a task that failed for good: no retry is left, its time is up, or its worker is lost."""
    if isinstance(exception, (Ignore, Reject, Retry)) or sender is None:
        return
    if getattr(sender.request, "is_eager", False):
        return
    try:
        error = services.cause_of(exception)
        services.record_dead_task("failed", sender.name, task_id, args, kwargs, error=error)
        services.end_run(task_id, error=error)
    except Exception:
        # Without a database nothing can be noted, and Celery's own log has the failure.
        log.exception("The failure of %s could not be recorded.", sender.name)
    finally:
        _let_go()


@task_revoked.connect(dispatch_uid="jobs.note_expiry")  # type: ignore[untyped-decorator]
def note_expiry(request: Any = None, expired: bool = False, **_rest: Any) -> None:
    """A run that waited too long in the queue is dropped; a fresher one follows."""
    # Expired wake-up calls come by the hundred after a worker was away; only runs of the schedule are noted.
    if not expired or not (getattr(request, "request_dict", None) or {}).get("scheduled_run"):
        return
    try:
        services.expire_run(str(getattr(request, "id", "")))
    except Exception:
        log.exception("A run that came too late could not be noted.")
    finally:
        _let_go()


def _let_go() -> None:
    # A pool process that is forked later would inherit the main process's connection.
    if not connection.in_atomic_block:
        connection.close()
