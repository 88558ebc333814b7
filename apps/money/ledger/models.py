"""Accounts, journal entries and their lines; the database repeats every rule of the journal."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import MoneyField, TenantEntity

from .triggers import (
    ACCOUNT_KEEPS_ITS_KIND,
    ENTRY_IN_BOOK_CURRENCY,
    ENTRY_IS_WHOLE,
    LINE_LEAVES_ENTRY_WHOLE,
)


class AccountKind(models.TextChoices):
    """The five kinds of account; the first and last grow by debit, the others by credit."""

    ASSET = "asset", _("Asset")
    LIABILITY = "liability", _("Liability")
    EQUITY = "equity", _("Equity")
    INCOME = "income", _("Income")
    EXPENSE = "expense", _("Expense")


DEBIT_KINDS = frozenset({AccountKind.ASSET.value, AccountKind.EXPENSE.value})


class Account(TenantEntity):
    """A place where value stands. Shipped accounts carry a system key and stay as they are."""

    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=AccountKind.choices)
    system_key = models.CharField(_("system key"), max_length=40, blank=True, default="")
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ("code",)
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "code"], name="account_code_once"),
            models.UniqueConstraint(
                fields=["business", "system_key"], condition=~Q(system_key=""), name="account_system_key_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=AccountKind.values), name="account_kind_known"),
            models.CheckConstraint(condition=~Q(code="") & ~Q(name=""), name="account_named"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="account_kept", operation=pgtrigger.Delete),
            ACCOUNT_KEEPS_ITS_KIND,
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def is_system(self) -> bool:
        """Whether the product itself posts to this account."""
        return bool(self.system_key)

    @property
    def grows_by_debit(self) -> bool:
        """Whether a debit makes the balance larger."""
        return self.kind in DEBIT_KINDS


class JournalEntry(TenantEntity):
    """One balanced fact of the books. Written once, never edited; a reversal takes it back."""

    number = models.PositiveBigIntegerField(_("number"))
    posted_on = models.DateField(_("posted on"))
    currency = models.CharField(_("currency"), max_length=3)
    minor_digits = models.PositiveSmallIntegerField(_("minor digits"))
    memo = models.CharField(_("memo"), max_length=255, blank=True, default="")
    source_type = models.CharField(_("source type"), max_length=40)
    source_id = models.UUIDField(_("source"))
    source_kind = models.CharField(_("source kind"), max_length=40)
    owner_type = models.CharField(_("belongs to"), max_length=40, blank=True, default="")
    owner_id = models.UUIDField(null=True, blank=True)
    total = MoneyField(_("total"))
    reverses = models.OneToOneField(
        "self",
        verbose_name=_("reverses"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reversal",
    )
    posted_by = models.CharField(_("posted by"), max_length=200, blank=True, default="")

    class Meta:
        ordering = ("-number",)
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business", "source_type", "source_id", "source_kind"],
                name="entry_source_posted_once",
            ),
            models.UniqueConstraint(fields=["business", "number"], name="entry_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="entry_number_from_one"),
            models.CheckConstraint(condition=Q(minor_digits__lte=4), name="entry_minor_digits_known"),
            models.CheckConstraint(condition=Q(total__gt=0), name="entry_total_positive"),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | ~Q(reverses=F("id")), name="entry_reverses_another"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "posted_on", "number"], name="entry_by_day"),
            models.Index(fields=["business", "owner_type", "owner_id"], name="entry_by_owner"),
            GinIndex(OpClass(Upper("memo"), name="gin_trgm_ops"), name="entry_memo_search"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="entry_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            ENTRY_IN_BOOK_CURRENCY,
            ENTRY_IS_WHOLE,
        ]

    def __str__(self) -> str:
        return str(_("Entry %(number)s") % {"number": self.number})

    @property
    def day(self) -> str:
        """The day in the books as lists show it."""
        return date_format(self.posted_on, "DATE_FORMAT")

    @property
    def is_manual(self) -> bool:
        """Whether a person wrote this entry, rather than an event."""
        return self.source_type == "manual"


class JournalLine(TenantEntity):
    """One account's debit or credit in an entry. `posted_on` repeats the entry's: balances need no join."""

    entry = models.ForeignKey(
        JournalEntry, verbose_name=_("entry"), on_delete=models.PROTECT, related_name="lines"
    )
    position = models.PositiveSmallIntegerField(_("position"))
    account = models.ForeignKey(
        Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="lines"
    )
    posted_on = models.DateField(_("posted on"))
    debit = MoneyField(_("debit"), default=Decimal(0))
    credit = MoneyField(_("credit"), default=Decimal(0))
    memo = models.CharField(_("memo"), max_length=255, blank=True, default="")

    class Meta:
        ordering = ("entry", "position")
        verbose_name = _("journal line")
        verbose_name_plural = _("journal lines")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "position"], name="line_position_once"),
            models.CheckConstraint(condition=Q(debit__gte=0, credit__gte=0), name="line_not_negative"),
            models.CheckConstraint(
                condition=Q(debit__gt=0, credit=0) | Q(debit=0, credit__gt=0), name="line_one_side"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["business", "account", "posted_on"],
                include=["debit", "credit"],
                name="line_by_account_day",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="line_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            LINE_LEAVES_ENTRY_WHOLE,
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}/{self.position}"
