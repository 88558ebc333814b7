"""Crossings: only by declared names, counted when a machine makes them, written down when a person does."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection

from apps.kernel import crossings, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.audit import PLATFORM_CHAIN, broken_links
from apps.kernel.errors import UndeclaredCrossing
from apps.kernel.ids import new_id
from apps.kernel.models import AuditEntry
from apps.platform.businesses.models import Business, Location
from tests.conftest import build_business

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def strict(no_crossing: None) -> None:
    """Nothing is in sight but what a test binds."""


@pytest.fixture
def two() -> tuple[Business, Business]:
    return build_business("ours"), build_business("theirs")


def person() -> Actor:
    return Actor("user", new_id(), "Pat Platform", None, role="platform")


def owners() -> set[UUID]:
    return set(Location.unscoped.values_list("business_id", flat=True))


def test_a_name_nobody_declared_is_refused() -> None:
    with pytest.raises(UndeclaredCrossing, match="not declared"), tenancy.crossing("just.this.once"):
        pytest.fail("the block was entered")


def test_a_machine_is_counted_and_sees_all(two: tuple[Business, Business]) -> None:
    before = crossings.made["stock.reconcile"]
    with tenancy.bind(two[0].pk), tenancy.crossing("stock.reconcile"):
        assert owners() == {business.pk for business in two}
    assert crossings.made["stock.reconcile"] == before + 1
    with tenancy.bind(two[0].pk):
        assert owners() == {two[0].pk}


def test_a_person_is_written_down_before_the_first_row(two: tuple[Business, Business]) -> None:
    with tenancy.crossing("platform.search", actor=person(), reason="Ticket 12: order cannot be opened"):
        entry = AuditEntry.objects.get(action="platform.crossing")
        assert owners() == {business.pk for business in two}
    assert (entry.chain, entry.actor_label, entry.object_id) == (
        PLATFORM_CHAIN,
        "Pat Platform",
        "platform.search",
    )
    assert entry.reason == "Ticket 12: order cannot be opened"
    assert broken_links() == []


@pytest.mark.parametrize(("actor", "reason"), [(None, "Ticket 12"), (person(), ""), (person(), "  ")])
def test_a_person_without_a_name_or_a_reason_stays_out(actor: Actor | None, reason: str) -> None:
    with (
        pytest.raises(UndeclaredCrossing, match="the actor and a reason"),
        tenancy.crossing("platform.search", actor=actor, reason=reason),
    ):
        pytest.fail("the block was entered")
    with tenancy.bind(None):
        assert not AuditEntry.objects.exists()


def test_an_exception_ends_a_crossing(two: tuple[Business, Business]) -> None:
    with pytest.raises(ZeroDivisionError), tenancy.crossing("stock.reconcile"):
        raise ZeroDivisionError
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM businesses_location")
        assert cursor.fetchone() == (0,)


def test_what_each_crossing_says_is_true() -> None:
    for name, declared in crossings.DECLARED.items():
        assert len(declared.reason) > 20, name
        for file in declared.files:
            text = (ROOT / file).read_text() if file.endswith(".py") else f'"{name}"'
            assert f'"{name}"' in text, f"{file} makes no crossing {name}; take it off the list"


def test_the_dispatcher_works_for_each_business_under_its_own(two: tuple[Business, Business]) -> None:
    from tests.kernel import probe

    for business in two:
        probe.count(Actor.system("test", business.pk), subject=new_id(), step=1)
    before = crossings.made["outbox.due"]
    assert outbox.depth().waiting == 4
    assert outbox.depth(two[0].pk).waiting == 2
    assert outbox.drain() == 4
    assert outbox.depth().waiting == 0
    assert crossings.made["outbox.due"] > before
