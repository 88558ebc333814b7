"""The business's logo: a picture of the library that the business shows to everybody."""

from __future__ import annotations

from uuid import UUID

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Business
from apps.platform.businesses.services import change_settings
from apps.platform.media import policies
from apps.platform.media.models import Attachment, Media
from apps.platform.media.states import MediaKind, MediaState

from .holding import reconcile
from .uploading import announce_media

RECORD = "businesses.business"
Role = Attachment.Role
# Sharp at the size of a letterhead, small enough for the head of every store page.
_WANTED = ("640.webp", "full.webp")


@use_case(permission="business.change", audits="media.announced")
def begin_logo(actor: Actor, *, name: str, content_type: str, size: int) -> Media:
    """Announce a picture that becomes the logo as soon as it is ready."""
    return announce_media(
        actor,
        kind=MediaKind.IMAGE,
        name=name,
        content_type=content_type,
        size=size,
        attach_to=(RECORD, tenancy.require_business_id()),
        role=Role.LOGO,
        is_public=True,
    )


@use_case(permission="business.change", audits="business.changed")
def set_logo(actor: Actor, *, media_id: UUID | None) -> None:
    """Show a picture of the library as the logo, or none. What is not ready yet is shown when it is.

    The former one stays in the library. Raises `NotFound`, `WrongState`, `InvalidInput` for what is no picture.
    """
    business_id = tenancy.require_business_id()
    if media_id is not None:
        actor.require(
            policies.READ
        )  # everybody sees the logo: who may not see the library must not show from it
    wanted = [] if media_id is None else [media_id]
    reconcile(
        actor, target_type=RECORD, target_id=business_id, role=Role.LOGO, media_ids=wanted, is_public=True
    )
    if media_id is None:
        change_settings(actor, logo="")
    else:
        _show(actor, Media.objects.get(pk=media_id))


@use_case(audits="business.changed")
def show_processed_logo(actor: Actor, *, media_id: UUID) -> None:
    """The file of a logo is ready: the business shows it from now on, unless a later choice is shown already."""
    held = Attachment.objects.filter(target_type=RECORD, role=Role.LOGO).order_by("created_at", "pk")
    mine = held.filter(media_id=media_id).first()
    if mine is None:
        return
    later = held.filter(created_at__gt=mine.created_at)
    if later.filter(media__state=MediaState.READY).exists():
        mine.delete()  # one that was chosen after it was ready before it
        return
    held.exclude(pk=mine.pk).exclude(pk__in=later.values("pk")).delete()
    _show(actor, Media.objects.get(pk=media_id))


@use_case(audits="business.changed")
def forget_deleted_logo(actor: Actor, *, media_id: UUID, object_key: str) -> None:
    """The file of a logo was deleted: the store shows its drawn sign again."""
    business = Business.objects.get(pk=tenancy.require_business_id())
    if business.logo and (business.logo.name or "").startswith(object_key.rsplit(".", 1)[0] + "/"):
        change_settings(actor, logo="")


def _show(actor: Actor, media: Media) -> None:
    if media.state == MediaState.READY:
        made = {row.label: row.object_key for row in media.derived.filter(label__in=_WANTED)}
        change_settings(actor, logo=next((made[label] for label in _WANTED if label in made), ""))
