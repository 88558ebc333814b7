"""Files and comments, by the records they are at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.privacy import Anonymised, Deleted, Kept, Person, Through, impersonal, personal, records_of

from .models import Attachment, Comment, Media
from .services.removing import delete_files_of
from .states import MediaState
from .stores import get_store


def _at_her_records(person: Person) -> Q:
    found = Q(pk__in=[])
    for kind in {kind for kind, _record in person.records}:
        found |= Q(target_type=kind, target_id__in=person.ids_of(kind))
    return found


def _files_at_her_records(person: Person) -> Q:
    return Q(pk__in=Attachment.objects.filter(_at_her_records(person)).values("media_id"))


def _delete(actor: Actor, person: Person, rows: QuerySet[Media]) -> int:
    return delete_files_of(actor, records=person.records)


def _contents(media: Media) -> Iterator[tuple[str, Any]]:
    if media.state == MediaState.READY:
        yield media.name, lambda: get_store().open(media.object_key)


@records_of("customer")
def what_is_at_her_records(person: Person) -> Iterator[tuple[str, UUID]]:
    """Files and comments at what is hers."""
    if person.records:
        for comment_id in Comment.objects.filter(_at_her_records(person)).values_list("pk", flat=True):
            yield "media.comment", comment_id
        for media_id in Media.objects.filter(_files_at_her_records(person)).values_list("pk", flat=True):
            yield "media.media", media_id


# Before the attachments: by them the files are found.
personal(
    "media.comment", "text",
    title=_("Comments"),
    of={"customer": _at_her_records},
    erasure=Deleted(),
)  # fmt: skip
personal(
    "media.comment", "author",
    title=_("Comments written"),
    of={"user": lambda person: Q(author_id=person.id)},
    erasure=Anonymised({"author": ""}),
)  # fmt: skip
personal(
    "media.media", "name",
    title=_("Files at the customer and her orders"),
    of={"customer": _files_at_her_records},
    erasure=Through(_delete, "deleted"),
    hidden=("object_key",),
    files=_contents,
)  # fmt: skip
personal(
    "media.media", "uploaded_by",
    title=_("Files uploaded"),
    of={"user": lambda person: Q(uploaded_by_id=person.id)},
    erasure=Anonymised({"uploaded_by": ""}),
    hidden=("object_key",),
)  # fmt: skip
personal(
    "media.attachment", "added_by",
    title=_("Who attached files"),
    erasure=Kept(_("Who did what is part of the business's record.")),
)  # fmt: skip
impersonal(
    "media.media", "object_key", "content_type", "failure", because="where the bytes lie, what they are"
)
impersonal(
    "media.derivedfile", "label", "object_key", "content_type", because="where the bytes lie, what they are"
)
impersonal(
    "media.attachment", "target_type", "role", because="the kind of record, and what the file is there"
)
impersonal("media.comment", "target_type", because="the kind of record")
