"""The scrape: who may, what it tells, how many queries it costs, and counting with several processes."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from celery import shared_task
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from apps.kernel import clock, metrics
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.kernel.models import Delivery
from apps.platform.businesses.models import Business
from apps.platform.jobs.models import DeadTask
from monidesk import gauges
from tests.ground.test_demo_run import free_port
from tests.ground.workers import ROOT, wait_until
from tests.kernel import probe

QUERIES_OF_A_SCRAPE = 8


@shared_task(name="probe.fails", ignore_result=True)
def fails() -> None:
    raise RuntimeError


def scrape(client: Client, **headers: Any) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    response = client.get("/metrics", **headers)
    assert response.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def value(found: dict[Any, float], name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)


@pytest.mark.parametrize(
    ("token", "address", "extra", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "10.1.2.3", {}, 200),
        ("", "fd00::7", {}, 200),
        ("", "203.0.114.9", {}, 404),
        ("", "10.1.2.3", {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 404),  # a proxy is no neighbour
        ("", "203.0.114.9", {"HTTP_AUTHORIZATION": "Bearer "}, 404),
        ("s3cret", "10.1.2.3", {}, 404),
        ("s3cret", "127.0.0.1", {}, 200),
        ("s3cret", "203.0.114.9", {"HTTP_AUTHORIZATION": "Bearer s3cret"}, 200),
        ("s3cret", "203.0.114.9", {"HTTP_AUTHORIZATION": "Bearer s3cre"}, 404),
        ("s3cret", "203.0.114.9", {"HTTP_AUTHORIZATION": "Bearer s3cret", "HTTP_VIA": "1.1 x"}, 200),
    ],
)
def test_who_may_scrape(
    client: Client, db: None, settings: Any, token: str, address: str, extra: dict[str, str], status: int
) -> None:
    settings.METRICS_TOKEN = token
    assert client.get("/metrics", REMOTE_ADDR=address, **extra).status_code == status  # type: ignore[arg-type]


def test_requests_are_counted_by_route_and_never_by_path(client: Client, business: Business) -> None:
    before = scrape(client)
    client.get(f"/store/{business.slug}/products/?q=secret-search")
    client.get(f"/store/{business.slug}/")
    client.get("/no/such/secret-path/")
    client.generic("BREW", f"/store/{business.slug}/")
    after = scrape(client)

    def grown(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    total = "monidesk_http_requests_total"
    assert grown(total, route="storefront:products", method="GET", status="200") == 1
    assert grown("monidesk_http_request_seconds_count", route="storefront:products") == 1
    assert grown(total, route="none", method="GET", status="404") == 1
    assert grown(total, route="storefront:home", method="other", status="405") == 1
    # The text holds every route that the process has served: a list of words, for no difference of it is readable.
    text = repr(after)
    asked = ("BREW", "secret-search", "secret-path", f"/{business.slug}/", str(business.pk))
    assert [word for word in asked if word in text] == []


def test_a_fault_is_counted_as_an_error(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr("apps.selling.storefront.views.landing.render", lambda *a, **k: 1 / 0)
    before = scrape(client)
    assert client.get("/").status_code == 500
    after = scrape(client)
    name, labels = "monidesk_http_errors_total", {"route": "storefront:front"}
    assert value(after, name, **labels) == value(before, name, **labels) + 1


def test_tasks_are_counted_by_name_and_end(client: Client, db: None) -> None:
    before = scrape(client)
    fails.apply()
    after = scrape(client)
    for name, labels in (
        ("monidesk_tasks_total", {"task": "probe.fails", "state": "failure"}),
        ("monidesk_task_failures_total", {"task": "probe.fails"}),
        ("monidesk_task_seconds_count", {"task": "probe.fails"}),
    ):
        assert value(after, name, **labels) == value(before, name, **labels) + 1


def test_the_gauges_tell_sums_over_all_businesses_in_a_fixed_number_of_queries(
    client: Client, db: None, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(QUERIES_OF_A_SCRAPE):
        empty = scrape(client)
    assert value(empty, "monidesk_outbox_waiting") == 0
    for step in range(3):
        clerk = Actor("user", new_id(), "Ada", new_id(), permissions=frozenset({"probe.write"}))
        probe.count(clerk, subject=new_id(), step=step)
    Delivery.objects.filter(pk=Delivery.objects.order_by("pk").values("pk")[:1]).update(state="dead")
    for number, state in enumerate(("open", "open", "discarded")):
        DeadTask.objects.create(fingerprint=str(number), kind="lost", state=state, task="x", task_id="x")
    with clock.travel(dt.timedelta(minutes=5)), django_assert_num_queries(QUERIES_OF_A_SCRAPE):
        found = scrape(client)
    assert value(found, "monidesk_outbox_waiting") == 5
    assert value(found, "monidesk_outbox_dead_letters") == 1
    assert value(found, "monidesk_dead_tasks") == 2
    assert 299 < value(found, "monidesk_outbox_oldest_seconds") < 320
    assert value(found, "monidesk_disk_free_bytes") > 0
    assert value(found, "monidesk_gauge_failed") == 0


def test_a_gauge_that_cannot_be_read_is_counted_and_the_others_tell(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gauges, "SOURCES", (lambda: {}["gone"], gauges.of_outbox))
    found = scrape(client)
    assert value(found, "monidesk_gauge_failed") == 1
    assert ("monidesk_outbox_waiting", frozenset()) in found


def test_no_metric_has_a_label_of_a_business_or_a_person() -> None:
    labels = {label for metric in metrics.registry._collector_to_names for label in metric._labelnames}
    assert labels == {"route", "method", "status", "task", "state", "scope", "provider", "outcome"}


@pytest.mark.django_db(transaction=True)
def test_two_processes_count_together_and_keep_what_an_ended_one_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real gunicorn with two workers, of which one is replaced after each few requests."""
    port = free_port()
    import os

    environment = {k: v for k, v in os.environ.items() if k != "PYTEST_VERSION"}
    environment |= {"METRICS_DIR": str(tmp_path / "metrics"), "MONIDESK_VAR": str(tmp_path), "LOG_JSON": "1"}
    command = [sys.executable, "-m", "gunicorn", "--config", "python:monidesk.web_server", "monidesk.wsgi"]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--max-requests", "7"]
    with (tmp_path / "web.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:

        def ask(path: str) -> str:
            # On a busy machine both workers may be starting again at once, and that takes its time.
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
                return str(answer.read().decode())

        def stands() -> bool:
            with suppress(OSError):
                return "ok" in ask("/health/live")
            return False

        wait_until(stands, seconds=60, what="the web answers")
        asked = 30
        for _turn in range(asked):
            for _try in range(5):
                with suppress(OSError):  # a worker that goes may take a connection with it
                    ask("/health/live")
                    break
        files = len(list((tmp_path / "metrics" / "web").glob("counter_*.db")))
        text = ask("/metrics")
    finally:
        process.terminate()
        process.wait(20)
    found = re.search(r'monidesk_http_requests_total\{[^}]*route="health_live"[^}]*\} (\S+)', text)
    assert found is not None, text[:2000]
    assert float(found.group(1)) >= asked
    assert files > 2, "no worker was replaced, so nothing was proved"
