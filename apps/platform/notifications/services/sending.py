"""Claim, send outside any transaction, record."""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.circuits import Circuit, CircuitOpen
from apps.kernel.locks import Rank, lock, lock_one
from apps.kernel.use_cases import use_case
from apps.platform.notifications.models import AccountMessage, Message, PushDevice
from apps.platform.notifications.providers import (
    Account,
    Browser,
    MessageProvider,
    NoAnswer,
    Outgoing,
    Undeliverable,
    get_provider,
    line_of,
)
from apps.platform.notifications.selectors import (
    find_channel_setting,
    find_suppression,
    get_sending_business,
)
from apps.platform.notifications.states import (
    CLAIM_EXPIRES_AFTER,
    ENDED,
    RETRY_PAUSES,
    Channel,
    MessageState,
)
from apps.platform.notifications.states import SuppressionReason as Reason
from apps.platform.notifications.unsubscribing import one_click_headers
from apps.platform.notifications.vaulted import secret_name
from apps.platform.vault.selectors import find_secret
from apps.platform.vault.services import open_secret

from .suppressing import suppress
from .webhooks import status_url

log = logging.getLogger(__name__)
# So many silences in a row, and the company is left alone for so long.
SILENCES = 3
PAUSE_SECONDS = 60


@use_case(unaudited="a worker's step; the message keeps when it was sent")
def claim_message(actor: Actor, *, message_id: UUID) -> Message | AccountMessage | None:
    """Take a due message for sending; None when another worker has it or nothing is due any more."""
    rows: list[Message | AccountMessage] = lock(Rank.ROOT, _mailbox(actor).filter(pk=message_id))
    if not rows or not _is_due(rows[0]):
        return None
    message = rows[0]
    if isinstance(message, Message) and _hold_back(message):
        return None
    message.state, message.claimed_at, message.attempts = (
        MessageState.SENDING,
        clock.now(),
        message.attempts + 1,
    )
    message.save(update_fields=["state", "claimed_at", "attempts", "updated_at"])
    return message


@use_case(unaudited="the message keeps its outcome itself")
def record_outcome(
    actor: Actor,
    *,
    message_id: UUID,
    claimed_at: dt.datetime | None,
    error: str = "",
    provider: str = "",
    provider_ref: str = "",
    for_good: bool = False,
    bad_address: bool = False,
) -> Message | AccountMessage:
    """Note that a claimed message was sent, or why it was not and when it is tried again.

    `claimed_at` is the claim it speaks for. When that was taken over meanwhile, by a worker that thought this one dead,
    only a success counts, so that nothing is sent once more. `for_good` ends the tries; `bad_address` says that nobody
    lives there.
    """
    message: Message | AccountMessage = lock_one(Rank.ROOT, _mailbox(actor).filter(pk=message_id))
    if message.claimed_at != claimed_at and error:
        return message
    message.error = error[:2000]
    if not error:
        # The company's word that it bounced may be here before our own note that it was handed over.
        message.sent_at = clock.now()
        message.state = message.state if message.state in ENDED else MessageState.SENT
    elif bad_address:
        message.state = MessageState.BOUNCED
        if isinstance(message, Message) and message.channel == Channel.PUSH:
            # The person is reached elsewhere; it is this one browser that is gone, or was turned off meanwhile.
            PushDevice.objects.filter(pk__in=[message.device_id] if message.device_id else []).delete()
            message.device_id = None
        elif isinstance(message, Message):
            suppress(
                actor, channel=message.channel, address=message.to, reason=Reason.BOUNCED, note=message.error
            )
    elif for_good or message.attempts > len(RETRY_PAUSES):
        message.state = MessageState.FAILED
    else:
        message.state = MessageState.QUEUED
        message.due_at = clock.now() + RETRY_PAUSES[message.attempts - 1]
    changed = ["state", "sent_at", "due_at", "error", "updated_at"]
    if isinstance(message, AccountMessage):
        if message.state in ENDED:
            # Its link opens the account: it must not lie about in a table, nor in a backup of it.
            message.text = message.html = ""
            changed += ["text", "html"]
    else:
        message.provider, message.provider_ref = provider, provider_ref[:200]
        changed += ["provider", "provider_ref"]
    message.save(update_fields=changed)
    return message


@use_case(unaudited="a worker's step; nothing was tried")
def wait_for_company(
    actor: Actor, *, message_id: UUID, claimed_at: dt.datetime | None, until: dt.datetime, reason: str
) -> None:
    """Put a claimed message back, uncounted, until the company is asked again; with it what waits beside it.

    Without the second half a long queue for one company would be claimed message by message, before all others.
    """
    message: Message | AccountMessage = lock_one(Rank.ROOT, _mailbox(actor).filter(pk=message_id))
    if message.state != MessageState.SENDING or message.claimed_at != claimed_at:
        return  # somebody else has it, or it has ended: it must not be sent again
    message.state, message.due_at, message.error = MessageState.QUEUED, until, reason[:2000]
    message.attempts -= 1
    message.save(update_fields=["state", "due_at", "error", "attempts", "updated_at"])
    rows = _mailbox(actor).filter(state=MessageState.QUEUED, due_at__lt=until)
    if isinstance(message, Message):
        rows = rows.filter(channel=message.channel)
        if message.channel == Channel.PUSH:
            rows = rows.filter(device_id=message.device_id)
    rows.update(due_at=until)


