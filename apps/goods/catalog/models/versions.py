"""What a product said, each time the store showed something new, and what somebody prepares for it."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models.products import Product
from apps.kernel.models import TenantEntity


class ProductVersion(TenantEntity):
    """What the store showed of a product from a moment on. Only added; the database refuses anything else."""

    class Way(models.TextChoices):
        PUBLISHED = "published", _("Put into the store")
        CHANGED = "changed", _("Changed directly")
        DRAFT = "draft", _("Published from a draft")

    updated_at = None
    product = models.ForeignKey(Product, models.PROTECT, related_name="versions", verbose_name=_("product"))
    number = models.PositiveIntegerField(_("version"))
    content = models.JSONField(_("content"))
    # Names of what differs from the version before.
    changed = models.JSONField(_("changed"), default=list)
    way = models.CharField(_("how"), max_length=10, choices=Way)
    made_by = models.CharField(_("by"), max_length=200)
    made_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("version of a product")
        verbose_name_plural = _("versions of products")
        ordering = ("product", "-number")
        constraints = [
            models.UniqueConstraint(fields=("product", "number"), name="catalog_version_once"),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return gettext("%(product)s, version %(number)s") % {"product": self.product, "number": self.number}


class ProductDraft(TenantEntity):
    """What somebody prepares for a product: the store shows nothing of it until it is published."""

    class State(models.TextChoices):
        OPEN = "open", _("Being written")
        SCHEDULED = "scheduled", _("Waits for its time")
        STOPPED = "stopped", _("Could not be published")
        PUBLISHED = "published", _("Published")
        DISCARDED = "discarded", _("Discarded")

    product = models.ForeignKey(Product, models.PROTECT, related_name="drafts", verbose_name=_("product"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    # As the store had it when the draft was begun: what differs from it is what somebody changed here.
    base = models.JSONField(default=dict, editable=False)
    content = models.JSONField(_("content"), default=dict)
    # The key of the preview's link.
    token = models.CharField(max_length=43, unique=True, editable=False)
    begun_by = models.CharField(_("begun by"), max_length=200)
    changed_by = models.CharField(_("last changed by"), max_length=200)
    publish_at = models.DateTimeField(_("publish at"), null=True, blank=True)
    scheduled_by = models.CharField(_("scheduled by"), max_length=200, blank=True)
    scheduled_by_id = models.UUIDField(null=True, blank=True, editable=False)
    problem = models.CharField(_("what is in the way"), max_length=500, blank=True)
    # How often publishing broke on our side, and when it is tried again.
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    try_again_at = models.DateTimeField(_("tried again at"), null=True, blank=True, editable=False)
    version = models.ForeignKey(
        ProductVersion, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("version")
    )

    class Meta:
        verbose_name = _("draft of a product")
        verbose_name_plural = _("drafts of products")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("product",),
                condition=Q(state__in=("open", "scheduled", "stopped")),
                name="catalog_draft_one_open",
            ),
            models.CheckConstraint(
                condition=~Q(state="scheduled") | Q(publish_at__isnull=False),
                name="catalog_draft_scheduled_has_time",
            ),
        ]
        indexes = [
            models.Index(F("publish_at"), name="catalog_draft_due", condition=Q(state="scheduled")),
        ]

    def __str__(self) -> str:
        return str(self.product)

    @property
    def is_open(self) -> bool:
        """Whether it may still be changed and published."""
        return self.state in (self.State.OPEN, self.State.SCHEDULED, self.State.STOPPED)
