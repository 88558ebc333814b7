"""Open invoices, what settles them, and how companies are reminded."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import MoneyField, TenantEntity


class Receivable(TenantEntity):
    """What a company owes by one invoice. `settled` is what payments and credit notes were set against it."""

    document = models.OneToOneField(
        "invoicing.Document", models.PROTECT, related_name="receivable", verbose_name=_("invoice")
    )
    order = models.ForeignKey(
        "orders.Order", models.PROTECT, related_name="receivables", verbose_name=_("order")
    )
    company = models.ForeignKey(
        "customers.Company", models.PROTECT, related_name="receivables", verbose_name=_("company")
    )
    currency = models.CharField(_("currency"), max_length=3)
    issued_on = models.DateField(_("date"))
    due_on = models.DateField(_("due"))
    amount = MoneyField(_("amount"))
    settled = MoneyField(_("settled"), default=0)

    class Meta:
        verbose_name = _("open invoice")
        verbose_name_plural = _("open invoices")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, settled__gte=0, settled__lte=F("amount")),
                name="receivable_settled_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(due_on__gte=F("issued_on")), name="receivable_due_after_issue"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["business", "due_on", "id"],
                name="receivable_open",
                condition=Q(settled__lt=F("amount")),
            ),
            models.Index(fields=["company", "issued_on", "id"], name="receivable_of_company"),
        ]
        triggers: ClassVar = [pgtrigger.Protect(name="receivable_kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.document_id} {self.amount}"

    @property
    def open_amount(self) -> Decimal:
        """What is still owed of it."""
        return self.amount - self.settled


class Settlement(TenantEntity):
    """Money that a company paid, or a credit note. `applied` of `amount` is set against invoices.

    A payment is always applied whole; of a credit note the rest waits for the company's next invoice.
    """

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("Payment")
        CREDIT_NOTE = "credit_note", _("Credit note")

    class Way(models.TextChoices):
        BANK = "bank", _("Bank transfer")
        CASH = "cash", _("Cash")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    company = models.ForeignKey(
        "customers.Company", models.PROTECT, related_name="settlements", verbose_name=_("company")
    )
    document = models.OneToOneField(
        "invoicing.Document", models.PROTECT, null=True, blank=True, related_name="settlement",
        verbose_name=_("credit note"),
    )  # fmt: skip
    order = models.ForeignKey(
        "orders.Order", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("order")
    )
    currency = models.CharField(_("currency"), max_length=3)
    amount = MoneyField(_("amount"))
    applied = MoneyField(_("set against invoices"), default=0)
    received_on = models.DateField(_("received"))
    way = models.CharField(_("paid by"), max_length=8, choices=Way, blank=True)
    reference = models.CharField(_("reference"), max_length=120, blank=True)
    reversed_on = models.DateField(_("taken back"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("payment of a company")
        verbose_name_plural = _("payments of companies")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, applied__gte=0, applied__lte=F("amount")),
                name="settlement_applied_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="payment", document__isnull=True, way__in=("bank", "cash"), applied=F("amount")
                )
                | Q(kind="credit_note", document__isnull=False, way="", reversed_on__isnull=True),
                name="settlement_is_payment_or_credit_note",
            ),
            models.CheckConstraint(
                condition=Q(reversed_on__isnull=True) | Q(reversed_on__gte=F("received_on")),
                name="settlement_taken_back_later",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["company", "received_on", "id"], name="settlement_of_company"),
            models.Index(
                fields=["business", "company"],
                name="settlement_to_apply",
                condition=Q(applied__lt=F("amount")),
            ),
        ]
        triggers: ClassVar = [pgtrigger.Protect(name="settlement_kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}"

    @property
    def rest(self) -> Decimal:
        """What of a credit note no invoice has taken yet."""
        return self.amount - self.applied


class Allocation(TenantEntity):
    """A part of a settlement set against one invoice. `effective_on` is the first day it counts."""

    updated_at = None
    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="allocations")
    receivable = models.ForeignKey(Receivable, models.PROTECT, related_name="allocations")
    amount = MoneyField(_("amount"))
    effective_on = models.DateField()

    class Meta:
        verbose_name = _("part of a payment")
        verbose_name_plural = _("parts of payments")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["settlement", "receivable"], name="allocation_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="allocation_is_some_money"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="allocation_kept", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.amount}"


class Cadence(TenantEntity):
    """When a business reminds: days after the due day, one reminder each; none: it reminds nobody by itself."""

    days = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("days after the due day"), default=list
    )

    class Meta:
        verbose_name = _("cadence of reminders")
        verbose_name_plural = _("cadences of reminders")
        constraints: ClassVar = [models.UniqueConstraint(fields=["business"], name="cadence_one_a_business")]

    def __str__(self) -> str:
        return ", ".join(str(day) for day in self.days)


class Reminder(TenantEntity):
    """One reminder of one invoice: each level once."""

    updated_at = None
    receivable = models.ForeignKey(Receivable, models.PROTECT, related_name="reminders")
    level = models.PositiveSmallIntegerField(_("level"))
    open_amount = MoneyField(_("was open"))
    sent_to = models.EmailField(_("sent to"))

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["receivable", "level"], name="reminder_level_once"),
            models.CheckConstraint(condition=Q(level__gte=1), name="reminder_level_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.receivable_id}/{self.level}"
