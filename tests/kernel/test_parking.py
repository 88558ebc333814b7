"""What cannot be delivered: checked against its fields, parked with a clean cause, replayed in order, and forgotten."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest

from apps.kernel import clock, events, outbox
from apps.kernel.actors import Actor
from apps.kernel.event_types import list_event_types
from apps.kernel.events import BadPayload, from_payload
from apps.kernel.ids import new_id
from apps.kernel.models import Delivery, OutboxEvent
from apps.kernel.scrub import scrub_text, scrub_values
from apps.kernel.tasks import purge_old_rows

from . import probe

pytestmark = pytest.mark.django_db(transaction=True)
HOURS_LATER = dt.timedelta(seconds=outbox.LONGEST_PAUSE_SECONDS * 2)


def wear_out(*, attempts: int = outbox.MAX_ATTEMPTS) -> dt.datetime:
    """Dispatch so often that what fails is parked; returns the moment after it."""
    moment = clock.now()
    for _attempt in range(attempts):
        moment += HOURS_LATER
        with clock.travel(moment):
            outbox.dispatch_pending()
    return moment


def test_a_fact_of_the_wrong_type_fails_where_it_is_told(clerk: Actor) -> None:
    with pytest.raises(BadPayload, match="step"):
        probe.count(clerk, subject=new_id(), step="three@example.com")  # type: ignore[arg-type]
    assert (OutboxEvent.objects.count(), Delivery.objects.count()) == (0, 0)


def test_a_payload_that_does_not_fit_is_parked_at_once_and_betrays_nothing(clerk: Actor) -> None:
    probe.count(clerk, subject=new_id(), step=1)
    stored = OutboxEvent.objects.get()
    OutboxEvent.objects.update(payload={**stored.payload, "step": "ada@example.com"})
    outbox.dispatch_pending()
    for delivery in Delivery.objects.all():
        assert (delivery.state, delivery.attempts) == ("dead", 1)
        assert "probe.counted v1 does not fit its fields: step" in delivery.last_error
        assert "ada@example.com" not in delivery.last_error
    assert probe.received == []


def test_an_unknown_version_is_parked_and_delivered_once_the_code_knows_it(
    clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = new_id()
    probe.count(clerk, subject=subject, step=1)
    OutboxEvent.objects.update(version=2)
    later = wear_out()
    parked = list(Delivery.objects.all())
    assert [(one.state, one.attempts) for one in parked] == [("dead", outbox.MAX_ATTEMPTS)] * 2
    assert all("No event probe.counted v2 is known here." in one.last_error for one in parked)
    assert OutboxEvent.objects.get().payload["subject"] == str(subject)

    # The new release knows version 2, with a field more that may be missing.
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class CountedAgain(probe.Counted):
        note: str = ""

    monkeypatch.setitem(events._events, ("probe.counted", 2), CountedAgain)
    with clock.travel(later):
        outbox.replay([one.pk for one in parked])
        outbox.drain()
    assert sorted(probe.received) == [("first", subject, 1), ("second", subject, 1)]
    assert outbox.depth() == outbox.Depth(0, 0.0, 0)


def test_both_versions_can_be_on_their_way(clerk: Actor) -> None:
    payload = {"business_id": str(new_id()), "subject": str(new_id()), "step": 1}
    assert from_payload("probe.counted", 1, payload) == probe.Counted(
        business_id=UUID(payload["business_id"]), subject=UUID(payload["subject"]), step=1
    )


@contextmanager
def one_queue_for_all() -> Iterator[None]:
    """The control: a subscriber's queue without owners, as a plain queue would be."""
    broad = outbox._HEAD_OF_OWNER.replace("AND earlier.owner = d.owner", "")
    assert broad != outbox._HEAD_OF_OWNER
    due, claim = (sql.replace(outbox._HEAD_OF_OWNER, broad) for sql in (outbox._DUE, outbox._CLAIM))
    with patch.object(outbox, "_DUE", due), patch.object(outbox, "_CLAIM", claim):
        yield


def poison_and_bystanders(clerk: Actor) -> tuple[UUID, list[UUID]]:
    sick, well = new_id(), [new_id() for _ in range(5)]
    probe.fail_on.add(("first", 1))
    probe.count(clerk, subject=sick, step=1)
    for subject in well:
        probe.count(clerk, subject=subject, step=2)
    outbox.drain(seconds=5)
    return sick, well


def test_poison_blocks_neither_other_owners_nor_other_subscribers(clerk: Actor) -> None:
    sick, well = poison_and_bystanders(clerk)
    assert ("second", sick, 1) in probe.received
    assert {("first", subject, 2) for subject in well} <= set(probe.received)


def test_control_with_one_queue_for_all_owners_poison_blocks_them(clerk: Actor) -> None:
    with one_queue_for_all():
        _sick, well = poison_and_bystanders(clerk)
    assert not {("first", subject, 2) for subject in well} & set(probe.received)


