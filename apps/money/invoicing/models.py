"""One table for the three kinds of paper."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import MoneyField, TenantEntity

# Only the rendering is added later, once; everything printed on the paper stands from the first moment.
_LATER = "ARRAY['file', 'sha256', 'byte_count', 'rendered_at', 'updated_at']"
_ISSUED_STAYS = f"""
    IF to_jsonb(NEW) - {_LATER}
       IS DISTINCT FROM to_jsonb(OLD) - {_LATER} THEN
        RAISE EXCEPTION 'an issued document never changes'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'document_issued_stays';
    END IF;
    IF OLD.sha256 <> '' AND (NEW.sha256, NEW.file, NEW.byte_count) IS DISTINCT FROM
       (OLD.sha256, OLD.file, OLD.byte_count) THEN
        RAISE EXCEPTION 'a document is rendered once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'document_rendered_once';
    END IF;
    RETURN NEW;
"""


class DocumentKind(models.TextChoices):
    """What a paper proves."""

    RECEIPT = "receipt", _("Receipt")
    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")


PREFIXES = {
    DocumentKind.RECEIPT.value: "R",
    DocumentKind.INVOICE.value: "INV",
    DocumentKind.CREDIT_NOTE.value: "CN",
}


class Document(TenantEntity):
    """One issued paper: frozen by trigger; only its rendering is added, once."""

    kind = models.CharField(_("kind"), max_length=12, choices=DocumentKind.choices)
    number = models.PositiveBigIntegerField(_("number"))
    order = models.ForeignKey(
        "orders.Order", models.PROTECT, related_name="documents", verbose_name=_("order")
    )
    source_id = models.UUIDField(editable=False)
    corrects = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
        verbose_name=_("corrects"),
    )
    issued_at = models.DateTimeField(_("issued"))
    issued_on = models.DateField(_("date"))
    currency = models.CharField(_("currency"), max_length=3)
    total = MoneyField(_("total"))
    buyer_name = models.CharField(_("buyer"), max_length=254, blank=True)
    snapshot = models.JSONField(_("content"))
    file = models.FileField(_("file"), max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    byte_count = models.PositiveIntegerField(null=True, blank=True)
    rendered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering: ClassVar = ["-issued_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "kind", "number"], name="document_number_once"),
            models.UniqueConstraint(fields=["business", "kind", "source_id"], name="document_source_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="document_number_from_one"),
            models.CheckConstraint(condition=Q(kind__in=DocumentKind.values), name="document_kind_known"),
            models.CheckConstraint(
                condition=Q(sha256="", file="") | (~Q(sha256="") & ~Q(file="")),
                name="document_file_with_digest",
            ),
            models.CheckConstraint(
                condition=Q(corrects__isnull=True) | (Q(kind="credit_note") & ~Q(corrects=F("id"))),
                name="document_only_credit_notes_correct",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "-issued_at", "-id"], name="document_recent"),
            models.Index(fields=["business", "kind", "-issued_at", "-id"], name="document_recent_kind"),
            models.Index(fields=["order", "kind"], name="document_of_order"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="document_kept", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="document_issued_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=_ISSUED_STAYS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference}"

    @property
    def reference(self) -> str:
        """The number as it is printed: the series and five digits or more."""
        return f"{PREFIXES[self.kind]}-{self.number:05d}"

    @property
    def day(self) -> str:
        """The day of issue as lists show it."""
        return date_format(self.issued_on, "DATE_FORMAT")

    @property
    def file_name(self) -> str:
        """How the PDF is called when somebody saves it."""
        return f"{self.kind.replace('_', '-')}-{self.reference}.pdf"
