"""The bell between whoever commits an event and the dispatchers that wait for one: PostgreSQL's LISTEN and NOTIFY.

PostgreSQL commits transactions that hold a NOTIFY one after the other, in all of the server. So none is ever sent in
the transaction of the work: a thread sends it afterwards on a connection of its own, one for many commits, and who
commits does not wait for it. Ringing is a hint; a dispatcher looks from time to time anyway.
"""

from __future__ import annotations

import logging
import os
import select
import socket
import threading
import time
from typing import Any

import psycopg
from django.db import connection

log = logging.getLogger(__name__)

CHANNEL = "monidesk_outbox"
LISTENER = "monidesk dispatcher"
RINGER = "monidesk bell"
# One notification serves all that was committed in this time.
_SECONDS_BETWEEN = 0.05
# A process that told nothing for so long gives its connection back.
_KEPT_SECONDS = 60.0
# A server that vanished without a word is noticed after a minute; libpq alone would wait for hours.
_KEEPALIVE: dict[str, Any] = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


def open_line(name: str) -> psycopg.Connection[Any]:
    """A connection outside of Django's, each statement its own transaction."""
    given = connection.get_connection_params()
    for ours in ("cursor_factory", "context", "prepare_threshold"):
        given.pop(ours, None)
    given.update(_KEEPALIVE, application_name=name, connect_timeout=5)
    return psycopg.connect(**given, autocommit=True)


class Ringer:
    """Rings from a thread of its own. What is asked for while it rings is rung for once more, never left out."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._line: psycopg.Connection[Any] | None = None
        self._is_ending = False

    @property
    def is_at_work(self) -> bool:
        """Whether it has ever been asked."""
        return self._thread is not None

    def ring(self) -> None:
        """Have the dispatchers woken; returns at once."""
        self._asked.set()
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                    self._thread.start()

    def end(self) -> None:
        """Ring no more and give the connection back."""
        self._is_ending = True
        self._asked.set()
        if self._thread is not None:
            self._thread.join(10)

    def _run(self) -> None:
        while True:
            if not self._asked.wait(_KEPT_SECONDS):
                self._hang_up()
                self._asked.wait()
            self._asked.clear()
            if self._is_ending:
                self._hang_up()
                return
            # The connection may have died unnoticed since the last time, with a restart of the database.
            if not self._send() and not self._send():
                log.warning("The dispatchers could not be woken; they look from time to time anyway.")
            time.sleep(_SECONDS_BETWEEN)

    def _send(self) -> bool:
        try:
            if self._line is None:
                self._line = open_line(RINGER)
            self._line.execute(f"NOTIFY {CHANNEL}")
        except psycopg.Error:
            self._hang_up()
            return False
        return True

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


_ringer = Ringer()


def ring() -> None:
    """Wake the dispatchers that wait. To be called after the commit."""
    _ringer.ring()


def hang_up() -> None:
    """End this process's ringing and its connection; the next `ring` begins anew."""
    if _ringer.is_at_work:
        _ringer.end()
        _begin_anew()


def _begin_anew() -> None:
    global _ringer
    _ringer = Ringer()


# Threads do not come along into a forked child, and two processes must not speak on one connection.
os.register_at_fork(after_in_child=_begin_anew)


class Listener:
    """A dispatcher's ear: waits for the bell, for the time to look anyway, or for the end."""

    def __init__(self, poll_seconds: float) -> None:
        self.poll_seconds = poll_seconds
        self.is_ending = False
        self._line: psycopg.Connection[Any] | None = None
        self._told, self._tell = socket.socketpair()

    def end(self, *_signal: Any) -> None:
        """Wait no more; may be called by a signal in the middle of anything."""
        self.is_ending = True
        self._tell.send(b".")

    def listen(self) -> None:
        """Listen, anew after the connection broke. Without one only the bell is missing, not the look."""
        if self._line is not None:
            return
        try:
            self._line = open_line(LISTENER)
            self._line.execute(f"LISTEN {CHANNEL}")
        except psycopg.Error as error:
            log.warning("No bell for now, looking every %s seconds: %s", self.poll_seconds, error)
            self._hang_up()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the bell rings, but not longer than the poll, or `seconds`."""
        sources: list[Any] = [self._told] if self._line is None else [self._told, self._line]
        ready = select.select(sources, [], [], self.poll_seconds if seconds is None else seconds)[0]
        if self._line is None or self._line not in ready:
            return
        try:
            for _ring in self._line.notifies(timeout=0):
                pass
        except psycopg.Error as error:
            log.warning("The bell's connection broke and is made anew: %s", error)
            self._hang_up()

    def close(self) -> None:
        """Give everything back."""
        self._hang_up()
        self._told.close()
        self._tell.close()

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
