"""What who runs the platform does to a business: keep it closed, open it again. Never a row of its trade."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, PermissionRefused, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.platform.accounts.models import User
from apps.platform.accounts.selectors import find_user_by_email, has_second_factor
from apps.platform.accounts.services import confirm_address, register_user, reset_second_factor, unlock_person
from apps.platform.businesses.models import Business, Membership
from apps.platform.businesses.policies import can_change_member
from apps.platform.businesses.selectors import (
    find_across_membership,
    forget_cached_businesses,
    list_across_workplaces,
)
from apps.platform.businesses.services.locking import lock_business

GRACE_DAYS = (0, 3, 7, 14, 30)


@use_case(audits="business.suspended")
def suspend_business(actor: Actor, *, admin: User, reason: str) -> Business:
    """Close the actor's business: its people, its store and its API are shut; nothing is deleted, jobs go on."""
    _require_admin(admin)
    if not reason.strip():
        raise InvalidInput(fields={"reason": [_("Say why; the owners will read it.")]})
    business = lock_business()
    if business.suspended_at is not None:
        raise WrongState(_("This business is suspended already."))
    business.suspended_at, business.suspension_reason = clock.now(), reason.strip()[:200]
    business.save(update_fields=["suspended_at", "suspension_reason", "updated_at"])
    forget_cached_businesses()
    audit.record(actor, "business.suspended", business, reason=reason.strip())
    return business


@use_case(audits="business.resumed")
def resume_business(actor: Actor, *, admin: User) -> Business:
    """Open a suspended business again."""
    _require_admin(admin)
    business = lock_business()
    if business.suspended_at is None:
        raise WrongState(_("This business is open."))
    before = {"since": business.suspended_at, "reason": business.suspension_reason}
    business.suspended_at, business.suspension_reason = None, ""
    business.save(update_fields=["suspended_at", "suspension_reason", "updated_at"])
    forget_cached_businesses()
    audit.record(actor, "business.resumed", business, before=before)
    return business


@use_case(audits="platform.admin_created")
def create_platform_admin(actor: Actor, *, email: str, password: str, display_name: str) -> User:
    """Make a user who runs the platform and belongs to no business.

    Raises `Conflict` for an address that belongs to a business, `InvalidInput` (`email`, `password1`).
    """
    known = find_user_by_email(email)
    if known is not None and find_across_membership(known, Membership.Status.values):
        raise Conflict(
            _("%(email)s works for a business.") % {"email": known.email},
            remedy=_("Use an address that belongs to no business."),
        )
    user = known or register_user(actor, email=email, password=password, display_name=display_name)
    if known is not None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise InvalidInput(fields={"password1": list(error.messages)}) from error
        user.set_password(password)
        user.display_name = display_name or user.display_name
    user.is_platform_admin = True
    user.save(update_fields=["is_platform_admin", "password", "display_name", "updated_at"])
    confirm_address(actor, user=user)
    audit.record(actor, "platform.admin_created", user, after={"email": user.email})
    return user


@use_case(permission="business.own", audits="business.two_step_required")
def require_two_step(actor: Actor, *, days: int) -> Business:
    """Ask everybody who works here for two-step sign-in, after so many days of grace (0: at once).

    Event none: pages and API read the moment from the business. Raises `InvalidInput` (`days`).
    """
    if days not in GRACE_DAYS:
        raise InvalidInput(fields={"days": [_("Choose one of the periods offered.")]})
    return _set_two_step(actor, clock.now() + dt.timedelta(days=days))


@use_case(permission="business.own", audits="business.two_step_left_to_people")
def stop_requiring_two_step(actor: Actor) -> Business:
    """Leave two-step sign-in to each person again; what people have set up stays."""
    return _set_two_step(actor, None)


@use_case(permission="team.change", audits="accounts.unlocked")
def unlock_member(actor: Actor, *, membership_id: UUID) -> int:
    """Let a member who typed the wrong password too often try again at once."""
    member = _changeable(actor, membership_id)
    dropped: int = unlock_person(actor, user=member.user, with_addresses=True)
    return dropped


@use_case(permission="business.own", audits=("accounts.factor_reset", "accounts.sessions_ended"))
def reset_member_second_factor(actor: Actor, *, membership_id: UUID, reason: str) -> int:
    """Take away a member's lost second factor; told by mail, audited, and the member is signed out everywhere.

    Only for who works nowhere else: another business's trust in its member is not this owner's to weaken.
    """
    if not reason.strip():
        raise InvalidInput(fields={"reason": [_("Say how you know that it is the person who asked.")]})
    member = _changeable(actor, membership_id)
    if member.user_id == actor.id:
        raise Conflict(_("Look after your own two-step sign-in under My account."))
    if len(list_across_workplaces(member.user)) > 1:
        raise Conflict(
            _("%(name)s works for another business too.") % {"name": member.user.name},
            remedy=_("Ask MoniDesk to reset it."),
            code="works_elsewhere",
        )
    removed: int = reset_second_factor(actor, user=member.user, reason=reason.strip())
    return removed


def can_reset_second_factor(actor: Actor, member: Membership) -> bool:
    """Whether the button is offered: an owner, another person, with something to reset."""
    return actor.may("business.own") and actor.id != member.user_id and has_second_factor(member.user)


def _set_two_step(actor: Actor, moment: dt.datetime | None) -> Business:
    business = lock_business()
    before, business.two_step_required_at = business.two_step_required_at, moment
    business.save(update_fields=["two_step_required_at", "updated_at"])
    forget_cached_businesses()
    audit.record(
        actor,
        "business.two_step_required" if moment else "business.two_step_left_to_people",
        business,
        before={"from": before},
        after={"from": moment},
    )
    return business


def _changeable(actor: Actor, membership_id: UUID) -> Membership:
    rows: Any = Membership.objects.filter(pk=membership_id).select_related("user", "role")
    member: Membership = lock_one(Rank.ROOT, rows)
    if not can_change_member(actor, member):
        raise PermissionRefused(_("This member's role may do more than yours."), code="member_beyond_own")
    return member


def _require_admin(admin: User) -> None:
    if not (admin.is_platform_admin and admin.is_active):
        raise PermissionRefused(_("Only who runs the platform may do this."))
