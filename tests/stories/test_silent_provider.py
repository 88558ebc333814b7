"""A payment company that takes the call and never answers: nobody else waits for it, and nothing stays locked."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test import Client

from apps.goods.inventory.models import StockBalance
from apps.kernel import tenancy
from apps.platform.businesses.models import Business
from apps.selling.orders.models import Order
from apps.selling.payments.models import PaymentAttempt
from apps.selling.payments.providers import get_provider, http
from bench.buyer import ADDRESS
from tests.factories.goods import make_variant
from tests.owner import owners_rights

_READ_SECONDS = 3.0
# Everything that placing an order locks.
_LOCKED_BY_ORDERS = (
    "inventory_stockbalance", "checkout_cart", "orders_order", "payments_payment", "payments_paymentattempt",
    "kernel_seriescounter", "kernel_audithead", "inventory_reservation",
)  # fmt: skip


class SilentCompany:
    """Accepts every connection, reads nothing, answers nothing."""

    def __init__(self) -> None:
        self.door = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        self.callers: list[socket.socket] = []
        self.called = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                caller, _address = self.door.accept()
            except OSError:
                return
            self.callers.append(caller)
            self.called.set()

    def close(self) -> None:
        # A blocked accept() is woken by shutdown, not by close alone.
        self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()
        for caller in self.callers:
            caller.close()
        self._thread.join(5)


@pytest.fixture
def company(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[SilentCompany]:
    silent = SilentCompany()
    settings.SANDBOX_PAY_URL = silent.url
    pool = http.urllib3.PoolManager(
        retries=False, timeout=http.urllib3.Timeout(connect=2, read=_READ_SECONDS)
    )
    monkeypatch.setattr(http, "_pool", pool)
    get_provider("sandbox").circuit.reset()
    yield silent
    get_provider("sandbox").circuit.reset()
    silent.close()


class Visitor:
    """A buyer inside this process."""

    def __init__(self, shop: Business, variant_id: Any, email: str) -> None:
        self.client, self.store = Client(), f"/store/{shop.slug}/"
        self.client.post(f"{self.store}cart/add/", {"variant": variant_id, "quantity": 1})
        shown = self.client.get(f"{self.store}checkout/").context
        rate = next(rate["id"] for rate in shown["rates"] if rate["on"])
        self.form = {
            **ADDRESS, "email": email, "key": shown["key"], "quote": shown["quote_id"], "rate": rate,
            "provider": "sandbox",
        }  # fmt: skip
        self.answer: Any = None
        self.seconds = 0.0

    def place(self) -> None:
        begin = time.monotonic()
        try:
            placed = self.client.post(f"{self.store}checkout/", self.form)
            self.answer = self.client.get(placed["Location"])
        finally:
            connections.close_all()
        self.seconds = time.monotonic() - begin


def locked_tables() -> list[str]:
    """The tables of which a row cannot be locked at this moment."""
    locked = []
    for table in _LOCKED_BY_ORDERS:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            (there,) = cursor.fetchone()
            cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM {table} FOR UPDATE SKIP LOCKED) AS free")
            if cursor.fetchone() != (there,):
                locked.append(table)
    return locked


def open_transactions() -> int:
    """Other sessions of this database that have begun something and not ended it."""
    # The application's role is shown no other session's state, and would count none.
    with owners_rights(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND state IN ('idle in transaction', 'active') AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def test_no_lock_is_held_while_a_silent_company_is_waited_for(shop: Business, company: SilentCompany) -> None:
    variant = make_variant(shop, title="Stoneware mug", stock=5)
    waiting = Visitor(shop, variant.pk, "patient@example.com")
    thread = threading.Thread(target=waiting.place)
    thread.start()
    try:
        assert company.called.wait(15), "the company was never called"
        assert waiting.answer is None, "the buyer is still being served"
        assert locked_tables() == []
        assert open_transactions() == 0
        with tenancy.bind(shop.pk):
            assert Order.objects.count() == 1
            assert StockBalance.objects.get(variant=variant).reserved == 1
    finally:
        thread.join(30)
    assert waiting.answer.status_code == 302
    with tenancy.bind(shop.pk):
        order = Order.objects.get()
        assert waiting.answer["Location"].endswith(f"/track/{order.public_token}/")
        assert PaymentAttempt.objects.get().state == "unknown"
    page = waiting.client.get(waiting.answer["Location"]).content.decode()
    assert order.number in page
    call_command("reconcile_stock")


@pytest.mark.mutation
def test_control_a_held_lock_is_seen(shop: Business) -> None:
    """What the test above looks with can see a lock and an open transaction."""
    make_variant(shop, title="Stoneware mug", stock=5)
    taken, seen = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(StockBalance.unscoped.select_for_update())
            taken.set()
            seen.wait(20)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    assert taken.wait(20)
    try:
        assert locked_tables() == ["inventory_stockbalance"]
        assert open_transactions() == 1
    finally:
        seen.set()
        thread.join(20)


def test_after_five_silences_buyers_no_longer_wait(shop: Business, company: SilentCompany) -> None:
    variant = make_variant(shop, title="Stoneware mug", stock=20)
    buyers = [Visitor(shop, variant.pk, f"buyer{number}@example.com") for number in range(6)]
    threads = [threading.Thread(target=buyer.place) for buyer in buyers[:5]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert get_provider("sandbox").circuit.is_open
    called = len(company.callers)
    buyers[5].place()
    assert len(company.callers) == called, "the company was called although the circuit is open"
    assert buyers[5].answer.status_code == 302
    assert buyers[5].seconds < _READ_SECONDS
    with tenancy.bind(shop.pk):
        assert Order.objects.count() == 6
        assert StockBalance.objects.get(variant=variant).reserved == 6
    assert locked_tables() == []
    call_command("reconcile_stock")
