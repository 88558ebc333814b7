"""The whole product as it runs: web workers, a Celery worker and beat, on the test's own database."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import override_settings

from apps.kernel.database_roles import app_role
from monidesk import task_queue

ROOT = Path(__file__).resolve().parents[2]
# An installed product has its byte code; without it every server would compile the code anew at each start.
_NOT_FOR_SERVERS = {
    "PYTEST_VERSION",
    "PYTEST_CURRENT_TEST",
    "PYTEST_XDIST_WORKER",
    "PYTHONDONTWRITEBYTECODE",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(check: Callable[[], object], *, seconds: float = 20, what: str | Callable[[], str]) -> None:
    """Wait for something that must come true, or fail with words; a function says them as things are then."""
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() >= end:
            words = what if isinstance(what, str) else what()
            raise AssertionError(f"not within {seconds:.0f} seconds: {words}")
        time.sleep(0.1)


class House:
    """Servers of one test. Each has its own process group, so that it can be killed like in a power cut."""

    def __init__(self, folder: Path, *, web_workers: int = 2) -> None:
        self.folder = folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.web_workers = web_workers
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        kept = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_SERVERS}
        self.environment = {
            "STORE_RATES": "off",
            **kept,
            "DATABASE_URL": _database_url(),
            "DATABASE_ROLE": connection.settings_dict["OPTIONS"].get("assume_role", ""),
            "PUBLIC_BASE_URL": self.base,
            "PORT": str(self.port),
            "MONIDESK_VAR": str(folder / "var"),
            "MEDIA_ROOT": str(settings.MEDIA_ROOT),
            "STATIC_ROOT": collected_static(),
            "DEBUG": "0",
            "PYTHONPATH": str(ROOT),
        }
        self.environment.pop("CELERY_BROKER_URL", None)

    def start(self, *names: str) -> None:
        """Start `web`, `worker` and `beat`, or those named; waits until the web answers."""
        for name in names or ("web", "worker", "beat"):
            self._spawn(name)
        if "web" in (names or ("web",)):
            wait_until(self._web_answers, what=f"the web answers; its log: {self.log_of('web')}")

    def kill(self, name: str) -> None:
        """End a server and its children at once."""
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def stop(self) -> None:
        """End everything, the worker at once: asked to end together with its children, it waits for the dead."""
        for name, process in self.running.items():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL if name == "worker" else signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(8)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait(5)
        self.running.clear()

    def log_of(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace")[-3000:] if path.exists() else ""

    def last_words(self) -> str:
        """How each server stands and the end of its log, for the report of a failure."""
        states = {name: process.poll() for name, process in self.running.items()}
        return "\n".join(f"== {name} (ended: {state})\n{self.log_of(name)}" for name, state in states.items())

    def _spawn(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("a") as log:
            self.running[name] = subprocess.Popen(
                self._command(name),
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _command(self, name: str) -> list[str]:
        python = [sys.executable, "-m"]
        if name == "web":
            web = ["gunicorn", "--config", "python:monidesk.web_server", "monidesk.wsgi", "--preload"]
            return [*python, *web, "-b", f"127.0.0.1:{self.port}", "-w", str(self.web_workers)]
        if name == "worker":
            worker = [
                "celery",
                "-A",
                "monidesk",
                "worker",
                "--loglevel",
                "WARNING",
                "--queues",
                "celery,media",
            ]
            return [*python, *worker, "--without-gossip", "--without-mingle", "--without-heartbeat"]
        if name == "dispatcher":
            return [sys.executable, "manage.py", "dispatch_outbox", "--forever"]
        return [*python, "celery", "-A", "monidesk", "beat", "--loglevel", "WARNING"]

    def _web_answers(self) -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(self.base, timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
        return False


def _database_url() -> str:
    """The address of the test's own database."""
    found = connection.settings_dict
    host = str(found["HOST"])
    if host.startswith("/"):
        host = host.replace("/", "%2F")
    return f"postgresql://{found['USER']}:{found['PASSWORD']}@{host}:{found['PORT'] or 5432}/{found['NAME']}"


@cache
def collected_static() -> str:
    """The static files as a server has them, gathered once a test process."""
    folder = tempfile.mkdtemp(prefix="monidesk-static-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with override_settings(STATIC_ROOT=folder):
        call_command("collectstatic", verbosity=0, interactive=False)
    return folder


def install_queue() -> None:
    """Put the task queue into the test's database."""
    given = connection.settings_dict
    owner = {name: value for name, value in given["OWNER"].items() if value}
    task_queue.install(task_queue.connection_string({**given, **owner}), role=app_role(connection))
