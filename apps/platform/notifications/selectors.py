"""Reads of the notifications context."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db.models import Q, QuerySet

from apps.kernel import clock
from apps.kernel.circuits import list_open
from apps.kernel.models import CircuitState
from apps.kernel.tenancy import across
from apps.platform.notifications.models import (
    AccountMessage,
    ChannelSetting,
    Message,
    MessageTemplate,
    PushDevice,
    Suppression,
)
from apps.platform.notifications.providers import Account, find_provider, line_of, list_providers
from apps.platform.notifications.states import CLAIM_EXPIRES_AFTER, Channel, MessageState, SuppressionReason


def get_sending_business(business_id: UUID | None) -> Any:
    """The business in whose name a message goes out; only the tenant model is known of the app above."""
    return apps.get_model(settings.TENANT_MODEL)._default_manager.get(pk=business_id)


def find_channel_setting(channel: str) -> ChannelSetting:
    """How the bound business sends on a channel; one that chose nothing gets the channel's default, not stored."""
    known = ChannelSetting.objects.filter(channel=channel).first()
    return known or ChannelSetting(channel=channel, provider=list_providers(channel)[0].code)


def list_wordings() -> QuerySet[MessageTemplate]:
    """The bound business's own words; a row that was never filled has none."""
    return MessageTemplate.objects.exclude(body="").order_by("event", "channel", "language")


def list_devices(owner_ids: list[UUID]) -> QuerySet[PushDevice]:
    """The browsers in which these people are told, in the bound business, newest first."""
    return PushDevice.objects.filter(owner_id__in=owner_ids).order_by("-created_at", "-id")


def find_silence(channel: str) -> CircuitState | None:
    """The company of a channel of the bound business, when it does not answer at present."""
    setting = find_channel_setting(channel)
    provider = find_provider(setting.provider)
    if provider is None:
        return None
    name = line_of(provider, Account(setting.values))
    lines = [row for row in list_open(name) if row.name == name or channel == Channel.PUSH]
    return lines[0] if lines else None


def count_waiting(channel: str) -> int:
    """How many messages of the bound business wait on a channel; counts to a thousand."""
    waiting = Message.objects.filter(channel=channel, state__in=[MessageState.QUEUED, MessageState.SENDING])
    return waiting.order_by()[:1000].count()


def find_suppression(channel: str, address: str, *, is_marketing: bool) -> Suppression | None:
    """Why the bound business must not send this to the address, or None. Unsubscribing stops advertising only."""
    rows = Suppression.objects.filter(channel=channel, address=plain_address(address))
    if not is_marketing:
        rows = rows.exclude(reason=SuppressionReason.UNSUBSCRIBED)
    return rows.order_by("created_at").first()


def plain_address(address: str) -> str:
    """The address as it is compared: no mailbox of today tells capitals apart."""
    return address.strip().lower()[:254]


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


def find_receiver(message_id: UUID) -> str | None:
    """Whom a message of the bound business went to; None for one that is gone."""
    found: str | None = Message.objects.filter(pk=message_id).values_list("to", flat=True).first()
    return found
