"""Files and comments at records. The record's own permissions decide."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, PermissionRefused, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.platform.media import attachables, policies
from apps.platform.media.mentions import tell_mentioned
from apps.platform.media.models import Attachment, Comment, Media
from apps.platform.media.states import MediaState


@use_case(audits="media.attached")
def attach(actor: Actor, *, media_id: UUID, target_type: str, target_id: UUID) -> Attachment:
    """Put a file of the library at a record; doing it twice is once. Raises `NotFound`, `WrongState`."""
    attachables.require_record(actor, target_type, target_id, to_change=True)
    actor.require(policies.READ)
    media = lock_one(Rank.ROOT, Media.objects.filter(pk=media_id))
    if media.state in (MediaState.DELETED, MediaState.FAILED):
        raise WrongState(_("This file cannot be used."))
    found, made = Attachment.objects.get_or_create(
        media=media,
        target_type=target_type,
        target_id=target_id,
        role=Attachment.Role.FILE,
        defaults={"added_by": actor.label[:200]},
    )
    if made:
        audit.record(actor, "media.attached", media, after={"to": f"{target_type} {target_id}"})
    return found


@use_case(audits="media.detached")
def detach(actor: Actor, *, attachment_id: UUID) -> None:
    """Take a file off a record; the file stays in the library. Raises `NotFound`."""
    attachment = Attachment.objects.select_related("media").filter(pk=attachment_id, role="file").first()
    if attachment is None:
        raise NotFound()
    attachables.require_record(actor, attachment.target_type, attachment.target_id, to_change=True)
    before = {"to": f"{attachment.target_type} {attachment.target_id}"}
    audit.record(actor, "media.detached", attachment.media, before=before)
    attachment.delete()


@use_case(idempotent=True, audits="media.comment_written")
def write_comment(
    actor: Actor, *, target_type: str, target_id: UUID, text: str, key: str | None = None
) -> Comment:
    """Write a comment at a record that the actor may read; colleagues it names with @ are told at the bell.

    Raises `InvalidInput`, `NotFound`.
    """
    record = attachables.require_record(actor, target_type, target_id)
    text = text.strip()
    if not 0 < len(text) <= 4000:
        raise InvalidInput(fields={"text": [_("Write between 1 and 4,000 characters.")]})
    comment: Comment = Comment.objects.create(
        target_type=target_type,
        target_id=target_id,
        text=text,
        author_id=actor.id,
        author=actor.label[:200],
        written_at=clock.now(),
    )
    audit.record(actor, "media.comment_written", comment)
    tell_mentioned(actor, comment, record)
    return comment


@use_case(audits="media.comment_removed")
def remove_comment(actor: Actor, *, comment_id: UUID) -> None:
    """Remove one's own comment. Raises `NotFound`, `PermissionRefused` for somebody else's."""
    comment = Comment.objects.filter(pk=comment_id).first()
    if comment is None:
        raise NotFound()
    attachables.require_record(actor, comment.target_type, comment.target_id)
    if actor.id is None or comment.author_id != actor.id:
        raise PermissionRefused(_("Only its author may remove a comment."))
    audit.record(actor, "media.comment_removed", comment, before={"text": comment.text})
    comment.delete()
