"""Files, what is made of them, and what they are attached to."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import TenantEntity

from .states import MediaKind, MediaState


class Media(TenantEntity):
    """One file. `name` is what the uploader called it, for display and download only."""

    kind = models.CharField(_("kind"), max_length=16, choices=MediaKind.choices)
    state = models.CharField(
        _("state"), max_length=16, choices=MediaState.choices, default=MediaState.PENDING
    )
    name = models.CharField(_("name"), max_length=200)
    object_key = models.CharField(max_length=200, unique=True)
    content_type = models.CharField(_("content type"), max_length=100)
    size = models.BigIntegerField(_("size"))
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    uploaded_by = models.CharField(_("uploaded by"), max_length=200, blank=True)
    uploaded_by_id = models.UUIDField(null=True, blank=True)
    uploaded_at = models.DateTimeField(_("uploaded at"), null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(_("what is wrong"), max_length=300, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    process_next_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    objects_removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(size__gt=0), name="media_size_positive"),
            models.CheckConstraint(
                condition=Q(state="deleted", deleted_at__isnull=False)
                | (~Q(state="deleted") & Q(deleted_at=None)),
                name="media_deleted_has_moment",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "-created_at", "-id"], name="media_recent"),
            models.Index(fields=["business", "kind", "-created_at", "-id"], name="media_by_kind"),
            models.Index(fields=["created_at"], name="media_pending", condition=Q(state="pending")),
            models.Index(
                fields=["process_next_at"],
                name="media_to_process",
                condition=Q(process_next_at__isnull=False),
            ),
            models.Index(
                fields=["deleted_at"],
                name="media_to_remove",
                condition=Q(state="deleted", objects_removed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name


# Senders write below this, the pipeline alone to `object_key`: an address for putting that is used again after the
# check changes nothing that anybody is shown.
INCOMING = "incoming/"


def incoming_key(media: Media) -> str:
    """Where the sender's bytes arrive."""
    return INCOMING + media.object_key


class DerivedFile(TenantEntity):
    """A file made of another: `640.webp`, `compressed.pdf`, `text.txt`. Made once for each label."""

    media = models.ForeignKey(Media, models.CASCADE, related_name="derived")
    label = models.CharField(max_length=40)
    object_key = models.CharField(max_length=240, unique=True)
    content_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["media", "label"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["media", "label"], name="derived_label_once")
        ]

    def __str__(self) -> str:
        return self.label


class Attachment(TenantEntity):
    """A file at a record of any type that has joined (`orders.order`, id).

    `role` says what it is there: a file among others, or the record's own face. While `is_public` the file's pictures
    have lasting addresses that anybody may read.
    """

    class Role(models.TextChoices):
        FILE = "file", _("File")
        GALLERY = "gallery", _("Picture in the gallery")
        LOGO = "logo", _("Logo")
        BANNER = "banner", _("Banner")

    media = models.ForeignKey(Media, models.PROTECT, related_name="attachments")
    target_type = models.CharField(max_length=80)
    target_id = models.UUIDField()
    role = models.CharField(_("used as"), max_length=16, choices=Role, default=Role.FILE)
    is_public = models.BooleanField(_("anybody may see it"), default=False)
    added_by = models.CharField(_("added by"), max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["media", "target_type", "target_id", "role"], name="attachment_once"
            ),
            # Papers stay behind time-limited addresses, whatever a caller says.
            models.CheckConstraint(
                condition=Q(is_public=False) | ~Q(role="file"), name="attachment_public_has_role"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "target_type", "target_id"], name="attachment_of_record"),
            models.Index(fields=["media"], name="attachment_public", condition=Q(is_public=True)),
        ]

    def __str__(self) -> str:
        return f"{self.target_type} {self.target_id}"


class Comment(TenantEntity):
    """What somebody wrote at a record. Never changed; its author or a deleter may remove it."""

    target_type = models.CharField(max_length=80)
    target_id = models.UUIDField()
    text = models.TextField(_("comment"), max_length=4000)
    author_id = models.UUIDField(null=True, blank=True)
    author = models.CharField(_("written by"), max_length=200)
    written_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering: ClassVar = ["written_at", "id"]
        indexes: ClassVar = [
            models.Index(fields=["business", "target_type", "target_id"], name="comment_of_record"),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Allowance(TenantEntity):
    """How much a business may keep and how much it keeps; its row is locked while room is taken."""

    most_bytes = models.BigIntegerField()
    used_bytes = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business"], name="allowance_once"),
            models.CheckConstraint(condition=Q(used_bytes__gte=0), name="allowance_used_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.used_bytes}/{self.most_bytes}"
