"""Who of a company may come in by the company's own sign-in."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.platform.accounts.callers import Caller
from apps.platform.accounts.models import User
from apps.platform.accounts.selectors import find_user_by_email
from apps.platform.accounts.services import confirm_address, register_user
from apps.platform.businesses.models import Membership, Role
from apps.platform.businesses.policies import can_give_role
from apps.platform.businesses.selectors import find_across_membership, find_business_by_slug

Status = Membership.Status


def admit(email: str, name: str, caller: Caller) -> User | None:
    """The person a proved address may sign in as: a member, or a newcomer of an allowed domain who then waits.

    COMPANY_SIGN_IN_BUSINESS (store address) limits it to one business and takes newcomers of COMPANY_SIGN_IN_DOMAINS
    in, in the role COMPANY_SIGN_IN_ROLE, pending until somebody who may give that role lets them in.
    """
    domains: list[str] = settings.COMPANY_SIGN_IN_DOMAINS
    allowed = email.rpartition("@")[2] in domains
    if domains and not allowed:
        # The company's server speaks for the company's own addresses and for nobody else's.
        return None
    user = find_user_by_email(email)
    business = (
        find_business_by_slug(settings.COMPANY_SIGN_IN_BUSINESS)
        if settings.COMPANY_SIGN_IN_BUSINESS
        else None
    )
    if user is not None:
        member = find_across_membership(user, [Status.ACTIVE, Status.PENDING])
        if member is not None and (business is None or member.business_id == business.pk):
            return user
    if not (allowed and business):
        return None
    actor = Actor.system("company sign-in", business.pk, caller.request_id)
    return _take_in(actor, email=email, name=name)


@use_case(audits="team.asked_to_join")
def _take_in(actor: Actor, *, email: str, name: str) -> User | None:
    user = find_user_by_email(email)
    if user is None:
        user = register_user(actor, email=email, password=None, display_name=name)
        confirm_address(actor, user=user)
    elif user.is_platform_admin:
        return None
    known = Membership.objects.filter(user=user).first()
    if known is not None:
        # Invited people are proved by the company as well as by our link; suspended ones stay out.
        return user if known.status == Status.INVITED else None
    role = Role.objects.get(code=settings.COMPANY_SIGN_IN_ROLE)
    member = Membership.objects.create(
        user=user, role=role, status=Status.PENDING, invited_by_label="company sign-in"
    )
    audit.record(actor, "team.asked_to_join", member, after={"email": email, "role": role.code})
    return user


@use_case(permission="team.invite", audits="team.let_in")
def let_in(actor: Actor, *, membership_id: UUID, role_id: UUID) -> Membership:
    """Let somebody in who came by the company's sign-in and waits; in the role chosen, which the actor may give.

    Raises `WrongState` for who does not wait, `PermissionRefused` for a role beyond the actor's own.
    """
    member = lock_one(Rank.ROOT, Membership.objects.filter(pk=membership_id).select_related("user"))
    if member.status != Status.PENDING:
        raise WrongState(_("This person does not wait for approval."))
    role = lock_one(Rank.ROOT, Role.objects.filter(pk=role_id))
    if not can_give_role(actor, role):
        raise PermissionRefused(
            _("You can only give roles that may do no more than yours."), code="grant_beyond_own"
        )
    member.role, member.status, member.joined_at = role, Status.ACTIVE, clock.now()
    member.save(update_fields=["role", "status", "joined_at", "updated_at"])
    audit.record(actor, "team.let_in", member, after={"email": member.user.email, "role": role.code})
    return member
