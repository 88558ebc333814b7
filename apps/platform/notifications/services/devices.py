"""Browsers that members let us knock at."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, PermissionRefused
from apps.kernel.ids import new_id
from apps.kernel.use_cases import use_case
from apps.platform.notifications.models import Message, PushDevice
from apps.platform.notifications.providers import Browser
from apps.platform.notifications.providers.push import BrowserRefused, check_browser
from apps.platform.notifications.selectors import get_sending_business
from apps.platform.notifications.states import Channel

from .queueing import one_line, store

# More than anybody uses; the oldest makes room, so that a script cannot fill the table.
MOST_BROWSERS = 10


@use_case(unaudited="a member's own browser")
def remember_device(actor: Actor, *, endpoint: str, p256dh: str, auth: str, label: str) -> PushDevice:
    """Tell the actor in this browser from now on; a second time renews its keys.

    A browser tells one person: whoever turns it on takes it over. Raises `InvalidInput` for an address that belongs
    to no push service, and for keys that are none.
    """
    owner = _person(actor)
    try:
        check_browser(Browser(endpoint, p256dh, auth))
    except BrowserRefused as error:
        raise InvalidInput(_("This browser gave an address that we do not know.")) from error
    digest = digest_of(endpoint)
    row = PushDevice(
        owner_id=owner, endpoint=endpoint, digest=digest, p256dh=p256dh, auth=auth, label=one_line(label)[:80]
    )
    # What waits for the former owner names the row: with the row gone it is not shown to whoever comes after.
    PushDevice.objects.filter(digest=digest).exclude(owner_id=owner).delete()
    PushDevice.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["business", "digest"],
        update_fields=["owner_id", "p256dh", "auth", "label", "updated_at"],
    )
    mine = PushDevice.objects.filter(owner_id=owner).order_by("-updated_at", "-id")
    PushDevice.objects.filter(pk__in=list(mine.values_list("pk", flat=True)[MOST_BROWSERS:])).delete()
    known: PushDevice = PushDevice.objects.get(digest=digest)
    return known


@use_case(unaudited="a member's own browser")
def forget_device(actor: Actor, *, device_id: UUID) -> None:
    """Tell the actor no more in one of the actor's own browsers. Raises `NotFound`."""
    gone, _models = PushDevice.objects.filter(pk=device_id, owner_id=_person(actor)).delete()
    if not gone:
        raise NotFound()


@use_case(unaudited="the message is kept itself, with what it was sent for")
def queue_push(
    actor: Actor,
    *,
    device: PushDevice,
    to: str,
    title: str,
    text: str,
    link: str,
    template: str,
    dedupe_key: str,
    words_for: str = "",
    language: str = "",
) -> Message:
    """Store words for one browser. `to` is the person's address, for the outbox; `link` a path of our own.

    `words_for` is the permission one needs to see the words there. The same `dedupe_key` again returns the message
    already stored.
    """
    existing = Message.objects.filter(dedupe_key=dedupe_key).first()
    if existing is not None:
        return existing
    return store(
        Message(
            channel=Channel.PUSH,
            to=to,
            device=device,
            subject=one_line(title),
            text=text[:500],
            link=link[:300],
            language=language or get_sending_business(actor.business_id).language,
            template=template,
            dedupe_key=dedupe_key,
            words_for=words_for,
            due_at=clock.now(),
        )
    )


@use_case(unaudited="a message to oneself; it is kept itself")
def queue_device_test(actor: Actor, *, device_id: UUID, to: str) -> Message:
    """Queue an alert to try one of the actor's own browsers; each call makes another one. Raises `NotFound`."""
    device = PushDevice.objects.filter(pk=device_id, owner_id=_person(actor)).first()
    if device is None:
        raise NotFound()
    return queue_push(
        actor,
        device=device,
        to=to,
        title=_("Alerts arrive in this browser"),
        text=_("You see this because you asked for a test."),
        link="/admin/me/alerts/",
        template="test",
        dedupe_key=f"test:{new_id()}",
    )


def digest_of(endpoint: str) -> str:
    """By which a page finds out whether the browser it is shown in is known, without being told the address."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def _person(actor: Actor) -> UUID:
    if actor.kind != "user" or actor.id is None or actor.is_worn:
        raise PermissionRefused()
    return actor.id
