"""Reads of alerts."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Max, OuterRef, QuerySet

from apps.kernel import clock
from apps.kernel.models import Delivery
from apps.kernel.tenancy import across
from apps.platform.alerts.models import Alert, Preference

KEPT_AFTER_READING = dt.timedelta(days=30)
MOST_COUNTED = 100
UNREAD = "unread_alerts"


def list_alerts(user_id: UUID, *, unread_only: bool = False) -> QuerySet[Alert]:
    """The member's alerts in the bound business, newest first."""
    rows = Alert.objects.filter(user_id=user_id)
    return rows.filter(read_at=None) if unread_only else rows


def find_across_unread() -> ArraySubquery:
    """The first hundred unread ones of a membership, as part of the query that finds who acts: no page pays more."""
    mine = Alert.unscoped.filter(
        business_id=OuterRef("business_id"), user_id=OuterRef("user_id"), read_at=None
    )
    return ArraySubquery(mine.order_by().values("pk")[:MOST_COUNTED])


def preferences_of(user_id: UUID) -> dict[str, Preference]:
    """What the member has chosen, by kind."""
    return {row.kind: row for row in Preference.objects.filter(user_id=user_id)}


@across("tasks.due")
def list_across_with_old_alerts() -> list[UUID]:
    """Businesses that keep alerts which were read and are older than thirty days."""
    old = Alert.unscoped.filter(read_at__isnull=False, created_at__lt=clock.now() - KEPT_AFTER_READING)
    return list(old.order_by("business_id").values_list("business_id", flat=True).distinct())


@across("tasks.due")
def list_across_parked() -> list[tuple[UUID, int]]:
    """Each business with parked events, and the newest of them."""
    parked = Delivery.objects.filter(state=Delivery.State.DEAD, business_id__isnull=False)
    newest = parked.values("business_id").annotate(newest=Max("pk")).values_list("business_id", "newest")
    return [(business_id, number) for business_id, number in newest if business_id is not None]
