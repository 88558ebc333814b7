"""The one thing the back office itself changes: putting parked deliveries back in the queue."""

from __future__ import annotations

from apps.kernel import audit, outbox
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.use_cases import use_case


@use_case(permission="platform.operate", audits="platform.events_replayed")
def replay_deliveries(actor: Actor, *, delivery_ids: list[int]) -> int:
    """Deliver parked events of the actor's business again, under the same event ids; returns how many.

    Subscribers know an event they have had, so a replay does nothing twice.
    """
    if actor.business_id is None:
        raise InvalidInput()
    count = outbox.replay(delivery_ids, business_id=actor.business_id)
    if count:
        audit.record(actor, "platform.events_replayed", after={"deliveries": sorted(delivery_ids)})
    return count
