"""The disk is full in the middle of an order: the buyer reads that nothing was charged, and nothing half stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.urls import path

from apps.goods.inventory.models import Reservation, StockBalance
from apps.kernel.models import AuditEntry, Delivery, OutboxEvent
from apps.platform.businesses.models import Business
from apps.selling.checkout.models import Cart
from apps.selling.orders.models import Order
from apps.selling.payments.models import Payment
from monidesk import urls as product
from tests.factories.goods import make_product
from tests.selling.storefront.test_buying import add, fill

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "Nothing was charged and nothing was changed."
PLACE = "/store/harbour/checkout/"
_WRITES = ("INSERT", "UPDATE", "DELETE", "WITH", "EXECUTE")


@pytest.fixture(autouse=True)
def mug(shop: Business) -> Any:
    return make_product(shop, title="Stoneware mug", slug="mug", price="18.00", stock=5)


class FullDisk:
    """Refuses as PostgreSQL does, from the n-th write on; counts the writes."""

    def __init__(self, refuse_from: int | None) -> None:
        self.refuse_from, self.writes = refuse_from, 0

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if str(sql).lstrip().upper().startswith(_WRITES):
            self.writes += 1
            if self.refuse_from is not None and self.writes >= self.refuse_from:
                refuse()
        return execute(sql, params, many, context)


def refuse() -> None:
    """The error as psycopg raises it, and as Django wraps it."""
    with connection.wrap_database_errors:
        raise psycopg.errors.DiskFull('could not extend file "base/5/16401": No space left on device')


@contextmanager
def full_from(number: int | None) -> Iterator[FullDisk]:
    disk = FullDisk(number)
    with connection.execute_wrapper(disk):
        yield disk


@contextmanager
def full_at_the_commit() -> Iterator[None]:
    """Put-off checks and the log of the transaction are written by the commit."""
    with patch.object(connection, "_commit", lambda: connection.rollback() or refuse()):
        yield


def standing() -> dict[str, Any]:
    """What an order would have changed."""
    tables: tuple[Any, ...] = (Order, Reservation, Payment)
    return {
        **{table.__name__: table.unscoped.count() for table in tables},
        "stock": list(StockBalance.unscoped.values_list("on_hand", "reserved")),
        "events": OutboxEvent.objects.filter(name__startswith="orders.").count(),
        "deliveries": Delivery.objects.filter(event__name__startswith="orders.").count(),
        "audit": AuditEntry.objects.filter(action__startswith="orders.").count(),
        "cart": list(Cart.unscoped.values_list("state", flat=True)),
    }


def patient_client() -> Client:
    client = Client()
    client.raise_request_exception = False
    return client


def order_is_refused(full: Callable[[], Any]) -> Client:
    """Order on a full disk; nothing stands afterwards, and the same form works once there is room."""
    client = patient_client()
    assert add(client, 2).status_code == 302
    form = fill(client)
    before = standing()
    with full():
        answer = client.post(PLACE, form)
    assert answer.status_code == 503
    assert SAID in answer.content.decode()
    assert standing() == before
    assert (before["Order"], before["stock"]) == (0, [(5, 0)])

    done = client.post(PLACE, form)
    assert done.status_code == 302, done.content.decode()[:2000]
    after = standing()
    assert (after["Order"], after["Payment"], after["stock"]) == (1, 1, [(5, 2)])
    again = client.post(PLACE, form)
    assert again.status_code == 302
    assert standing() == after
    return client


def test_a_full_disk_at_any_write_of_an_order_leaves_nothing_behind(shop: Business) -> None:
    client = patient_client()
    add(client, 1)
    form = fill(client)
    with full_from(None) as disk:
        assert client.post(PLACE, form).status_code == 302
    assert disk.writes >= 8, "the order's writes pass the wrapper"
    placed = standing()
    for number in range(1, disk.writes + 1):
        client = patient_client()
        add(client, 1)
        form = fill(client)
        before = standing()
        with full_from(number):
            answer = client.post(PLACE, form)
        assert answer.status_code == 503, (number, answer.status_code)
        assert SAID in answer.content.decode()
        assert standing() == before, number
    assert standing()["Order"] == placed["Order"]


def test_a_full_disk_at_the_commit_and_the_same_form_afterwards(shop: Business) -> None:
    order_is_refused(full_at_the_commit)


def test_a_full_disk_in_the_middle_and_the_same_form_afterwards(shop: Business) -> None:
    order_is_refused(lambda: full_from(5))


def test_the_cart_says_it_too(shop: Business) -> None:
    client = patient_client()
    with full_from(1):
        refused = add(client, 1)
    assert refused.status_code == 503
    assert SAID in refused.content.decode()
    assert not Cart.unscoped.exists()


def read_a_sorted_list(request: Any) -> Any:
    """A view below no service: sorting needs room on the disk too."""
    refuse()


urlpatterns = [path("sorted/", read_a_sorted_list), *product.urlpatterns]
handler500 = product.handler500


def test_what_fails_below_every_door_says_it_too(shop: Business, settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    answer = patient_client().get("/sorted/")
    assert answer.status_code == 503
    assert SAID in answer.content.decode()
    assert answer["Retry-After"] == "120"


def test_control_another_fault_is_not_taken_for_a_full_disk(shop: Business) -> None:
    client = patient_client()
    add(client, 1)
    form = fill(client)

    def break_it(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if str(sql).lstrip().upper().startswith("INSERT"):
            with connection.wrap_database_errors:
                raise psycopg.errors.InternalError_("something else")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(break_it):
        answer = client.post(PLACE, form)
    assert answer.status_code == 500
    assert SAID not in answer.content.decode()
