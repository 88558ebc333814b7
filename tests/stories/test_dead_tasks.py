"""Real workers and tasks that die, on both queues: recorded, stopped, and the others go on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from apps.platform.jobs.models import DeadTask, Redelivery
from apps.platform.jobs.watching import MOST_STARTS_AGAIN
from tests.ground.test_celery_redis import redis_server, redis_socket

from .house import ROOT, House, install_queue, wait_until

__all__ = ["redis_server", "redis_socket"]
APP = "tests.stories.deadly_worker"


def send(house: House, name: str, *args: str, **kwargs: str) -> None:
    code = f"from {APP} import app; app.send_task({name!r}, args={args!r}, kwargs={kwargs!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=house.environment, check=True, timeout=60)


@contextmanager
def worker(house: House) -> Iterator[None]:
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        APP,
        "worker",
        "--concurrency",
        "1",
        "--loglevel",
        "INFO",
    ]
    command += ["--without-gossip", "--without-mingle"]
    with (house.folder / "worker.log").open("a") as log:
        house.running["worker"] = subprocess.Popen(
            command, cwd=ROOT, env=house.environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
    finally:
        house.stop()


@pytest.fixture(params=["pgmq", "redis"])
def house(request: Any, transactional_db: None, tmp_path: Path, redis_socket: Path) -> House:
    install_queue()
    made = House(tmp_path)
    if request.param == "redis":
        made.environment["CELERY_BROKER_URL"] = f"redis+socket://{redis_socket}"
    return made


def the_dead(kind: str) -> Callable[[], bool]:
    return lambda: DeadTask.objects.filter(kind=kind).exists()


def test_a_task_that_kills_its_process_is_stopped_and_the_next_one_is_done(house: House) -> None:
    with worker(house):
        send(house, "tests.kill_own_process", "7")
        wait_until(the_dead("lost"), seconds=90, what=lambda: house.last_words())
        send(house, "tests.fail", "8", password="hush")
        wait_until(the_dead("failed"), seconds=60, what=lambda: house.last_words())
    lost, failed = DeadTask.objects.get(kind="lost"), DeadTask.objects.get(kind="failed")
    assert (lost.task, lost.args, lost.times, lost.is_whole) == ("tests.kill_own_process", ["7"], 1, True)
    assert Redelivery.objects.get(pk=lost.task_id).starts == MOST_STARTS_AGAIN + 1
    assert (failed.args, failed.kwargs, failed.is_whole) == (["8"], {"password": "[left out]"}, False)
    assert "no mailbox [e-mail]" in failed.error
    assert "hush" not in failed.error
