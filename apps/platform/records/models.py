"""How long a business keeps its trail at hand, and the archives of what is older."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import Entity, TenantEntity

# PCI DSS 4.0, requirement 10.5.1: a trail of at least twelve months. The database has the same floor.
LEGAL_MINIMUM_DAYS = 365
DEFAULT_DAYS = 400
LONGEST_DAYS = 3650


class TrailRetention(TenantEntity):
    """A business's own choice of days; without a row the default counts."""

    days = models.PositiveIntegerField(_("days at hand"), default=DEFAULT_DAYS)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business"], name="trail_retention_once"),
            models.CheckConstraint(
                condition=Q(days__gte=LEGAL_MINIMUM_DAYS, days__lte=LONGEST_DAYS),
                name="trail_retention_within_the_law",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.days} days"


class AuditArchive(Entity):
    """A signed file with one unbroken part of a chain. Written once its file was read back and found whole."""

    # Whose row it is, for the policies of the database; the zero UUID is the platform's own chain.
    tenant_column: ClassVar = "chain"

    chain = models.UUIDField()
    first_sequence = models.BigIntegerField()
    last_sequence = models.BigIntegerField()
    previous_digest = models.BinaryField()
    last_digest = models.BinaryField()
    # The digest of all digests in order: what the rows and the file have in common.
    content_digest = models.BinaryField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    file = models.CharField(max_length=200, unique=True)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    key_version = models.CharField(max_length=32)
    public_key = models.CharField(max_length=64)
    written_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("archive")
        verbose_name_plural = _("archives")
        ordering: ClassVar = ["-first_sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chain", "first_sequence"], name="audit_archive_once"),
            models.CheckConstraint(
                condition=Q(last_sequence__gte=F("first_sequence")), name="audit_archive_has_entries"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_sequence}–{self.last_sequence}"

    @property
    def count(self) -> int:
        """How many entries it holds."""
        return int(self.last_sequence - self.first_sequence + 1)
