"""Shipped roles that no business changed become what the product ships now."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.kernel import audit, clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.locks import Rank, lock
from apps.kernel.permissions import expand
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Role
from apps.platform.businesses.shipped_roles import SHIPPED_ROLES

# As many rows are locked at a time; with a chain of its own to each business a portion takes about a second.
PORTION = 1000


def follow_product() -> int:
    """Bring every role that is behind to the state of the code; returns how many there were. Nothing twice."""
    followed = portion = _follow(Actor.system("upgrade", None))
    while portion == PORTION:
        portion = _follow(Actor.system("upgrade", None))
        followed += portion
    return followed


@use_case(audits="roles.followed")
def _follow(actor: Actor) -> int:
    with tenancy.crossing("roles.follow"):
        roles = lock(Rank.ROOT, Role.unscoped.filter(pk__in=_behind().values_list("pk", flat=True)[:PORTION]))
        for shipped in SHIPPED_ROLES:
            codes = expand(shipped.permissions)
            # One that was changed while it was waited for is the business's own by now.
            same = [role for role in roles if role.code == shipped.code and not role.is_changed]
            for role in same:
                _enter(actor, role, codes)
            Role.unscoped.filter(pk__in=[role.pk for role in same]).update(
                permissions=list(shipped.permissions), offered=sorted(codes), updated_at=clock.now()
            )
    return len(roles)


def _enter(actor: Actor, role: Role, codes: frozenset[str]) -> None:
    had = frozenset(role.offered) or expand(role.permissions)
    if codes == had:
        return
    audit.record(
        Actor.system(actor.label, role.business_id),
        "roles.followed",
        role,
        before={"taken": sorted(had - codes)},
        after={"given": sorted(codes - had)},
        reason=_("The product was upgraded."),
    )


def _behind() -> QuerySet[Any]:
    """Roles that follow and are not there yet. The owner's means everything and never is."""
    behind = Q()
    for shipped in SHIPPED_ROLES:
        if shipped.code != "owner":
            there = Q(permissions=list(shipped.permissions), offered=sorted(expand(shipped.permissions)))
            behind |= Q(code=shipped.code) & ~there
    return Role.unscoped.filter(behind, is_shipped=True, is_changed=False)
