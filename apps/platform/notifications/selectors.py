"""Reads of the notifications context."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db.models import Q

from apps.kernel import clock
from apps.kernel.tenancy import across
from apps.platform.notifications.models import AccountMessage, Message
from apps.platform.notifications.states import CLAIM_EXPIRES_AFTER, MessageState


def get_sending_business(business_id: UUID | None) -> Any:
    """The business in whose name a message goes out; only the tenant model is known of the app above."""
    return apps.get_model(settings.TENANT_MODEL)._default_manager.get(pk=business_id)


@across("tasks.due")
def list_across_due(limit: int) -> list[tuple[UUID | None, UUID]]:
    """(business, message) of what is due anywhere, also what a dead worker left behind; oldest first.

    Mails about accounts, which have no business, come before the others: somebody waits for the link.
    """
    now = clock.now()
    due = Q(state=MessageState.QUEUED, due_at__lte=now) | Q(
        state=MessageState.SENDING, claimed_at__lte=now - CLAIM_EXPIRES_AFTER
    )
    urgent = AccountMessage.objects.filter(due).order_by("due_at", "id").values_list("id", flat=True)[:limit]
    rows = Message.unscoped.filter(due).order_by("due_at", "id").values_list("business_id", "id")
    return [*((None, pk) for pk in urgent), *rows[:limit]][:limit]


@across("metrics.gauges")
def find_across_waiting_count() -> int:
    """How many mails of all businesses and of accounts are not sent yet; by the partial indexes of due ones."""
    unsent = Q(state__in=[MessageState.QUEUED, MessageState.SENDING])
    return Message.unscoped.filter(unsent).count() + AccountMessage.objects.filter(unsent).count()
