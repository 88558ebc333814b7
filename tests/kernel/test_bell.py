"""Dispatchers in processes of their own: woken by the bell, right without it, ended in good order."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.kernel import bell, outbox
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.kernel.models import Delivery
from tests.stories.house import wait_until

from . import probe
from .dispatching import SLOW_STEP, dispatcher

pytestmark = pytest.mark.django_db(transaction=True)
# So seldom that whatever is delivered within a test was not found by looking.
NEVER = ("--forever", "--poll", "600")
SOON = 15.0


@pytest.fixture
def ringing(clean_probe: None, settings: Any) -> None:
    settings.OUTBOX_WAKE = True


def sessions(name: str) -> list[tuple[int, str]]:
    # As the owner: the application's role is not told what others do.
    with _outside() as line:
        return line.execute(
            "SELECT pid, query FROM pg_stat_activity WHERE datname = %s AND application_name = %s",
            [connection.settings_dict["NAME"], name],
        ).fetchall()


def wait_for_ears(number: int = 1) -> None:
    """Until so many dispatchers listen and have looked once: whatever comes now is found by the bell or not at all."""
    wait_until(
        lambda: [query for _pid, query in sessions(bell.LISTENER)].count(f"LISTEN {bell.CHANNEL}") == number,
        seconds=40,
        what="the dispatchers listen",
    )
    time.sleep(0.5)


def nothing_waits() -> bool:
    return not Delivery.objects.filter(state="pending").exists()


@pytest.mark.usefixtures("ringing")
def test_an_event_is_delivered_as_soon_as_it_is_committed(clerk: Actor, tmp_path: Path) -> None:
    with dispatcher(tmp_path, *NEVER):
        wait_for_ears()
        for step in (1, 2):
            probe.count(clerk, subject=new_id(), step=step)
            wait_until(nothing_waits, seconds=SOON, what="the event is delivered")


def test_control_without_the_bell_it_lies_there_and_with_it_goes(clerk: Actor, tmp_path: Path) -> None:
    with dispatcher(tmp_path, *NEVER):
        wait_for_ears()
        probe.count(clerk, subject=new_id(), step=1)
        time.sleep(3)
        assert Delivery.objects.filter(state="pending").count() == 2
        bell.ring()
        wait_until(nothing_waits, seconds=SOON, what="the event is delivered")


def test_a_lost_call_is_made_up_for_by_looking(clerk: Actor, tmp_path: Path) -> None:
    with dispatcher(tmp_path, "--forever", "--poll", "1"):
        wait_for_ears()
        probe.count(clerk, subject=new_id(), step=1)
        wait_until(nothing_waits, seconds=SOON, what="the event is delivered")


@pytest.mark.usefixtures("ringing")
def test_a_restarted_database_is_listened_to_again(clerk: Actor, tmp_path: Path) -> None:
    """What a restart does to its clients: all sessions end at once, and for a while no new one is let in."""
    with dispatcher(tmp_path, *NEVER):
        wait_for_ears()
        probe.count(clerk, subject=new_id(), step=1)
        wait_until(nothing_waits, seconds=SOON, what="the event is delivered")
        before = {pid for pid, _query in sessions(bell.LISTENER)}
        with no_new_sessions():
            end_all_sessions()
            time.sleep(2.5)
        wait_until(
            lambda: (now := {pid for pid, _query in sessions(bell.LISTENER)}) and not now & before,
            seconds=SOON,
            what="it listens again",
        )
        time.sleep(0.5)
        probe.count(clerk, subject=new_id(), step=2)
        wait_until(nothing_waits, seconds=SOON, what="the event is delivered")


@contextmanager
def no_new_sessions() -> Iterator[None]:
    """Nobody gets into the test's database within the block."""
    name = connection.settings_dict["NAME"]
    with _outside() as line:
        line.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            yield
        finally:
            line.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def _outside() -> psycopg.Connection[Any]:
    given = connection.get_connection_params()
    for ours in ("cursor_factory", "context", "prepare_threshold"):
        given.pop(ours, None)
    return psycopg.connect(**{**given, "dbname": "postgres"}, autocommit=True)


