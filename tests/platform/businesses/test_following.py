"""Shipped roles follow the product until a business changes them; then it is asked."""

from __future__ import annotations

import dataclasses
from importlib import import_module
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.models import AuditEntry
from apps.kernel.permissions import expand
from apps.platform.businesses import services, shipped_roles
from apps.platform.businesses.models import Business, Role
from apps.platform.businesses.services import following
from apps.platform.businesses.shipped_roles import SHIPPED_ROLES, find_shipped, list_new
from tests.factories.businesses import actor_of, make_business, owner_of, sign_in

pytestmark = pytest.mark.django_db


def role_of(business: Business, code: str) -> Role:
    return Role.unscoped.get(business=business, code=code)


def ship(monkeypatch: pytest.MonkeyPatch, code: str, *, more: tuple[str, ...] = (), less: str = "") -> None:
    """The next release, in which a shipped role may do more, or less."""
    shipped = tuple(
        dataclasses.replace(role, permissions=tuple(p for p in (*role.permissions, *more) if p != less))
        if role.code == code
        else role
        for role in shipped_roles.SHIPPED_ROLES
    )
    for module in (shipped_roles, following):
        monkeypatch.setattr(module, "SHIPPED_ROLES", shipped)


@pytest.mark.django_db(transaction=True)
def test_an_unchanged_role_gets_what_a_release_adds_and_the_trail_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    business = make_business()
    ship(monkeypatch, "marketer", more=("payments.read",), less="customers.read")

    call_command("migrate", verbosity=0)

    assert "payments.read" in role_of(business, "marketer").permissions
    entry = AuditEntry.objects.get(chain=business.pk, action="roles.followed")
    assert (entry.before, entry.after) == ({"taken": ["customers.read"]}, {"given": ["payments.read"]})
    assert entry.actor_kind == "system"


def test_a_second_migrate_changes_and_enters_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    make_business()
    ship(monkeypatch, "marketer", more=("payments.read",))
    assert services.follow_product() == 1
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert services.follow_product() == 0
    assert AuditEntry.objects.filter(action="roles.followed").count() == 1
    assert len([query for query in asked if "businesses_role" in query["sql"]]) == 1


def test_a_role_that_means_more_by_its_pattern_says_so_too() -> None:
    """`orders.*` grows without anybody changing the role: the trail must still say from when on."""
    business = make_business()
    had = role_of(business, "manager").offered
    Role.unscoped.filter(business=business, code="manager").update(
        offered=[c for c in had if c != "orders.note"]
    )

    services.follow_product()

    entry = AuditEntry.objects.get(chain=business.pk, action="roles.followed")
    assert entry.after == {"given": ["orders.note"]}


def test_a_changed_role_is_offered_what_is_new_and_nothing_is_given_or_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    business = make_business()
    actor = actor_of(business)
    marketer = role_of(business, "marketer")
    ours = sorted(expand(marketer.permissions) - {"stock.read"})
    services.change_role(actor, role_id=marketer.pk, permissions=ours)
    ship(monkeypatch, "marketer", more=("payments.read",), less="orders.read")

    services.follow_product()

    marketer.refresh_from_db()
    assert marketer.permissions == ours
    assert list_new(marketer) == ["payments.read"]  # and not stock.read, which was taken out on purpose


@pytest.mark.parametrize("given", [["payments.read"], []])
def test_what_is_new_is_decided_once(monkeypatch: pytest.MonkeyPatch, given: list[str]) -> None:
    business = make_business()
    marketer = role_of(business, "marketer")
    services.change_role(actor_of(business), role_id=marketer.pk, permissions=["orders.read"])
    ship(monkeypatch, "marketer", more=("payments.read", "ledger.read"))
    client = sign_in(Client(), owner_of(business), business)
    page = client.get(f"/admin/businesses/role/{marketer.pk}/").content.decode()
    assert "New since you changed this role" in page
    assert "See payments" in page

    answer = client.post(
        reverse("admin:verb", args=["businesses", "role", marketer.pk, "review"]),
        {"given": given, "idempotency_key": "k"},
    )

    assert answer.status_code == 302, answer.content.decode()
    marketer.refresh_from_db()
    assert marketer.permissions == sorted({"orders.read", *given})
    assert list_new(marketer) == []
    entry = AuditEntry.objects.get(chain=business.pk, action="roles.reviewed")
    assert entry.after == {"given": given, "left": sorted({"payments.read", "ledger.read"} - set(given))}
    with pytest.raises(WrongState):
        services.review_role(actor_of(business), role_id=marketer.pk, given=[])


