"""How the product logs: one line a happening, readable on a terminal, JSON in production.

The same format in web, worker and beat. Every line carries the ids of the request, task or delivery it belongs to
(`apps.kernel.trace`), and the last step takes personal data and secrets out (`monidesk.redaction`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import MutableMapping
from typing import Any
from uuid import UUID

import structlog

from monidesk.redaction import redact

Line = MutableMapping[str, Any]
_OF_EVERY_RECORD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}
_PLAIN = (str, int, float, bool, UUID)
# Made by ourselves a moment ago; everything else in a line came from somewhere.
_OWN_FIELDS = frozenset({"timestamp", "level", "logger", "request_id", "business_id", "actor_id", "task_id"})


def add_extra(_logger: Any, _method: str, line: Line) -> Line:
    """The plain values of `extra={...}`; an object there (Django puts the request) would tell far too much."""
    record = line.get("_record")
    if not isinstance(record, logging.LogRecord):
        return line
    for name, value in record.__dict__.items():
        if name not in _OF_EVERY_RECORD and isinstance(value, _PLAIN):
            line.setdefault(name, value if isinstance(value, int | float) else str(value))
    # Django writes the path, in which an order's link has its secret; the route says where it was.
    request = record.__dict__.get("request")
    path = getattr(request, "path", "")
    if request is not None and hasattr(request, "request_id"):
        # Django speaks of a refused request after all middleware has ended.
        line.setdefault("request_id", request.request_id)
    if path and isinstance(line.get("event"), str):
        match = getattr(request, "resolver_match", None)
        line["event"] = line["event"].replace(path, match.view_name if match else "unknown address")
    # Celery's main process speaks of tasks outside of them.
    about = record.__dict__.get("data")
    if isinstance(about, dict) and about.get("id"):
        line.setdefault("task_id", str(about["id"]))
        line.setdefault("task", str(about.get("name", "")))
    return line


def add_trace(_logger: Any, _method: str, line: Line) -> Line:
    """The ids of what is going on."""
    # Not at the top: settings read this file before Django knows its apps.
    from apps.kernel import trace

    going_on = trace.current()
    if going_on is not None:
        for name, value in going_on.fields().items():
            line.setdefault(name, value)
    return line


def take_out_personal_data(_logger: Any, _method: str, line: Line) -> Line:
    """No address, number, token or secret in any value, in the message or in the text of an exception."""
    for name, value in line.items():
        if name not in _OWN_FIELDS and not name.startswith("_"):
            line[name] = redact(value, name)
    return line


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.PositionalArgumentsFormatter(),
    add_extra,
    add_trace,
    structlog.processors.format_exc_info,
]


def wants_json() -> bool:
    """JSON in production; LOG_JSON says otherwise."""
    value = os.environ.get("LOG_JSON") or os.environ.get("MONIDESK_PRODUCTION") or ""
    return value.strip().lower() in {"1", "true", "yes", "on"}


def logging_settings(*, as_json: bool, level: str) -> dict[str, Any]:
    """Return Django's LOGGING; records of `logging` and of structlog come out alike."""
    renderer: Any = structlog.processors.JSONRenderer()
    if not as_json:
        renderer = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    through: dict[str, Any] = {"level": level, "handlers": [], "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    take_out_personal_data,
                    renderer,
                ],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": through,
            "django.server": through,
            "gunicorn.error": through,
            # One line a request and one a task are written by ourselves, with their ids.
            "gunicorn.access": {**through, "level": "ERROR"},
            "celery.worker.strategy": {**through, "level": "WARNING"},
            "celery.app.trace": {**through, "level": "WARNING"},
        },
    }
