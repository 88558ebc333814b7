"""The request's id goes along: into tasks, into deliveries, into what those ask for."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from celery import shared_task, signals

from apps.kernel import outbox, tenancy, trace
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.kernel.models import OutboxEvent
from tests.kernel import probe
from tests.operations.conftest import Lines


@shared_task(name="probe.look", ignore_result=True)
def look(fail: bool = False) -> None:
    logging.getLogger("apps.probe").info("looking for ada@lovelace.example")
    if fail:
        raise RuntimeError("no sight of ada@lovelace.example")


def run(headers: dict[str, Any], **arguments: Any) -> None:
    """What a worker does with a message: the headers it came with, the signals around it."""
    look.apply(kwargs=arguments, headers=headers, task_id="0b0e6a4e-0000-4000-8000-000000000001")


def test_a_message_carries_the_id_of_its_request() -> None:
    sent: list[dict[str, Any]] = []

    def keep(headers: dict[str, Any], **_rest: Any) -> None:
        sent.append(dict(headers))

    signals.before_task_publish.connect(keep, weak=False)
    try:
        with trace.opened(trace.Trace(request_id="request-0001")):
            look.apply_async()
        look.apply_async()
    finally:
        signals.before_task_publish.disconnect(keep)
    assert [headers.get("request_id") for headers in sent] == ["request-0001", None]


def test_all_lines_of_a_task_carry_both_ids_and_nobody(lines: Lines) -> None:
    run({"request_id": "request-0001"})
    first, last = lines()
    for line in (first, last):
        assert line["request_id"] == "request-0001"
        assert line["task"] == "probe.look"
        assert line["task_id"] == "0b0e6a4e-0000-4000-8000-000000000001"
    assert first["event"] == "looking for [removed]"
    assert (last["event"], last["state"]) == ("task", "success")
    assert last["duration_ms"] >= 0
    assert trace.current() is None


def test_a_task_of_the_clock_goes_back_to_itself(lines: Lines) -> None:
    run({})
    assert {line["request_id"] for line in lines()} == {"0b0e6a4e000040008000000000000001"}


def test_a_failed_task_says_why_under_its_ids(lines: Lines) -> None:
    run({"request_id": "request-0001"}, fail=True)
    failed = next(line for line in lines() if line["event"].startswith("task failed"))
    assert failed["request_id"] == "request-0001"
    assert "RuntimeError" in failed["exception"]
    assert "lovelace" not in failed["event"] + failed["exception"]
    assert lines()[-1]["state"] == "failure"


@pytest.fixture
def clerk() -> Iterator[Actor]:
    yield Actor("user", new_id(), "Ada", new_id(), permissions=frozenset({"probe.write"}))
    probe.received.clear()
    probe.fail_on.clear()


@pytest.mark.django_db(transaction=True)
def test_a_delivery_goes_back_to_the_request_that_published(clerk: Actor, lines: Lines) -> None:
    subject = new_id()
    probe.fail_on.add(("second", 1))
    probe.count(dataclasses.replace(clerk, request_id="request-0001"), subject=subject, step=1)
    with tenancy.bind(clerk.business_id):
        assert OutboxEvent.objects.get().request_id == "request-0001"
    logging.getLogger("apps.probe").info("not in the request")
    outbox.drain(business_id=clerk.business_id)
    failed = next(line for line in lines() if line["event"].startswith("Delivery"))
    assert failed["request_id"] == "request-0001"
    assert failed["subscriber"] == "probe.second"
    assert failed["business_id"] == str(clerk.business_id)
    assert trace.current() is None
