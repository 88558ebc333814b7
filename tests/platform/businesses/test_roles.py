"""Roles: the owner's is fixed, nobody gives or takes more than he has."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from apps.kernel.errors import Conflict, InvalidInput, PermissionRefused
from apps.kernel.models import AuditEntry
from apps.kernel.permissions import all_permissions, expand
from apps.platform.businesses import services
from apps.platform.businesses.models import Business, Role
from apps.platform.businesses.shipped_roles import SHIPPED_ROLES, ShippedRole
from tests.factories.businesses import actor_of, make_business, make_member

pytestmark = pytest.mark.django_db


def role_of(business: Business, code: str) -> Role:
    return Role.unscoped.get(business=business, code=code)


def test_the_owner_may_everything_that_is_declared() -> None:
    assert actor_of(make_business()).permissions == frozenset(all_permissions())


@pytest.mark.parametrize("code", [role.code for role in SHIPPED_ROLES])
def test_a_shipped_role_means_exactly_its_patterns(code: str) -> None:
    patterns = next(role.permissions for role in SHIPPED_ROLES if role.code == code)

    assert actor_of(make_business(), code).permissions == expand(patterns)


@pytest.mark.parametrize("role", [role for role in SHIPPED_ROLES if role.code != "delivery_agent"])
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
