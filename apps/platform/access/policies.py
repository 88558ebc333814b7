"""Who may make keys for programs, and what no program may have."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.permissions import all_permissions, declare

READ = declare("keys.read", _("See API keys"), whole_business=True)
MANAGE = declare("keys.manage", _("Make, renew and revoke API keys"), whole_business=True)

# A program that could change who works here, or make keys itself, could outlive every way of stopping it.
FOR_PEOPLE_ONLY = frozenset(
    {"business.own", "team.invite", "team.change", "roles.change", MANAGE, "vault.manage"}
)


def grantable(actor: Actor) -> dict[str, str]:
    """The permissions the actor may give to a key, with their labels: his own, but those for people."""
    return {
        code: str(label)
        for code, label in all_permissions().items()
        if actor.may(code) and code not in FOR_PEOPLE_ONLY
    }


def beyond(actor: Actor, permissions: Iterable[str]) -> list[str]:
    """Which of the permissions the actor may not give to a key."""
    return sorted(set(permissions) - grantable(actor).keys())
