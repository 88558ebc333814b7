"""States of a file, as a table, and the limits of each kind."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class MediaState(models.TextChoices):
    PENDING = "pending", _("Waiting for its bytes")
    UPLOADED = "uploaded", _("Uploaded")
    PROCESSING = "processing", _("Being prepared")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Not usable")
    DELETED = "deleted", _("Deleted")


NEXT: dict[str, frozenset[str]] = {
    MediaState.PENDING: frozenset({MediaState.UPLOADED, MediaState.FAILED, MediaState.DELETED}),
    MediaState.UPLOADED: frozenset({MediaState.PROCESSING, MediaState.DELETED}),
    MediaState.PROCESSING: frozenset(
        {MediaState.PROCESSING, MediaState.UPLOADED, MediaState.READY, MediaState.FAILED, MediaState.DELETED}
    ),
    MediaState.READY: frozenset({MediaState.DELETED}),
    MediaState.FAILED: frozenset({MediaState.DELETED}),
    MediaState.DELETED: frozenset(),
}


class MediaKind(models.TextChoices):
    IMAGE = "image", _("Picture")
    VIDEO = "video", _("Film")
    DOCUMENT = "document", _("Paper")


MB = 1024 * 1024


@dataclass(frozen=True)
class KindRule:
    """What may be uploaded as a kind: content type to extension, and the most bytes."""

    types: dict[str, str]
    most_bytes: int


_PICTURES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/avif": "avif",
}
# SVG and HTML run scripts in a browser, so they are no kind at all.
RULES: dict[str, KindRule] = {
    MediaKind.IMAGE: KindRule(_PICTURES, 20 * MB),
    MediaKind.VIDEO: KindRule({"video/mp4": "mp4", "video/webm": "webm", "video/quicktime": "mov"}, 500 * MB),
    MediaKind.DOCUMENT: KindRule(
        {
            "application/pdf": "pdf",
            "text/plain": "txt",
            "text/csv": "csv",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
            **_PICTURES,
        },
        50 * MB,
    ),
}
UPLOAD_VALID_FOR = dt.timedelta(hours=1)
READ_VALID_FOR = dt.timedelta(minutes=30)
PENDING_KEPT_FOR = dt.timedelta(days=7)
# A worker that died leaves its claim; after this long the file is taken again.
CLAIM_EXPIRES_AFTER = dt.timedelta(minutes=25)
RETRY_PAUSES = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
