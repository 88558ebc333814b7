"""How gunicorn serves MoniDesk, wherever it does: `gunicorn -c python:monidesk.web_server monidesk.wsgi`.

Address, number of workers and log files are the caller's; the rest is here once.
"""

from __future__ import annotations

import os
import socket
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from monidesk import log, metrics_files

STEP = 0.0002
"""Seconds a worker waits, per connection that it holds, before it takes another."""
LONGEST = 0.002


class FairThreadWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker with threads that lets a less busy worker take the next connection.

    All workers wait at one socket, and whoever wakes first accepts. Connections that are kept open (eight of
    a reverse proxy, say) would all go to that one, and the other cores would idle for as long as they last:
    half the speed of two workers, at random. A worker that holds connections waits a little first; who holds
    none is faster. The socket does not block, so coming too late costs nothing.
    """

    def accept(self, listener: socket.socket) -> Any:
        """Take the connection that waits, unless somebody with fewer has taken it."""
        if self.nr_conns:
            time.sleep(min(self.nr_conns * STEP, LONGEST))
        return super().accept(listener)


def on_starting(server: Any) -> None:
    """Make the folder into which the workers count, before there are any."""
    metrics_files.begin("web")


def child_exit(server: Any, worker: Any) -> None:
    """A worker ended: what it only held, such as requests going on, counts no longer."""
    metrics_files.forget(worker.pid)


# What gunicorn itself says looks like all other lines; one line a request is written by the application.
logconfig_dict = log.logging_settings(as_json=log.wants_json(), level=os.environ.get("LOG_LEVEL", "INFO"))
worker_class = f"{__name__}.{FairThreadWorker.__name__}"
threads = 4
keepalive = 5
timeout = 60
graceful_timeout = 10
# Its control socket has one fixed place per person, which a second server would take from the first.
control_socket_disable = True