def end_all_sessions() -> None:
    name = connection.settings_dict["NAME"]
    connection.close()
    with _outside() as line:
        line.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


@pytest.mark.usefixtures("ringing")
def test_several_at_once_deliver_once_and_in_order(clerk: Actor, tmp_path: Path) -> None:
    with dispatcher(tmp_path, *NEVER), dispatcher(tmp_path, *NEVER):
        wait_for_ears(2)
        subjects = [new_id() for _ in range(5)]
        for step in range(1, 5):
            for subject in subjects:
                probe.count(clerk, subject=subject, step=step)
        wait_until(nothing_waits, seconds=30, what="all is delivered")
    for subject in subjects:
        for subscriber in ("first", "second"):
            for step in range(1, 5):
                assert probe.counter(f"{subscriber}:{subject}:{step}"[:60], clerk.business_id) == 1
            done = Delivery.objects.filter(owner=f"probe:{subject}", subscriber=f"probe.{subscriber}")
            times = [one.done_at for one in done.order_by("pk")]
            assert times == sorted(times)
    assert set(Delivery.objects.values_list("state", "attempts")) == {("done", 1)}


def test_told_to_end_it_finishes_what_it_has_in_hand_and_takes_nothing_more(
    clerk: Actor, tmp_path: Path
) -> None:
    subject = new_id()
    for step in (SLOW_STEP, 1):
        probe.count(clerk, subject=subject, step=step)
    with dispatcher(tmp_path, *NEVER) as process:
        wait_until(lambda: locked(subject), seconds=40, what="the slow one is being delivered")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    states = dict(
        Delivery.objects.filter(subscriber="probe.first").values_list("event__payload__step", "state")
    )
    assert states == {SLOW_STEP: "done", 1: "pending"}


def locked(subject: Any) -> bool:
    """Whether somebody has the first delivery in hand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT id FROM kernel_delivery WHERE owner = %s AND subscriber = 'probe.first'"
            " FOR UPDATE SKIP LOCKED) free",
            [f"probe:{subject}"],
        )
        return bool(cursor.fetchone()[0] == 1)


@pytest.mark.usefixtures("ringing")
def test_the_work_itself_holds_no_notification_and_sends_no_statement_more(
    clerk: Actor, settings: Any
) -> None:
    """A NOTIFY inside would make all commits of the server wait for each other."""

    def statements() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            probe.count(clerk, subject=new_id(), step=1)
        return [query["sql"] for query in captured.captured_queries]

    statements()
    with_bell = statements()
    settings.OUTBOX_WAKE = False
    assert len(with_bell) == len(statements())
    assert not [sql for sql in with_bell if "notify" in sql.lower()]


@pytest.mark.usefixtures("ringing")
def test_many_commits_ring_a_few_times_and_once_after_the_last(clerk: Actor) -> None:
    with bell.open_line("tests") as ear:
        ear.execute(f"LISTEN {bell.CHANNEL}")
        begin = time.monotonic()
        for step in range(60):
            probe.count(clerk, subject=new_id(), step=step + 1)
        took = time.monotonic() - begin
        rung = [time.monotonic() - begin for _ring in ear.notifies(timeout=1)]
    assert 1 <= len(rung) <= took / 0.05 + 2
    outbox.drain()


def test_a_forked_process_rings_on_a_connection_of_its_own(db: None) -> None:
    with bell.open_line("tests") as ear:
        ear.execute(f"LISTEN {bell.CHANNEL}")
        bell.ring()
        assert len(list(ear.notifies(timeout=10, stop_after=1))) == 1
        child = os.fork()
        if child == 0:
            bell.ring()
            time.sleep(1)
            os._exit(0)
        os.waitpid(child, 0)
        assert len(list(ear.notifies(timeout=10, stop_after=1))) == 1
        bell.ring()
        assert len(list(ear.notifies(timeout=10, stop_after=1))) == 1
