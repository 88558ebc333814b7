"""Businesses speak for themselves; a membership names who invited."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.privacy import Kept, Person, Through, hindrance, impersonal, personal
from apps.platform.businesses.models import Membership
from apps.platform.businesses.selectors import list_across_memberships
from apps.platform.businesses.services.team import leave_business


def _leave(actor: Actor, person: Person, rows: object) -> int:
    leave_business(actor)
    return 1


personal(
    "businesses.membership",
    title=_("Places of work"),
    of={"user": lambda person: Q(user_id=person.id)},
    erasure=Through(_leave, "deleted"),
)  # fmt: skip
personal(
    "businesses.membership", "invited_by_label",
    title=_("Who invited"),
    erasure=Kept(_("Who did what is part of the business's record.")),
)  # fmt: skip
impersonal(
    "businesses.business", "name", "slug", "currency", "tax_name", "tax_number", "time_zone", "language", "country",
    "line1", "line2", "city", "region", "postcode", "email", "phone", "order_prefix", "accent_colour", "logo",
    "banner", "trade", "suspension_reason", "tax_rounding", "closed_words",
    because="a business's own particulars, which it shows to everybody",
)  # fmt: skip
impersonal("businesses.location", "name", "code", because="places of the business")
impersonal("businesses.role", "name", "code", "permissions", "offered", because="names of roles")


@hindrance("user")
def last_owner(person: Person) -> list[str]:
    """A business without an owner cannot be looked after by anybody."""
    said = []
    for member in list_across_memberships(person.id):
        if member.role.code != "owner" or member.status != Membership.Status.ACTIVE:
            continue
        with tenancy.bind(member.business_id):
            others = Membership.objects.filter(role__code="owner", status="active").exclude(user_id=person.id)
            if not others.exists():
                said.append(
                    _now("You are the only owner of %(business)s. Make somebody else an owner first.")
                    % {"business": member.business.name}
                )
    return said
