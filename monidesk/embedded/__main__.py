"""Commands of the embedded database.

python -m monidesk.embedded start | stop | status | url | psql
python -m monidesk.embedded backup FILE | restore FILE
python -m monidesk.embedded run [--durable] COMMAND...    a new throw-away cluster for one command
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from monidesk.embedded import Cluster, DatabaseDidNotStart, durable_cluster, location, throwaway_cluster
from monidesk.embedded.binaries import NoServerPrograms
from monidesk.embedded.cluster import SUPERUSER


def var_dir() -> Path:
    """Return the folder for everything that MoniDesk keeps on this machine."""
    return Path(os.environ.get("MONIDESK_VAR") or Path(__file__).resolve().parents[2] / "var")


def run_on_throwaway(command: list[str], *, durable: bool) -> int:
    """Run a command with both addresses of a new cluster, pass signals on, return its exit code."""
    with throwaway_cluster(durable=durable) as cluster:
        child = subprocess.Popen(command, env={**os.environ, **cluster.environment()})
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda got, _frame: child.send_signal(got))
        # Ctrl-C reaches the child by itself; the launcher only has to outlive it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return child.wait()


def backup(cluster: Cluster, file: Path) -> int:
    """Write the whole database into one compressed file."""
    dump = cluster.program("pg_dump")
    if not dump.exists():
        print("This set of PostgreSQL programs has no pg_dump.", file=sys.stderr)
        return 1
    # The owner stands before the policies like everybody; only a superuser reads every row of every business.
    everything = cluster.url(role=SUPERUSER)
    return subprocess.run([dump, "--format=custom", f"--file={file}", everything], check=False).returncode


def restore(cluster: Cluster, file: Path) -> int:
    """Replace the whole database by what a backup holds: all of it, or nothing when it fails."""
    command: list[str | Path] = [
        cluster.program("pg_restore"),
        "--clean",
        "--if-exists",
        "--no-owner",
        "--exit-on-error",
    ]
    command += ["--single-transaction", f"--dbname={cluster.url()}", file]
    return subprocess.run(command, check=False).returncode


def main(arguments: list[str]) -> int:
    """Carry out one command."""
    parser = argparse.ArgumentParser(prog="python -m monidesk.embedded", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("start", "stop", "status", "url", "psql"):
        verbs.add_parser(verb)
    for verb in ("backup", "restore"):
        verbs.add_parser(verb).add_argument("file", type=Path)
    run = verbs.add_parser("run")
    run.add_argument("--durable", action="store_true", help="safe settings, for measuring")
    run.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args(arguments)
    if given.verb == "run":
        return run_on_throwaway([part for part in given.command if part != "--"], durable=given.durable)
    if given.verb == "url":
        print(location.database_url(var_dir()))
        return 0
    cluster = durable_cluster(var_dir())
    if given.verb == "status":
        running = cluster.answers()
        print(f"The database in {cluster.home} is {'running' if running else 'not running'}.")
        return 0 if running else 3
    if given.verb == "stop":
        cluster.stop()
        print("The database is stopped.")
        return 0
    cluster.start()
    if given.verb == "start":
        print(f"The database is running. Its address: {cluster.app_url()}")
    if given.verb == "psql":
        # A person at the shell wants to see every business; the policies would show none.
        os.environ["PGOPTIONS"] = "-c monidesk.crossing=database.shell"
        os.execv(cluster.program("psql"), ["psql", cluster.url()])  # noqa: S606
    if given.verb == "backup":
        return backup(cluster, given.file)
    if given.verb == "restore":
        return restore(cluster, given.file)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (DatabaseDidNotStart, NoServerPrograms) as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