def _hold_back(message: Message) -> bool:
    """Whether nothing may go to this address; then the message is over and says why."""
    found = find_suppression(message.channel, message.to, is_marketing=message.is_marketing)
    if found is None:
        return False
    message.state, message.error = MessageState.SUPPRESSED, str(found.get_reason_display())
    message.save(update_fields=["state", "error", "updated_at"])
    return True


def send_message(business_id: UUID | None, message_id: UUID) -> bool:
    """Claim, send outside any transaction, record: the three steps of one message. True when it went out.

    Without a business it is one about a person's account.
    """
    actor = Actor.system("mail", business_id)
    message = claim_message(actor, message_id=message_id)
    if message is None:
        return False
    claim: dict[str, Any] = {"message_id": message_id, "claimed_at": message.claimed_at}
    outcome: dict[str, Any] = {}
    try:
        provider, account = _account_for(actor, message)
        outcome["provider"] = provider.code
        going = _outgoing(actor, message)
        with _circuit(provider, account, going):
            outcome["provider_ref"] = provider.deliver(going, account)
    except CircuitOpen as silence:
        with translation.override(settings.LANGUAGE_CODE):
            reason = _("%(name)s does not answer at present. The message waits and goes out by itself.")
            reason %= {"name": provider.name}
        wait_for_company(actor, **claim, until=silence.until, reason=reason)
        return False
    except Exception as cause:  # a mail server may raise anything; the reason is kept for the business
        # The trace would show what was said to whom, and how the account is signed in to.
        log.warning("message_not_sent", extra={"message_id": str(message_id), "cause": type(cause).__name__})
        outcome["error"] = f"{type(cause).__name__}: {cause}"
        outcome["for_good"] = isinstance(cause, Undeliverable)
        outcome["bad_address"] = isinstance(cause, Undeliverable) and cause.bad_address
    record_outcome(actor, **claim, **outcome)
    return "error" not in outcome


def _circuit(provider: MessageProvider, account: Account, going: Outgoing) -> AbstractContextManager[None]:
    """Around the call: a company that is silent again and again would hold every worker for its time-outs."""
    if provider.is_sandbox:
        return nullcontext()
    return Circuit(
        line_of(provider, account, going), silence=NoAnswer, failures=SILENCES, pause_seconds=PAUSE_SECONDS
    ).guard()


@sensitive_variables()
def _account_for(actor: Actor, message: Message | AccountMessage) -> tuple[MessageProvider, Account]:
    if isinstance(message, AccountMessage):
        return get_provider("house"), Account()
    with tenancy.bind(actor.business_id):
        setting = find_channel_setting(message.channel)
        provider = get_provider(setting.provider)
        kept = [
            field.name
            for field in provider.settings
            if field.kind == "secret" and find_secret(secret_name(provider.code, field.name)) is not None
        ]
    secrets = {
        name: open_secret(actor, name=secret_name(provider.code, name), purpose="send messages")
        for name in kept
    }
    return provider, Account(setting.values, secrets)


def _outgoing(actor: Actor, message: Message | AccountMessage) -> Outgoing:
    if isinstance(message, AccountMessage):
        return Outgoing(message.pk, message.to, message.subject, message.text, message.html, message.language)
    business = get_sending_business(actor.business_id)
    refusable = message.is_marketing and message.channel == Channel.EMAIL
    return Outgoing(
        id=message.pk,
        to=message.to,
        subject=message.subject,
        text=message.text,
        html=message.html,
        language=message.language,
        sender_name=business.name,
        status_url=status_url(message),
        headers=one_click_headers(message) if refusable else {},
        link=message.link,
        browser=_browser_of(actor, message),
    )


def _browser_of(actor: Actor, message: Message) -> Browser | None:
    if message.device_id is None:
        return None
    with tenancy.bind(actor.business_id):
        device = PushDevice.objects.filter(pk=message.device_id).first()
    return Browser(device.endpoint, device.p256dh, device.auth) if device is not None else None


def _mailbox(actor: Actor) -> Any:
    return (Message if actor.business_id else AccountMessage).objects.all()


def _is_due(message: Message | AccountMessage) -> bool:
    now = clock.now()
    if message.state == MessageState.QUEUED:
        return message.due_at <= now
    if message.state != MessageState.SENDING:
        return False
    return message.claimed_at is None or message.claimed_at + CLAIM_EXPIRES_AFTER <= now
