"""Storing messages for sending; nothing here touches the network."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.privacy import plain_number
from apps.kernel.use_cases import use_case
from apps.platform.notifications.models import AccountMessage, Message
from apps.platform.notifications.selectors import get_sending_business
from apps.platform.notifications.states import ADDRESSED, Channel, MessageState
from apps.platform.notifications.unsubscribing import add_way_out
from apps.platform.notifications.wording import find_event

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


@use_case(unaudited="the message is kept itself, with what it was sent for")
def queue_email(
    actor: Actor,
    *,
    to: str,
    template: str,
    context: dict[str, Any],
    dedupe_key: str,
    language: str | None = None,
    words_for: str = "",
    is_marketing: bool = False,
) -> Message:
    """Render `templates/mail/<template>.{subject.txt,txt,html}` and store it for sending.

    A business that has words of its own for this template says it in those. The templates also get `business` and
    `base_url`. Queueing the same `dedupe_key` again returns the message
    already stored, so a repeated event never mails twice. `words_for` is the permission one needs to see the words
    in the outbox. Advertising (`is_marketing`) goes to who agreed to it, with a way out.
    Sent by `send_due_messages`, never here.
    """
    existing = Message.objects.filter(dedupe_key=dedupe_key).first()
    if existing is not None:
        return existing
    business = get_sending_business(actor.business_id)
    language = language or business.language or settings.LANGUAGE_CODE
    written = _own_words(actor, template, language, context) or _written(
        template, language, {"business": business, **context}
    )
    message = Message(
        to=to,
        **written,
        dedupe_key=dedupe_key,
        words_for=words_for,
        is_marketing=is_marketing,
        due_at=clock.now(),
    )
    if is_marketing:
        add_way_out(message)
    return store(message)


@use_case(unaudited="the message is kept itself, with what it was sent for")
def queue_message(
    actor: Actor,
    *,
    channel: str,
    to: str,
    text: str,
    template: str,
    dedupe_key: str,
    subject: str = "",
    html: str = "",
    language: str = "",
    is_marketing: bool = False,
) -> Message:
    """Store words of one's own for sending on a channel; `template` names what they are about, for the outbox page.

    A telephone number is kept as +441632960000. The same `dedupe_key` again returns the message already stored.
    Raises `InvalidInput` for an address that fits no such channel. Advertising goes to who agreed to it: the caller
    has asked.
    """
    existing = Message.objects.filter(dedupe_key=dedupe_key).first()
    if existing is not None:
        return existing
    message = Message(
        channel=channel,
        to=address_on(channel, to),
        subject=one_line(subject),
        text=text,
        html=html,
        language=language or get_sending_business(actor.business_id).language or settings.LANGUAGE_CODE,
        template=template,
        dedupe_key=dedupe_key,
        is_marketing=is_marketing,
        due_at=clock.now(),
    )
    if is_marketing and channel == Channel.EMAIL:
        add_way_out(message)
    return store(message)


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
        raise WrongState(_("Only a message that was given up can be sent again."))
    message.state, message.attempts, message.due_at = MessageState.QUEUED, 0, clock.now()
    # The company may say once more that it failed; what it said of the last try must not look like a repeat.
    message.told, message.sent_at = [kind for kind in message.told if kind != "failed"], None
    message.save(update_fields=["state", "attempts", "due_at", "told", "sent_at", "updated_at"])
    audit.record(actor, "notifications.sent_again", message, after={"to": message.to})
    return message


def address_on(channel: str, to: str) -> str:
    """The address as the channel writes it; raises `InvalidInput` for one that cannot be."""
    if channel == Channel.EMAIL:
        try:
            validate_email(to.strip())
        except ValidationError as error:
            raise InvalidInput(fields={"to": [_("Enter an e-mail address.")]}) from error
        return to.strip()
    if channel not in ADDRESSED:
        raise InvalidInput(fields={"channel": [_("A browser has no address that one can write down.")]})
    number = plain_number(to)
    if not _NUMBER.fullmatch(number):
        raise InvalidInput(fields={"to": [_("Enter the number with its country, such as +44 1632 960000.")]})
    return number


def store(message: Message) -> Message:
    """Keep a new message, or return the one that has its reason already."""
    # Two deliveries racing for one reason: the loser's row is dropped and the winner's is returned.
    Message.objects.bulk_create([message], ignore_conflicts=True)
    return Message.objects.get(dedupe_key=message.dedupe_key)


def _own_words(actor: Actor, template: str, language: str, context: dict[str, Any]) -> dict[str, str] | None:
    """The message in the business's words, when it may word this one and has done so."""
    from .wordings import find_wording, write_own

    event = find_event(template)
    own = find_wording(template, Channel.EMAIL, language) if event else None
    if event is None or own is None:
        return None
    values = event.read(context, language)
    written = write_own(actor, Channel.EMAIL, language, own.subject, own.body, values)
    return {**written, "language": language, "template": template}


def _written(template: str, language: str, context: dict[str, Any]) -> dict[str, str]:
    context = {"base_url": settings.PUBLIC_BASE_URL, "language": language, **context}
    with translation.override(language):
        subject, text, html = (
            render_to_string(f"mail/{template}.{kind}", context) for kind in ("subject.txt", "txt", "html")
        )
    return {
        "subject": one_line(subject),
        "text": text,
        "html": html,
        "language": language,
        "template": template,
    }


def one_line(subject: str) -> str:
    """The subject as mail programs may have it."""
    # A line break in a subject would let a buyer's name add headers to the mail.
    return " ".join(subject.split())[:255]
