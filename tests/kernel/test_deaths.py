"""An event that takes its dispatcher down: counted although nothing it wrote survives, parked, and others go on."""

from __future__ import annotations

import threading
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.kernel import outbox, rounds
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.kernel.models import Delivery, DispatchRound
from tests.stories.house import wait_until

from . import probe
from .dispatching import DEADLY_STEP, DIED_TOO_OFTEN, dispatcher

pytestmark = pytest.mark.django_db(transaction=True)
OFTEN = ("--forever", "--poll", "0.2")
# The first death does not yet say which of several it was.
DEATHS = outbox.MAX_ATTEMPTS + 1


def tell_a_deadly_one_among_others(clerk: Actor) -> tuple[UUID, list[UUID]]:
    """Others before and after it, of other owners, and one of its own owner behind it."""
    subject, others = new_id(), [new_id() for _ in range(6)]
    for other in others[:3]:
        probe.count(clerk, subject=other, step=1)
    probe.count(clerk, subject=subject, step=DEADLY_STEP)
    probe.count(clerk, subject=subject, step=2)
    for other in others[3:]:
        probe.count(clerk, subject=other, step=1)
    return subject, others


def first_of(subject: UUID, step: int) -> Delivery:
    return Delivery.objects.get(owner=f"probe:{subject}", subscriber="probe.first", event__payload__step=step)


def test_it_is_parked_after_as_many_attempts_as_any_other_and_nothing_else_suffers(
    clerk: Actor, tmp_path: Path
) -> None:
    subject, others = tell_a_deadly_one_among_others(clerk)
    with dispatcher(tmp_path, *OFTEN, starts=DEATHS + 1) as process:
        wait_until(
            lambda: not Delivery.objects.filter(state="pending").exists() or process.poll() is not None,
            seconds=90,
            what=lambda: str(list(Delivery.objects.values_list("id", "state", "attempts", "is_suspect"))),
        )
        assert process.poll() is None
    deadly = first_of(subject, DEADLY_STEP)
    assert (deadly.state, deadly.attempts) == ("dead", outbox.MAX_ATTEMPTS)
    assert "gone before it had ended" in deadly.last_error
    rest = Delivery.objects.exclude(pk=deadly.pk)
    assert set(rest.values_list("state", "attempts")) == {("done", 1)}
    assert rest.count() == 2 * (len(others) + 2) - 1
    assert not DispatchRound.objects.exists()
    # The cause was looked at, and it is sent once more: known to be deadly it is tried alone from the beginning.
    assert [one.id for one in outbox.replay([deadly.pk])] == [deadly.pk]
    assert first_of(subject, DEADLY_STEP).is_suspect


def test_control_if_nobody_looks_after_the_dead_it_kills_for_ever(clerk: Actor, tmp_path: Path) -> None:
    subject, _others = tell_a_deadly_one_among_others(clerk)
    with dispatcher(tmp_path, *OFTEN, starts=DEATHS + 1, FORGET_THE_DEAD="1") as process:
        assert process.wait(90) == DIED_TOO_OFTEN
    deadly, behind = first_of(subject, DEADLY_STEP), first_of(subject, 2)
    assert (deadly.state, deadly.attempts) == ("pending", 0)
    assert (behind.state, behind.attempts) == ("pending", 0)


def test_what_a_living_one_has_in_hand_is_left_alone(clerk: Actor) -> None:
    """Another session holds the note: nothing is counted, whatever it says."""
    probe.count(clerk, subject=new_id(), step=1)
    ids = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    begun, seen = threading.Event(), threading.Event()

    def hold() -> None:
        with rounds.in_hand(ids[:1], alone=True):
            begun.set()
            seen.wait(20)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert begun.wait(20)
    try:
        counted: list[int] = []
        rounds.take_over(counted.append)
        assert (counted, DispatchRound.objects.count()) == ([], 1)
    finally:
        seen.set()
        other.join(20)
    assert DispatchRound.objects.count() == 0


@pytest.mark.parametrize(("alone", "counted", "suspects"), [(True, 2, 0), (False, 0, 2)])
def test_of_several_each_is_tried_alone_and_one_alone_is_counted(
    clerk: Actor, alone: bool, counted: int, suspects: int
) -> None:
    probe.count(clerk, subject=new_id(), step=1)
    ids = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    # The note of one whose session is over.
    DispatchRound.objects.create(delivery_ids=ids, is_alone=alone)
    found: list[int] = []
    rounds.take_over(found.append)
    assert len(found) == counted
    assert Delivery.objects.filter(is_suspect=True).count() == suspects
    assert DispatchRound.objects.count() == 0
    outbox.drain()
    assert set(Delivery.objects.values_list("state", "attempts")) == {("done", 1)}


def test_what_was_delivered_before_the_death_is_neither_counted_nor_suspected(clerk: Actor) -> None:
    probe.count(clerk, subject=new_id(), step=1)
    ids = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    outbox.dispatch_pending(limit=1)
    DispatchRound.objects.create(delivery_ids=ids, is_alone=False)
    found: list[int] = []
    rounds.take_over(found.append)
    # One is left of the batch, so it is known which it was.
    assert found == ids[1:]
    assert not Delivery.objects.filter(is_suspect=True).exists()


def test_the_ordinary_way_notes_once_a_batch(clerk: Actor) -> None:
    for step in range(1, 11):
        probe.count(clerk, subject=new_id(), step=step)
    with CaptureQueriesContext(connection) as captured:
        assert outbox.dispatch_pending() == 20
    notes = [query["sql"] for query in captured.captured_queries if "dispatchround" in query["sql"]]
    assert len(notes) == 3
