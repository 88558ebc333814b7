"""What the back office itself changes: parked deliveries go back in the queue, members keep views of lists."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import audit, outbox
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, PermissionRefused
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.platform.accounts.models import User
from apps.platform.backoffice.models import SavedView
from apps.platform.backoffice.saved_views import query_kept

MOST_VIEWS = 40


@use_case(permission="platform.operate", audits="platform.events_replayed")
def replay_deliveries(actor: Actor, *, delivery_ids: list[int], subscriber: str | None = None) -> int:
    """Deliver parked events of the actor's business again, under the same event ids; returns how many.

    Those chosen, or with `subscriber` all that are parked for it; earlier parked ones of the same owner come along.
    A delivery and what its subscriber writes are one transaction, so nothing is done twice.
    """
    if actor.business_id is None:
        raise InvalidInput()
    done = outbox.replay(delivery_ids, business_id=actor.business_id, subscriber=subscriber)
    if done:
        audit.record(actor, "platform.events_replayed", after=_told(done, subscriber))
    return len(done)


@use_case(audits="platform.events_replayed")
def replay_for_platform(
    actor: Actor, *, admin: User, delivery_ids: list[int], subscriber: str | None = None
) -> int:
    """The same for events of any business, by who runs the platform; entered in each business's own chain too."""
    if not (admin.is_platform_admin and admin.is_active):
        raise PermissionRefused(_("Only who runs the platform may do this."))
    done = outbox.replay(delivery_ids, subscriber=subscriber)
    by_business: dict[UUID | None, list[outbox.Replayed]] = defaultdict(list)
    for one in done:
        by_business[one.business_id].append(one)
    for business_id, part in by_business.items():
        if business_id is not None:
            told = replace(actor, business_id=business_id)
            audit.record(told, "platform.events_replayed", after=_told(part, subscriber))
    if done:
        audit.record(actor, "platform.events_replayed", after=_told(done, subscriber))
    return len(done)


def _told(done: list[outbox.Replayed], subscriber: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {"deliveries": [one.id for one in done]}
    return {**told, "subscriber": subscriber} if subscriber else told


@use_case(idempotent=True, unaudited="a member's own way of looking; it shows nothing new")
def save_view(
    actor: Actor,
    *,
    list_name: str,
    name: str,
    query: str,
    shared: bool = False,
    is_default: bool = False,
    key: str | None = None,
) -> SavedView:
    """Keep a view under a name; the same name again is written anew, and of two that are to be opened first the last.
    Whoever opens it sees what they may see.

    Raises `InvalidInput` for a name or a view that is empty or too long.
    """
    person = _person(actor)
    name, query = " ".join(name.split()), query_kept(parse_qsl(query))
    if not 1 <= len(name) <= 60 or not name.isprintable():
        raise InvalidInput(fields={"name": [_("Enter a name of at most 60 signs.")]})
    if not query or len(query) > 1000:
        raise InvalidInput(
            _("Choose a tab, a filter, an order or columns first: that is what a view keeps."),
            code="empty_view",
        )
    # Two tabs of one person wait for each other here, or both would be the one that is opened first.
    lock_one(Rank.ROOT, User.objects.filter(pk=person))
    mine = SavedView.objects.filter(user_id=person, list=list_name)
    if mine.exclude(name=name).count() >= MOST_VIEWS:
        raise InvalidInput(_("That are too many views: delete one first."), code="too_many_views")
    if is_default:
        mine.exclude(name=name).update(is_default=False)
    kept: SavedView
    kept, _is_new = SavedView.objects.update_or_create(
        user_id=person,
        list=list_name,
        name=name,
        defaults={"query": query, "shared": shared, "is_default": is_default},
    )
    return kept


@use_case(unaudited="a member's own way of looking; it shows nothing new")
def delete_view(actor: Actor, *, view_id: UUID) -> str:
    """Forget a view of one's own, or, by who may change the business, one of the team. Returns the list it was of."""
    rows = SavedView.objects.filter(pk=view_id)
    if not actor.may("business.change"):
        rows = rows.filter(user_id=_person(actor))
    found = rows.filter(Q(user_id=_person(actor)) | Q(shared=True)).first()
    if found is None:
        raise NotFound()
    found.delete()
    return str(found.list)


def _person(actor: Actor) -> UUID:
    if actor.kind != "user" or actor.id is None:
        raise PermissionRefused()
    return actor.id
