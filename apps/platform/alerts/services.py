"""Telling members, reading, and what each one wants."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from django.db.models import Model, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, PermissionRefused
from apps.kernel.limits import is_visible
from apps.kernel.use_cases import use_case
from apps.platform.alerts.kinds import Kind, declare_kind, find_kind, list_kinds
from apps.platform.alerts.models import Alert, Preference
from apps.platform.alerts.selectors import KEPT_AFTER_READING
from apps.platform.businesses.selectors import Colleague, list_holders
from apps.platform.notifications.selectors import list_devices
from apps.platform.notifications.services import queue_email, queue_push


class Wanted(NamedTuple):
    """Where somebody wants to be told of one kind."""

    at_bell: bool = True
    by_email: bool = False
    by_push: bool = True


PARKED = declare_kind(
    "event_parked",
    gettext_lazy("An event could not be processed"),
    permission="platform.operate",
    icon="error",
)


@use_case(unaudited="an alert is a hint; what it is about is entered where it happens")
def notify_members(
    actor: Actor,
    *,
    kind: Kind,
    title: str,
    dedupe_key: str,
    text: str = "",
    link: str = "",
    about: Model | None = None,
    happened_at: dt.datetime | None = None,
    among: Collection[UUID] | None = None,
) -> int:
    """Tell every member who may know, as each one wants it; returns how many were told at the bell.

    `about` is the row it is about: who is limited to a part of the business is told only when that part holds it.
    With `happened_at` nobody is told who came later: an event that is delivered again is no news for the newcomer.
    With `among` only these people, and of them only who may know. `link` is a path of the back office. The same
    `dedupe_key` again tells nobody twice.
    """
    if link and not link.startswith("/"):
        raise InvalidInput(fields={"link": [_("A path of the back office.")]})
    colleagues = [
        colleague
        for colleague in list_holders(kind.permission, since=happened_at)
        if (among is None or colleague.user_id in among)
        and (about is None or is_visible(about, colleague.limit))
    ]
    chosen = {
        row.user_id: row
        for row in Preference.objects.filter(kind=kind.code, user_id__in=[who.user_id for who in colleagues])
    }
    at_bell = [who for who in colleagues if _wants(chosen.get(who.user_id)).at_bell]
    Alert.objects.bulk_create(
        [
            Alert(
                user_id=who.user_id,
                kind=kind.code,
                title=title[:200],
                text=text[:500],
                link=link[:300],
                dedupe_key=dedupe_key,
            )
            for who in at_bell
        ],
        ignore_conflicts=True,
    )
    for who in colleagues:
        if _wants(chosen.get(who.user_id)).by_email:
            _mail(actor, who, kind, title, text, link, dedupe_key)
    knocked_at = {who.user_id: who for who in colleagues if _wants(chosen.get(who.user_id)).by_push}
    for device in list_devices(list(knocked_at)):
        queue_push(
            actor,
            device=device,
            to=knocked_at[device.owner_id].email,
            title=title,
            text=text,
            link=link or "/admin/alerts/",
            template="member_alert",
            dedupe_key=f"push:{device.pk}:{dedupe_key}"[:200],
            words_for=kind.permission,
            language=knocked_at[device.owner_id].language,
        )
    return len(at_bell)


@use_case(unaudited="a member's own reading")
def mark_read(actor: Actor, *, alert_ids: list[UUID] | None = None) -> int:
    """Mark the actor's own alerts as read, these or all; returns how many were unread."""
    rows = Alert.objects.filter(user_id=_person(actor), read_at=None)
    if alert_ids is not None:
        rows = rows.filter(pk__in=alert_ids)
    return rows.update(read_at=clock.now())


@use_case(unaudited="a member's own wishes")
def choose_preferences(actor: Actor, *, wanted: Mapping[str, Wanted]) -> int:
    """Say for each kind where the actor wants it; unknown kinds are passed over."""
    person, known = _person(actor), {kind.code for kind in list_kinds(actor)}
    rows = [
        Preference(user_id=person, kind=code, **wish._asdict())
        for code, wish in wanted.items()
        if code in known
    ]
    Preference.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["business", "user", "kind"],
        update_fields=[*Wanted._fields, "updated_at"],
    )
    return len(rows)


@use_case(unaudited="alerts that were read long ago")
def forget_old_alerts(actor: Actor) -> int:
    """Drop what was read and is older than thirty days; what nobody has read stays."""
    old = Q(read_at__isnull=False, created_at__lt=clock.now() - KEPT_AFTER_READING)
    return Alert.objects.filter(old).delete()[0]


@use_case(unaudited="an alert is a hint; the parked event is kept itself")
def tell_parked(actor: Actor, *, newest: int) -> int:
    """Tell who operates the business that an event was parked; once until another one is."""
    return notify_members(
        actor,
        kind=PARKED,
        title=_("An event could not be processed"),
        text=_("One part of the business does not know what happened in another."),
        link="/admin/events/",
        dedupe_key=f"parked:{newest}",
    )


def _mail(
    actor: Actor, who: Colleague, kind: Kind, title: str, text: str, link: str, dedupe_key: str
) -> None:
    queue_email(
        actor,
        to=who.email,
        template="member_alert",
        context={"title": title, "sentence": text, "path": link},
        dedupe_key=f"alert:{who.user_id}:{dedupe_key}"[:200],
        language=who.language or None,
        words_for=kind.permission,
    )


def _wants(chosen: Preference | None) -> Preference:
    return chosen or Preference()


def _person(actor: Actor) -> UUID:
    if actor.kind != "user" or actor.id is None or actor.is_worn:
        raise PermissionRefused()
    return actor.id


__all__ = [
    "Wanted",
    "choose_preferences",
    "find_kind",
    "forget_old_alerts",
    "mark_read",
    "notify_members",
    "tell_parked",
]
