"""Messages, by the address they went to."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Deleted, Kept, Person, impersonal, personal, records_of

from .models import Message


def _address(person: Person) -> Q:
    return Q(address__in=(*person.emails, *person.phones))


def _to(person: Person) -> Q:
    found = Q(to__in=person.phones)
    for email in person.emails:
        found |= Q(to__iexact=email)  # a message keeps the capitals it was asked for with
    return found


def _owner(person: Person) -> Q:
    return Q(owner_id=person.id)


@records_of("customer")
def messages(person: Person) -> Iterator[tuple[str, UUID]]:
    """Messages to her, which entries of the trail may name by their subject."""
    for message_id in Message.objects.filter(_to(person)).values_list("pk", flat=True):
        yield "notifications.message", message_id


personal(
    "notifications.message", "to", "subject", "text", "html", "link", "error", "dedupe_key",
    title=_("Messages of the business"),
    of={"customer": _to, "user": _to},
    erasure=Deleted(),
    hidden=("dedupe_key",),
)  # fmt: skip
personal(
    "notifications.accountmessage", "to", "subject", "text", "html", "error", "dedupe_key",
    title=_("E-mails about the account"),
    of={"user": _to},
    erasure=Deleted(),
    hidden=("text", "html", "dedupe_key"),
)  # fmt: skip
for _model in ("notifications.message", "notifications.accountmessage"):
    impersonal(_model, "language", "template", because="which of the product's own wordings")
impersonal(
    "notifications.message",
    "words_for",
    "told",
    because="who may see the words, and what the company has told",
)
impersonal(
    "notifications.message", "provider", "provider_ref", because="the company, and its number of the message"
)
impersonal("notifications.channelsetting", "provider", "values", because="how the business sends")
impersonal(
    "notifications.messagetemplate",
    "event",
    "language",
    "subject",
    "body",
    because="the business's own wording",
)
personal(
    "notifications.pushdevice", "endpoint", "digest", "p256dh", "auth", "label",
    title=_("Browsers that are told of alerts"),
    of={"user": _owner},
    erasure=Deleted(),
    hidden=("endpoint", "digest", "p256dh", "auth"),
)  # fmt: skip
personal(
    "notifications.suppression", "address", "note",
    title=_("Addresses that get no messages"),
    of={"customer": _address, "user": _address},
    # Without the row the next mailing would go to somebody who refused it.
    erasure=Kept(_("Who refused messages must not get them again.")),
)  # fmt: skip
