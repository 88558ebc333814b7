"""Events: written with the work, delivered once, in order per owner; the poisonous are parked."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from apps.kernel import clock, outbox
from apps.kernel.actors import Actor
from apps.kernel.events import from_payload, to_payload
from apps.kernel.ids import new_id
from apps.kernel.models import Delivery, OutboxEvent

from . import probe

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_event_comes_back_with_its_types() -> None:
    fact = probe.Counted(business_id=new_id(), subject=new_id(), step=3, amount=Decimal("1.50"))
    payload = to_payload(fact)
    assert payload["amount"] == "1.50"
    assert from_payload("probe.counted", 1, payload) == fact
    with pytest.raises(LookupError):
        from_payload("probe.counted", 2, payload)


def test_each_subscriber_gets_each_event_once_in_order(clerk: Actor) -> None:
    subject = new_id()
    for step in range(1, 6):
        probe.count(clerk, subject=subject, step=step)
    outbox.drain()
    for subscriber in ("first", "second"):
        steps = [step for name, _subject, step in probe.received if name == subscriber]
        assert steps == [1, 2, 3, 4, 5]
    assert outbox.drain() == 0


def test_a_poisonous_event_holds_back_only_its_own_owner_and_subscriber(clerk: Actor) -> None:
    subject, bystander = new_id(), new_id()
    probe.fail_on.add(("first", 1))
    probe.count(clerk, subject=subject, step=1)
    probe.count(clerk, subject=subject, step=2)
    probe.count(clerk, subject=bystander, step=3)
    outbox.drain(seconds=5)
    assert set(probe.received) == {
        ("second", subject, 1),
        ("second", subject, 2),
        ("first", bystander, 3),
        ("second", bystander, 3),
    }
    stuck = Delivery.objects.get(state="pending", attempts__gt=0)
    assert "cannot take step 1" in stuck.last_error
    assert probe.counter(f"first:{subject}:1"[:60], clerk.business_id) == 0


def test_after_the_last_attempt_it_is_parked_and_replay_delivers_it_under_the_same_id(clerk: Actor) -> None:
    subject = new_id()
    probe.fail_on.add(("first", 1))
    probe.count(clerk, subject=subject, step=1)
    probe.count(clerk, subject=subject, step=2)
    moment = clock.now()
    for _attempt in range(outbox.MAX_ATTEMPTS):
        moment += dt.timedelta(seconds=outbox.LONGEST_PAUSE_SECONDS * 2)
        with clock.travel(moment):
            outbox.dispatch_pending()
    parked = Delivery.objects.get(state="dead")
    assert (parked.attempts, outbox.depth().parked) == (outbox.MAX_ATTEMPTS, 1)
    with clock.travel(moment):
        outbox.drain()
        assert ("first", subject, 2) in probe.received
        probe.fail_on.clear()
        assert outbox.replay([parked.pk], business_id=new_id()) == []
        assert [one.id for one in outbox.replay([parked.pk], business_id=clerk.business_id)] == [parked.pk]
        outbox.drain()
    assert probe.received.count(("first", subject, 1)) == 1
    assert outbox.depth() == outbox.Depth(0, 0.0, 0)


def test_the_pause_grows_to_an_hour() -> None:
    pauses = [outbox.pause_after(n).total_seconds() for n in range(1, 20)]
    assert pauses[0] <= 1.2
    assert pauses[3] >= 6
    assert 0.8 * 3600 <= pauses[-1] <= 1.2 * 3600


def test_dispatchers_at_once_deliver_once_and_keep_the_order(clerk: Actor) -> None:
    subjects = [new_id() for _ in range(6)]
    for step in range(1, 6):
        for subject in subjects:
            probe.count(clerk, subject=subject, step=step)
    probe.at_once(4, lambda _i: outbox.drain(seconds=20))
    assert outbox.depth().waiting == 0
    for subject in subjects:
        for subscriber in ("first", "second"):
            steps = [step for name, owner, step in probe.received if (name, owner) == (subscriber, subject)]
            assert steps == [1, 2, 3, 4, 5]
            assert probe.counter(f"{subscriber}:{subject}:1"[:60], clerk.business_id) == 1


def test_an_unknown_subscriber_is_kept_with_its_cause(clerk: Actor) -> None:
    probe.count(clerk, subject=new_id(), step=1)
    Delivery.objects.filter(subscriber="probe.first").update(subscriber="probe.gone")
    outbox.drain()
    assert "No subscriber probe.gone" in Delivery.objects.get(subscriber="probe.gone").last_error


def test_writing_many_events_takes_two_queries(clerk: Actor, django_assert_max_num_queries: object) -> None:
    probe.count(clerk, subject=new_id(), step=1)
    with django_assert_max_num_queries(6) as captured:  # type: ignore[operator]
        probe.count(clerk, subject=new_id(), step=1)
    statements = [query["sql"] for query in captured.captured_queries]
    assert sum("outboxevent" in sql for sql in statements) == 1
    assert sum("kernel_delivery" in sql for sql in statements) == 1
    assert OutboxEvent.objects.count() == 2
