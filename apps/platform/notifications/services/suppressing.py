"""Addresses that nothing more is sent to."""

from __future__ import annotations

from uuid import UUID

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound
from apps.kernel.events import publish
from apps.kernel.locks import Rank, lock_one
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.notifications import policies
from apps.platform.notifications.events import AdvertisingChosen
from apps.platform.notifications.models import Message, Suppression
from apps.platform.notifications.selectors import plain_address
from apps.platform.notifications.states import SuppressionReason

from .queueing import address_on


@use_case(unaudited="the row keeps its reason and its moment")
def suppress(
    actor: Actor, *, channel: str, address: str, reason: str, note: str = "", message_id: UUID | None = None
) -> Suppression:
    """Send nothing more to the address; a second time for the same reason changes nothing.

    `message_id` is the message whose receiver wants no more: others are told of his wish.
    """
    plain = plain_address(address)
    rows = Suppression.objects.filter(channel=channel, address=plain, reason=reason)
    row = Suppression(channel=channel, address=plain, reason=reason, note=note[:500])
    is_new = not rows.exists()
    Suppression.objects.bulk_create([row], ignore_conflicts=True)
    is_wish = reason in {SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINED}
    if is_new and is_wish and message_id is not None:
        _announce(channel, message_id, wanted=False)
    return rows.get()


@use_case(permission=policies.SUPPRESS, audits="notifications.address_stopped")
def stop_address(actor: Actor, *, channel: str, address: str, note: str = "") -> Suppression:
    """A person stops all messages to an address. Raises `InvalidInput` for one that cannot be."""
    address = address_on(channel, address)
    row = suppress(
        actor, channel=channel, address=address, reason=SuppressionReason.BY_HAND, note=note.strip()
    )
    audit.record(actor, "notifications.address_stopped", row, after={"address": row.address}, reason=row.note)
    return row


@use_case(permission=policies.SUPPRESS, audits="notifications.address_allowed")
def allow_address(actor: Actor, *, suppression_id: UUID, reason: str) -> str:
    """Take the stop away, and return the address. Who refused advertising needs to have asked for it again."""
    if not Suppression.objects.filter(pk=suppression_id).exists():
        raise NotFound()
    row = lock_one(Rank.ROOT, Suppression.objects.filter(pk=suppression_id))
    audit.record(
        actor,
        "notifications.address_allowed",
        row,
        before={"address": row.address, "reason": row.reason},
        reason=reason,
    )
    row.delete()
    return str(row.address)


@use_case(unaudited="a reader's own wish; the row keeps its reason and its moment")
def unsubscribe(actor: Actor, *, message: Message, again: bool = False) -> None:
    """Whoever got this message wants no more advertising, or wants it again after all."""
    if again:
        Suppression.objects.filter(
            channel=message.channel,
            address=plain_address(message.to),
            reason=SuppressionReason.UNSUBSCRIBED,
        ).delete()
        _announce(message.channel, message.pk, wanted=True)
        return
    suppress(
        actor, channel=message.channel, address=message.to, reason=SuppressionReason.UNSUBSCRIBED,
        note=message.subject, message_id=message.pk,
    )  # fmt: skip


def _announce(channel: str, message_id: UUID, *, wanted: bool) -> None:
    publish(
        AdvertisingChosen(
            business_id=require_business_id(), channel=channel, message_id=message_id, wanted=wanted
        )
    )
