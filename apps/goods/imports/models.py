from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import TenantEntity


def upload_path(job: ImportJob, filename: str) -> str:
    """Where an uploaded file is kept. The name sent by the browser is shown, never used as a path."""
    return f"imports/{job.business_id}/{job.id}.csv"


class ImportJob(TenantEntity):
    class Kind(models.TextChoices):
        # The first value is older than the others: what is imported are products, whatever the file looks like.
        SHOPIFY_PRODUCTS = "shopify_products", _("Products")
        STOCK = "stock", _("Stock quantities")
        SALES = "sales", _("Sales of the past")
        PAYOUTS = "payouts", _("Payouts of a payment company")

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
    container = models.CharField(max_length=10, default="text")
    format = models.CharField(max_length=20, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    headings = models.JSONField(default=list)
    samples = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    # What stands for a field that the file has no column for, or whose cell is empty.
    defaults = models.JSONField(default=dict)
    # How rows are put together: see `rules.Rules`.
    rules = models.JSONField(default=dict)
    as_drafts = models.BooleanField(_("import as drafts"), default=False)
    is_dry_run = models.BooleanField(default=True)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    # Rows looked at so far, where all of a file is arranged before the first is done.
    rows_read = models.PositiveIntegerField(default=0, db_default=0)
    # Every row is either accepted (new, changed or as it was) or reported.
    rows_accepted = models.PositiveIntegerField(default=0)
    rows_reported = models.PositiveIntegerField(default=0)
    created_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    rejected_count = models.PositiveIntegerField(default=0)
    sample = models.JSONField(default=list)
    # Every row by what it is: {reason: {"rows": 3, "amount": "12.50"}}; only of kinds that count so.
    reasons = models.JSONField(default=dict, db_default={})
    failure = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    # When its file, samples and rejected rows were given up: by age, or because a person was erased. The file's name in
    # storage stays until its bytes are gone, so that a storage that is away is asked again.
    forgotten_at = models.DateTimeField(null=True, blank=True)
    actor_user_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(max_length=200, blank=True)
    batch = models.ForeignKey("Batch", on_delete=models.SET_NULL, null=True, blank=True, related_name="jobs")

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
        rows = self.rows_read if self.is_being_read else self.rows_done
        return min(100, rows * 100 // self.rows_total) if self.rows_total else 0

    @property
    def is_being_read(self) -> bool:
        """Whether rows are being arranged and none is done yet."""
        return not self.rows_done and self.rows_read > 0

    @property
    def in_progress(self) -> bool:
        return self.state in (self.State.PREVIEWING, self.State.RUNNING)


DEFAULT_DAYS = 90
LONGEST_DAYS = 730


class FileRetention(TenantEntity):
    """A business's own choice of days that uploaded files are kept; without a row the default counts."""

    days = models.PositiveIntegerField(_("days that files are kept"), default=DEFAULT_DAYS)

    class Meta:
        verbose_name = _("time that files are kept")
        verbose_name_plural = _("times that files are kept")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business"], name="imports_retention_once"),
            models.CheckConstraint(
                condition=Q(days__gte=1, days__lte=LONGEST_DAYS), name="imports_retention_within_two_years"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.days} days"


class SavedMapping(TenantEntity):
    """A mapping under a name, offered again for a file with the same headings."""

    name = models.CharField(_("name"), max_length=120)
    headings = models.JSONField(default=list)
    # The digest of the headings, in order: what a new file is compared with.
    fingerprint = models.CharField(max_length=64)
    kind = models.CharField(max_length=30, choices=ImportJob.Kind, default=ImportJob.Kind.SHOPIFY_PRODUCTS)
    mapping = models.JSONField(default=dict)
    defaults = models.JSONField(default=dict)
    rules = models.JSONField(default=dict)
    as_drafts = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("saved mapping")
        verbose_name_plural = _("saved mappings")
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(fields=("business", "name"), name="imports_mapping_name_unique")
        ]
        indexes = [models.Index(fields=("business", "fingerprint"), name="imports_mapping_found")]

    def __str__(self) -> str:
        return self.name


class Batch(TenantEntity):
    """What one import or one bulk edit did to the catalogue and the stock, so that it can be taken back."""

    class Kind(models.TextChoices):
        IMPORT = "import", _("Import")
        EDIT = "edit", _("Bulk edit")

    class State(models.TextChoices):
        PREVIEW = "preview", _("Not applied yet")
        DONE = "done", _("Done")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DONE)
    label = models.CharField(_("what"), max_length=255)
    change_count = models.PositiveIntegerField(default=0)
    undone_count = models.PositiveIntegerField(default=0)
    kept_count = models.PositiveIntegerField(default=0)
    actor_user_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(_("by"), max_length=200, blank=True)
    undone_by_id = models.UUIDField(null=True, blank=True)
    undone_by_label = models.CharField(_("undone by"), max_length=200, blank=True)
    undo_started_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("bulk change")
        verbose_name_plural = _("bulk changes")
        ordering = ("-id",)
        indexes = [models.Index(fields=("business", "-id"), name="imports_batch_recent")]

    def __str__(self) -> str:
        return self.label


class BatchChange(TenantEntity):
    """One thing a batch did: what it was before, what the batch made of it, and what an undo did with it."""

    class Kind(models.TextChoices):
        PRODUCT_ADDED = "product_added", _("Product added")
        VARIANT_ADDED = "variant_added", _("Variant added")
        BRAND_ADDED = "brand_added", _("Brand added")
        CATEGORY_ADDED = "category_added", _("Category added")
        PICTURE_ADDED = "picture_added", _("Picture added")
        PRODUCT = "product", _("Product changed")
        VARIANT = "variant", _("Variant changed")
        STOCK = "stock", _("Stock changed")
        PACKS = "packs", _("Packs set")
        SALES_ADDED = "sales_added", _("Sales added")
        CUSTOMER_ADDED = "customer_added", _("Customer added")
        PAYOUT_LINE_ADDED = "payout_line", _("Line of a payout added")

    class Outcome(models.TextChoices):
        WAITING = "", _("not undone")
        UNDONE = "undone", _("undone")
        KEPT = "kept", _("left as it is")
        ARCHIVED = "archived", _("archived instead")

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(_("what"), max_length=20, choices=Kind)
    # Ids, not keys: what was added and taken off again is still named here.
    target_id = models.UUIDField()
    product_id = models.UUIDField(null=True, blank=True)
    location_id = models.UUIDField(null=True, blank=True)
    label = models.CharField(_("thing"), max_length=255, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    outcome = models.CharField(_("undo"), max_length=10, choices=Outcome, blank=True, default=Outcome.WAITING)
    reason = models.CharField(_("why"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ("batch", "id")
        indexes = [models.Index(fields=("batch", "id"), name="imports_change_batch")]

    def __str__(self) -> str:
        return self.label


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
