"""Caps follow their roles: to a new business, to a copy; and nobody gives a role that goes further than his own."""

from __future__ import annotations

from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe
from apps.platform.approvals.selectors import find_wider_roles
from apps.platform.approvals.services import copy_caps, start_with_caps
from apps.platform.businesses.events import BusinessCreated
from apps.platform.businesses.models import Role
from apps.platform.businesses.policies import bound_giving
from apps.platform.businesses.services import copy_with_role

bound_giving(find_wider_roles)


@copy_with_role
def keep_caps(actor: Actor, role: Role, copy: Role) -> None:
    copy_caps(actor, role=role, copy=copy)


@subscribe(BusinessCreated, name="approvals.start_with_caps")
def start(event: BusinessCreated, envelope: Envelope) -> None:
    actor = Actor.system("approvals", event.business_id, envelope.request_id)
    start_with_caps(actor, currency=event.currency)
