"""What stands for the business: logo and banner are pictures of the library that it shows to everybody."""

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
# The business's field, and the sizes it takes: a logo is sharp on a letterhead and small enough for the head of every
# store page, a banner fills the store's front.
_SHOWN = {Role.LOGO: ("logo", ("640.webp", "full.webp")), Role.BANNER: ("banner", ("1280.webp", "full.webp"))}


@use_case(permission="business.change", audits="media.announced")
def begin_business_picture(actor: Actor, *, role: Role, name: str, content_type: str, size: int) -> Media:
    """Announce a picture that becomes logo or banner as soon as it is ready; `size` in bytes."""
    return announce_media(
        actor,
        kind=MediaKind.IMAGE,
        name=name,
        content_type=content_type,
        size=size,
        attach_to=(RECORD, tenancy.require_business_id()),
        role=role,
        is_public=True,
    )


@use_case(permission="business.change", audits="business.changed")
def set_business_picture(actor: Actor, *, role: Role, media_id: UUID | None) -> None:
    """Show a picture of the library as logo or banner, or none. What is not ready yet is shown when it is.

    The former one stays in the library. Raises `NotFound`, `WrongState`, `InvalidInput` for what is no picture.
    """
    business_id = tenancy.require_business_id()
    if media_id is not None:
        # Everybody sees these: who may not see the library must not show from it.
        actor.require(policies.READ)
    wanted = [] if media_id is None else [media_id]
    reconcile(actor, target_type=RECORD, target_id=business_id, role=role, media_ids=wanted, is_public=True)
    if media_id is None:
        change_settings(actor, **{_SHOWN[role][0]: ""})
    else:
        _show(actor, role, Media.objects.get(pk=media_id))


@use_case(audits="business.changed")
def show_processed(actor: Actor, *, media_id: UUID) -> None:
    """The file of a logo or banner is ready: it is shown from now on, unless a later choice is shown already."""
    for mine in Attachment.objects.filter(target_type=RECORD, role__in=_SHOWN, media_id=media_id):
        held = Attachment.objects.filter(target_type=RECORD, role=mine.role).order_by("created_at", "pk")
        later = held.filter(created_at__gt=mine.created_at)
        if later.filter(media__state=MediaState.READY).exists():
            mine.delete()  # one that was chosen after it was ready before it
            continue
        held.exclude(pk=mine.pk).exclude(pk__in=later.values("pk")).delete()
        _show(actor, Role(mine.role), Media.objects.get(pk=media_id))


@use_case(audits="business.changed")
def forget_deleted(actor: Actor, *, media_id: UUID, object_key: str) -> None:
    """The file of a logo or banner was deleted: the store shows its drawn one again."""
    business = Business.objects.get(pk=tenancy.require_business_id())
    folder = object_key.rsplit(".", 1)[0] + "/"
    gone = [
        field for field, _sizes in _SHOWN.values() if (getattr(business, field).name or "").startswith(folder)
    ]
    if gone:
        change_settings(actor, **dict.fromkeys(gone, ""))


def _show(actor: Actor, role: Role, media: Media) -> None:
    field, sizes = _SHOWN[role]
    if media.state == MediaState.READY:
        made = {row.label: row.object_key for row in media.derived.filter(label__in=sizes)}
        change_settings(actor, **{field: next((made[label] for label in sizes if label in made), "")})
