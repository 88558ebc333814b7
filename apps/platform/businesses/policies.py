"""What staff may do with the business itself, and the rules about who may grant what."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.permissions import declare, expand
from apps.platform.businesses.models import Membership, Role

declare("business.read", _("See business settings"))
declare("business.change", _("Change business settings"))
declare("business.own", _("Make and unmake owners"))
declare("locations.read", _("See locations"))
declare("locations.change", _("Add and change locations"))
declare("team.read", _("See team members"))
declare("team.invite", _("Invite people"))
declare("team.change", _("Change, suspend and remove members"))
declare("roles.read", _("See roles"))
declare("roles.change", _("Change what roles may do"))


def can_grant(actor: Actor, patterns: Iterable[str]) -> bool:
    """Nobody hands out more than he has: every permission the patterns mean must be the actor's own."""
    return all(actor.may(permission) for permission in expand(list(patterns)))


def can_give_role(actor: Actor, role: Role) -> bool:
    """Owners are made by owners; other roles by whoever has all that the role may."""
    if role.is_owner:
        return actor.may("business.own")
    return can_grant(actor, role.permissions)


def can_change_member(actor: Actor, member: Membership, permission: str = "team.change") -> bool:
    """A member is changed only by somebody who could have given him his role."""
    return actor.may(permission) and can_give_role(actor, member.role)
