"""Many events in one transaction, for a past that is made up: in order, as of their own moments, all or nothing."""

from __future__ import annotations

import datetime as dt

import pytest

from apps.kernel import clock, outbox
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.ids import new_id
from apps.kernel.models import Delivery, OutboxEvent
from apps.kernel.use_cases import together

from . import probe

pytestmark = pytest.mark.django_db(transaction=True)
LAST_SPRING = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)


def test_each_is_delivered_once_in_order_and_in_its_own_time(clerk: Actor) -> None:
    subject = new_id()
    for step in range(1, 4):
        with clock.travel(LAST_SPRING + dt.timedelta(hours=step)):
            probe.count(clerk, subject=subject, step=step)
    assert clerk.business_id is not None
    assert outbox.deliver_together(clerk.business_id) == 6
    assert outbox.deliver_together(clerk.business_id) == 0
    for subscriber in ("first", "second"):
        assert [step for name, _subject, step in probe.received if name == subscriber] == [1, 2, 3]
    done = Delivery.objects.order_by("pk").values_list("state", "attempts", "done_at")
    hours = sorted((moment - LAST_SPRING).total_seconds() / 3600 for _state, _attempts, moment in done)
    assert {(state, attempts) for state, attempts, _moment in done} == {("done", 1)}
    assert hours == [1, 1, 2, 2, 3, 3]


def test_another_business_waits_for_its_own(clerk: Actor) -> None:
    probe.count(clerk, subject=new_id(), step=1)
    assert outbox.deliver_together(new_id()) == 0
    assert Delivery.objects.filter(state="pending").count() == 2


def test_a_failure_is_raised_and_takes_the_batch_back(clerk: Actor) -> None:
    subject = new_id()
    probe.fail_on.add(("first", 2))
    for step in (1, 2):
        probe.count(clerk, subject=subject, step=step)
    assert clerk.business_id is not None
    with pytest.raises(Exception, match="cannot take step 2"):
        outbox.deliver_together(clerk.business_id)
    assert Delivery.objects.filter(state="pending", attempts=0).count() == 4
    assert probe.counter(f"first:{subject}:1"[:60], clerk.business_id) == 0


def test_services_called_together_are_kept_together_or_not_at_all(clerk: Actor) -> None:
    def two_and_a_fault() -> None:
        with together(clerk):
            probe.count(clerk, subject=new_id(), step=1)
            probe.count(clerk, subject=new_id(), step=2)
            raise InvalidInput()

    with pytest.raises(InvalidInput):
        two_and_a_fault()
    assert OutboxEvent.objects.count() == 0
    with together(clerk):
        probe.count(clerk, subject=new_id(), step=1)
        probe.count(clerk, subject=new_id(), step=2)
        assert OutboxEvent.objects.count() == 0
    assert OutboxEvent.objects.count() == 2
