"""A kept connection: the server is asked whether it still answers once in a while, and its end is seen at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql import base as django_base

from apps.kernel.database_roles import as_owner
from apps.kernel.postgres import base

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept() -> Iterator[Any]:
    """A second connection of this process."""
    one = connection.copy()
    one.ensure_connection()
    yield one
    one.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What the server answered, each time it was asked."""
    answers: list[bool] = []
    ask = django_base.DatabaseWrapper.is_usable

    def listen(self: Any) -> bool:
        answers.append(ask(self))
        return answers[-1]

    monkeypatch.setattr(django_base.DatabaseWrapper, "is_usable", listen)
    return answers


def _end(kept: Any) -> None:
    """The server ends the connection, as when it restarts; returns when that has arrived here."""
    with as_owner("default"), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [kept.connection.info.backend_pid])
        assert cursor.fetchone() == (True,)
    end = time.monotonic() + 5
    while base._is_silent(kept.connection) and time.monotonic() < end:
        time.sleep(0.01)


def test_the_server_is_asked_once_in_a_few_seconds(
    kept: Any, asked: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [kept.is_usable() for _each in range(4)] == [True] * 4
    assert asked == [True]
    later = time.monotonic() + base.ASKED_EVERY_SECONDS
    monkeypatch.setattr(base.time, "monotonic", lambda: later)
    assert kept.is_usable()
    assert asked == [True, True]


def test_an_ended_connection_is_seen_without_waiting(kept: Any, asked: list[bool]) -> None:
    assert kept.is_usable()
    _end(kept)
    assert not kept.is_usable()
    assert asked == [True, False]


def test_who_does_not_listen_takes_an_ended_connection_for_a_good_one(
    kept: Any, asked: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kept.is_usable()
    _end(kept)
    monkeypatch.setattr(base, "_is_silent", lambda _connection: True)
    assert kept.is_usable()
    assert asked == [True]


def test_the_next_request_gets_a_new_connection(kept: Any) -> None:
    kept.health_check_enabled, kept.health_check_done = True, False
    assert kept.is_usable()
    before = kept.connection.info.backend_pid
    _end(kept)
    with kept.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone()[0] != before
