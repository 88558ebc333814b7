"""`kill -9` while people buy: nothing that was acknowledged is lost, nothing is done twice, all is soon back.

The ordinary run kills the web, the worker and the database a few times; `make soak` does it twenty and ten times
(`SOAK_ROUNDS=2` for a short look) and is where the seconds count: the ordinary run shares its machine with other tests.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from django.core.management import call_command

from apps.goods.inventory.models import StockBalance
from apps.platform.businesses.models import Business
from monidesk.embedded import Cluster, throwaway_cluster
from tests.factories.goods import make_variant

from .crowd import Crowd
from .house import House, wait_until
from .test_s02_last_piece import buyers_at, rush
from .truth import Tally, Truth, inside

# How soon a server is back on a machine of its own, and when the ordinary run, which shares it, gives up.
BACK_WITHIN_SECONDS = 10.0
GIVES_UP_AFTER_SECONDS = 60.0
_DONE_SINCE = (
    "SELECT count(*) FROM kernel_delivery WHERE done_at > clock_timestamp() - make_interval(secs => %s)"
)

_FURNISH = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.stories.house import install_queue
from tests.stories.conftest import sign_up_shop
from tests.factories.goods import make_variant
install_queue()
shop = sign_up_shop("harbour", "Harbour Goods", "GBP", tax_rate="0.2")
print(*(make_variant(shop, title=f"Mug {n}", stock=5000).pk for n in range(3)))
"""


def rounds(usual: int) -> int:
    return int(os.environ.get("SOAK_ROUNDS") or usual)


def patience(seconds: float) -> float:
    """The limit on a machine that is free; where others compute as well everything takes longer."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class Drill:
    """A house under load whose servers are killed one after the other, and the times until it was back."""

    def __init__(self, house: House, crowd: Crowd, *, timed: bool) -> None:
        self.house, self.crowd, self.timed = house, crowd, timed
        self.truth = Truth(house)
        self.back_after: dict[str, list[float]] = {}

    def kill(self, name: str) -> None:
        """End one server at once, start it again, and wait until it does its work."""
        self.house.kill(name)
        self._back(name, lambda: self.house.start(name), self._orders if name == "web" else self._deliveries)

    def kill_database(self, cluster: Cluster) -> None:
        """End the database server at once, start it again; the other servers are left to help themselves."""
        server = cluster.postmaster()
        assert server is not None
        os.kill(server.pid, signal.SIGKILL)
        self._back("database", cluster.start, self._orders)
        self._back("dispatching", lambda: None, self._deliveries)

    def _back(self, name: str, start: Callable[[], object], works: Callable[[], Callable[[], bool]]) -> None:
        limit = patience(BACK_WITHIN_SECONDS) if self.timed else GIVES_UP_AFTER_SECONDS
        begin = time.monotonic()
        start()
        works_again = works()
        try:
            wait_until(works_again, seconds=limit + 5, what=f"{name} is back")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.told()}\n{self.truth.report()}") from None
        took = time.monotonic() - begin
        self.back_after.setdefault(name, []).append(round(took, 1))
        assert took < limit, (
            f"{name} was back only after {took:.1f} seconds, {limit:.1f} allowed\n{self.told()}"
        )

    def told(self) -> str:
        """What was seen so far."""
        return f"{self.crowd.ordered} orders, {self.crowd.paid} payments; back after: {self.back_after}"

    def _orders(self) -> Callable[[], bool]:
        before = self.crowd.ordered
        return lambda: self.crowd.ordered > before

    def _deliveries(self) -> Callable[[], bool]:
        since = time.monotonic()
        return lambda: self.truth.rows(_DONE_SINCE, time.monotonic() - since)[0][0] > 0

    def finish(self, capsys: Any) -> Tally:
        """Let everything come to its end, and ask the database and the product's own commands."""
        purchases = self.crowd.stop()
        self.truth.settle(seconds=patience(60))
        tally = self.truth.check(purchases)
        said = self.truth.verify()
        with capsys.disabled():
            times = {
                name: f"{len(found)}x, at most {max(found)} s" for name, found in self.back_after.items()
            }
            print(
                f"\n{self.crowd.ordered} orders and {self.crowd.paid} payments acknowledged; {tally}; back: {times}"
            )
        assert "WRONG" not in said
        assert tally.orders >= self.crowd.ordered > 0
        assert tally.captures >= self.crowd.paid > 0
        return tally


@contextmanager
def drill(house: House, shop: str, variant_ids: list[Any], *, timed: bool = False) -> Iterator[Drill]:
    """People who buy, and the means to kill; `timed` has a server fail that is not back within ten seconds."""
    crowd = Crowd(house.base, shop, variant_ids)
    crowd.start()
    try:
        wait_until(lambda: crowd.paid >= 2, seconds=patience(30), what=f"people buy: {house.log_of('web')}")
        yield Drill(house, crowd, timed=timed)
    finally:
        crowd.stop()


def stocked(shop: Business) -> list[Any]:
    return [make_variant(shop, title=f"Mug {number}", stock=5000).pk for number in range(3)]


