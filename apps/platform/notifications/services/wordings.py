"""Saving a business's own words, trying them, and going back to the product's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank, lock
from apps.kernel.prepared import Prepared
from apps.kernel.use_cases import use_case
from apps.platform.notifications import policies
from apps.platform.notifications.models import Message, MessageTemplate
from apps.platform.notifications.selectors import get_sending_business, list_wordings
from apps.platform.notifications.states import ADDRESSED, Channel
from apps.platform.notifications.wording import MessageEvent, Worded, find_event, unknown_values, word

from .queueing import address_on, one_line, store

LONGEST_BODY = 10_000
# Asked for each mail and each message to a telephone, of which most businesses word none themselves.
_OWN = Prepared(lambda event: list_wordings().filter(event=event), "event")


@use_case(permission=policies.WORD, audits="notifications.worded")
def save_wording(
    actor: Actor, *, event: str, channel: str, language: str, subject: str, body: str
) -> MessageTemplate:
    """Say it in these words from now on; what is queued already keeps its own.

    Raises `InvalidInput` naming the field: an event that cannot be worded, a value it does not have, no body.
    """
    subject, body = check_wording(event, channel, language, subject, body)
    rows = MessageTemplate.objects.filter(event=event, channel=channel, language=language)
    start = MessageTemplate(event=event, channel=channel, language=language)
    MessageTemplate.objects.bulk_create([start], ignore_conflicts=True)
    (row,) = lock(Rank.ROOT, rows)
    before = {"subject": row.subject, "body": row.body}
    row.subject, row.body = subject, body
    row.save(update_fields=["subject", "body", "updated_at"])
    after = {"event": event, "channel": channel, "language": language, "subject": subject, "body": body}
    audit.record(actor, "notifications.worded", row, before=before, after=after)
    return row


@use_case(permission=policies.WORD, audits="notifications.wording_forgotten")
def forget_wording(actor: Actor, *, event: str, channel: str, language: str) -> bool:
    """Go back to the product's words; on a channel that has none, nothing is sent any more."""
    rows = lock(Rank.ROOT, MessageTemplate.objects.filter(event=event, channel=channel, language=language))
    for row in rows:
        before = {"subject": row.subject, "body": row.body}
        audit.record(actor, "notifications.wording_forgotten", row, before=before)
        row.delete()
    return bool(rows)


@use_case(permission=policies.WORD, unaudited="a message to oneself; it is kept itself")
def queue_wording_test(
    actor: Actor, *, event: str, channel: str, language: str, subject: str, body: str, to: str
) -> Message:
    """Queue these words, saved or not, with samples for the values."""
    subject, body = check_wording(event, channel, language, subject, body)
    known = find_event(event)
    assert known is not None  # noqa: S101  (checked above)
    written = write_own(actor, channel, language, subject, body, known.samples())
    return store(
        Message(
            channel=channel, to=address_on(channel, to), **written, template=event, language=language,
            dedupe_key=f"test:{new_id()}", due_at=clock.now(),
        )
    )  # fmt: skip


@use_case(unaudited="the message is kept itself, with what it was sent for")
def queue_worded(
    actor: Actor,
    *,
    event: str,
    to: str,
    context: Mapping[str, Any],
    dedupe_key: str,
    language: str = "",
    channels: tuple[str, ...] = (Channel.SMS, Channel.WHATSAPP),
) -> list[Message]:
    """Tell a telephone on each channel for which the business has words of its own; without words nothing is sent.

    A number that cannot be, such as one without its country, is passed over: the mail has gone anyway.
    """
    known = find_event(event)
    if known is None:
        return []
    own = _OWN.fetch(event)
    if not own:
        return []
    language = language or get_sending_business(actor.business_id).language or settings.LANGUAGE_CODE
    chosen = {channel: row for channel in channels if (row := _worded_on(own, channel, language))}
    if not chosen:
        return []
    try:
        number = address_on(Channel.SMS, to)
    except InvalidInput:
        return []
    queued = []
    for channel, row in chosen.items():
        written = write_own(actor, channel, language, row.subject, row.body, known.read(context, language))
        queued.append(
            store(
                Message(
                    channel=channel, to=number, **written, template=event, language=language,
                    dedupe_key=f"{dedupe_key}:{channel}", due_at=clock.now(),
                )
            )
        )  # fmt: skip
    return queued


def find_wording(event: str, channel: str, language: str) -> MessageTemplate | None:
    """The business's own words in the language, or in the one it is a kind of (`pt` for `pt-br`)."""
    return _worded_on(_OWN.fetch(event), channel, language)


def _worded_on(own: list[MessageTemplate], channel: str, language: str) -> MessageTemplate | None:
    rows = {row.language: row for row in own if row.channel == channel}
    return rows.get(language) or rows.get(language.partition("-")[0])


def preview_wording(event: MessageEvent, channel: str, subject: str, body: str) -> Worded:
    """The words with samples for the values."""
    return word(subject, body, event.samples(), with_html=channel == Channel.EMAIL)


def write_own(
    actor: Actor, channel: str, language: str, subject: str, body: str, values: Mapping[str, str]
) -> dict[str, str]:
    """Subject, text and HTML of a message in the business's words; mails in the sheet that all mails have."""
    by_mail = channel == Channel.EMAIL
    worded = word(subject, body, values, with_html=by_mail)
    sheet = ""
    if by_mail:
        context = {
            "business": get_sending_business(actor.business_id),
            "base_url": settings.PUBLIC_BASE_URL,
            "language": language,
            "heading": worded.subject,
            "body": worded.html,
            "text": worded.text,
        }
        with translation.override(language):
            sheet = render_to_string("mail/own_words.html", context)
    return {"subject": one_line(worded.subject) if by_mail else "", "text": worded.text, "html": sheet}


def check_wording(event: str, channel: str, language: str, subject: str, body: str) -> tuple[str, str]:
    """Subject and body as they are kept; raises `InvalidInput` naming what is wrong."""
    known = find_event(event)
    subject, body = " ".join(subject.split()), body.strip()
    wrong: dict[str, list[Any]] = {}
    if known is None:
        raise InvalidInput(fields={"event": [_("This message cannot be worded.")]})
    if channel not in ADDRESSED or language not in dict(settings.LANGUAGES):
        raise InvalidInput(fields={"channel": [_("There is no such channel or language.")]})
    if channel == Channel.EMAIL and not subject:
        wrong["subject"] = [_("Please fill this in.")]
    if not body or len(body) > LONGEST_BODY:
        wrong["body"] = [_("Please write something, up to ten thousand signs.")]
    for name, text in (("subject", subject), ("body", body)):
        if unknown := unknown_values(known, text):
            names = ", ".join(f"{{{value}}}" for value in unknown)
            wrong[name] = [_("This message has no value %(names)s.") % {"names": names}]
    if wrong:
        raise InvalidInput(fields=wrong)
    return subject[:255], body
