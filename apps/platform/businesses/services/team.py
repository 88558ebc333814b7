"""Who belongs to a business."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.kernel import audit, clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, PermissionRefused, WrongState
from apps.kernel.events import publish
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.platform.accounts.models import User
from apps.platform.accounts.selectors import find_user_by_email
from apps.platform.accounts.services import complete_user, register_user
from apps.platform.businesses.endings import end_access
from apps.platform.businesses.events import MemberInvited, MemberRemoved
from apps.platform.businesses.invitations import invitation_url
from apps.platform.businesses.models import Location, Membership, Role
from apps.platform.businesses.policies import can_change_member, can_give_reach, can_give_role
from apps.platform.businesses.selectors import get_current_business
from apps.platform.businesses.services.locking import lock_business
from apps.platform.notifications.services import queue_email

Status = Membership.Status


@use_case(permission="team.invite", idempotent=True, audits="team.invited")
def invite_member(
    actor: Actor,
    *,
    email: str,
    role_id: UUID,
    location_ids: Iterable[UUID] = (),
    own_customers_only: bool = False,
    key: str | None = None,
) -> Membership:
    """Ask a person to join in a role, by e-mail with a link that is good for seven days.

    Raises `Conflict` for somebody who belongs already, `PermissionRefused` for a role beyond the actor's own.
    Event: `identity.member_invited`.
    """
    lock_business()
    role = _givable_role(actor, role_id)
    locations = _givable_reach(actor, role, location_ids, own_customers_only)
    system = Actor.system("invitation", actor.business_id, actor.request_id)
    user = find_user_by_email(email) or register_user(system, email=email, password=None)
    if Membership.objects.filter(user=user).exists():
        raise Conflict(
            _("%(email)s belongs to this business already.") % {"email": user.email}, code="is_member"
        )
    member = Membership.objects.create(
        user=user,
        role=role,
        status=Status.INVITED,
        own_customers_only=own_customers_only,
        invited_by_label=actor.label,
        invited_at=clock.now(),
    )
    member.locations.set(locations)
    audit.record(
        actor, "team.invited", member, after={"email": user.email, "role": role.code, **_reach(member)}
    )
    _send_invitation(actor, member)
    publish(MemberInvited(business_id=tenancy.require_business_id(), membership_id=member.pk))
    return member


@use_case(permission="team.invite", idempotent=True, audits="team.invited_again")
def resend_invitation(actor: Actor, *, membership_id: UUID, key: str | None = None) -> Membership:
    """Send the invitation again; the earlier link stops working."""
    member = _changeable(actor, membership_id, permission="team.invite")
    _require(member, Status.INVITED, _("This person has joined already."))
    member.invited_at = clock.now()
    member.invited_by_label = actor.label
    member.save(update_fields=["invited_at", "invited_by_label", "updated_at"])
    audit.record(actor, "team.invited_again", member, after={"email": member.user.email})
    _send_invitation(actor, member)
    return member


@use_case(audits="team.joined")
def accept_invitation(
    actor: Actor, *, membership_id: UUID, display_name: str = "", password: str | None = None
) -> Membership:
    """Join a business one was invited to; a new person gives a name and a password.

    The caller has checked the signed link. Raises `WrongState` when the invitation was used or withdrawn.
    """
    member = lock_one(Rank.ROOT, Membership.objects.filter(pk=membership_id).select_related("user", "role"))
    _require(member, Status.INVITED, _("This invitation was used already."))
    if password is not None:
        complete_user(actor, user=member.user, display_name=display_name, password=password)
    elif not member.user.has_usable_password():
        raise InvalidInput(fields={"password1": [_("Choose a password.")]})
    member.status = Status.ACTIVE
    member.joined_at = clock.now()
    member.save(update_fields=["status", "joined_at", "updated_at"])
    audit.record(actor, "team.joined", member, after={"email": member.user.email, "role": member.role.code})
    return member


@use_case(permission="team.change", audits="team.added")
def add_member(actor: Actor, *, user: User, role_code: str) -> Membership:
    """Make a known person a member at once, without an invitation (demo data, commands)."""
    role = _givable_role(actor, Role.objects.get(code=role_code).pk)
    _givable_reach(actor, role, (), False)
    member = Membership.objects.create(user=user, role=role, joined_at=clock.now())
    audit.record(actor, "team.added", member, after={"email": user.email, "role": role.code})
    return member


@use_case(permission="team.change", audits="team.role_changed")
def set_role(actor: Actor, *, membership_id: UUID, role_id: UUID) -> Membership:
    """Give a member another role. Raises `Conflict` when it would leave no active owner."""
    member = _changeable(actor, membership_id)
    role = _givable_role(actor, role_id)
    if role.pk != member.role_id:
        _keep_an_owner(member)
    if role.is_owner and (member.own_customers_only or member.locations.exists()):
        raise Conflict(
            _("An owner sees the whole business."),
            remedy=_("Take the limits away first."),
            code="owner_is_limited",
        )
    before, member.role = member.role, role
    member.save(update_fields=["role", "updated_at"])
    audit.record(actor, "team.role_changed", member, before={"role": before.code}, after={"role": role.code})
    return member


@use_case(permission="team.change", audits="team.reach_changed")
def set_member_reach(
    actor: Actor,
    *,
    membership_id: UUID,
    location_ids: Iterable[UUID],
    own_customers_only: bool | None = None,
) -> Membership:
    """Limit what a member sees: to some locations (none means all), and to the customers she looks after.

    Counts from the member's next request. Raises `PermissionRefused` for a wider view than the actor's own,
    `Conflict` for an owner, who sees everything.
    """
    member = _changeable(actor, membership_id)
    wanted = member.own_customers_only if own_customers_only is None else own_customers_only
    locations = _givable_reach(actor, member.role, location_ids, wanted)
    before = _reach(member)
    member.own_customers_only = wanted
    member.save(update_fields=["own_customers_only", "updated_at"])
    member.locations.set(locations)
    after = _reach(member)
    if before != after:
        audit.record(actor, "team.reach_changed", member, before=before, after=after)
    return member


@use_case(audits="team.left")
def leave_business(actor: Actor) -> None:
    """The actor's own membership ends. Raises `Conflict` for the last owner."""
    lock_business()
    if actor.id is None:
        raise PermissionRefused()
    member = lock_one(Rank.ROOT, Membership.objects.filter(user_id=actor.id).select_related("user", "role"))
    _end(actor, member, "team.left", "")


