"""Connections that are kept open are shared among the web's workers, so that no core idles."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.ground.test_demo_run import free_port

WHO = """import os


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Two workers that answer with their process number."""
    (tmp_path / "who.py").write_text(WHO)
    number = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "python:monidesk.web_server", "who:application"]
    command += ["--pythonpath", str(tmp_path), "--bind", f"127.0.0.1:{number}", "--workers", "2"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield number
    finally:
        process.terminate()
        process.wait(20)


def ask(connection: http.client.HTTPConnection) -> str:
    connection.request("GET", "/")
    return connection.getresponse().read().decode()


def test_eight_open_connections_are_served_by_both_workers(port: int) -> None:
    seen: set[str] = set()
    end = time.monotonic() + 30
    while len(seen) < 2:  # both are up before anything is counted
        assert time.monotonic() < end, f"only {len(seen)} of two workers answered"
        with suppress(OSError):
            one = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            seen.add(ask(one))
            one.close()
    connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=5) for _ in range(8)]
    served = Counter(ask(connection) for connection in connections)
    assert len(served) == 2
    assert min(served.values()) >= 2, f"one worker got nearly all: {dict(served)}"
    assert Counter(ask(connection) for connection in connections) == served  # kept open, as they were
    for connection in connections:
        connection.close()
