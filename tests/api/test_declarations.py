"""What every endpoint must say about itself, read from the addresses that are mounted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern

from apps.kernel.permissions import all_permissions
from apps.platform.api.permissions import MEMBER, PUBLIC, ServicePermission
from apps.platform.api.views import ServiceViewSet, StoreViewSet, TenantViewSet
from monidesk.api import urlpatterns as api_patterns

# Addresses that carry no rows; each says why nobody need sign in.
OPEN_VIEWS = {"TokenView", "RefreshView", "RevokeView", "SchemaView", "DocsView", "unknown_address"}


def endpoints() -> Iterator[tuple[str, Any, dict[str, str]]]:
    """(address, view class, {method: action}) of everything below /api/v1/."""
    for pattern in api_patterns:
        assert isinstance(pattern, URLPattern)
        view = getattr(pattern.callback, "cls", None) or getattr(
            pattern.callback, "view_class", pattern.callback
        )
        yield str(pattern.pattern), view, getattr(pattern.callback, "actions", None) or {}


def undeclared(view: Any, actions: dict[str, str]) -> list[str]:
    """Actions without a permission, or with one that nobody declared."""
    known = all_permissions()
    wrong = []
    for action in actions.values():
        permission = view.permissions.get(action)
        is_known = permission in {PUBLIC, MEMBER} or permission in known
        if not is_known or (permission == PUBLIC) != issubclass(view, StoreViewSet):
            wrong.append(action)
    return wrong


def test_every_action_declares_its_permission() -> None:
    wrong = []
    for address, view, actions in endpoints():
        if not actions:
            assert view.__name__ in OPEN_VIEWS, address
            continue
        assert issubclass(view, ServiceViewSet), address
        assert view.permission_classes == [ServicePermission], address
        wrong += [f"{address}: {action}" for action in undeclared(view, actions)]
    assert wrong == []


def test_the_check_finds_a_forgotten_one() -> None:
    class Forgetful(TenantViewSet):
        permissions = {"list": "orders.read", "retrieve": "no.such", "cancel": PUBLIC}

    actions = {"get": "list", "post": "create", "put": "retrieve", "delete": "cancel"}
    assert undeclared(Forgetful, actions) == ["create", "retrieve", "cancel"]


def test_an_action_without_permission_is_refused_to_everybody(rf: Any) -> None:
    from apps.kernel.actors import Actor
    from apps.kernel.errors import PermissionRefused

    class View:
        action = "forgotten"
        permissions: dict[str, str] = {}

    request = rf.get("/")
    request.actor = Actor.system("test", None)
    with pytest.raises(PermissionRefused):
        ServicePermission().has_permission(request, View())


def test_actions_that_move_money_need_a_key() -> None:
    needed = {
        f"{view.__name__}.{action}"
        for _address, view, actions in endpoints()
        for action in actions.values()
        if action in {"refund", "submit"} and action not in view.keys_required
    }
    assert needed == set()


def test_nothing_is_mounted_twice() -> None:
    addresses = [str(pattern.pattern) for pattern in api_patterns]
    assert len(addresses) == len(set(addresses))
