"""Traces and fault reports: off and free unless asked for, and nobody's data when on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from celery import shared_task
from django.test import Client
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from apps.kernel import trace
from apps.platform.businesses.models import Business
from monidesk import task_trace, telemetry
from tests.ground.workers import ROOT

ABOVE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@shared_task(name="probe.traced", ignore_result=True)
def traced(fail: bool = False) -> None:
    if fail:
        raise RuntimeError("for ada@lovelace.example")


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    stop = telemetry.start_tracing(SimpleSpanProcessor(exporter))
    yield exporter
    stop()


def test_a_start_without_them_imports_neither() -> None:
    code = (
        "import sys, monidesk.wsgi; print([n for n in ('sentry_sdk', 'opentelemetry') if n in sys.modules])"
    )
    unset = {"SENTRY_DSN", "OTEL_EXPORTER_OTLP_ENDPOINT", "PYTEST_VERSION"}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_variable_without_its_library_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "_started", False)
    monkeypatch.setenv("SENTRY_DSN", "https://k@sentry.example/1")
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    with pytest.raises(RuntimeError, match=r"SENTRY_DSN .* requirements-telemetry"):
        telemetry.start()


def test_a_request_is_a_span_below_the_callers(
    client: Client, business: Business, spans: InMemorySpanExporter
) -> None:
    client.get(f"/store/{business.slug}/products/?q=ada@lovelace.example", headers={"traceparent": ABOVE})
    (span,) = spans.get_finished_spans()
    assert span.name == "storefront:products"
    assert span.parent is not None
    assert f"{span.context.trace_id:032x}-{span.parent.span_id:016x}" in ABOVE
    attributes = dict(span.attributes or {})
    assert attributes["monidesk.business_id"] == str(business.pk)
    assert "lovelace" not in span.to_json()


def test_a_task_hangs_below_the_request_that_asked_for_it(spans: InMemorySpanExporter) -> None:
    headers: dict[str, Any] = {}
    with trace.opened(trace.Trace(request_id="request-0001", route="orders")):
        task_trace.send_along(headers)
    traced.apply(headers=headers)
    request, task = spans.get_finished_spans()
    assert task.name == "probe.traced"
    assert task.parent is not None
    assert task.parent.span_id == request.context.span_id
    assert dict(task.attributes or {})["monidesk.request_id"] == "request-0001"


def test_a_failed_task_is_a_failed_span_and_tells_nobodys_data(spans: InMemorySpanExporter) -> None:
    traced.apply(kwargs={"fail": True})
    (span,) = spans.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert "lovelace" not in span.to_json()


def test_a_fault_report_has_ids_and_nobodys_data() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_VERSION"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.operations.faulty"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    event = json.loads(done.stdout)[0]
    assert event["tags"]["request_id"] == "request-0001"
    assert event["tags"]["route"] == "greet"
    assert "cannot greet [removed]" in json.dumps(event["exception"])
    for word in ("lovelace", "7946", "hunter2", "Zx81kQpL0", "Qw12eRtY3", "203.0.114.9"):
        assert word not in done.stdout, word
