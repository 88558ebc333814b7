"""How gunicorn serves MoniDesk, wherever it does: `gunicorn -c python:monidesk.web_server monidesk.wsgi`.

Address, number of workers and log files are the caller's; the rest is here once.
"""

from __future__ import annotations

import gc
import mmap
import os
import socket
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from monidesk import log, metrics_files

PLACES = 256
"""Workers counted at once; one that comes after takes the place of one long gone."""
STEP = 0.0005
"""Seconds between two looks of a worker that leaves a connection to another."""
LONGEST = 0.1
"""Seconds after which it takes the connection all the same: the other one may hang."""

# Made before the workers are, so all of them share it: in its own place each keeps the number of its connections
# and one more, which leaves 0 for "nobody here".
_connections = memoryview(mmap.mmap(-1, PLACES * 4)).cast("i")


class FairThreadWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker with threads that leaves the next connection to whoever holds fewer.

    All workers wait at one socket, and whoever wakes first accepts. Connections that are kept open (eight of
    a reverse proxy, say) would all go to that one, and the other cores would idle for as long as they last:
    half the speed of two workers, at random. The socket does not block, so coming too late costs nothing.
    """

    _leaves_until = 0.0

    def accept(self, listener: socket.socket) -> None:
        """Take the connection that waits, unless a worker with fewer is there and still has time to come."""
        if self._is_anyone_freer():
            now = time.monotonic()
            if now > self._leaves_until + LONGEST:  # not the one that was left before
                self._leaves_until = now + LONGEST
            if now < self._leaves_until:
                time.sleep(STEP)
                return
        self._leaves_until = 0.0
        super().accept(listener)
        self._say()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Say before and after each turn how many connections are held here."""
        self._say()
        super().wait_for_and_dispatch_events(timeout)
        self._say()

    def _say(self) -> None:
        _connections[self.age % PLACES] = self.nr_conns + 1

    def _is_anyone_freer(self) -> bool:
        held: int = self.nr_conns
        return held > 0 and min(filter(None, _connections.tolist())) <= held


def on_starting(server: Any) -> None:
    """Make the folder into which the workers count, before there are any."""
    metrics_files.begin("web")


def post_worker_init(worker: Any) -> None:
    """Spare the collector what stays for good, and what a page makes and drops at once."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


def child_exit(server: Any, worker: Any) -> None:
    """A worker ended: what it only held, such as requests going on and connections, counts no longer."""
    metrics_files.forget(worker.pid)
    _connections[worker.age % PLACES] = 0


# What gunicorn itself says looks like all other lines; one line a request is written by the application.
logconfig_dict = log.logging_settings(as_json=log.wants_json(), level=os.environ.get("LOG_LEVEL", "INFO"))
worker_class = f"{__name__}.{FairThreadWorker.__name__}"
threads = 4
keepalive = 5
timeout = 60
graceful_timeout = 10
# Its control socket has one fixed place per person, which a second server would take from the first.
control_socket_disable = True
