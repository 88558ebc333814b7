"""Many buyers at once: real threads, each with its own database connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

from apps.kernel.errors import DomainError


def at_once(work: Sequence[Callable[[], Any]], threads: int = 20) -> list[Any]:
    """Run the calls on `threads` threads that start together; a refusal is a result, any other error is raised."""
    gate = threading.Barrier(min(threads, len(work)))
    local = threading.local()

    def run(call: Callable[[], Any]) -> Any:
        if not getattr(local, "started", False):
            local.started = True
            # Opening connections takes longer than what is to meet: without this they would come one after another.
            connection.ensure_connection()
            gate.wait(timeout=30)
        try:
            return call()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=gate.parties) as pool:
        return [future.result() for future in [pool.submit(run, call) for call in work]]
