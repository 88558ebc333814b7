"""The Celery application. Every app's `tasks.py` is found by itself; settings begin with `CELERY_`.

How to write a task: name it `<app>.<verb>`, give ids and never objects, find due ids in a bounded
batch and call one service for each. A task may run twice (its worker may die after the work and
before the acknowledgement), so the service behind it must be idempotent. A task ends within
`CELERY_TASK_TIME_LIMIT`; longer work is cut into steps that each find where the last one ended.

What runs by the clock stands in the same file: see `monidesk.schedule`.
"""

from __future__ import annotations

import os

from celery import Celery

from monidesk import task_trace

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monidesk.settings")
# Migrating and `make lint` check the project; here it would only keep a worker that is restarted from its work.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("monidesk", task_cls="apps.platform.jobs.watching:WatchedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
task_trace.connect()
