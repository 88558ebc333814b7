"""Each action names the permission it needs; an action that names none is refused to everybody."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused

PUBLIC = "public"
# Whoever is signed in as a person, for what is his own; keys of programs are nobody.
MEMBER = "member"


def permission_of(view: Any, action: str) -> str | None:
    """The permission an action declares: `orders.read`, `PUBLIC`, or None when it was forgotten."""
    declared: dict[str, str] = getattr(view, "permissions", {})
    return declared.get(action)


class ServicePermission(BasePermission):
    """Asks the actor for the permission of the action. Services ask again: this one answers before any query."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not getattr(request, "actor", None):
            return bool(view.permissions.get(view.action) == PUBLIC)
        if view.action is None:  # a method the address does not take: answered with 405 a moment later
            return True
        actor: Actor = request.actor  # type: ignore[attr-defined]
        needed = permission_of(view, view.action)
        if needed is None:
            raise PermissionRefused()
        if needed == MEMBER:
            if actor.kind != "user":
                raise PermissionRefused()
        elif needed != PUBLIC:
            actor.require(needed)
        return True
