"""The product's own worker with two tasks more: one that takes its process down, one that fails."""

from __future__ import annotations

import os
import signal

from monidesk.celery import app

# Celery waits ten seconds for a result that the dead may have left in the pipe; one that was killed left none.
app.conf.worker_lost_wait = 1.0


@app.task(name="tests.kill_own_process")
def kill_own_process(mark: str) -> None:
    """End as a process that the system took the memory from."""
    os.kill(os.getpid(), signal.SIGKILL)


@app.task(name="tests.fail")
def fail(mark: str, password: str = "") -> None:
    """Fail with words that nobody else should read."""
    raise ValueError(f"{mark}: no mailbox ada@example.com")


@app.task(name="tests.live")
def live(mark: str) -> None:
    """Do nothing, well."""
