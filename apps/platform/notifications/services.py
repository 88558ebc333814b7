"""Queueing e-mails, and sending what is due."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import WrongState
from apps.kernel.locks import Rank, lock, lock_one
from apps.kernel.use_cases import use_case
from apps.platform.notifications.models import AccountMessage, Message
from apps.platform.notifications.selectors import get_sending_business
from apps.platform.notifications.states import CLAIM_EXPIRES_AFTER, RETRY_PAUSES, MessageState

log = logging.getLogger(__name__)


@use_case(unaudited="the message is kept itself, with what it was sent for")
def queue_email(
    actor: Actor,
    *,
    to: str,
    template: str,
    context: dict[str, Any],
    dedupe_key: str,
    language: str | None = None,
) -> Message:
    """Render `templates/mail/<template>.{subject.txt,txt,html}` and store it for sending.

    The templates also get `business` and `base_url`. Queueing the same `dedupe_key` again returns the message
    already stored, so a repeated event never mails twice. Sent by `send_due_messages`, never here.
    """
    existing = Message.objects.filter(dedupe_key=dedupe_key).first()
    if existing is not None:
        return existing
    business = get_sending_business(actor.business_id)
    language = language or business.language or settings.LANGUAGE_CODE
    written = _written(template, language, {"business": business, **context})
    message = Message(to=to, **written, dedupe_key=dedupe_key, due_at=clock.now())
    # Two deliveries racing for one reason: the loser's row is dropped and the winner's is returned.
    Message.objects.bulk_create([message], ignore_conflicts=True)
    return Message.objects.get(dedupe_key=dedupe_key)


@use_case(unaudited="the message is kept itself, with what it was sent for")
def queue_account_email(
    actor: Actor, *, to: str, template: str, context: dict[str, Any], dedupe_key: str, language: str = ""
) -> AccountMessage:
    """Store a mail about a person's own account for sending, in the product's name; no business can read it.

    Templates as with `queue_email`; `business` stands for the product. Queueing the same `dedupe_key` again
    returns what is stored.
    """
    product = {"name": "MoniDesk", "accent_colour": "#1b6b47"}
    written = _written(template, language or settings.LANGUAGE_CODE, {"business": product, **context})
    message = AccountMessage(to=to, **written, dedupe_key=dedupe_key, due_at=clock.now())
    AccountMessage.objects.bulk_create([message], ignore_conflicts=True)
    return AccountMessage.objects.get(dedupe_key=dedupe_key)


@use_case(permission="notifications.send", audits="notifications.sent_again")
def send_again(actor: Actor, *, message_id: UUID) -> Message:
    """Put a message that was given up back in the queue. Raises `WrongState` for any other."""
    message = lock_one(Rank.ROOT, Message.objects.filter(pk=message_id))
    if message.state != MessageState.FAILED:
        raise WrongState(_("Only an e-mail that was given up can be sent again."))
    message.state, message.attempts, message.due_at = MessageState.QUEUED, 0, clock.now()
    message.save(update_fields=["state", "attempts", "due_at", "updated_at"])
    audit.record(actor, "notifications.sent_again", message, after={"to": message.to})
    return message


@use_case(unaudited="a worker's step; the message keeps when it was sent")
def claim_message(actor: Actor, *, message_id: UUID) -> Message | AccountMessage | None:
    """Take a due message for sending; None when another worker has it or nothing is due any more."""
    rows: list[Message | AccountMessage] = lock(Rank.ROOT, _mailbox(actor).filter(pk=message_id))
    if not rows or not _is_due(rows[0]):
        return None
    message = rows[0]
    message.state, message.claimed_at, message.attempts = (
        MessageState.SENDING,
        clock.now(),
        message.attempts + 1,
    )
    message.save(update_fields=["state", "claimed_at", "attempts", "updated_at"])
    return message


@use_case(unaudited="the message keeps its outcome itself")
def record_outcome(actor: Actor, *, message_id: UUID, error: str = "") -> Message | AccountMessage:
    """Note that a claimed message was sent, or why it was not and when it is tried again."""
    message: Message | AccountMessage = lock_one(Rank.ROOT, _mailbox(actor).filter(pk=message_id))
    message.error = error[:2000]
    if not error:
        message.state, message.sent_at = MessageState.SENT, clock.now()
    elif message.attempts > len(RETRY_PAUSES):
        message.state = MessageState.FAILED
    else:
        message.state = MessageState.QUEUED
        message.due_at = clock.now() + RETRY_PAUSES[message.attempts - 1]
    changed = ["state", "sent_at", "due_at", "error", "updated_at"]
    if isinstance(message, AccountMessage) and message.state in {MessageState.SENT, MessageState.FAILED}:
        # Its link opens the account: it must not lie about in a table, nor in a backup of it.
        message.text = message.html = ""
        changed += ["text", "html"]
    message.save(update_fields=changed)
    return message


def send_message(business_id: UUID | None, message_id: UUID) -> bool:
    """Claim, send outside any transaction, record: the three steps of one e-mail. True when it went out.

    Without a business it is one about a person's account.
    """
    actor = Actor.system("mail", business_id)
    message = claim_message(actor, message_id=message_id)
    if message is None:
        return False
    error = ""
    try:
        _hand_over(message)
    except Exception as cause:  # a mail server may raise anything; the reason is kept for the business
        log.warning("message_not_sent", exc_info=True, extra={"message_id": str(message_id)})
        error = f"{type(cause).__name__}: {cause}"
    record_outcome(actor, message_id=message_id, error=error)
    return not error


def _written(template: str, language: str, context: dict[str, Any]) -> dict[str, str]:
    context = {"base_url": settings.PUBLIC_BASE_URL, "language": language, **context}
    with translation.override(language):
        subject, text, html = (
            render_to_string(f"mail/{template}.{kind}", context) for kind in ("subject.txt", "txt", "html")
        )
    # A line break in a subject would let a buyer's name add headers to the mail.
    one_line = " ".join(subject.split())[:255]
    return {"subject": one_line, "text": text, "html": html, "language": language, "template": template}


def _mailbox(actor: Actor) -> Any:
    return (Message if actor.business_id else AccountMessage).objects.all()


def _is_due(message: Message | AccountMessage) -> bool:
    now = clock.now()
    if message.state == MessageState.QUEUED:
        return message.due_at <= now
    if message.state != MessageState.SENDING:
        return False
    return message.claimed_at is None or message.claimed_at + CLAIM_EXPIRES_AFTER <= now


def _hand_over(message: Message | AccountMessage) -> None:
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        to=[message.to],
        headers={"Message-ID": f"<{message.pk}@monidesk>", "X-Entity-Ref-ID": str(message.pk)},
        connection=get_connection(timeout=20) if "smtp" in settings.EMAIL_BACKEND else get_connection(),
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    mail.send()
