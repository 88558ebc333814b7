"""What a business that sells licensed goods (cannabis) says of them, and the laboratory's papers that prove it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models.products import Product
from apps.kernel.models import TenantEntity
from apps.platform.media.models import Media

FIRST_CLASSES = ("Indica", "Sativa", "Hybrid")


def first_classes() -> list[str]:
    """The list that a business begins with."""
    return list(FIRST_CLASSES)


class LicensedTrade(TenantEntity):
    """Whether a business sells licensed goods, and its own list of classifications. Without a row: no."""

    is_on = models.BooleanField(_("licensed goods are sold"), default=False)
    classifications = ArrayField(
        models.CharField(max_length=60), default=first_classes, verbose_name=_("classifications")
    )

    class Meta:
        verbose_name = _("licensed trade")
        verbose_name_plural = _("licensed trade")
        constraints = [models.UniqueConstraint(fields=("business",), name="catalog_licensed_trade_once")]

    def __str__(self) -> str:
        return ", ".join(self.classifications)


class Certificate(TenantEntity):
    """A certificate of analysis: the file, what was read in it, what a person made of that.

    `lot_code` is a text until lots are records of their own; whoever keeps lots finds certificates by it.
    """

    class State(models.TextChoices):
        READING = "reading", _("Being read")
        REVIEW = "review", _("To be looked at")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    class Source(models.TextChoices):
        NONE = "", _("Nothing could be read")
        TEXT = "text", _("The text in the file")
        OCR = "ocr", _("Recognised letters")

    product = models.ForeignKey(
        Product, models.PROTECT, related_name="certificates", verbose_name=_("product")
    )
    media = models.ForeignKey(
        Media, models.PROTECT, null=True, related_name="+", editable=False, verbose_name=_("file")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.READING)
    lot_code = models.CharField(_("lot"), max_length=80, blank=True)
    lab = models.CharField(_("laboratory"), max_length=160, blank=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    is_public = models.BooleanField(_("customers may read it"), default=False)
    read_from = models.CharField(_("read from"), max_length=4, choices=Source, blank=True)
    text = models.TextField(_("text of the file"), blank=True, editable=False)
    # What the reader found, as it found it: {"lab": {"value", "line", "confidence"}, …}. Never changed afterwards.
    found = models.JSONField(default=dict, editable=False)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("certificate of analysis")
        verbose_name_plural = _("certificates of analysis")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("reading", "review", "approved", "rejected")),
                name="catalog_certificate_state_known",
            ),
            # What nobody approved is never shown, whatever a program says.
            models.CheckConstraint(
                condition=Q(is_public=False) | Q(state="approved"), name="catalog_certificate_public_approved"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("reading", "review")) | Q(decided_at__isnull=False),
                name="catalog_certificate_decided",
            ),
        ]
        indexes = [
            models.Index(F("business"), F("state"), F("id").desc(), name="catalog_certificate_worklist"),
            models.Index(F("business"), F("lot_code"), name="catalog_certificate_lot"),
            models.Index(F("created_at"), name="catalog_certificate_to_read", condition=Q(state="reading")),
        ]

    def __str__(self) -> str:
        return f"{self.product} · {self.lot_code}" if self.lot_code else str(self.product)


class CertificateResult(TenantEntity):
    """One line of a certificate: a measured value, or whether a group of tests was passed."""

    certificate = models.ForeignKey(Certificate, models.CASCADE, related_name="results")
    analyte = models.CharField(_("analyte"), max_length=80)
    value = models.DecimalField(_("value"), max_digits=9, decimal_places=4, null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=16, blank=True)
    passed = models.BooleanField(_("passed"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=1)
    # The line of the file it was read in, and how sure the reader is, in per cent; 100 once a person has looked.
    line = models.CharField(_("line in the file"), max_length=300, blank=True)
    confidence = models.PositiveSmallIntegerField(_("certainty"), default=100)

    class Meta:
        verbose_name = _("result")
        verbose_name_plural = _("results")
        ordering = ("certificate", "position", "id")
        constraints = [
            models.UniqueConstraint(fields=("certificate", "analyte"), name="catalog_result_analyte_once"),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(value__gte=0), name="catalog_result_not_negative"
            ),
            models.CheckConstraint(condition=Q(confidence__lte=100), name="catalog_result_confidence"),
        ]

    def __str__(self) -> str:
        return self.analyte
