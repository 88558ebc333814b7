"""Prepared queries give what the same queryset gives, for whoever is bound; `insert` writes what was set."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext_lazy

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import LockOrderError, UnboundTenant
from apps.kernel.limits import Limit
from apps.kernel.locks import Rank, lock_prepared, to_lock
from apps.kernel.prepared import Prepared, insert, select, update
from apps.people.customers.models import Customer
from apps.platform.businesses.models import Business, Location

pytestmark = pytest.mark.django_db


def _named(name: str) -> QuerySet[Customer]:
    found: QuerySet[Customer] = Customer.objects.filter(name=name).select_related("business")
    return found.annotate(same=F("name")).order_by("email")


def _customer(business: Business, **fields: Any) -> Customer:
    return Customer(business_id=business.pk, **{"name": "Ada", "email": f"{uuid4()}@example.com", **fields})


def test_it_gives_what_the_queryset_gives(business: Business, bound: None) -> None:
    insert([_customer(business, tags=["kind"], email=f"{n}@example.com") for n in range(3)])
    query = Prepared(_named, "somebody")
    for name in ("Ada", "Nobody", "Ada"):
        with CaptureQueriesContext(connection) as seen:
            found = query.fetch(name)
            assert [one.business.name for one in found] == [business.name] * len(found)
        assert len(seen) == 1
        expected = list(_named(name))
        assert found == expected
        assert [one.__dict__.keys() for one in found] == [one.__dict__.keys() for one in expected]
        assert [(one.same, one.tags, one.created_at) for one in found] == [
            (one.same, one.tags, one.created_at) for one in expected
        ]
    assert len(query.fetch("Ada")) == 3


def test_it_sees_the_bound_business_only(business: Business, other_business: Business) -> None:
    query = Prepared(_named, "somebody")
    for one in (business, other_business):
        with tenancy.bind(one.pk):
            insert([_customer(one)])
            assert [found.business_id for found in query.fetch("Ada")] == [one.pk]
    with pytest.raises(UnboundTenant):
        query.fetch("Ada")


def test_one_statement_for_any_number_of_values(business: Business, bound: None) -> None:
    insert([_customer(business, email=f"{n}@example.com") for n in range(5)])
    query = Prepared(lambda emails: Customer.objects.filter(email__any_of=emails), ["a@example.com"])
    for count in (0, 1, 4):
        assert len(query.fetch([f"{n}@example.com" for n in range(count)])) == count
    place = Location.objects.get(is_default=True)
    by_key = Prepared(
        lambda keys: Location.objects.filter(pk__any_of=keys, business_id__any_of=keys), [uuid4()]
    )
    assert by_key.fetch([place.pk, business.pk]) == [place]


def test_an_argument_that_does_not_occur_is_noticed(bound: None) -> None:
    forgotten = Prepared(lambda name, email: Customer.objects.filter(name=name), "somebody", "a@example.com")
    with pytest.raises(RuntimeError, match=r"\[1\]"):
        forgotten.fetch("Ada", "b@example.com")


def test_text_cannot_become_sql(business: Business, bound: None) -> None:
    evil = "x' OR '1'='1"
    insert([_customer(business), _customer(business, name=evil)])
    assert [one.name for one in Prepared(_named, "somebody").fetch(evil)] == [evil]


def test_locking_keeps_the_order_of_ranks(business: Business, actor: Actor, bound: None) -> None:
    query = Prepared(lambda key: to_lock(Customer.objects.filter(pk=key)), uuid4())
    with pytest.raises(LockOrderError):
        lock_prepared(Rank.ROOT, query, uuid4())


def test_rows_are_as_bulk_create_writes_them(business: Business, bound: None) -> None:
    moment = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    quick = _customer(business, name=gettext_lazy("Cart"), tags=["a", "b"], note="x\ty'", created_at=moment)
    usual = _customer(business, name=gettext_lazy("Cart"), tags=["a", "b"], note="x\ty'", created_at=moment)
    assert quick._state.adding
    insert([quick])
    Customer.objects.bulk_create([usual])
    assert not quick._state.adding
    left, right = (
        Customer.objects.filter(pk=one.pk).values("name", "tags", "note", "created_at", "phone").get()
        for one in (quick, usual)
    )
    assert left == right
    quick.note = "changed"
    quick.save()
    assert Customer.objects.get(pk=quick.pk).note == "changed"


def test_the_database_still_refuses(business: Business, bound: None) -> None:
    twice = [_customer(business, email="same@example.com") for _ in range(2)]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(twice)
    assert not Customer.objects.exists()
    assert all(one._state.adding for one in twice)


def test_nothing_is_written_for_no_rows() -> None:
    with CaptureQueriesContext(connection) as seen:
        insert([])
    assert not seen.captured_queries


def test_more_rows_than_are_remembered(business: Business, bound: None) -> None:
    for count in (45, 21, 20, 1):
        insert([_customer(business) for _ in range(count)])
    assert Customer.objects.count() == 87


def test_a_limited_actor_sees_no_more_by_it(business: Business, bound: None) -> None:
    near = Location.objects.get(is_default=True)
    Location.objects.create(name="Far shop", code="FAR")
    query = Prepared(lambda name: Location.objects.exclude(name=name).order_by("code"), "a name")
    assert len(query.fetch("Nowhere")) == 2
    with tenancy.bind(business.pk, Limit(location_ids=frozenset({near.pk}))):
        assert query.fetch("Nowhere") == [near]
    assert len(query.fetch("Nowhere")) == 2


def test_it_writes_what_save_writes(business: Business, other_business: Business, bound: None) -> None:
    one, two = _customer(business), _customer(business)
    insert([one, two])
    for customer, write in ((one, update), (two, lambda row, names: row.save(update_fields=names))):
        customer.name, customer.tags, customer.note = "Grace", ["kind"], "not written"
        with clock.travel(dt.timedelta(days=1)), CaptureQueriesContext(connection) as seen:
            write(customer, ["name", "tags", "updated_at"])
        assert len(seen) == 1
    kept = [Customer.objects.get(pk=row.pk) for row in (one, two)]
    assert [(row.name, row.tags) for row in kept] == [("Grace", ["kind"])] * 2
    assert all(row.updated_at > row.created_at + dt.timedelta(hours=23) for row in kept)
    assert kept[0].updated_at == one.updated_at
    assert "not written" not in {row.note for row in kept}


def test_it_writes_no_row_that_is_gone_or_of_another_business(
    no_crossing: None, business: Business, other_business: Business
) -> None:
    with tenancy.bind(business.pk):
        here = _customer(business)
        insert([here])
    here.name = "Grace"
    with tenancy.bind(other_business.pk), pytest.raises(ObjectDoesNotExist):
        update(here, ["name"])
    with tenancy.bind(business.pk):
        assert Customer.objects.get(pk=here.pk).name == "Ada"
        Customer.objects.filter(pk=here.pk).delete()
        with pytest.raises(ObjectDoesNotExist):
            update(here, ["name"])


@pytest.mark.parametrize(
    ("statement", "values", "row"),
    [
        ("SELECT %s::int, %s::text, '5 %%'", [1, "100 %s"], (1, "100 %s", "5 %")),
        ("SELECT %(b)s::int, %(a)s::int, %(b)s::int + 1", {"a": 1, "b": 2, "unused": 3}, (2, 1, 3)),
        ("SELECT '%%(a)s', 7 %% 4", {}, ("%(a)s", 3)),
        ("SELECT " + ", ".join(["%s::int"] * 1200), range(1200), tuple(range(1200))),
        ("SELECT '" + "x" * 40_000 + "', %s::int", [1], ("x" * 40_000, 1)),
    ],
)
def test_places_are_filled_as_the_driver_fills_them(
    statement: str, values: Any, row: tuple[Any, ...], bound: None
) -> None:
    values = values if isinstance(values, dict) else list(values)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        usual = cursor.fetchone()

    assert select(statement, values) == [row] == [usual]


@pytest.mark.parametrize("statement", ["SELECT %b", "SELECT %s, %(a)s", "SELECT 1 % 2", "SELECT %(a)d"])
def test_a_place_that_is_none_is_refused(statement: str, bound: None) -> None:
    with pytest.raises(ValueError, match="prepared statement"):
        select(statement, [1, 2])
