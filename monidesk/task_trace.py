"""Each task knows which request it goes back to, leaves one line in the log and is counted.

The request's id travels in the message's headers. A task that the clock asked for goes back to no request: its own
id stands there, and goes along with what it publishes.
"""

from __future__ import annotations

import logging
import logging.config
import time
from contextlib import ExitStack
from typing import Any

from celery import signals
from celery.app.task import Task

from monidesk import metrics_files, telemetry

HEADERS = ("request_id", "traceparent")
log = logging.getLogger("monidesk.task")


def send_along(headers: dict[str, Any] | None = None, **_rest: Any) -> None:
    """Write the id of the present request into the message."""
    from apps.kernel import trace

    going_on = trace.current()
    if headers is None or going_on is None:
        return
    for name in HEADERS:
        if value := getattr(going_on, name):
            headers.setdefault(name, value)


def begin(task_id: str = "", task: Any = None, **_rest: Any) -> None:
    """A task begins: from here every line carries its ids."""
    from django.db import connection

    from apps.kernel import trace
    from apps.kernel.middleware import QueryCount

    asked_by, above = (_header(task, name) for name in HEADERS)
    going_on = trace.Trace(
        request_id=asked_by or task_id.replace("-", ""), task=task.name, task_id=task_id, traceparent=above
    )
    # Eager tasks run inside of a request or of another task, whose trace comes back afterwards.
    stack, queries = ExitStack(), QueryCount()
    stack.enter_context(trace.opened(going_on))
    stack.enter_context(connection.execute_wrapper(queries))
    task.request.monidesk = (stack, time.perf_counter(), queries)


def end(task: Any = None, state: str | None = None, **_rest: Any) -> None:
    """A task ended, well or not."""
    from apps.kernel import metrics, trace

    begun = getattr(task.request, "monidesk", None)
    if begun is None:
        return
    stack, started, queries = begun
    seconds = time.perf_counter() - started
    ended = (state or "unknown").lower()
    going_on = trace.current()
    if going_on is not None:
        going_on.outcome = ended
    with stack:
        log.info(
            "task",
            extra={"state": ended, "duration_ms": round(seconds * 1000, 1), "queries": queries.total},
        )
    metrics.count_task(task.name, ended, seconds)


def log_failure(sender: Any = None, exception: Any = None, einfo: Any = None, **_rest: Any) -> None:
    """Say why a task failed, under its ids."""
    log.error("task failed: %s", exception, exc_info=exception if exception is not None else None)


def log_like_the_web(**_rest: Any) -> None:
    """Worker and beat write the same lines as the web; Celery would put up formats of its own."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


def _header(task: Task[Any, Any], name: str) -> str:
    value = getattr(task.request, name, "") or (task.request.headers or {}).get(name, "")
    return str(value or "")[:100]


def count_together(**_rest: Any) -> None:
    """The worker's processes count into files of one folder."""
    metrics_files.begin("worker")


def serve_counts(**_rest: Any) -> None:
    """With METRICS_PORT the worker answers scrapes itself, where the web cannot read its folder."""
    metrics_files.serve_if_asked("worker")


def begin_to_send(**_rest: Any) -> None:
    """A process of the pool begins: traces and faults are sent from there."""
    telemetry.start()


def forget_process(pid: int = 0, **_rest: Any) -> None:
    """A process of the pool ended."""
    metrics_files.forget(pid)


def connect() -> None:
    """Listen to Celery; called once, where the application is made."""
    signals.before_task_publish.connect(send_along, weak=False, dispatch_uid="monidesk.send_along")
    signals.task_prerun.connect(begin, weak=False, dispatch_uid="monidesk.begin")
    signals.task_postrun.connect(end, weak=False, dispatch_uid="monidesk.end")
    signals.task_failure.connect(log_failure, weak=False, dispatch_uid="monidesk.log_failure")
    signals.setup_logging.connect(log_like_the_web, weak=False, dispatch_uid="monidesk.log")
    signals.worker_init.connect(count_together, weak=False, dispatch_uid="monidesk.count_together")
    signals.worker_ready.connect(serve_counts, weak=False, dispatch_uid="monidesk.serve_counts")
    signals.worker_process_init.connect(begin_to_send, weak=False, dispatch_uid="monidesk.telemetry")
    signals.worker_process_shutdown.connect(forget_process, weak=False, dispatch_uid="monidesk.forget")
