"""What companies tell afterwards: it arrived, it bounced, it was not wanted."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
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
from apps.platform.notifications.providers import (
    Account,
    Forged,
    Greets,
    News,
    NoAnswer,
    TellsBack,
    Told,
    find_provider,
    get_provider,
)
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


class ProofMissing(DomainError):
    """The company's proof could not be fetched just now; it will tell us again. Nothing was written."""

    status = 503
    default_code = "message_proof_missing"
    default_message = _("This message could not be verified at present.")


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
    try:
        # An unknown business is answered like a wrong signature, so that nobody can try out ids.
        news = adapter.read_news(told, _shared(provider_code, business_id, adapter.proved_by))
    except NoAnswer as error:
        raise ProofMissing() from error
    except (Forged, ValueError, RecursionError) as error:
        log.warning("message_news_refused", extra={"provider": provider_code, "business": str(business_id)})
        raise NewsRefused() from error
    actor = Actor.system(f"{provider_code} webhook", business_id)
    count = sum(record_news(actor, provider=provider_code, news=item) for item in news)
    if count:
        note_use(actor, name=name, purpose="check a message's signature")
    return count


@sensitive_variables()
def answer_greeting(*, provider_code: str, business_id: UUID, query: Mapping[str, str]) -> str:
    """What a company hears that asks whether this is the right door. Raises `NotFound`, `NewsRefused`."""
    adapter = find_provider(provider_code)
    if adapter is None or not isinstance(adapter, Greets):
        raise NotFound(code="unknown_message_provider")
    try:
        return adapter.answer_greeting(query, _shared(provider_code, business_id, adapter.greeted_by))
    except Forged as error:
        log.warning(
            "message_greeting_refused", extra={"provider": provider_code, "business": str(business_id)}
        )
        raise NewsRefused() from error


@use_case(unaudited="the message keeps what became of it")
def record_news(actor: Actor, *, provider: str, news: News) -> bool:
    """Note what became of a message; told again, nothing. False when it is none of the business's."""
    rows = lock(Rank.ROOT, _meant(provider, news))
    if not rows:
        return False
    message = rows[0]
    # A letter that somebody kept must not stop an address again that was let free since.
    if news.kind in message.told and news.kind != "unsubscribed":
        return True
    if news.kind == "delivered":
        message.delivered_at = message.delivered_at or clock.now()
    elif news.kind == "bounced" or (news.kind == "failed" and message.delivered_at is None):
        message.state = MessageState.BOUNCED if news.kind == "bounced" else MessageState.FAILED
        message.error = news.reason[:2000]
    if news.kind not in message.told:
        message.told = [*message.told, news.kind]
        message.save(update_fields=["state", "error", "delivered_at", "told", "updated_at"])
    if reason := _STOPS.get(news.kind):
        suppress(
            actor, channel=message.channel, address=message.to, reason=reason, note=news.reason,
            message_id=message.pk,
        )  # fmt: skip
    return True


def _meant(provider: str, news: News) -> QuerySet[Message]:
    """The message by our own number, else by the company's."""
    mine = Message.objects.filter(channel=get_provider(provider).channel)
    try:
        return mine.filter(pk=UUID(news.message_id))
    except ValueError:
        return mine.filter(provider=provider, provider_ref=news.ref) if news.ref else mine.none()


def _shared(provider_code: str, business_id: UUID, setting: str) -> Account:
    with bind(business_id):
        kept = accepted_secrets(secret_name(provider_code, setting), clock.now())
    return Account(secrets={setting: kept[0] if kept else ""})
