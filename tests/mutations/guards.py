"""Each safeguard, the way to take it out for the length of a test, and the tests that must fail then."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from django.db import connection, models

from apps.goods.inventory.services import reserving
from apps.kernel import idempotency, locks, outbox, tenancy, use_cases
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from tests.isolation.holes import without_first_wall, without_second_wall
from tests.owner import owners_rights


@dataclass(frozen=True, slots=True)
class Guard:
    """What protects, and what notices when it is gone."""

    name: str
    without: Callable[[], AbstractContextManager[Any]]
    noticed_by: tuple[str, ...]


@contextmanager
def without_stock_lock() -> Iterator[None]:
    """Balances are read and not locked, and everybody takes a moment to decide."""
    real, prepared = locks.lock, locks.lock_prepared

    def read(rank: locks.Rank, rows: Any) -> list[Any]:
        if rank != locks.Rank.STOCK:
            return real(rank, rows)
        rows.query.select_for_update = False
        found = list(rows.order_by("pk"))
        time.sleep(0.05)
        return found

    def read_prepared(rank: locks.Rank, query: Any, *arguments: Any) -> list[Any]:
        if rank != locks.Rank.STOCK:
            return prepared(rank, query, *arguments)
        return read(rank, query.queryset(*arguments))

    with patch.object(locks, "lock", read), patch.object(locks, "lock_prepared", read_prepared):
        yield


@contextmanager
def without_stock_check() -> Iterator[None]:
    """The database no longer says that nothing is sold twice. The test's own rollback brings it back."""
    assert connection.in_atomic_block, "choose a test that is rolled back"
    with owners_rights(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE inventory_stockbalance DROP CONSTRAINT inventory_balance_never_oversold")
    yield


@contextmanager
def without_balance_guard() -> Iterator[None]:
    """Balances can be edited past the ledger."""
    assert connection.in_atomic_block, "choose a test that is rolled back"
    with owners_rights(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE inventory_stockbalance DISABLE TRIGGER USER")
    yield


def with_ids_that_can_be_read_once() -> AbstractContextManager[Any]:
    """The list of ids becomes a generator: the query that locks eats it, the next one finds nothing."""
    real = reserving.distinct_ids

    def once(ids: Iterable[Any]) -> Any:
        return (one for one in real(ids))

    return patch.object(reserving, "distinct_ids", once)


@contextmanager
def without_both_walls() -> Iterator[None]:
    """A tenant must still be bound, but neither managers nor policies tell its rows from others'."""
    with without_first_wall(), without_second_wall():
        yield


def without_closed_door() -> AbstractContextManager[Any]:
    """A query without a bound tenant finds everybody's rows instead of raising."""
    return patch.object(tenancy.TenantManager, "get_queryset", models.Manager.get_queryset)


def without_claim() -> AbstractContextManager[Any]:
    """No key is ever found taken."""
    claim = idempotency.claim
    return patch.object(
        idempotency, "claim", lambda owner, service, key, said: claim(owner, service, str(new_id()), said)
    )


def without_permissions() -> AbstractContextManager[Any]:
    """Everybody may do everything."""
    return patch.object(Actor, "require", lambda *_permission: None)


def without_retry() -> AbstractContextManager[Any]:
    """A deadlock reaches the person it hits."""
    return patch.object(use_cases, "_TRIES", 1)


def without_lock_order() -> AbstractContextManager[Any]:
    """Locks may be taken in any order."""
    return patch.object(locks, "note", lambda _rank: None)


@contextmanager
def without_order_of_events() -> Iterator[None]:
    """A delivery no longer waits for an earlier one of its owner."""
    alone = "d.state = 'pending' AND d.available_at <= %s "
    due, claim = (sql.replace(outbox._HEAD_OF_OWNER, alone) for sql in (outbox._DUE, outbox._CLAIM))
    assert due != outbox._DUE
    assert claim != outbox._CLAIM
    with patch.object(outbox, "_DUE", due), patch.object(outbox, "_CLAIM", claim):
        yield


def without_signatures() -> AbstractContextManager[Any]:
    """Every signature is as good as the right one."""
    return patch.object(hmac, "compare_digest", lambda *_pair: True)


STOCK = "tests/goods/inventory"
CHECKOUT = "tests/selling/checkout/test_races.py"
KERNEL = "tests/kernel"
WEBHOOKS = "tests/selling/payments/test_webhooks.py"

GUARDS = (
    Guard(
        "the lock on stock balances",
        without_stock_lock,
        (f"{CHECKOUT}::test_hundred_buyers_and_the_last_ten",),
    ),
    Guard(
        "the CHECK that nothing is sold twice",
        without_stock_check,
        (f"{STOCK}/test_stock_services.py::test_the_database_itself_refuses_to_oversell[0-3]",),
    ),
    Guard(
        "balances move by the ledger only",
        without_balance_guard,
        (f"{STOCK}/test_stock_services.py::test_the_ledger_and_balances_refuse_to_be_edited",),
    ),
    Guard(
        "ids as a list, not as a generator",
        with_ids_that_can_be_read_once,
        (f"{STOCK}/test_stock_races.py::test_ten_buyers_for_the_first_backorder",),
    ),
    Guard(
        "both walls between tenants",
        without_both_walls,
        (
            f"{STOCK}/test_stock_services.py::test_foreign_variant_and_place_are_not_found",
            "tests/api/test_walls.py::test_a_foreign_thing_answers_like_an_absent_one[GET]",
        ),
    ),
    Guard(
        "no tenant, no rows",
        without_closed_door,
        (f"{KERNEL}/test_use_cases.py::test_a_tenant_query_without_a_bound_tenant_raises",),
    ),
    Guard(
        "the idempotency claim",
        without_claim,
        (
            f"{KERNEL}/test_idempotency.py::test_fifty_at_once_do_it_once",
            f"{CHECKOUT}::test_one_key_for_two_carts_at_once_places_one_of_them",
        ),
    ),
    Guard(
        "permissions before anything else",
        without_permissions,
        (f"{KERNEL}/test_use_cases.py::test_refuses_before_touching_the_database",),
    ),
    Guard(
        "a deadlock is tried again",
        without_retry,
        (f"{KERNEL}/test_use_cases.py::test_a_deadlock_is_retried_and_reaches_nobody",),
    ),
    Guard(
        "the order of locks",
        without_lock_order,
        (f"{KERNEL}/test_use_cases.py::test_a_lock_out_of_order_raises",),
    ),
    Guard(
        "the order of events per owner",
        without_order_of_events,
        (f"{KERNEL}/test_outbox.py::test_a_poisonous_event_holds_back_only_its_own_owner_and_subscriber",),
    ),
    Guard(
        "the signature of payment messages",
        without_signatures,
        (f"{WEBHOOKS}::test_a_reserialised_body_is_refused",),
    ),
)
