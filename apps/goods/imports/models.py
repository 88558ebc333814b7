from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import TenantEntity


def upload_path(job: ImportJob, filename: str) -> str:
    """Where an uploaded file is kept. The name sent by the browser is shown, never used as a path."""
    return f"imports/{job.business_id}/{job.id}.csv"


class ImportJob(TenantEntity):
    class Kind(models.TextChoices):
        SHOPIFY_PRODUCTS = "shopify_products", _("Shopify products")

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded")
        PREVIEWING = "previewing", _("Checking")
        READY = "ready", _("Ready to import")
        RUNNING = "running", _("Importing")
        FINISHED = "finished", _("Finished")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Could not be read")

    kind = models.CharField(max_length=30, choices=Kind, default=Kind.SHOPIFY_PRODUCTS)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.UPLOADED)
    file = models.FileField(_("file"), upload_to=upload_path, max_length=300)
    file_name = models.CharField(_("file name"), max_length=255)
    file_size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    headings = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    as_drafts = models.BooleanField(_("import as drafts"), default=False)
    is_dry_run = models.BooleanField(default=True)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    created_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)
    sample = models.JSONField(default=list)
    failure = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    actor_user_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-id",)
        indexes = [models.Index(fields=("business", "-id"), name="imports_job_recent")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def products_done(self) -> int:
        return self.created_count + self.updated_count + self.unchanged_count + self.rejected_count

    @property
    def percent(self) -> int:
        return min(100, self.rows_done * 100 // self.rows_total) if self.rows_total else 0

    @property
    def in_progress(self) -> bool:
        return self.state in (self.State.PREVIEWING, self.State.RUNNING)


class RejectedRow(TenantEntity):
    """A row that was not imported, as it came, so that it can be mended and sent again."""

    updated_at = None
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="rejected_rows")
    row = models.PositiveIntegerField(_("row"))
    handle = models.CharField(_("handle"), max_length=255, blank=True)
    raw = models.JSONField(default=list)

    class Meta:
        ordering = ("job", "row")
        indexes = [models.Index(fields=("job", "row"), name="imports_rejected_row")]

    def __str__(self) -> str:
        return f"{self.row}"


class ImportRowError(TenantEntity):
    updated_at = None
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="errors")
    row = models.PositiveIntegerField(_("row"))
    column = models.CharField(_("column"), max_length=255, blank=True)
    handle = models.CharField(_("product"), max_length=255, blank=True)
    value = models.CharField(_("value"), max_length=255, blank=True)
    message = models.CharField(_("what to do"), max_length=500)

    class Meta:
        verbose_name = _("row error")
        verbose_name_plural = _("row errors")
        ordering = ("job", "row", "id")
        indexes = [models.Index(fields=("job", "row"), name="imports_error_row")]

    def __str__(self) -> str:
        return f"{self.row}: {self.message}"


class ImportedQuantity(TenantEntity):
    """The quantity a file last said for a variant: the same number again means nothing was counted anew."""

    variant = models.OneToOneField("catalog.Variant", on_delete=models.CASCADE, related_name="+")
    quantity = models.IntegerField()

    class Meta:
        verbose_name = _("imported quantity")
        verbose_name_plural = _("imported quantities")

    def __str__(self) -> str:
        return f"{self.quantity}"
