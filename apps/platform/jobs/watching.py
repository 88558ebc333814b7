"""The base of every Celery task: a run of the schedule happens once, and a task that kills its worker is stopped."""

from __future__ import annotations

import logging
from typing import Any

from celery import Task
from celery.exceptions import Ignore, Reject

log = logging.getLogger(__name__)
# So often a task may be begun again after its worker was gone. A release or a power cut takes one or two.
MOST_STARTS_AGAIN = 4


class WatchedTask(Task):  # type: ignore[misc]
    """Asks before the work, and notes after it. In eager mode, and called as a function, it does neither."""

    abstract = True

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        """Refuse a message that comes a second time, and a task whose workers die of it."""
        from . import services

        if self.request.is_eager:
            return
        again = _is_redelivered(self.request)
        if again and services.count_start(task_id) > MOST_STARTS_AGAIN:
            error = f"Its worker was gone {MOST_STARTS_AGAIN + 1} times before the task had ended."
            services.record_dead_task("lost", self.name, task_id, args, kwargs, error=error)
            services.end_run(task_id, error=error)
            raise Reject("its workers die of it", requeue=False)
        if _is_scheduled(self.request) and not services.start_run(task_id, again=again):
            log.info("The run %s of %s was begun before or comes too late; left.", task_id, self.name)
            raise Ignore()

    def after_return(
        self, status: str, retval: Any, task_id: str, args: Any, kwargs: Any, einfo: Any
    ) -> None:
        """Note how a run of the schedule ended; failing to note is no reason to fail the work that is done."""
        from . import services

        if self.request.is_eager:
            return
        try:
            if _is_scheduled(self.request):
                error = services.cause_of(retval) if status == "FAILURE" else ""
                services.end_run(task_id, result="" if error else retval, error=error)
            if _is_redelivered(self.request):
                services.forget_start(task_id)
        except Exception:
            log.exception("The end of %s could not be noted.", self.name)


def _is_redelivered(request: Any) -> bool:
    return bool((request.delivery_info or {}).get("redelivered"))


def _is_scheduled(request: Any) -> bool:
    return bool(request.get("scheduled_run") or (request.get("headers") or {}).get("scheduled_run"))