def test_killed_web_and_killed_worker_lose_and_double_nothing(
    make_house: Callable[..., House], shop: Business, capsys: Any
) -> None:
    with drill(make_house(), shop.slug, stocked(shop)) as run:
        for name in ("worker", "web", "worker", "web"):
            run.kill(name)
        run.finish(capsys)


def test_a_killed_database_loses_and_doubles_nothing(
    own_house: tuple[House, Cluster, list[str]], capsys: Any
) -> None:
    house, cluster, variant_ids = own_house
    with drill(house, "harbour", variant_ids) as run:
        for _round in range(2):
            run.kill_database(cluster)
        run.finish(capsys)
    assert_servers_lived(house)


@pytest.mark.soak
@pytest.mark.parametrize("name", ["web", "worker", "dispatcher"])
def test_twenty_kills(make_house: Callable[..., House], shop: Business, name: str, capsys: Any) -> None:
    servers = ("web", "worker", "beat", *(["dispatcher"] if name == "dispatcher" else []))
    with drill(make_house(servers=servers), shop.slug, stocked(shop), timed=True) as run:
        for _round in range(rounds(20)):
            run.kill(name)
        run.finish(capsys)


@pytest.mark.soak
def test_ten_kills_of_the_database(own_house: tuple[House, Cluster, list[str]], capsys: Any) -> None:
    house, cluster, variant_ids = own_house
    with drill(house, "harbour", variant_ids, timed=True) as run:
        for _round in range(rounds(10)):
            run.kill_database(cluster)
        run.finish(capsys)
    assert_servers_lived(house)
    with capsys.disabled():
        print(f"starts refused because the killed server's children still lived: {_refusals(cluster)}")


def test_a_killed_database_is_started_at_once(capsys: Any) -> None:
    """The children of a killed server hold its memory for a moment; the launcher tries again until they are gone."""
    with throwaway_cluster(durable=True) as cluster:
        holders = [psycopg.connect(cluster.url()) for _ in range(20)]
        holders[0].execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        holders[0].commit()
        server = cluster.postmaster()
        assert server is not None
        # Children that do not notice in time are what makes an immediate start fail.
        children = server.children(recursive=True)
        stopped = [child for child in children if _is_backend(child)]
        for child in stopped:
            child.suspend()
        server.kill()
        # They come back as soon as a start was refused, however slow the machine is.
        waking = threading.Thread(target=_wake_when, args=(stopped, lambda: _refusals(cluster) > 0))
        waking.start()
        begin = time.monotonic()
        cluster.start()
        took = time.monotonic() - begin
        waking.join()
        refused = _refusals(cluster)
        with psycopg.connect(cluster.url()) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)
        with capsys.disabled():
            print(
                f"\nan immediate start was refused {refused} times, the database answered after {took:.1f} s"
            )
        assert refused >= 1
        assert took < GIVES_UP_AFTER_SECONDS
        for holder in holders:
            holder.close()


@pytest.mark.soak
@pytest.mark.parametrize("web_workers", [2, 16])
def test_the_last_ten_fifty_times(
    make_house: Callable[..., House], shop: Business, web_workers: int, capsys: Any
) -> None:
    house, took = make_house(web_workers=web_workers, servers=("web",)), []
    for number in range(rounds(50)):
        variant = make_variant(shop, title=f"Mug {number}", stock=10)
        ready = buyers_at(house, shop, variant.pk, 100)
        begin = time.monotonic()
        rushed = rush(ready)
        took.append(time.monotonic() - begin)
        assert Counter(buyer.status for buyer in rushed) == {302: 10, 409: 90}
        balance = StockBalance.unscoped.get(variant=variant)
        assert (balance.on_hand, balance.reserved) == (10, 10)
        for buyer in rushed:
            buyer.connection.close()
    call_command("reconcile_stock")
    with capsys.disabled():
        print(
            f"\n{len(took)} rushes at {web_workers} workers, each exactly 10; {min(took):.1f} to {max(took):.1f} s"
        )


def _is_backend(process: psutil.Process) -> bool:
    return any("monidesk" in part for part in process.cmdline())


def _refusals(cluster: Cluster) -> int:
    return cluster.log.read_text(errors="replace").count("pre-existing shared memory block")


def _wake_when(processes: list[psutil.Process], happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and not happened():
        time.sleep(0.05)
    for process in processes:
        process.resume()


def assert_servers_lived(house: House) -> None:
    """Only the database was killed: web, worker and beat must have come through by themselves."""
    ended = {
        name: house.log_of(name) for name, process in house.running.items() if process.poll() is not None
    }
    assert ended == {}


@pytest.fixture
def own_house(tmp_path: Path) -> Iterator[tuple[House, Cluster, list[str]]]:
    """A house on a durable database cluster of its own, which may be killed."""
    with throwaway_cluster(durable=True) as cluster:
        house = House(tmp_path)
        house.environment.update(cluster.environment())
        variant_ids = inside(house, _FURNISH).split()
        try:
            house.start()
            yield house, cluster, variant_ids
        finally:
            house.stop()
