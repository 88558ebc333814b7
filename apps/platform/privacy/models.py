"""Exports that wait to be fetched, and the proof that somebody was erased."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import Entity


class PersonExport(Entity):
    """A ZIP in private storage, until `expires_at`. `business_id` is empty for a person's own account."""

    business_id = models.UUIDField(null=True)
    person_kind = models.CharField(max_length=16)
    person_id = models.UUIDField()
    file = models.CharField(max_length=200, unique=True)
    size = models.BigIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("export of a person's data")
        verbose_name_plural = _("exports of people's data")
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="person_export_due")]

    def __str__(self) -> str:
        return f"{self.person_kind} {self.person_id}"


class ErasedPerson(Entity):
    """That a person was erased, when, by whom and why; nothing of who it was but the id."""

    business_id = models.UUIDField(null=True)
    person_kind = models.CharField(max_length=16)
    person_id = models.UUIDField()
    reason = models.CharField(_("why"), max_length=500)
    by_label = models.CharField(_("by"), max_length=200)
    result = models.JSONField(default=dict)
    erased_at = models.DateTimeField(_("when"), default=clock.now)

    class Meta:
        verbose_name = _("erased person")
        verbose_name_plural = _("erased people")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business_id", "person_kind", "person_id"],
                name="person_erased_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_kind} {self.person_id}"