@use_case(permission="team.change", audits="team.suspended")
def suspend_member(actor: Actor, *, membership_id: UUID, reason: str = "") -> Membership:
    """Keep a member out until reactivated. Raises `Conflict` for the last owner and for oneself."""
    member = _changeable(actor, membership_id)
    _require(member, Status.ACTIVE, _("Only an active member can be suspended."))
    _not_oneself(actor, member)
    return _move(actor, member, Status.SUSPENDED, "team.suspended", reason)


@use_case(permission="team.change", audits="team.reactivated")
def reactivate_member(actor: Actor, *, membership_id: UUID) -> Membership:
    """Let a suspended member in again."""
    member = _changeable(actor, membership_id)
    _require(member, Status.SUSPENDED, _("This member is not suspended."))
    return _move(actor, member, Status.ACTIVE, "team.reactivated", "")


@use_case(permission="team.change", audits="team.removed")
def remove_member(actor: Actor, *, membership_id: UUID, reason: str = "") -> None:
    """End a membership or withdraw an invitation; what the person did stays in the audit trail."""
    member = _changeable(actor, membership_id)
    _not_oneself(actor, member)
    _end(actor, member, "team.removed", reason)


def _end(actor: Actor, member: Membership, action: str, reason: str) -> None:
    _keep_an_owner(member)
    before = {"email": member.user.email, "role": member.role.code, "status": member.status, **_reach(member)}
    audit.record(actor, action, member, before=before, reason=reason)
    end_access(actor, member)
    business_id, membership_id, user_id = tenancy.require_business_id(), member.pk, member.user_id
    publish(MemberRemoved(business_id=business_id, membership_id=membership_id, user_id=user_id))
    member.delete()


def _move(actor: Actor, member: Membership, status: str, action: str, reason: str) -> Membership:
    if status != Status.ACTIVE:
        _keep_an_owner(member)
    if status == Status.SUSPENDED:
        end_access(actor, member)
    before, member.status = member.status, status
    member.save(update_fields=["status", "updated_at"])
    audit.record(actor, action, member, before={"status": before}, after={"status": status}, reason=reason)
    return member


def _changeable(actor: Actor, membership_id: UUID, permission: str = "team.change") -> Membership:
    lock_business()
    member = lock_one(
        Rank.ROOT, Membership.objects.filter(pk=membership_id).select_related("user", "role", "business")
    )
    if not can_change_member(actor, member, permission):
        raise PermissionRefused(_("This member's role may do more than yours."), code="member_beyond_own")
    return member


def _givable_role(actor: Actor, role_id: UUID) -> Role:
    role = lock_one(Rank.ROOT, Role.objects.filter(pk=role_id))
    if not can_give_role(actor, role):
        raise PermissionRefused(
            _("You can only give roles that may do no more than yours."), code="grant_beyond_own"
        )
    return role


def _keep_an_owner(member: Membership) -> None:
    if not (member.role.is_owner and member.status == Status.ACTIVE):
        return
    owners = Membership.objects.filter(role__code="owner", status=Status.ACTIVE)
    if not owners.exclude(pk=member.pk).exists():
        raise Conflict(
            _("A business needs at least one owner."),
            remedy=_("Make somebody else an owner first."),
            code="last_owner",
        )


def _not_oneself(actor: Actor, member: Membership) -> None:
    if actor.id == member.user_id:
        raise Conflict(_("You cannot do this to yourself."), remedy=_("Ask another owner or administrator."))


def _require(member: Membership, status: str, sentence: Any) -> None:
    if member.status != status:
        raise WrongState(sentence)


def _givable_reach(
    actor: Actor, role: Role, location_ids: Iterable[UUID], own_customers_only: bool
) -> list[Location]:
    locations = _locations(location_ids)
    if role.is_owner and (locations or own_customers_only):
        raise Conflict(_("An owner sees the whole business."), code="owner_is_limited")
    chosen = [location.pk for location in locations]
    if not can_give_reach(actor, chosen, own_customers_only=own_customers_only):
        raise PermissionRefused(
            _("You can only let somebody see what you see yourself."), code="grant_beyond_own"
        )
    return locations


def _reach(member: Membership) -> dict[str, Any]:
    codes = sorted(location.code for location in member.locations.all())
    return {"locations": codes, "own_customers_only": member.own_customers_only}


def _locations(location_ids: Iterable[UUID]) -> list[Location]:
    wanted = set(location_ids)
    found = list(Location.objects.filter(pk__in=wanted))
    if len(found) != len(wanted):
        raise InvalidInput(fields={"locations": [_("Choose locations of this business.")]})
    return found


def _send_invitation(actor: Actor, member: Membership) -> None:
    queue_email(
        actor,
        to=member.user.email,
        template="invitation",
        context={
            "inviter": actor.label,
            "role": member.role.name,
            "business_name": get_current_business().name,
            "url": invitation_url(member),
            "is_new": not member.user.has_usable_password(),
        },
        dedupe_key=f"invitation:{member.pk}:{member.invited_at}",
    )