def test_what_is_not_new_is_not_given_by_that_door(monkeypatch: pytest.MonkeyPatch) -> None:
    business = make_business()
    marketer = role_of(business, "marketer")
    services.change_role(actor_of(business), role_id=marketer.pk, permissions=["orders.read"])
    ship(monkeypatch, "marketer", more=("payments.read",))
    with pytest.raises(InvalidInput):
        services.review_role(actor_of(business), role_id=marketer.pk, given=["business.own"])


def test_what_an_administrator_lacks_stays_for_the_owner_to_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    business = make_business()
    marketer = role_of(business, "marketer")
    services.change_role(actor_of(business), role_id=marketer.pk, permissions=["orders.read"])
    ship(monkeypatch, "marketer", more=("payments.read", "privacy.export"))

    services.review_role(actor_of(business, "admin"), role_id=marketer.pk, given=["payments.read"])

    marketer.refresh_from_db()
    assert list_new(marketer) == ["privacy.export"]


def test_a_role_put_back_to_what_is_shipped_follows_again() -> None:
    business = make_business()
    actor, cashier = actor_of(business), role_of(business, "cashier")
    shipped = find_shipped("cashier")
    assert shipped is not None
    services.change_role(actor, role_id=cashier.pk, permissions=["orders.read"])
    assert role_of(business, "cashier").is_changed
    services.change_role(actor, role_id=cashier.pk, permissions=expand(shipped.permissions))
    cashier.refresh_from_db()
    assert (cashier.is_changed, cashier.permissions) == (False, list(shipped.permissions))


def test_saving_the_page_without_a_change_keeps_the_patterns() -> None:
    business = make_business()
    cashier = role_of(business, "cashier")
    services.change_role(
        actor_of(business), role_id=cashier.pk, permissions=expand(cashier.permissions), name="Till"
    )
    cashier.refresh_from_db()
    assert (cashier.name, cashier.is_changed, "customers.*" in cashier.permissions) == ("Till", False, True)


def test_roles_from_before_are_told_apart_by_the_migration() -> None:
    business = make_business()
    old_buyer = [
        "stock.receive",
        "imports.read",
        "products.read",
        "stock.read",
        "shipping.read",
        "business.read",
        "locations.read",
    ]
    new_for_buyers = expand(role_of(business, "buyer").permissions) - set(old_buyer)
    Role.unscoped.filter(business=business, code="buyer").update(permissions=old_buyer, offered=[])
    new_for_marketers = ["carts.read", "media.read", "media.upload"]
    now = role_of(business, "marketer").permissions
    old_marketer = [code for code in now if code not in new_for_marketers]
    Role.unscoped.filter(business=business, code="marketer").update(permissions=old_marketer, offered=[])
    Role.unscoped.filter(business=business, code="cashier").update(permissions=["orders.read"], offered=[])
    Role.unscoped.filter(business=business, code="manager").update(offered=[])
    migration: Any = import_module("apps.platform.businesses.migrations.0004_shipped_roles_follow")
    with connection.cursor() as cursor:
        cursor.execute(migration.CHANGED)

    services.follow_product()

    changed = set(Role.unscoped.filter(business=business, is_changed=True).values_list("code", flat=True))
    assert changed == {"cashier"}
    assert role_of(business, "cashier").permissions == ["orders.read"]
    # The first time there is nothing to compare with but the role itself: what is entered is what was really gained.
    entries = AuditEntry.objects.filter(chain=business.pk, action="roles.followed")
    given = {entry.object_id: entry.after["given"] for entry in entries}
    assert given == {
        str(role_of(business, "marketer").pk): new_for_marketers,
        str(role_of(business, "buyer").pk): sorted(new_for_buyers),
    }
    assert role_of(business, "marketer").permissions == now


def test_a_thousand_businesses_are_brought_up_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        make_business(f"Shop {number}")
    ship(monkeypatch, "marketer", more=("payments.read",))
    monkeypatch.setattr(following, "PORTION", 2)

    assert services.follow_product() == 5

    assert AuditEntry.objects.filter(action="roles.followed").values("chain").distinct().count() == 5
    assert all("payments.read" in role.permissions for role in Role.unscoped.filter(code="marketer"))


def test_every_shipped_role_of_a_new_business_is_there_already() -> None:
    business = make_business()
    assert services.follow_product() == 0
    assert Role.unscoped.filter(business=business, is_changed=False).count() == len(SHIPPED_ROLES)
