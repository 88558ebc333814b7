"""The same tasks on Redis: a server that the test starts itself, on a socket of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from monidesk.embedded import location
from tests.ground.workers import environment_for, prove_kill_and_redelivery, wait_until


@pytest.fixture
def redis_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    program = shutil.which("redis-server")
    assert program, "redis-server is missing; `make test` installs it, or install Debian's redis-server"
    folder = tmp_path_factory.mktemp("redis")
    socket = folder / "redis.sock"
    server = subprocess.Popen(
        [program, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until(socket.exists, seconds=20, what="Redis listens")
        assert redis.Redis(unix_socket_path=str(socket)).ping()
        yield socket
    finally:
        server.terminate()
        server.wait(20)


def test_a_task_survives_the_killing_of_its_worker(redis_socket: Path, tmp_path: Path) -> None:
    # No database is used: an address where nothing listens shows that Redis alone carries the task.
    nowhere = location.address(tmp_path / "nowhere")
    environment = environment_for(f"redis+socket://{redis_socket}", database_url=nowhere)
    prove_kill_and_redelivery(environment, tmp_path, within=60)