def test_a_replay_takes_earlier_ones_of_the_owner_along_and_keeps_their_order(clerk: Actor) -> None:
    subject, other = new_id(), new_id()
    for step in (1, 2, 3):
        probe.fail_on.add(("first", step))
        probe.count(clerk, subject=subject, step=step)
    probe.count(clerk, subject=other, step=3)
    later = wear_out(attempts=3 * outbox.MAX_ATTEMPTS)
    parked = list(Delivery.objects.filter(state="dead").order_by("pk"))
    assert [one.event.payload["step"] for one in parked] == [1, 2, 3, 3]
    probe.fail_on.clear()
    probe.received.clear()
    with clock.travel(later):
        back = outbox.replay([parked[1].pk], business_id=clerk.business_id)
        outbox.drain()
    assert [one.id for one in back] == [parked[0].pk, parked[1].pk]
    assert probe.received == [("first", subject, 1), ("first", subject, 2)]
    with clock.travel(later):
        assert len(outbox.replay([], business_id=clerk.business_id, subscriber="probe.second")) == 0
        assert len(outbox.replay([], business_id=new_id(), subscriber="probe.first")) == 0
        assert len(outbox.replay([], business_id=clerk.business_id, subscriber="probe.first")) == 2
        outbox.drain()
    assert set(probe.received[2:]) == {("first", subject, 3), ("first", other, 3)}


def test_the_registry_shows_versions_fields_and_figures_in_two_queries(
    clerk: Actor, django_assert_num_queries: Any
) -> None:
    probe.count(clerk, subject=new_id(), step=1)
    Delivery.objects.filter(subscriber="probe.first").update(state="dead")
    Delivery.objects.filter(subscriber="probe.second").update(subscriber="probe.gone")
    with clock.travel(clock.now() - dt.timedelta(hours=25)):
        probe.count(clerk, subject=new_id(), step=2)
    with django_assert_num_queries(2):
        types = {one.name: one for one in list_event_types(clerk.business_id)}
    counted = types["probe.counted"]
    assert (counted.lately, counted.waiting, counted.parked) == (1, 3, 1)
    (version,) = counted.versions
    assert [(field.name, field.holds, field.is_required) for field in version.fields] == [
        ("business_id", "id", True),
        ("subject", "id", True),
        ("step", "whole number", True),
        ("amount", "amount", False),
    ]
    assert {name: one.is_known for name, one in counted.subscribers.items()} == {
        "probe.first": True,
        "probe.second": True,
        "probe.gone": False,
    }
    placed = types["orders.placed"]
    assert placed.publisher == "Orders"
    assert placed.subscribers["orders.mail_placed"].does
    assert {one.name: one for one in list_event_types(new_id())}["probe.counted"].lately == 0
    assert {one.name: one for one in list_event_types()}["probe.counted"].parked == 1


def test_delivered_events_are_forgotten_after_thirty_days_and_parked_ones_kept(clerk: Actor) -> None:
    for step in (1, 2, 3):
        probe.count(clerk, subject=new_id(), step=step)
    first, second, third = OutboxEvent.objects.order_by("pk")
    outbox.drain()
    Delivery.objects.filter(event=second, subscriber="probe.first").update(state="dead", done_at=None)
    Delivery.objects.filter(event=third).update(state="pending", done_at=None)
    with clock.travel(dt.timedelta(days=29, hours=23)):
        purge_old_rows()
    assert (OutboxEvent.objects.count(), Delivery.objects.count()) == (3, 6)
    with clock.travel(dt.timedelta(days=30, hours=1)):
        purge_old_rows()
    assert list(OutboxEvent.objects.order_by("pk")) == [second, third]
    assert not OutboxEvent.objects.filter(pk=first.pk).exists()
    assert Delivery.objects.filter(state="done").count() == 0
    assert Delivery.objects.count() == 3


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("mail to ada.lovelace+shop@example.co.uk failed", "mail to [e-mail] failed"),
        (
            "DETAIL:  Key (email)=(ada@example.com) already exists.",
            "DETAIL:  Key (email)=([left out]) already exists.",
        ),
        ("Failing row contains (1, Ada, 0044 20 7946 0958).", "Failing row contains [left out]"),
        ("call +44 20 7946 0958 now", "call [number] now"),
        ("postgresql://app:hunter2@db/monidesk", "postgresql://[left out]@db/monidesk"),
        ("Authorization: Bearer abcdefghijkl", "Authorization: [left out] [left out]"),
        ('{"api_key": "sk_live_1"}', '{"api_key": [left out]}'),
        ("input_value='Ada', input_type=str", "input_value=[left out], input_type=str"),
    ],
)
def test_causes_are_kept_without_personal_data(text: str, clean: str) -> None:
    found = scrub_text(text)
    assert found.replace("[left out] [left out]", "[left out]") == clean.replace(
        "[left out] [left out]", "[left out]"
    )


def test_ids_moments_and_amounts_stay() -> None:
    text = f"order {new_id()} at 2026-11-21 11:52:38.123456+00:00 for 1234.50 GBP in line 118"
    assert scrub_text(text) == text
    values = {"order_id": str(new_id()), "password": "x", "nested": [{"token": "y"}], "to": "ada@example.com"}
    clean = scrub_values(values)
    assert clean == {
        **values,
        "password": "[left out]",
        "nested": [{"token": "[left out]"}],
        "to": "[e-mail]",
    }
