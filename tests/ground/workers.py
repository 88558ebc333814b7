"""Starting and killing real Celery workers, for the proofs of the queues."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

# An installed product has its byte code; without it every program would compile the code anew at each start.
DROPPED = {"PYTEST_VERSION", "DJANGO_SETTINGS_MODULE", "DATABASE_OWNER_URL", "PYTHONDONTWRITEBYTECODE"}
ROOT = Path(__file__).resolve().parents[2]


def wait_until(check: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Wait for something that must become true, or fail with words."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"not within {seconds} seconds: {what}"
        time.sleep(0.05)


class Worker:
    """One worker process with its own process group, so that it can be killed with its children."""

    def __init__(
        self, environment: dict[str, str], log: Path, *, processes: int = 1, queues: str = "celery"
    ) -> None:
        self.log = log
        command = [sys.executable, "-m", "celery", "-A", "tests.ground.proof_worker", "worker"]
        command += ["--loglevel=INFO", f"--concurrency={processes}", "--without-gossip", "--without-mingle"]
        command += ["--queues", queues]
        with log.open("a") as handle:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=handle, stderr=handle, start_new_session=True
            )

    def kill(self) -> None:
        """End the worker and its children as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        """End the worker whatever its state."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


def send(environment: dict[str, str], file: Path, mark: str, seconds: float, *, times: int = 1) -> None:
    """Hand a task to the broker, once or several times, from a process of its own, as the web does."""
    code = "import sys; from tests.ground.proof_worker import tell as t; a = sys.argv; "
    code += "[t.delay(a[1], a[2], float(a[3])) for _ in range(int(a[4]))]"
    subprocess.run(
        [sys.executable, "-c", code, str(file), mark, str(seconds), str(times)],
        cwd=ROOT,
        env=environment,
        check=True,
        timeout=60,
    )


def lines(file: Path, word: str, mark: str) -> list[str]:
    """Return what the task has told: its `began` or `done` lines for one mark."""
    if not file.exists():
        return []
    return [line for line in file.read_text().splitlines() if line.startswith(f"{word} {mark} ")]


def environment_for(broker: str, *, database_url: str, visibility_timeout: int = 3) -> dict[str, str]:
    """Return the environment of a worker on one broker."""
    kept = {name: value for name, value in os.environ.items() if name not in DROPPED}
    return {
        **kept,
        "CELERY_BROKER_URL": broker,
        "DATABASE_URL": database_url,
        "CELERY_VISIBILITY_TIMEOUT": str(visibility_timeout),
        "PYTHONPATH": str(ROOT),
    }


def prove_kill_and_redelivery(environment: dict[str, str], folder: Path, *, within: float) -> None:
    """A task is done; a task whose worker is killed in the middle runs again with the next worker."""
    told = folder / "told"
    first = Worker(environment, folder / "worker.log")
    try:
        send(environment, told, "plain", 0)
        wait_until(lambda: bool(lines(told, "done", "plain")), seconds=40, what="the plain task is done")
        send(environment, told, "cut", 2)
        wait_until(lambda: bool(lines(told, "began", "cut")), seconds=20, what="the long task begins")
        first.kill()
        assert lines(told, "done", "cut") == []
        second = Worker(environment, folder / "worker.log")
        try:
            wait_until(lambda: bool(lines(told, "done", "cut")), seconds=within, what="the cut task is done")
        finally:
            second.stop()
    finally:
        first.stop()
    assert len(lines(told, "done", "plain")) == 1
    assert len(lines(told, "began", "cut")) == 2
