"""What who runs the platform may look at across businesses."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONObject

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.models import Delivery
from apps.kernel.outbox import parked_with
from apps.platform.backoffice.models import SavedView

MOST_READ = 300
LOOKED = "Looked at parked events"


def list_across_parked(
    actor: Actor, *, subscriber: str = "", before: int | None = None, limit: int = 50
) -> list[Delivery]:
    """Parked deliveries of all businesses, newest first; the look is written into the platform's audit chain."""
    rows: Any = Delivery.objects.filter(state=Delivery.State.DEAD).select_related("event")
    if subscriber:
        rows = rows.filter(subscriber=subscriber)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    with tenancy.crossing("outbox.parked", actor=actor, reason=LOOKED):
        return list(rows.order_by("-pk")[:limit])


def find_across_delivery(actor: Actor, delivery_id: int) -> Delivery | None:
    """One delivery of any business with its event."""
    with tenancy.crossing("outbox.parked", actor=actor, reason=LOOKED):
        return Delivery.objects.select_related("event").filter(pk=delivery_id).first()


def list_across_replayable(
    actor: Actor, delivery_ids: list[int], *, subscriber: str | None = None
) -> list[Delivery]:
    """What a replay would put back, with its events, oldest first."""
    with tenancy.crossing("outbox.parked", actor=actor, reason=LOOKED):
        return list(parked_with(delivery_ids, subscriber=subscriber).select_related("event").order_by("pk"))


def find_across_views() -> ArraySubquery:
    """A membership's own views of lists and those of its team, as part of the query that finds who acts."""
    seen = SavedView.unscoped.filter(
        Q(user_id=OuterRef("user_id")) | Q(shared=True), business_id=OuterRef("business_id")
    )
    names = ("list", "name", "query", "shared", "is_default", "user_id")
    facts = JSONObject(**{name: name for name in names})
    return ArraySubquery(seen.order_by("name", "pk").values(facts=facts)[:MOST_READ])
