"""What staff may do with the business itself, and the rules about who may grant what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.limits import Limit, limit_rows
from apps.kernel.permissions import declare, expand, whole_business
from apps.platform.businesses.models import Membership, Role

declare("business.read", _("See business settings"))
declare("business.change", _("Change business settings"), whole_business=True)
declare("business.own", _("Make and unmake owners"), whole_business=True)
declare("locations.read", _("See locations"))
declare("locations.change", _("Add and change locations"), whole_business=True)
declare("team.read", _("See team members"))
declare("team.invite", _("Invite people"))
declare("team.change", _("Change, suspend and remove members"))
declare("roles.read", _("See roles"))
declare("roles.change", _("Change what roles may do"), whole_business=True)


@limit_rows("businesses.location")
def own_locations(limit: Limit) -> Q:
    """The places somebody is limited to."""
    return Q() if limit.location_ids is None else Q(pk__in=limit.location_ids)


def can_grant(actor: Actor, patterns: Iterable[str]) -> bool:
    """Nobody hands out more than he has: every permission the patterns mean must be the actor's own."""
    return all(actor.may(permission) for permission in expand(list(patterns)))


_bounds: list[Callable[[Actor, Sequence[Role]], set[UUID]]] = []


def bound_giving(find_wider: Callable[[Actor, Sequence[Role]], set[UUID]]) -> None:
    """Have an upper app say which of some roles go further than the actor in something besides permissions."""
    _bounds.append(find_wider)


def can_give_role(actor: Actor, role: Role) -> bool:
    """Owners are made by owners; other roles by whoever has all that the role may, and as far as it may."""
    return bool(list_givable(actor, [role]))


def list_givable(actor: Actor, roles: Iterable[Role]) -> list[Role]:
    """Those of the roles that the actor may give to somebody; as many statements for one as for all."""
    found = [role for role in roles if _may_all_of(actor, role)]
    wider = {pk for find_wider in _bounds for pk in find_wider(actor, found)}
    return [role for role in found if role.pk not in wider]


def _may_all_of(actor: Actor, role: Role) -> bool:
    if role.is_owner:
        return actor.may("business.own")
    codes = expand(role.permissions)
    if actor.limit is not None:
        codes -= whole_business()  # whom he lets in is limited as well, and will not have these either
    return all(actor.may(code) for code in codes)


def can_give_reach(actor: Actor, location_ids: Iterable[UUID], *, own_customers_only: bool = False) -> bool:
    """Nobody gives a wider view than his own; no locations means all of them."""
    wanted = frozenset(location_ids)
    if actor.location_ids is not None and not (wanted and wanted <= actor.location_ids):
        return False
    return own_customers_only or not actor.own_customers_only


def can_change_member(actor: Actor, member: Membership, permission: str = "team.change") -> bool:
    """A member is changed only by somebody who could have given him his role and his view."""
    if not (actor.may(permission) and can_give_role(actor, member.role)):
        return False
    if actor.limit is None:
        return True
    places = Membership.locations.through.objects.filter(membership_id=member.pk)  # type: ignore[attr-defined]
    reach = places.values_list("location_id", flat=True)
    return can_give_reach(actor, reach, own_customers_only=member.own_customers_only)
