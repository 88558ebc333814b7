"""States that are read from the database when they are asked for: how much waits, how old it is, what is low.

No gauge has a label of a business: the figures are sums over all of them.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import connection
from django.db.models import Max
from prometheus_client.core import GaugeMetricFamily

from apps.goods.inventory.selectors import find_across_low_stock_count
from apps.kernel import clock, outbox
from apps.kernel.circuits import list_open
from apps.platform.jobs.selectors import count_dead_tasks
from apps.platform.notifications.selectors import find_across_waiting_count
from apps.selling.payments.selectors import find_across_discrepancy_count
from monidesk import task_queue

log = logging.getLogger(__name__)
Figures = dict[str, float]


def of_outbox() -> Figures:
    """One query."""
    found = outbox.depth()
    return {
        "monidesk_outbox_waiting": found.waiting,
        "monidesk_outbox_oldest_seconds": found.oldest_seconds,
        "monidesk_outbox_dead_letters": found.parked,
    }


def of_queue() -> Figures:
    """One query in PostgreSQL, one command a queue in Redis; nothing for a broker that cannot be asked."""
    found = queue_depth()
    return {} if found is None else {"monidesk_queue_waiting": found}


def of_dead_tasks() -> Figures:
    """One query."""
    return {"monidesk_dead_tasks": count_dead_tasks()}


def of_messages() -> Figures:
    """Two queries: mails of businesses and of accounts."""
    return {"monidesk_messages_waiting": find_across_waiting_count()}


def of_companies() -> Figures:
    """One query."""
    return {"monidesk_companies_silent": list_open().count()}


def of_payments() -> Figures:
    """One query."""
    return {"monidesk_payment_discrepancies": find_across_discrepancy_count()}


def of_stock() -> Figures:
    """One query."""
    return {"monidesk_low_stock": find_across_low_stock_count()}


def of_beat() -> Figures:
    """One query."""
    age = beat_age()
    return {} if age is None else {"monidesk_beat_silent_seconds": age}


def of_disk() -> Figures:
    """No query."""
    disk = shutil.disk_usage(settings.VAR_DIR if settings.VAR_DIR.exists() else settings.BASE_DIR)
    return {"monidesk_disk_free_bytes": disk.free, "monidesk_disk_total_bytes": disk.total}


HELP = {
    "monidesk_outbox_waiting": "Deliveries that wait for their subscriber.",
    "monidesk_outbox_oldest_seconds": "Age of the oldest event that waits.",
    "monidesk_outbox_dead_letters": "Deliveries that were given up and wait for a person.",
    "monidesk_queue_waiting": "Tasks that wait for a worker or are being worked on.",
    "monidesk_dead_tasks": "Tasks that failed for good or took their worker down, and wait for a person.",
    "monidesk_messages_waiting": "Mails that are not sent yet.",
    "monidesk_companies_silent": "Companies (of messages, of payments) that do not answer and are left alone for now.",
    "monidesk_payment_discrepancies": "Messages of payment companies that did not fit and wait for a person.",
    "monidesk_low_stock": "Stock balances at or below their warning level; counts to 10000.",
    "monidesk_beat_silent_seconds": "How long ago the scheduler sent a task.",
    "monidesk_disk_free_bytes": "Free space where files are kept.",
    "monidesk_disk_total_bytes": "All space where files are kept.",
    "monidesk_gauge_failed": "Gauges that could not be read at this scrape.",
}
SOURCES: tuple[Callable[[], Figures], ...] = (
    of_outbox, of_queue, of_dead_tasks, of_messages, of_companies, of_payments, of_stock, of_beat, of_disk,
)  # fmt: skip


def queue_depth() -> int | None:
    """How many tasks wait in all queues; None for a broker that cannot be asked."""
    broker = settings.CELERY_BROKER_URL
    if broker.startswith("pgmq"):
        tables = " UNION ALL ".join(f"SELECT count(*) AS n FROM pgmq.q_{name}" for name in task_queue.QUEUES)  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT sum(n) FROM ({tables}) queues")  # noqa: S608
            return int(cursor.fetchone()[0])
    if broker.startswith("redis"):
        import redis

        with redis.Redis.from_url(broker, socket_timeout=2, socket_connect_timeout=2) as client:
            return sum(int(client.llen(name)) for name in task_queue.QUEUES)
    return None


def beat_age() -> float | None:
    """Seconds since beat last sent anything; it sends something every two. None when it never did."""
    from django_celery_beat.models import PeriodicTask

    last = PeriodicTask.objects.aggregate(last=Max("last_run_at"))["last"]
    return max(0.0, (clock.now() - last).total_seconds()) if last else None


class GaugeCollector:
    """Reads all gauges at a scrape. One that fails is left out and counted: the others still tell."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each gauge once."""
        failed = 0
        for source in SOURCES:
            try:
                figures = source()
            except Exception:
                log.exception("A gauge could not be read", extra={"gauge": source.__name__})
                failed += 1
                continue
            for name, value in figures.items():
                yield GaugeMetricFamily(name, HELP[name], value=value)
        yield GaugeMetricFamily("monidesk_gauge_failed", HELP["monidesk_gauge_failed"], value=failed)
