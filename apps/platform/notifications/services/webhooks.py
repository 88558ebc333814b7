"""What companies tell afterwards: it arrived, it bounced, it was not wanted."""

from __future__ import annotations

import logging
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError, NotFound
from apps.kernel.locks import Rank, lock
from apps.kernel.tenancy import bind
from apps.kernel.use_cases import use_case
from apps.platform.notifications.models import Message
from apps.platform.notifications.providers import Account, Forged, News, TellsBack, Told, find_provider
from apps.platform.notifications.states import MessageState
from apps.platform.notifications.states import SuppressionReason as Reason
from apps.platform.notifications.vaulted import secret_name
from apps.platform.vault.services import accepted_secrets, note_use

from .suppressing import suppress

log = logging.getLogger(__name__)
_STOPS = {
    "bounced": Reason.BOUNCED,
    "complained": Reason.COMPLAINED,
    "unsubscribed": Reason.UNSUBSCRIBED,
}


class NewsRefused(DomainError):
    """Not from the company, or not for us. Nothing was written."""

    status = 401
    default_code = "message_news_refused"
    default_message = _("This message could not be verified.")


def status_url(message: Message) -> str:
    """Where Twilio tells what became of this one; it signs the whole address. Empty where nobody can reach us:
    Twilio would refuse the message."""
    if not settings.PUBLIC_BASE_URL.startswith("https://"):
        return ""
    place = reverse("notifications:webhook", args=["twilio", message.business_id])
    return f"{settings.PUBLIC_BASE_URL}{place}?message={message.pk}"


@sensitive_variables()
def receive_news(*, provider_code: str, business_id: UUID, told: Told) -> int:
    """Check the signature, note what each message became, and return how many were ours.

    Raises `NotFound` for a company that tells nothing, `NewsRefused` (401) without a write. Repeated news change
    nothing. A business that has changed its company still hears the old one.
    """
    adapter = find_provider(provider_code)
    if adapter is None or not isinstance(adapter, TellsBack):
        raise NotFound(code="unknown_message_provider")
    name = secret_name(provider_code, adapter.proved_by)
    with bind(business_id):
        kept = accepted_secrets(name, clock.now())
    try:
        # An unknown business is answered like a wrong signature, so that nobody can try out ids.
        news = adapter.read_news(told, Account(secrets={adapter.proved_by: kept[0] if kept else ""}))
    except (Forged, ValueError, RecursionError) as error:
        log.warning("message_news_refused", extra={"provider": provider_code, "business": str(business_id)})
        raise NewsRefused() from error
    actor = Actor.system(f"{provider_code} webhook", business_id)
    count = sum(record_news(actor, channel=adapter.channel, news=item) for item in news)
    if count:
        note_use(actor, name=name, purpose="check a message's signature")
    return count


@use_case(unaudited="the message keeps what became of it")
def record_news(actor: Actor, *, channel: str, news: News) -> bool:
    """Note what became of a message. False when it is none of the business's."""
    try:
        number = UUID(news.message_id)
    except ValueError:
        return False
    rows = lock(Rank.ROOT, Message.objects.filter(pk=number, channel=channel))
    if not rows:
        return False
    message = rows[0]
    if news.kind == "delivered":
        message.delivered_at = message.delivered_at or clock.now()
    elif news.kind in {"bounced", "failed"}:
        message.state = MessageState.BOUNCED if news.kind == "bounced" else MessageState.FAILED
        message.error = news.reason[:2000]
    message.save(update_fields=["state", "error", "delivered_at", "updated_at"])
    if reason := _STOPS.get(news.kind):
        suppress(
            actor, channel=channel, address=message.to, reason=reason, note=news.reason, message_id=number
        )
    return True
