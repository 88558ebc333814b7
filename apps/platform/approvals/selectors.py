"""How far somebody may go, and who could say yes to more."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.permissions import expand
from apps.platform.approvals.models import ApprovalPin, PinTries, RoleCap
from apps.platform.businesses.models import Membership, Role


def person_of(actor: Actor) -> UUID:
    """Whose approval of this actor's act would be his own; nobody's when no person acts."""
    return actor.id if actor.kind == "user" and actor.id is not None else UUID(int=0)


def cap_of(actor: Actor, act: str) -> Decimal | None:
    """The most the actor may do of `act` alone, in the business's currency; None when nothing bounds him.

    People are bound by their role. Keys and the product's own jobs are bound by their scopes alone.
    """
    if actor.kind != "user" or actor.id is None:
        return None
    found = RoleCap.objects.filter(
        act=act, role__memberships__user_id=actor.id, role__memberships__status=Membership.Status.ACTIVE
    )
    return found.values_list("most", flat=True).first()


def caps_of_role(role: Role) -> dict[str, Decimal]:
    """What a role may do alone, by act; an act that is missing is not bounded."""
    return dict(RoleCap.objects.filter(role=role).values_list("act", "most"))


def find_wider_roles(actor: Actor, roles: Sequence[Role]) -> set[UUID]:
    """Those of the roles that go further than the actor in an act both may do. Two statements at most."""
    if actor.kind != "user" or actor.id is None or not roles:
        return set()
    mine = Membership.objects.filter(user_id=actor.id, status=Membership.Status.ACTIVE).values("role")
    own = dict(RoleCap.objects.filter(role__in=mine).values_list("act", "most"))
    if not own:
        return set()
    caps = {(cap.role_id, cap.act): cap.most for cap in RoleCap.objects.filter(role__in=roles, act__in=own)}
    return {
        role.pk
        for role in roles
        for act, most in own.items()
        if act in expand(role.permissions) and ((role.pk, act) not in caps or caps[role.pk, act] > most)
    }


def list_approvers(actor: Actor, act: str) -> list[Membership]:
    """Members with a PIN who may do `act` beyond the actor's own cap, himself left out. Three statements."""
    own = cap_of(actor, act)
    pins = (
        ApprovalPin.objects.filter(membership__status=Membership.Status.ACTIVE)
        .exclude(membership__user_id=person_of(actor))
        .select_related("membership__user", "membership__role")
        .order_by("membership__user__display_name", "membership__user__email")
    )
    caps = dict(RoleCap.objects.filter(act=act).values_list("role_id", "most"))
    return [
        pin.membership
        for pin in pins
        if act in expand(pin.membership.role.permissions)
        and (pin.membership.role_id not in caps or (own is not None and caps[pin.membership.role_id] > own))
    ]


def may_approve(member: Membership, act: str, amount: Decimal) -> bool:
    """Whether this member could do that alone, now."""
    if member.status != Membership.Status.ACTIVE or act not in expand(member.role.permissions):
        return False
    most = caps_of_role(member.role).get(act)
    return most is None or amount <= most


def find_pin(user_id: UUID) -> ApprovalPin | None:
    """The PIN of a person in the bound business."""
    return ApprovalPin.objects.filter(membership__user_id=user_id).first()


def list_locked_out(pin: ApprovalPin) -> list[PinTries]:
    """Who is refused with this PIN at the moment, with their names."""
    return list(pin.tries.filter(locked_until__gt=clock.now()).select_related("tried_by").order_by("pk"))
