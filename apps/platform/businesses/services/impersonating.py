"""Announcing that somebody from the platform works in a member's place, and when it ended."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.utils import formats
from django.utils.translation import gettext_lazy as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, PermissionRefused, WrongState
from apps.kernel.use_cases import use_case
from apps.platform.accounts.mail import send_account_mail
from apps.platform.accounts.models import User
from apps.platform.businesses.models import Membership

LONGEST_MINUTES = 60
SHORTEST_REASON = 10


@use_case(audits="impersonation.started")
def start_impersonation(
    actor: Actor, *, admin: User, membership_id: UUID, reason: str, minutes: int
) -> tuple[Membership, dt.datetime]:
    """Allow a platform administrator to work as a member of the actor's business; returns the member and the end.

    Entered on the business's audit chain; the member and every owner get a mail at once. Raises `PermissionRefused`
    for anybody else, `InvalidInput` (`reason`, `minutes`), `WrongState` for a member who is not active.
    """
    if not (admin.is_platform_admin and admin.is_active):
        raise PermissionRefused(_("Only who runs the platform may work in another's place."))
    if len(reason.strip()) < SHORTEST_REASON:
        raise InvalidInput(fields={"reason": [_("Say in a few words why; the business will read it.")]})
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise InvalidInput(fields={"minutes": [_("At most an hour at a time.")]})
    member = Membership.objects.filter(pk=membership_id).select_related("user", "business", "role").first()
    if member is None:
        raise NotFound()
    if member.status != Membership.Status.ACTIVE or member.business.suspended_at is not None:
        raise WrongState(_("This person does not work here at the moment."))
    until = clock.now() + dt.timedelta(minutes=minutes)
    audit.record(
        actor,
        "impersonation.started",
        member,
        after={"until": until, "as": member.user.email},
        reason=reason.strip(),
    )
    _announce(admin, member, reason.strip(), until)
    return member, until


@use_case(audits="impersonation.ended")
def note_impersonation_end(actor: Actor, *, membership_id: UUID, how: str) -> None:
    """Enter that working in a member's place has ended, and how."""
    member = Membership.objects.filter(pk=membership_id).select_related("user", "role").first()
    audit.record(actor, "impersonation.ended", member, after={"how": how})


def _announce(admin: User, member: Membership, reason: str, until: dt.datetime) -> None:
    owners = Membership.objects.filter(role__code="owner", status=Membership.Status.ACTIVE).select_related(
        "user"
    )
    people = {row.user_id: row.user for row in owners} | {member.user_id: member.user}
    for person in people.values():
        send_account_mail(
            to=person.email,
            language=person.locale,
            subject=_("%(admin)s of MoniDesk works as %(person)s at %(business)s")
            % {"admin": admin.name, "person": member.user.name, "business": member.business.name},
            sentences=[
                _(
                    "It ends by itself. Refunds, payouts, the books, the team, roles and keys are out of reach."
                ),
                _("Every act stands in the audit trail under both names."),
            ],
            facts=[
                (_("Reason"), reason),
                (_("Until"), formats.date_format(until, "DATETIME_FORMAT") + " UTC"),
            ],
            url="/admin/audit/?action=impersonation",
            button=_("See what is done"),
            warning=_("If you did not ask MoniDesk for help, answer this mail."),
        )
