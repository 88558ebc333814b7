"""The one thing the back office itself changes: putting parked deliveries back in the queue."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.kernel import audit, outbox
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, PermissionRefused
from apps.kernel.use_cases import use_case
from apps.platform.accounts.models import User


@use_case(permission="platform.operate", audits="platform.events_replayed")
def replay_deliveries(actor: Actor, *, delivery_ids: list[int], subscriber: str | None = None) -> int:
    """Deliver parked events of the actor's business again, under the same event ids; returns how many.

    Those chosen, or with `subscriber` all that are parked for it; earlier parked ones of the same owner come along.
    A delivery and what its subscriber writes are one transaction, so nothing is done twice.
    """
    if actor.business_id is None:
        raise InvalidInput()
    done = outbox.replay(delivery_ids, business_id=actor.business_id, subscriber=subscriber)
    if done:
        audit.record(actor, "platform.events_replayed", after=_told(done, subscriber))
    return len(done)


@use_case(audits="platform.events_replayed")
def replay_for_platform(
    actor: Actor, *, admin: User, delivery_ids: list[int], subscriber: str | None = None
) -> int:
    """The same for events of any business, by who runs the platform; entered in each business's own chain too."""
    if not (admin.is_platform_admin and admin.is_active):
        raise PermissionRefused(_("Only who runs the platform may do this."))
    done = outbox.replay(delivery_ids, subscriber=subscriber)
    by_business: dict[UUID | None, list[outbox.Replayed]] = defaultdict(list)
    for one in done:
        by_business[one.business_id].append(one)
    for business_id, part in by_business.items():
        if business_id is not None:
            told = replace(actor, business_id=business_id)
            audit.record(told, "platform.events_replayed", after=_told(part, subscriber))
    if done:
        audit.record(actor, "platform.events_replayed", after=_told(done, subscriber))
    return len(done)


def _told(done: list[outbox.Replayed], subscriber: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {"deliveries": [one.id for one in done]}
    return {**told, "subscriber": subscriber} if subscriber else told
