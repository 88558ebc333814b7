"""A company that does not answer is left alone, by all processes together."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from apps.kernel import clock
from apps.kernel.circuits import Ahead, Circuit, CircuitOpen, forget_old_circuits, list_open
from apps.kernel.models import CircuitState

pytestmark = pytest.mark.django_db


class Silence(Exception):
    pass


def line(name: str = "acme", failures: int = 3) -> Circuit:
    return Circuit(name, silence=Silence, failures=failures, pause_seconds=30)


def fail(circuit: Circuit) -> None:
    with pytest.raises(Silence), circuit.guard():
        raise Silence


def test_the_count_is_one_for_all_who_call() -> None:
    """Each process has an object of its own; what they have seen is added up."""
    for _process in range(3):
        fail(line())
    with pytest.raises(CircuitOpen), line().guard():
        raise AssertionError("not called")
    assert not line("another").is_open


def test_an_answer_in_between_begins_the_count_anew() -> None:
    for _round in range(4):
        fail(line())
        fail(line())
        with pytest.raises(ValueError, match="a refusal"), line().guard():
            raise ValueError("a refusal is an answer")
    assert not line().is_open
    assert not CircuitState.objects.exists()


def test_a_healthy_company_costs_one_read_and_no_write() -> None:
    with (
        CaptureQueriesContext(
            connection,
        ) as seen,
        line().guard(),
    ):
        pass
    assert [query["sql"].split()[0] for query in seen] == ["SELECT"]


def test_one_failure_is_enough_where_one_is_allowed() -> None:
    fail(line(failures=1))
    assert line(failures=1).is_open


def test_who_is_silent_and_since_when() -> None:
    with clock.travel(dt.datetime(2026, 3, 1, 9, 0, tzinfo=dt.UTC)):
        for _time in range(3):
            fail(line())
        fail(line("another"))
    with clock.travel(dt.datetime(2026, 3, 1, 9, 0, 31, tzinfo=dt.UTC)):
        fail(line())
        (row,) = list_open("ac")
        assert row.opened_at == dt.datetime(2026, 3, 1, 9, 0, tzinfo=dt.UTC)
        assert row.open_until == dt.datetime(2026, 3, 1, 9, 1, 1, tzinfo=dt.UTC)
        assert not list_open("x")
    with clock.travel(dt.datetime(2026, 3, 1, 10, 0, tzinfo=dt.UTC)):
        assert not list_open(), "nobody has called for an hour: that says nothing of now"
        assert forget_old_circuits() == 0
    with clock.travel(dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)):
        assert forget_old_circuits() == 2


def _together(count: int, work: Callable[[], None]) -> None:
    start = threading.Barrier(count)

    def one() -> None:
        start.wait(20)
        try:
            work()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _each in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_of_many_workers_one_tries(transactional_db: None) -> None:
    now = clock.now()
    CircuitState.objects.create(
        name="acme", failures=3, opened_at=now, open_until=now - dt.timedelta(seconds=1), changed_at=now
    )
    called, inside = [], threading.Event()

    def call() -> None:
        try:
            with line().guard():
                called.append(1)
                inside.wait(1)
        except CircuitOpen:
            pass

    _together(6, call)
    assert called == [1]
    assert not line().is_open, "it answered"


def test_silences_at_once_are_all_counted(transactional_db: None) -> None:
    _together(6, lambda: fail(line(failures=50)))
    assert CircuitState.objects.get().failures == 6


def test_asked_ahead_a_call_asks_nothing_and_is_told_after() -> None:
    def one(*, silent: bool) -> Ahead:
        ahead = Ahead(line())
        with CaptureQueriesContext(connection) as seen, ahead.apart(), suppress(Silence), line().guard():
            if silent:
                raise Silence
        assert len(seen) == 0
        return ahead

    for _call in range(2):
        one(silent=True).tell()
    one(silent=False).tell()
    assert not CircuitState.objects.exists(), "an answer begins the count anew"
    one(silent=True).tell()
    one(silent=True).tell()
    Ahead(line()).tell(is_given_up=True)
    with pytest.raises(CircuitOpen):
        Ahead(line())
    with clock.travel(dt.timedelta(seconds=31)):
        trial = one(silent=False)
        with pytest.raises(CircuitOpen):
            Ahead(line())
        trial.tell()
        assert not line().is_open
        assert not CircuitState.objects.exists()
    for _call in range(3):
        one(silent=True).tell()
    with clock.travel(dt.timedelta(seconds=31)):
        Ahead(line()).tell()
        assert line().is_open is False, "a trial that was not made is the next caller's"
        one(silent=False).tell()
        assert not CircuitState.objects.exists()
    with pytest.raises(RuntimeError), Ahead(line()).apart(), line("another").guard():
        raise AssertionError("not called")
