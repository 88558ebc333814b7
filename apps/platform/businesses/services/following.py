"""Shipped roles that no business changed become what the product ships now."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.kernel import audit, clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.locks import Rank, lock
from apps.kernel.permissions import expand
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Role
from apps.platform.businesses.selectors import list_across_behind, list_across_roles
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
        roles = lock(Rank.ROOT, list_across_roles(list_across_behind().values("pk")[:PORTION]))
        for shipped in SHIPPED_ROLES:
            codes = expand(shipped.permissions)
            # One that was changed while it was waited for is the business's own by now.
            same = [role for role in roles if role.code == shipped.code and not role.is_changed]
            for role in same:
                _enter(actor, role, codes)
            list_across_roles([role.pk for role in same]).update(
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
