"""`make demo` as a person meets it: it serves, explains what is in its way, heals, and stops cleanly."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from monidesk import task_queue
from monidesk.embedded import Cluster, location
from tests.ground.workers import DROPPED, ROOT, wait_until


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/", timeout=10) as page:
            return bool(page.status == 200)
    except (urllib.error.URLError, OSError):
        return False


class Demo:
    """One `make demo` without its downloads and without the demo's businesses."""

    def __init__(self, var: Path, port: int) -> None:
        self.var, self.port = var, port
        self.output = var.parent / f"output-{port}"
        kept = {name: value for name, value in os.environ.items() if name not in {*DROPPED, "DATABASE_URL"}}
        self.environment = {
            **kept,
            "MONIDESK_VAR": str(var),
            "PORT": str(port),
            "MONIDESK_NO_DEMO_DATA": "1",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        with self.output.open("wb") as handle:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "monidesk.demo_run"],
                cwd=ROOT,
                env=self.environment,
                stdout=handle,
                stderr=handle,
                start_new_session=True,
            )
        return self.process

    def says(self, words: str) -> bool:
        return words in self.output.read_text()

    def end(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


@pytest.fixture
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A private folder, as a home is: the database's own user cannot enter it and needs another place.
    return tmp_path_factory.mktemp("demo") / "var"


@pytest.fixture
def demo(var: Path) -> Iterator[Demo]:
    made = Demo(var, free_port())
    yield made
    if made.process is not None and made.process.poll() is None:
        made.end()
    home = location.recorded_home(var)
    if home is not None:
        Cluster(home).stop()
        shutil.rmtree(home, ignore_errors=True)


def descendants(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def of(process: subprocess.Popen[bytes], word: str) -> psutil.Process:
    """Return the oldest child whose command has this word."""
    found = [one for one in psutil.Process(process.pid).children() if word in " ".join(one.cmdline())]
    return found[0]


def test_the_life_of_a_demo(demo: Demo, var: Path) -> None:
    process = demo.start()
    wait_until(lambda: demo.says("MoniDesk is ready"), seconds=150, what="the demo is ready")
    assert answers(demo.port)

    # A second one is told where the first is; another folder with the same port is told about the port.
    second = Demo(var, free_port())
    assert second.start().wait(60) == 1
    assert second.says(f"already running here (process {process.pid})")
    elsewhere = Demo(var.parent / "elsewhere", demo.port)
    assert elsewhere.start().wait(60) == 1
    assert elsewhere.says(f"Port {demo.port} is used by another program")
    assert answers(demo.port)

    # The database, the web and the worker are killed: each comes back by itself.
    home = location.recorded_home(var)
    assert home is not None
    cluster = Cluster(home)
    postmaster = cluster.postmaster()
    assert postmaster is not None
    postmaster.kill()
    wait_until(lambda: demo.says("The database is back"), seconds=60, what="the database is back")
    for one in [of(process, "gunicorn"), of(process, "celery -A monidesk worker")]:
        one.kill()
    wait_until(lambda: demo.says("The worker ended"), seconds=20, what="the death of the worker is said")
    wait_until(lambda: answers(demo.port), seconds=60, what="the web answers again")

    # Beat and the worker work: what the schedule sends is done, so the queue does not grow.
    worker_log = var / "log" / "worker.log"
    before = worker_log.read_text().count("kernel.dispatch_outbox")
    wait_until(
        lambda: worker_log.read_text().count("kernel.dispatch_outbox") > before + 2,
        seconds=90,
        what="scheduled tasks are done after the kills",
    )
    wait_until(lambda: task_queue.depth(cluster.url()) <= 2, seconds=60, what="the queue is worked off")

    children = descendants(process)
    assert demo.end() == 0
    assert demo.says("Everything is stopped.")
    assert [one for one in children if one.is_running() and one.status() != psutil.STATUS_ZOMBIE] == []
    assert cluster.postmaster() is None

    # The second start finds everything in place; what a killed one leaves behind is cleared away by the third.
    process = demo.start()
    wait_until(lambda: demo.says("MoniDesk is ready"), seconds=60, what="the second start")
    children = descendants(process)
    process.kill()
    process.wait(10)
    demo.start()
    wait_until(lambda: demo.says("MoniDesk is ready"), seconds=90, what="the demo is ready again")
    assert answers(demo.port)
    assert [one for one in children if one.is_running() and "postgres" not in one.name()] == []
    assert demo.end() == 0
