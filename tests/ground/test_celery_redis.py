"""The same tasks on Redis: a server that the test starts itself, on a socket of its own."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from monidesk.embedded import location
from tests.ground.workers import environment_for, prove_kill_and_redelivery, wait_until


class RedisServer:
    """A Redis on a socket of its own, which may be stopped, frozen and started again. It keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("redis-server")
        assert program, "redis-server is missing; `make test` installs it, or install Debian's redis-server"
        folder = str(self.socket.parent)
        self.process = subprocess.Popen(
            [program, "--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )
        wait_until(self.socket.exists, seconds=20, what="Redis listens")
        assert redis.Redis(unix_socket_path=str(self.socket)).ping()

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(20)
            self.process = None
            self.socket.unlink(missing_ok=True)


@pytest.fixture
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def redis_socket(redis_server: RedisServer) -> Path:
    return redis_server.socket


def test_a_task_survives_the_killing_of_its_worker(redis_socket: Path, tmp_path: Path) -> None:
    # No database is used: an address where nothing listens shows that Redis alone carries the task.
    nowhere = location.address(tmp_path / "nowhere")
    environment = environment_for(f"redis+socket://{redis_socket}", database_url=nowhere)
    prove_kill_and_redelivery(environment, tmp_path, within=60)
