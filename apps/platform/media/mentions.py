"""Colleagues named in a comment: `@Grace` or `@Grace Hopper` tells her at the bell, if she may read the record."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.actors import Actor
from apps.platform.alerts.kinds import declare_kind
from apps.platform.alerts.services import notify_members
from apps.platform.businesses.selectors import list_colleagues
from apps.platform.media import attachables
from apps.platform.media.models import Comment

MENTIONED = declare_kind(
    "mentioned", gettext_lazy("Somebody mentions you"), permission="orders.read", icon="alternate_email"
)
MOST_OFFERED = 12


def offered_names(actor: Actor) -> list[str]:
    """Colleagues that a comment may name, the writer left out."""
    rows = list_colleagues()[: MOST_OFFERED + 1]
    return [user.name for user in rows if user.pk != actor.id][:MOST_OFFERED]


def mentioned_ids(text: str, people: list[tuple[UUID, str]]) -> set[UUID]:
    """Who is named. The whole name counts; the first name alone counts when only one colleague has it."""
    words = text.casefold()
    found = {person for person, name in people if _names(words, name)}
    firsts = [(person, name.split()[0]) for person, name in people if name.split()]
    for person, first in firsts:
        alone = sum(first.casefold() == other.casefold() for _who, other in firsts) == 1
        if alone and _names(words, first):
            found.add(person)
    return found


def tell_mentioned(actor: Actor, comment: Comment, record: Any) -> int:
    """Inside the use case that writes the comment: an alert for each colleague it names; returns how many."""
    if "@" not in comment.text:
        return 0
    people = [(user.pk, user.name) for user in list_colleagues() if user.pk != actor.id]
    named = mentioned_ids(comment.text, people)
    if not named:
        return 0
    return notify_members(
        actor,
        # Only who may read the record is told of it.
        kind=replace(MENTIONED, permission=attachables.read_permission(comment.target_type)),
        title=_("%(who)s mentions you at %(record)s") % {"who": comment.author, "record": record},
        text=comment.text[:500],
        link=page_of(comment.target_type, comment.target_id),
        dedupe_key=f"mention:{comment.pk}",
        about=record,
        among=named,
    )


def page_of(target_type: str, target_id: UUID) -> str:
    """The record's page in the back office, or the page of its comments."""
    try:
        return reverse(f"admin:{target_type.replace('.', '_')}_change", args=[target_id])
    except NoReverseMatch:
        return reverse("admin:media_of", args=[target_type, target_id])


def _names(words: str, name: str) -> bool:
    return bool(name) and re.search(rf"(?<!\w)@{re.escape(name.casefold())}(?!\w)", words) is not None
