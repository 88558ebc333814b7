"""Roles: the owner's is fixed, nobody gives or takes more than he has."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from apps.kernel.models import AuditEntry
from apps.kernel.permissions import all_permissions, expand
from apps.platform.businesses import services
from apps.platform.businesses.models import Business, Membership, Role
from apps.platform.businesses.shipped_roles import SHIPPED_ROLES, ShippedRole
from tests.factories.businesses import actor_of, make_business, make_member, owner_of, sign_in

pytestmark = pytest.mark.django_db


def role_of(business: Business, code: str) -> Role:
    return Role.unscoped.get(business=business, code=code)


def test_the_owner_may_everything_that_is_declared() -> None:
    assert actor_of(make_business()).permissions == frozenset(all_permissions())


@pytest.mark.parametrize("code", [role.code for role in SHIPPED_ROLES])
def test_a_shipped_role_means_exactly_its_patterns(code: str) -> None:
    patterns = next(role.permissions for role in SHIPPED_ROLES if role.code == code)

    assert actor_of(make_business(), code).permissions == expand(patterns)


@pytest.mark.parametrize("role", SHIPPED_ROLES)
def test_no_pattern_of_a_shipped_role_is_a_dead_letter(role: ShippedRole) -> None:
    assert [pattern for pattern in role.permissions if not expand([pattern])] == []


@pytest.mark.parametrize("code", ["business.own", "roles.change", "team.change", "platform.operate"])
@pytest.mark.parametrize(
    "role", ["manager", "sales", "cashier", "stock_keeper", "accountant", "support", "analyst"]
)
def test_daily_roles_have_no_keys_to_the_house(role: str, code: str) -> None:
    assert not actor_of(make_business(), role).may(code)


def test_the_owners_role_cannot_be_emptied_by_service_or_by_hand() -> None:
    business = make_business()

    with pytest.raises(Conflict):
        services.change_role(actor_of(business), role_id=role_of(business, "owner").pk, permissions=[])
    with pytest.raises(IntegrityError), transaction.atomic():
        Role.unscoped.filter(business=business, code="owner").update(permissions=[])


def test_what_one_has_not_one_cannot_give() -> None:
    business = make_business()
    admin = actor_of(business, "admin")
    role = services.add_role(actor_of(business), name="Night shift", key="r")

    with pytest.raises(PermissionRefused):
        services.change_role(admin, role_id=role.pk, permissions=["business.own"])
    services.change_role(admin, role_id=role.pk, permissions=["business.read"])

    assert Role.unscoped.get(pk=role.pk).permissions == ["business.read"]


def test_what_one_has_not_one_cannot_take() -> None:
    business = make_business()
    role = services.add_role(actor_of(business), name="Deputy", permissions=["business.own"], key="r")

    with pytest.raises(PermissionRefused):
        services.change_role(actor_of(business, "admin"), role_id=role.pk, permissions=[])


def test_an_unknown_permission_is_refused() -> None:
    business = make_business()

    with pytest.raises(InvalidInput):
        services.add_role(actor_of(business), name="Odd", permissions=["moon.land"], key="r")


def test_a_change_says_what_was_given_and_taken() -> None:
    business = make_business()
    role = services.add_role(actor_of(business), name="Clerk", permissions=["team.read"], key="r")

    services.change_role(actor_of(business), role_id=role.pk, permissions=["roles.read"])

    entry = AuditEntry.objects.get(chain=business.pk, action="roles.changed")
    assert entry.before["taken"] == ["team.read"]
    assert entry.after["given"] == ["roles.read"]


def test_a_role_in_use_stays() -> None:
    business = make_business()
    make_member(business, "cashier")

    with pytest.raises(Conflict):
        services.delete_role(actor_of(business), role_id=role_of(business, "cashier").pk)
    services.delete_role(actor_of(business), role_id=role_of(business, "buyer").pk)

    assert not Role.unscoped.filter(business=business, code="buyer").exists()


def test_a_copied_role_may_the_same_and_stands_by_itself() -> None:
    business = make_business()
    actor = actor_of(business)
    source = role_of(business, "cashier")
    copied = services.copy_role(actor, role_id=source.pk, name="Weekend cashier")
    assert (copied.is_shipped, set(copied.permissions)) == (False, expand(source.permissions))
    services.change_role(actor, role_id=copied.pk, permissions=["orders.read"])
    assert expand(role_of(business, "cashier").permissions) == expand(source.permissions)
    with pytest.raises(InvalidInput):
        services.copy_role(actor, role_id=source.pk, name="Weekend cashier")


def test_a_role_of_another_business_cannot_be_copied() -> None:
    mine, theirs = make_business(), make_business("Theirs")
    with pytest.raises(NotFound):
        services.copy_role(actor_of(mine), role_id=role_of(theirs, "cashier").pk, name="Mine")


def test_members_of_a_deleted_role_get_the_other_one() -> None:
    business = make_business()
    person = make_member(business, "cashier")
    old, new = role_of(business, "cashier"), role_of(business, "sales")
    with pytest.raises(Conflict):
        services.delete_role(actor_of(business), role_id=old.pk)
    with pytest.raises(PermissionRefused):
        services.delete_role(actor_of(business), role_id=old.pk, replacement_id=role_of(business, "owner").pk)
    assert services.delete_role(actor_of(business), role_id=old.pk, replacement_id=new.pk) == 1
    assert Membership.unscoped.get(user=person).role_id == new.pk


def test_two_roles_side_by_side_and_what_differs_first() -> None:
    business = make_business()
    client = sign_in(Client(), owner_of(business), business)
    one, other = role_of(business, "cashier"), role_of(business, "sales")
    answer = client.get(reverse("admin:roles_compare"), {"one": one.pk, "other": other.pk})
    lines = answer.context["lines"]
    assert [line.differs for line in lines] == sorted((line.differs for line in lines), reverse=True)
    assert {line.label for line in lines if line.differs} >= {"Confirm orders", "Cancel orders"}
    assert client.get(reverse("admin:roles_compare"), {"one": "x", "other": other.pk}).status_code == 200


def test_every_area_has_a_name_a_shopkeeper_knows() -> None:
    from apps.platform.backoffice.house.grid import WINGS

    named = {area for _name, areas in WINGS for area in areas}
    # "probe" is declared by tests of the kernel.
    assert {code.partition(".")[0] for code in all_permissions()} - {"probe"} <= named
