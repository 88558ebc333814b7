"""`make demo`: database, migrations, demo data, then web, worker and beat until Ctrl-C.

Everything it keeps is below `var/` (MONIDESK_VAR): data, uploads, e-mails, logs. PORT chooses the
port. With DATABASE_URL set the embedded database is left alone.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

from monidesk import task_queue
from monidesk.embedded import Cluster, DatabaseDidNotStart, durable_cluster
from monidesk.embedded.binaries import NoServerPrograms
from monidesk.supervisor import Program, Supervisor, end_leftovers, python, say

ROOT = Path(__file__).resolve().parents[1]
WEB_SECONDS = 60


class CannotStart(RuntimeError):
    """Something outside MoniDesk is in the way; the message says what and what to do."""


def claim(var_dir: Path, address: str) -> IO[str]:
    """Make sure that only one demo runs on a `var` folder. Keep the result open while it runs."""
    path = var_dir / "demo.lock"
    handle = path.open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        handle.seek(0)
        words = (handle.read().split() or ["?"]) + ["?"]
        raise CannotStart(
            f"MoniDesk is already running here (process {words[0]}): open {words[1]} in a browser, or stop "
            "it with Ctrl-C in its window.\nA second one beside it needs its own port and folder: "
            "make demo PORT=8001 MONIDESK_VAR=/tmp/second"
        ) from problem
    handle.truncate(0)
    handle.write(f"{os.getpid()} {address}")
    handle.flush()
    return handle


def check_port(host: str, port: int) -> None:
    """Refuse a port that somebody else listens on, before anything has been started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            if problem.errno == errno.EACCES:
                raise CannotStart(
                    f"Port {port} is for administrators only. Try: make demo PORT=8000"
                ) from problem
            raise CannotStart(
                f"Port {port} is used by another program. Choose another one: make demo PORT={port + 1}"
            ) from problem


def wait_for_web(address: str, supervisor: Supervisor) -> bool:
    """Wait until the web answers at all; even an error page is an answer that a person can read."""
    deadline = time.monotonic() + WEB_SECONDS
    while time.monotonic() < deadline and not supervisor.stopping:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310  (our own http address)
                return True
        except urllib.error.HTTPError as answer:
            say(f"The web answers with an error page ({answer.code}).")
            return True
        except OSError:
            for one in supervisor.programs:
                supervisor.look_after(one)
            time.sleep(0.2)
    if not supervisor.stopping:
        say(f"The web has not answered within {WEB_SECONDS} seconds; its log is below var/log.")
    return False


def manage(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run a management command and show what it says."""
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *words], env=environment, cwd=ROOT, check=False
    )


def prepare(environment: dict[str, str]) -> None:
    """Tables, queue, static files, and the demo's businesses when they are not there yet."""
    say("Bringing the database up to date …")
    done = subprocess.run(python("monidesk.prepare"), env=environment, cwd=ROOT, check=False)
    if done.returncode:
        raise CannotStart("The database could not be brought up to date; the lines above say why.")
    if environment.get("MONIDESK_NO_DEMO_DATA") != "1" and manage(environment, "demo_data").returncode:
        raise CannotStart("The demo's data could not be made; the lines above say why.")


def build_programs(host: str, port: int, logs: Path, conn_string: str | None) -> list[Program]:
    """Return web, worker and beat."""

    def release() -> None:
        if conn_string:
            task_queue.release_in_flight(conn_string)

    web = python("gunicorn", "--config", "python:monidesk.web_server", "monidesk.wsgi", "--workers", "2")
    web += ["--bind", f"{host}:{port}"]
    worker = python("celery", "-A", "monidesk", "worker", "--loglevel=INFO")
    worker += ["--without-gossip", "--without-mingle", "--queues", "celery,media"]
    beat = python("celery", "-A", "monidesk", "beat", f"--pidfile={logs / 'beat.pid'}")
    return [
        Program("web server", web, logs / "web.log"),
        Program("worker", worker, logs / "worker.log", before_restart=release),
        # Its pid file is removed before every start: nobody but this supervisor starts a beat here.
        Program("scheduler", beat, logs / "beat.log", before_restart=lambda: _forget(logs)),
    ]


def _forget(logs: Path) -> None:
    (logs / "beat.pid").unlink(missing_ok=True)


def look_after_database(cluster: Cluster | None) -> None:
    """Start the embedded database again when it has been killed."""
    if cluster is None or cluster.postmaster() is not None:
        return
    say("The database ended; it is started again.")
    try:
        cluster.start()
        say("The database is back.")
    except DatabaseDidNotStart as problem:
        say(f"{problem}\nIt is tried again.")


def run(var_dir: Path, host: str, port: int) -> int:
    """Run the demo until somebody stops it."""
    address = f"http://{host}:{port}"
    started = time.monotonic()
    logs = var_dir / "log"
    logs.mkdir(parents=True, exist_ok=True)
    record = var_dir / "demo.programs"
    with claim(var_dir, address):
        if end_leftovers(record):
            say("An earlier demo was killed; what it had left running is stopped now.")
        check_port(host, port)
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        environment.setdefault("PUBLIC_BASE_URL", address)
        environment.setdefault("DJANGO_SETTINGS_MODULE", "monidesk.settings")
        environment["MONIDESK_VAR"] = str(var_dir)
        cluster = None
        if not os.environ.get("DATABASE_URL"):
            cluster = durable_cluster(var_dir)
            say("Starting the database …")
            environment.update(cluster.environment())
        try:
            if cluster:
                cluster.start()
            prepare(environment)
            own_queue = cluster is not None and not os.environ.get("CELERY_BROKER_URL")
            conn_string = cluster.app_url() if cluster and own_queue else None
            if conn_string:
                # A worker of an earlier run that was killed held these; none is alive on this folder.
                task_queue.release_in_flight(conn_string)
            _forget(logs)
            supervisor = Supervisor(build_programs(host, port, logs, conn_string), environment, record)
            serve(supervisor, cluster, address, environment, started)
        finally:
            if cluster:
                cluster.stop()
    say("Everything is stopped.")
    return 0


def serve(
    supervisor: Supervisor, cluster: Cluster | None, address: str, environment: dict[str, str], started: float
) -> None:
    """Start the programs, tell where they are, look after them, stop them."""

    def ask_to_stop(number: int, _frame: object) -> None:
        if not supervisor.stopping:
            say("\nStopping …")
        supervisor.stopping = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask_to_stop)
    try:
        supervisor.start()
        if wait_for_web(address, supervisor):
            announce(address, environment, time.monotonic() - started)
        supervisor.watch(lambda: look_after_database(cluster))
    finally:
        supervisor.stop()


def announce(address: str, environment: dict[str, str], seconds: float) -> None:
    """Print where everything is and who can sign in."""
    say(f"\nMoniDesk is ready after {seconds:.0f} seconds: {address}\n")
    say(f"  {address}/               front page and stores")
    say(f"  {address}/admin/         back office")
    say(f"  {address}/api/v1/docs/   API")
    if environment.get("MONIDESK_NO_DEMO_DATA") != "1":
        manage(environment, "demo_data", "--show-logins")
    say("\nCtrl-C stops everything. Logs, e-mails and data are in the folder var.")


def main() -> int:
    """Read the environment and run."""
    var_dir = Path(os.environ.get("MONIDESK_VAR") or ROOT / "var").absolute()
    var_dir.mkdir(parents=True, exist_ok=True)
    try:
        return run(var_dir, os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT") or "8000"))
    except (CannotStart, DatabaseDidNotStart, NoServerPrograms) as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
