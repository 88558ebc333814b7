"""The one write path: refusals before locks, all or nothing, joining, lock order, busy rows."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading

import pytest
from django.db import connection, transaction

from apps.kernel import clock, tenancy, use_cases
from apps.kernel.actors import Actor
from apps.kernel.errors import Busy, LockOrderError, PermissionRefused, UnboundTenant
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank, lock, note
from apps.kernel.models import AuditEntry, OutboxEvent, SeriesCounter
from apps.kernel.series import next_number
from apps.kernel.use_cases import attempt, use_case
from apps.kernel.work import at_close
from apps.platform.businesses.models import Location

from . import probe


def test_the_clock_can_be_moved() -> None:
    noon = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    with clock.travel(noon):
        assert clock.now() == noon
        with clock.travel(dt.timedelta(days=1)):
            assert clock.now() == noon + dt.timedelta(days=1)
        assert clock.today("Pacific/Auckland") == dt.date(2026, 3, 2)
    assert abs(clock.now() - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=5)


def test_ids_sort_by_time() -> None:
    ids = [new_id() for _ in range(500)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 500
    assert ids[0].version == 7


@pytest.mark.django_db
def test_refuses_before_touching_the_database(clerk: Actor, django_assert_num_queries: object) -> None:
    stranger = Actor("user", new_id(), "Eve", clerk.business_id)
    with django_assert_num_queries(0), pytest.raises(PermissionRefused):  # type: ignore[operator]
        probe.count(stranger, subject=new_id(), step=1)


@pytest.mark.django_db(transaction=True)
def test_work_event_and_audit_stand_or_fall_together(clerk: Actor) -> None:
    with pytest.raises(RuntimeError, match="failed after writing"):
        probe.count(clerk, subject=new_id(), step=1, fail=True)
    assert (SeriesCounter.objects.count(), OutboxEvent.objects.count(), AuditEntry.objects.count()) == (
        0,
        0,
        0,
    )
    probe.count(clerk, subject=new_id(), step=1)
    assert (SeriesCounter.objects.count(), OutboxEvent.objects.count(), AuditEntry.objects.count()) == (
        1,
        1,
        1,
    )


@pytest.mark.django_db(transaction=True)
def test_nested_services_join_the_outer_transaction(clerk: Actor) -> None:
    @use_case()
    def outer(actor: Actor) -> None:
        probe.count(actor, subject=new_id(), step=1)
        probe.count(actor, subject=new_id(), step=2)
        raise RuntimeError("outer fails")

    with pytest.raises(RuntimeError, match="outer fails"):
        outer(clerk)
    assert OutboxEvent.objects.count() == 0


@pytest.mark.django_db
def test_a_lock_out_of_order_raises(clerk: Actor) -> None:
    @use_case()
    def backwards(actor: Actor) -> None:
        next_number("late")
        lock(Rank.STOCK, SeriesCounter.objects.all())

    with pytest.raises(LockOrderError, match="STOCK asked for after rank SERIES"):
        backwards(clerk)
    with pytest.raises(LockOrderError, match="inside a use case"):
        note(Rank.ROOT)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_stays_locked_is_reported_as_busy(clerk: Actor) -> None:
    probe.count(clerk, subject=new_id(), step=1)
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(SeriesCounter.objects.select_for_update())
            held.set()
            release.wait(10)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(5)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '150ms'")
        with pytest.raises(Busy):
            probe.count(clerk, subject=new_id(), step=2)
    finally:
        release.set()
        holder.join()
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_retried_and_reaches_nobody(clerk: Actor) -> None:
    """Two writers take two series in opposite order; PostgreSQL kills one, the retry completes it."""
    meet = threading.Barrier(2, timeout=5)
    tries: list[int] = []

    @use_case()
    def cross(actor: Actor, *, one: str, two: str) -> None:
        tries.append(1)
        next_number(one)
        if len(tries) <= 2:
            meet.wait()
        next_number(two)

    orders = [("a", "b"), ("b", "a")]
    results = probe.at_once(2, lambda i: cross(clerk, one=orders[i][0], two=orders[i][1]))
    assert results == [None, None]
    assert len(tries) == 3
    assert probe.counter("a", clerk.business_id) == probe.counter("b", clerk.business_id) == 2


@pytest.mark.django_db(transaction=True)
def test_without_the_retry_a_deadlock_would_reach_somebody(
    clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(use_cases, "_TRIES", 1)
    meet = threading.Barrier(2, timeout=5)

    @use_case()
    def cross(actor: Actor, *, one: str, two: str) -> None:
        next_number(one)
        meet.wait()
        next_number(two)

    orders = [("a", "b"), ("b", "a")]
    results = probe.at_once(2, lambda i: cross(clerk, one=orders[i][0], two=orders[i][1]))
    assert sum(isinstance(result, Busy) for result in results) == 1


@pytest.mark.django_db(transaction=True)
def test_series_have_no_gaps_when_many_write_and_some_fail(clerk: Actor) -> None:
    def work(index: int) -> int | None:
        try:
            return probe.count(clerk, subject=new_id(), step=index, fail=index % 3 == 0)["number"]
        except RuntimeError:
            return None

    numbers = sorted(number for number in probe.at_once(12, work) if number is not None)
    assert numbers == list(range(1, 9))


@pytest.mark.django_db
def test_a_tenant_query_without_a_bound_tenant_raises() -> None:
    with pytest.raises(UnboundTenant):
        Location.objects.count()
    with pytest.raises(UnboundTenant):
        Location(name="Nowhere")
    with tenancy.bind(new_id()):
        assert Location.objects.count() == 0
    with pytest.raises(UnboundTenant):
        Location.objects.all()


@use_case(unaudited="a probe of the tests")
def _count_in_parts(actor: Actor, *, log: list[str], refuse: bool = False) -> None:
    """Two parts, of which one comes to nothing, and steps of both that wait for the end."""
    at_close(lambda: log.append("first step"))
    with contextlib.suppress(ValueError), attempt():
        probe.count(actor, subject=new_id(), step=1)
        note(Rank.SERIES)
        at_close(lambda: log.append("step of what came to nothing"))
        raise ValueError("comes to nothing")
    note(Rank.STOCK)  # where the attempt began, its own locks are free again
    probe.count(actor, subject=new_id(), step=2)

    def last() -> None:
        log.append("last step")
        note(Rank.COUPON)
        if refuse:
            raise LookupError("used up")

    at_close(last)
    log.append("all else")


@pytest.mark.django_db(transaction=True)
def test_steps_of_the_end_come_after_all_else_and_go_with_what_came_to_nothing(clerk: Actor) -> None:
    log: list[str] = []
    _count_in_parts(clerk, log=log)
    assert log == ["all else", "first step", "last step"]
    assert [(event.payload["step"]) for event in OutboxEvent.objects.all()] == [2]
    assert AuditEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_refusal_at_the_end_undoes_all_of_it(clerk: Actor) -> None:
    with pytest.raises(LookupError, match="used up"):
        _count_in_parts(clerk, log=[], refuse=True)
    assert (SeriesCounter.objects.count(), OutboxEvent.objects.count(), AuditEntry.objects.count()) == (
        0,
        0,
        0,
    )
