"""The embedded database: started twice, killed, left with a stale pid file, on awkward paths, stopped."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from monidesk.embedded import Cluster, binaries, location, throwaway_cluster
from monidesk.embedded.account import server_account
from monidesk.embedded.cluster import SUPERUSER

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with throwaway_cluster() as made:
        yield made


def _sleep_in_database(connection: psycopg.Connection) -> None:
    with contextlib.suppress(psycopg.Error):
        connection.execute("SELECT pg_sleep(20)")


def pid_of(cluster: Cluster) -> int:
    found = cluster.postmaster()
    assert found is not None
    return found.pid


def remember(cluster: Cluster, word: str) -> None:
    with psycopg.connect(cluster.url()) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS remembered (word text)")
        connection.execute("INSERT INTO remembered VALUES (%s)", [word])


def remembered(cluster: Cluster) -> list[str]:
    with psycopg.connect(cluster.url()) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM remembered ORDER BY word")]


def test_a_second_start_keeps_the_running_server(cluster: Cluster) -> None:
    first = pid_of(cluster)
    Cluster(cluster.home, durable=False).start()
    assert pid_of(cluster) == first


def test_two_starts_at_once_make_one_server(cluster: Cluster) -> None:
    cluster.stop()
    threads = [threading.Thread(target=Cluster(cluster.home, durable=False).start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cluster.answers()


@pytest.fixture
def durable() -> Iterator[Cluster]:
    with throwaway_cluster(durable=True) as made:
        yield made


def test_a_killed_server_with_busy_sessions_starts_again(durable: Cluster) -> None:
    cluster = durable
    remember(cluster, "before")
    busy = psycopg.connect(cluster.url(), autocommit=True)
    sleeper = threading.Thread(target=_sleep_in_database, args=[busy], daemon=True)
    sleeper.start()
    killed = pid_of(cluster)
    psutil.Process(killed).kill()
    cluster.start()
    sleeper.join(30)
    assert pid_of(cluster) != killed
    assert remembered(cluster) == ["before"]


def test_a_stale_pid_file_whose_number_another_program_has(cluster: Cluster) -> None:
    remember(cluster, "kept")
    cluster.stop()
    account = server_account()
    # A living program of the same user: the case in which PostgreSQL itself refuses to start.
    who = {} if account.is_me else {"user": account.uid, "group": account.gid}
    stranger = subprocess.Popen(["/bin/sleep", "60"], cwd="/", **who)  # type: ignore[call-overload]
    try:
        stale = cluster.data / "postmaster.pid"
        stale.write_text(f"{stranger.pid}\n{cluster.data}\n0\n5432\n{cluster.socket}\n\n0 0\nready\n")
        account.own(stale, 0o600)
        assert cluster.postmaster() is None
        cluster.start()
        assert remembered(cluster) == ["kept"]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_the_pid_file_is_kept_while_children_of_a_killed_server_live(cluster: Cluster) -> None:
    pid_file = cluster.data / "postmaster.pid"
    cluster._clear_stale_pid_file()
    assert pid_file.exists()


def test_an_interrupted_first_start_is_begun_anew(cluster: Cluster) -> None:
    home = cluster.home / "other"
    (home / "data.new" / "base").mkdir(parents=True)
    (home / "data.new" / "PG_VERSION").write_text("")
    other = Cluster(home, durable=False)
    try:
        other.start()
        assert other.answers()
    finally:
        other.stop()


def test_a_clean_stop_removes_the_pid_file(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url()):
        cluster.stop()
    assert cluster.postmaster() is None
    assert not (cluster.data / "postmaster.pid").exists()
    assert not cluster.answers()
    cluster.stop()


def test_long_and_odd_paths_get_a_short_socket(cluster: Cluster) -> None:
    home = cluster.home / ("deep-" * 12) / "With Space é"
    home.mkdir(parents=True)
    for folder in (home.parent, home):
        folder.chmod(0o755)
    odd = Cluster(home, durable=False)
    try:
        odd.start()
        assert odd.socket != home / "run"
        assert stat.S_IMODE(odd.socket.stat().st_mode) == 0o700
        with psycopg.connect(odd.url()) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("monidesk",)
    finally:
        odd.stop()
        odd.socket.rmdir() if not list(odd.socket.iterdir()) else None


def test_no_port_is_opened_and_strangers_cannot_reach_the_socket(cluster: Cluster) -> None:
    server = psutil.Process(pid_of(cluster))
    assert [one for one in server.net_connections("inet") if one.status == psutil.CONN_LISTEN] == []
    assert stat.S_IMODE(cluster.socket.stat().st_mode) == 0o700
    assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700


def test_the_owner_role_is_no_superuser_and_durable_means_durable(cluster: Cluster, durable: Cluster) -> None:
    with psycopg.connect(cluster.url()) as connection:
        row = connection.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user")
        assert row.fetchone() == (False, True)
        assert connection.execute("SHOW fsync").fetchone() == ("off",)
    with psycopg.connect(durable.url()) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {name}").fetchone() == ("on",)


def test_data_from_before_there_were_two_roles_get_the_second(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("postgres", SUPERUSER), autocommit=True) as connection:
        connection.execute(f"DROP ROLE {location.APP_ROLE}")
    cluster.start()
    with psycopg.connect(cluster.app_url()) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        assert row.fetchone() == (False, False, False, False)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (id int)")
    assert set(cluster.environment()) == {"DATABASE_URL", "DATABASE_OWNER_URL"}


def test_programs_that_cannot_be_reached_are_copied(cluster: Cluster) -> None:
    chosen = binaries.choose_binaries(None)
    if os.geteuid() != 0 or "wheel" not in chosen.origin:
        pytest.skip("only root runs the server as somebody else")
    from monidesk.embedded.cluster import _reachable_copy

    copy = _reachable_copy(chosen)
    said = server_account().run([copy.program("postgres"), "--version"])
    assert said.returncode == 0, said.stdout


def test_data_of_another_version_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(binaries.NoServerPrograms, match="made by PostgreSQL 9"):
        binaries.choose_binaries(9)
    monkeypatch.setattr(binaries, "list_binaries", list)
    with pytest.raises(binaries.NoServerPrograms, match="DATABASE_URL"):
        binaries.choose_binaries(None)


def test_run_gives_a_database_and_leaves_nothing(tmp_path: Path) -> None:
    code = "import os; print(os.environ['DATABASE_URL']); raise SystemExit(7)"
    done = subprocess.run(
        [sys.executable, "-m", "monidesk.embedded", "run", "--", sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 7
    assert "monidesk-throwaway-" in done.stdout
    home = done.stdout.split("%2Ftmp%2F")[-1].split("%2F")[0]
    assert not Path("/tmp", home).exists()


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    location.check_private(tmp_path, os.geteuid())
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    with pytest.raises(RuntimeError, match="belongs to somebody else"):
        location.check_private(link, os.geteuid())
