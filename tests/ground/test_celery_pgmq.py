"""The task queue inside PostgreSQL loses nothing when its worker is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from monidesk import task_queue
from monidesk.embedded import Cluster, location, throwaway_cluster
from tests.ground.workers import (
    Worker,
    environment_for,
    lines,
    prove_kill_and_redelivery,
    send,
    wait_until,
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with throwaway_cluster() as made:
        yield made


@pytest.fixture
def queue(cluster: Cluster) -> str:
    conn_string = cluster.url()
    task_queue.install(conn_string, role=location.APP_ROLE)
    with psycopg.connect(conn_string) as connection:
        connection.execute("SELECT pgmq.purge_queue(%s)", [task_queue.QUEUE])
    return conn_string


def test_install_may_run_again(cluster: Cluster, queue: str) -> None:
    assert task_queue.install(queue) is False
    assert task_queue.depth(queue) == 0


def test_a_task_survives_the_killing_of_its_worker(cluster: Cluster, queue: str, tmp_path: Path) -> None:
    environment = environment_for("pgmq://", database_url=cluster.app_url())
    prove_kill_and_redelivery(environment, tmp_path, within=40)
    assert task_queue.depth(queue) == 0


def test_a_task_survives_the_killing_of_its_child_process(
    cluster: Cluster, queue: str, tmp_path: Path
) -> None:
    environment = environment_for("pgmq://", database_url=cluster.app_url(), visibility_timeout=600)
    told = tmp_path / "told"
    worker = Worker(environment, tmp_path / "worker.log")
    try:
        send(environment, told, "child", 3)
        wait_until(lambda: bool(lines(told, "began", "child")), seconds=40, what="the task begins")
        os.kill(int(lines(told, "began", "child")[0].split()[-1]), signal.SIGKILL)
        wait_until(lambda: bool(lines(told, "done", "child")), seconds=30, what="the task is done after all")
    finally:
        worker.stop()


def test_an_empty_queue_does_not_hold_up_a_full_one(cluster: Cluster, queue: str, tmp_path: Path) -> None:
    environment = environment_for("pgmq://", database_url=cluster.app_url(), visibility_timeout=600)
    told = tmp_path / "told"
    send(environment, told, "many", 0, times=30)
    worker = Worker(environment, tmp_path / "worker.log", queues=",".join(task_queue.QUEUES))
    try:
        # Two seconds for each look into the empty queue would be a minute.
        wait_until(
            lambda: len(lines(told, "done", "many")) == 30, seconds=30, what="thirty small tasks are done"
        )
    finally:
        worker.stop()
    assert task_queue.depth(queue) == 0


def test_what_a_dead_worker_held_can_be_released_at_once(
    cluster: Cluster, queue: str, tmp_path: Path
) -> None:
    environment = environment_for("pgmq://", database_url=cluster.app_url(), visibility_timeout=600)
    told = tmp_path / "told"
    worker = Worker(environment, tmp_path / "worker.log")
    send(environment, told, "held", 60)
    wait_until(lambda: bool(lines(told, "began", "held")), seconds=40, what="the task begins")
    worker.kill()
    assert task_queue.release_in_flight(queue) == 1
    successor = Worker(environment, tmp_path / "worker.log")
    try:
        wait_until(lambda: len(lines(told, "began", "held")) == 2, seconds=30, what="it begins again")
    finally:
        successor.kill()


def test_tasks_wait_while_the_database_is_down(cluster: Cluster, queue: str, tmp_path: Path) -> None:
    environment = environment_for("pgmq://", database_url=cluster.app_url())
    told = tmp_path / "told"
    worker = Worker(environment, tmp_path / "worker.log")
    try:
        send(environment, told, "before", 0)
        wait_until(lambda: bool(lines(told, "done", "before")), seconds=40, what="the worker works")
        postmaster = cluster.postmaster()
        assert postmaster is not None
        postmaster.kill()
        cluster.start()
        send(environment, told, "after", 0)
        wait_until(lambda: bool(lines(told, "done", "after")), seconds=60, what="the worker works again")
    finally:
        worker.stop()
