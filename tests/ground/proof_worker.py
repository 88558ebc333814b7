"""A Celery application with one task that tells what happens to it, for the proofs of the queues."""

from __future__ import annotations

import os
import time
from pathlib import Path

from celery import Celery

# The product's own settings, without its apps: what is proved is the queue, in little time.
app = Celery("proof")
app.config_from_object("monidesk.settings", namespace="CELERY")
# Celery waits ten seconds for a result that the dead may have left in the pipe; one that was killed left none.
app.conf.worker_lost_wait = 1.0


@app.task(name="proof.tell")
def tell(file: str, mark: str, seconds: float) -> None:
    """Write that the work began, take some time, write that it is done."""
    with Path(file).open("a") as handle:
        handle.write(f"began {mark} {os.getpid()}\n")
    time.sleep(seconds)
    with Path(file).open("a") as handle:
        handle.write(f"done {mark} {os.getpid()}\n")
