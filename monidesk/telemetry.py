"""Traces for OpenTelemetry and faults for Sentry, when their environment variables are set; else not even imported.

OTEL_EXPORTER_OTLP_ENDPOINT sends a span for each request, task and delivery (`apps.kernel.trace`), joined across
processes by the W3C header `traceparent`. SENTRY_DSN sends faults. What they carry is what a log line carries: ids
and names of routes; the rest goes through the same `redact`. The libraries are in requirements-telemetry.txt.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from monidesk.redaction import redact

_started = False
MISSING = "{variable} is set, but {library} is not installed: pip install -r requirements-telemetry.txt"


def start() -> None:
    """Begin to send, in a process that does work: after a fork, because both send from a thread of their own."""
    global _started
    if _started:
        return
    _started = True
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") and os.environ.get("OTEL_SDK_DISABLED", "") != "true":
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            raise RuntimeError(
                MISSING.format(variable="OTEL_EXPORTER_OTLP_ENDPOINT", library="opentelemetry")
            ) from error
        start_tracing(BatchSpanProcessor(OTLPSpanExporter()))
    if dsn := os.environ.get("SENTRY_DSN"):
        try:
            start_fault_reports(dsn)
        except ImportError as error:
            raise RuntimeError(MISSING.format(variable="SENTRY_DSN", library="sentry-sdk")) from error


def start_tracing(processor: Any) -> Any:
    """Give each trace of the kernel a span that `processor` gets; returns what takes them off again."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import SpanKind, Status, StatusCode, use_span
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    from apps.kernel import trace

    name = os.environ.get("OTEL_SERVICE_NAME") or "monidesk"
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(processor)
    tracer, carrier_of = provider.get_tracer("monidesk"), TraceContextTextMapPropagator()

    @contextmanager
    def span_of(going_on: trace.Trace) -> Iterator[None]:
        # A delivery inside a task hangs below it; a message or a request may name a parent elsewhere.
        parent = carrier_of.extract({"traceparent": going_on.traceparent}) if going_on.traceparent else None
        kind = SpanKind.CONSUMER if going_on.task or going_on.delivery else SpanKind.SERVER
        span = tracer.start_span("work", context=parent, kind=kind)
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            carrier: dict[str, str] = {}
            carrier_of.inject(carrier)
            going_on.traceparent = carrier.get("traceparent", "")
            try:
                yield
            finally:
                # The route is known only now.
                fields = going_on.fields()
                span.update_name(
                    fields.get("subscriber") or fields.get("task") or fields.get("route") or "work"
                )
                for key, value in fields.items():
                    span.set_attribute(f"monidesk.{key}", value)
                if going_on.outcome in {"failure", "error"} or going_on.outcome.startswith("5"):
                    span.set_status(Status(StatusCode.ERROR))

    trace.observers.append(span_of)
    return lambda: trace.observers.remove(span_of)


def start_fault_reports(dsn: str, **options: Any) -> None:
    """Send faults, without personal data, local variables, bodies or the people's requests."""
    import sentry_sdk

    sentry_sdk.init(
        dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        traces_sample_rate=None,
        environment=os.environ.get("SENTRY_ENVIRONMENT") or None,
        before_send=clean_report,
        before_breadcrumb=lambda crumb, _hint: redact(crumb),
        **options,
    )


def clean_report(event: Any, _hint: dict[str, Any]) -> Any:
    """The report as it may leave the house: ids of what was going on, and everything else redacted."""
    from apps.kernel import trace

    # The request and the transaction name the address with its secrets; the route does without.
    for name in ("request", "transaction", "user", "server_name", "modules"):
        event.pop(name, None)
    cleaned: dict[str, Any] = redact(event)
    going_on = trace.current()
    cleaned["tags"] = dict(cleaned.get("tags") or {}) | (going_on.fields() if going_on else {})
    return cleaned
