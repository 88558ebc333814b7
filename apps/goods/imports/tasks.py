"""Celery entries of imports: find what waits, work through it."""

from __future__ import annotations

import datetime as dt
import logging

from celery import shared_task
from django.utils.translation import gettext as _

from apps.goods.imports.selectors import find_across_old_files, find_across_undoing, find_across_waiting
from apps.goods.imports.services import fail_job, forget_file, undo_through, work_through
from apps.kernel.actors import Actor

log = logging.getLogger(__name__)

SCHEDULE = {
    "imports.advance": {"task": "imports.advance", "every": dt.timedelta(seconds=5)},
    "imports.forget": {"task": "imports.forget", "every": dt.timedelta(hours=1)},
}


@shared_task(name="imports.advance", ignore_result=True)
def advance_imports() -> int:
    """Work through imports that wait for a dry run or a run, and through undos; returns how many were taken."""
    taken = 0
    for job_id, business_id in find_across_waiting():
        try:
            taken += work_through(job_id, business_id) is not None
        except Exception:
            log.exception("import %s broke off", job_id)
            message = _("Something went wrong on our side. What was imported is kept; run the check again.")
            fail_job(Actor.system("import", business_id), job_id=job_id, message=message)
    for batch_id, business_id in find_across_undoing():
        try:
            taken += undo_through(batch_id, business_id) is not None
        except Exception:
            # It stays as it is and is taken up again; what was undone is noted.
            log.exception("undo of %s broke off", batch_id)
    return taken


@shared_task(name="imports.forget", ignore_result=True)
def forget_files() -> int:
    """Give up files whose days are over; returns how many. One that cannot be removed is tried again in an hour."""
    forgotten = 0
    for job_id, business_id in find_across_old_files():
        try:
            forgotten += forget_file(Actor.system("import", business_id), job_id=job_id)
        except Exception:
            log.exception("the file of import %s was not removed", job_id)
    return forgotten
