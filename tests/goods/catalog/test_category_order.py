"""Categories in the order of the shopkeeper: in the back office, in the store and for programs."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.goods.catalog import selectors, services
from apps.goods.catalog.models import Category
from apps.goods.catalog.services import categories
from apps.kernel import locks, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound, PermissionRefused
from apps.kernel.models import AuditEntry
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import actor_for
from tests.api.world import Caller
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_product
from tests.goods.inventory.crowd import at_once

pytestmark = pytest.mark.django_db


def order() -> list[str]:
    return [branch.name for branch in selectors.list_categories()]


def test_siblings_stand_by_hand_with_all_that_is_below_them(
    business: Business, bound: Business, actor: Actor
) -> None:
    made = {name: services.create_category(actor, name=name) for name in ("Cups", "Bowls", "Art", "Art deco")}
    for name in ("Tea", "Mocca"):
        made[name] = services.create_category(actor, name=name, parent_id=made["Cups"].pk)
        make_product(business, title=name, category_id=made[name].pk)
    # Nobody has ordered them: by address, each with what is below it.
    assert order() == ["Art", "Art deco", "Bowls", "Cups", "Mocca", "Tea"]

    def move(name: str, step: int) -> None:
        services.move_category(actor, category_id=made[name].pk, step=step)

    move("Cups", -9)
    move("Mocca", 1)
    assert order() == ["Cups", "Tea", "Mocca", "Art", "Art deco", "Bowls"]
    assert [row.name for row in selectors.list_category_facets()] == ["Cups", "Tea", "Mocca"]
    assert [row.position for row in Category.objects.order_by("place")] == [1, 1, 2, 2, 3, 4]
    entered = AuditEntry.objects.filter(action="products.category_moved")
    assert [
        (entry.before["position"], entry.after["position"]) for entry in entered.order_by("sequence")
    ] == [
        (4, 1),
        (1, 2),
    ]
    move("Cups", -1)  # at the end it stays, and nothing is entered
    assert entered.count() == 2

    # Who comes later stands last; a family nobody ordered stays by its addresses.
    services.create_category(actor, name="Aprons")
    services.change_category(actor, category_id=made["Tea"].pk, parent_id=None)
    services.change_category(actor, category_id=made["Bowls"].pk, parent_id=made["Art"].pk, name="Vessels")
    services.create_category(actor, name="Abstract", parent_id=made["Art"].pk)
    assert order() == ["Cups", "Mocca", "Art", "Abstract", "Vessels", "Art deco", "Aprons", "Tea"]
    services.change_category(actor, category_id=made["Cups"].pk, slug="zz-cups")
    services.delete_category(actor, category_id=made["Art deco"].pk)
    assert order() == ["Cups", "Mocca", "Art", "Abstract", "Vessels", "Aprons", "Tea"]


def test_only_who_may_arrange_and_nothing_of_others(
    business: Business, other_business: Business, bound: Business, actor: Actor, make_actor: Any
) -> None:
    mine = services.create_category(actor, name="Mine")
    with tenancy.bind(other_business.pk):
        theirs = services.create_category(make_actor(other_business), name="Theirs")
    with pytest.raises(NotFound):
        services.move_category(actor, category_id=theirs.pk, step=1)
    reader = make_actor(business, permissions=frozenset({"products.read"}))
    with pytest.raises(PermissionRefused):
        services.move_category(reader, category_id=mine.pk, step=1)


def test_buttons_move_them_and_keep_the_focus(client: Client) -> None:
    business = make_business()
    owner = actor_for(owner_of(business), business)
    cups, bowls = (services.create_category(owner, name=name) for name in ("Cups", "Bowls"))
    sign_in(client, owner_of(business), business)
    for address in (
        reverse("admin:list_verb", args=["catalog", "category", "arrange"]),
        reverse("admin:verb", args=["catalog", "category", bowls.pk, "arrange"]),
    ):
        page = client.get(address)
        assert [one.name for one in page.context["siblings"]] == ["Bowls", "Cups"]
        sent = {"idempotency_key": page.context["idempotency_key"], "move": f"up {cups.pk}"}
        for _pressed_twice in range(2):
            answer = client.post(address, sent)
            assert answer["Location"] == f"{address}#up-{cups.pk}"
        shown = client.get(address)
        assert [one.name for one in shown.context["siblings"]] == ["Cups", "Bowls"]
        assert f'id="up-{cups.pk}"' in shown.content.decode()
        services.move_category(owner, category_id=cups.pk, step=1)
    for wrong in ("", "up", f"sideways {cups.pk}", "up " + "-" * 36, f"up {business.pk}"):
        assert client.post(address, {"move": wrong}).status_code in {400, 404}
    sign_in(client, make_member(business, "cashier"), business)
    assert client.get(address).status_code == 403


def test_a_program_reads_and_moves_them(business: Business) -> None:
    shop = make_business("Ordered")
    owner = actor_for(owner_of(shop), shop)
    made = [services.create_category(owner, name=name) for name in "ABC"]
    program = Caller(shop, owner_of(shop))
    assert program.post(f"categories/{made[0].pk}/move/", {"step": 2}).json()["position"] == 3
    listed = program.get("categories/").json()["results"]
    assert [(row["name"], row["position"]) for row in listed] == [("B", 1), ("C", 2), ("A", 3)]
    assert [row["name"] for row in program.get("categories/?ordering=path").json()["results"]] == list("ABC")
    assert program.post(f"categories/{made[0].pk}/move/", {"step": "far"}).status_code == 400


def test_a_branch_that_is_added_while_a_move_waits_moves_along(
    business: Business, bound: Business, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    cups, bowls = (services.create_category(actor, name=name) for name in ("Cups", "Bowls"))
    lock, added = locks.lock, []

    def wait(rank: Any, rows: Any) -> Any:
        found = lock(rank, rows)
        if not added:
            added.append(cups.pk)
            services.create_category(actor, name="Tea", parent_id=cups.pk)
        return found

    monkeypatch.setattr(locks, "lock", wait)
    services.move_category(actor, category_id=cups.pk, step=-1)
    assert order() == ["Cups", "Tea", "Bowls"]
    services.change_category(actor, category_id=cups.pk, parent_id=bowls.pk)
    assert [row.path for row in Category.objects.all()] == ["bowls", "bowls/cups", "bowls/cups/tea"]


def _both_move(monkeypatch: pytest.MonkeyPatch, wait: float) -> list[str]:
    """A goes one down while D goes one up; each waits so long for the other to come as far before it writes."""
    business = make_business()
    owner = actor_for(owner_of(business), business)
    made = {name: services.create_category(owner, name=name).pk for name in "ABCD"}
    gate, keep = threading.Barrier(2), categories._keep_places

    def meet(tree: list[Category]) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            gate.wait(wait)
        keep(tree)

    def move(name: str, step: int) -> Any:
        return lambda: services.move_category(owner, category_id=made[name], step=step)

    monkeypatch.setattr(categories, "_keep_places", meet)
    at_once([move("A", 1), move("D", -1)])
    with tenancy.bind(business.pk):
        return order()


@pytest.mark.django_db(transaction=True)
def test_two_who_move_at_once_both_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _both_move(monkeypatch, 0.5) == list("BADC")


@pytest.mark.mutation
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_one_move_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "to_lock", lambda rows: rows.order_by("pk"))
    assert _both_move(monkeypatch, 10) != list("BADC")
