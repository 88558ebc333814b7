"""What is counted while it happens: requests by route, tasks by name. Never a tenant, a path or a person.

Each process counts for itself; with several of them (gunicorn's workers, Celery's) PROMETHEUS_MULTIPROC_DIR, which
the servers set before this file is read, makes them count into files that one scrape adds up (`monidesk.metrics`).
What is a state and not a happening is read from the database at the scrape.
"""

from __future__ import annotations

from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Histogram

registry = CollectorRegistry()

_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.5, 3.0, 10.0)
_TASK_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 20.0, 60.0, 300.0, 1200.0)

REQUESTS = Counter(
    "monidesk_http_requests",
    "Requests answered, by route.",
    ["route", "method", "status"],
    registry=registry,
)
ERRORS = Counter(
    "monidesk_http_errors", "Requests answered with a fault of ours (5xx).", ["route"], registry=registry
)
SECONDS = Histogram(
    "monidesk_http_request_seconds",
    "How long a request took.",
    ["route"],
    buckets=_BUCKETS,
    registry=registry,
)
REFUSALS = Counter(
    "monidesk_rate_limited", "Requests refused because too many came.", ["scope"], registry=registry
)
WEBHOOKS = Counter(
    "monidesk_payment_webhooks",
    "Messages of payment companies, by what came of them.",
    ["provider", "outcome"],
    registry=registry,
)
QUOTES = Counter(
    "monidesk_quotes",
    "Carts that were priced, by what came of it: clean, warned, or hindered from being ordered.",
    ["outcome"],
    registry=registry,
)
QUOTE_SECONDS = Histogram(
    "monidesk_quote_seconds", "How long pricing a cart took.", buckets=_BUCKETS, registry=registry
)
TASKS = Counter("monidesk_tasks", "Tasks ended, by name and end.", ["task", "state"], registry=registry)
TASK_FAILURES = Counter("monidesk_task_failures", "Tasks that failed.", ["task"], registry=registry)
TASK_SECONDS = Histogram(
    "monidesk_task_seconds", "How long a task took.", ["task"], buckets=_TASK_BUCKETS, registry=registry
)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count_request(route: str, method: str, status: int, seconds: float) -> None:
    """One request was answered. A full disk must not make a fault of an answer that was right."""
    with suppress(OSError):
        _count_request(route, method, status, seconds)


def _count_request(route: str, method: str, status: int, seconds: float) -> None:
    # A made-up method must not make a new row for ever.
    REQUESTS.labels(route, method if method in _METHODS else "other", str(status)).inc()
    SECONDS.labels(route).observe(seconds)
    if status >= 500:
        ERRORS.labels(route).inc()


def count_quote(*, warnings: int, errors: int, seconds: float) -> None:
    """One cart was priced."""
    with suppress(OSError):
        QUOTES.labels("hindered" if errors else "warned" if warnings else "clean").inc()
        QUOTE_SECONDS.observe(seconds)


def count_task(task: str, state: str, seconds: float) -> None:
    """One task ended; `state` is Celery's, in small letters."""
    TASKS.labels(task, state).inc()
    TASK_SECONDS.labels(task).observe(seconds)
    if state == "failure":
        TASK_FAILURES.labels(task).inc()
