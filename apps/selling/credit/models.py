"""Accounts of credit and their entries; the database keeps each balance out of the entries."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import MoneyField, TenantEntity

_ADD_TO_BALANCE = """
    UPDATE credit_creditaccount SET balance = balance + NEW.amount
     WHERE id = NEW.account_id AND business_id = NEW.business_id
    RETURNING balance INTO NEW.balance_after;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such account of this business' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
"""


class AccountKind(models.TextChoices):
    """What the books keep apart. The values are also the tenders of orders."""

    GIFT_CARD = "gift_card", _("Gift card")
    STORE_CREDIT = "store_credit", _("Store credit")


class CreditAccount(TenantEntity):
    """A gift card, or what one customer has as store credit. Spent by its code, or by the customer signed in."""

    kind = models.CharField(_("kind"), max_length=12, choices=AccountKind.choices)
    currency = models.CharField(_("currency"), max_length=3)
    balance = MoneyField(_("balance"), default=0, editable=False)
    customer = models.ForeignKey(
        "customers.Customer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("customer"),
    )
    # The fingerprint of the code; the code itself is shown once and kept nowhere.
    code_digest = models.CharField(max_length=64, editable=False)
    last4 = models.CharField(_("ends in"), max_length=4, editable=False)
    expires_on = models.DateField(_("good until"), null=True, blank=True)
    blocked_at = models.DateTimeField(_("blocked"), null=True, blank=True)
    blocked_because = models.CharField(_("why it is blocked"), max_length=200, blank=True)
    recipient_name = models.CharField(_("for"), max_length=120, blank=True)
    recipient_email = models.EmailField(_("e-mail"), blank=True)
    # What it was sold with: the order's line and which of its pieces, so that a paid line makes its cards once.
    sold_line_id = models.UUIDField(null=True, blank=True, editable=False)
    sold_piece = models.PositiveIntegerField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("gift card or store credit")
        verbose_name_plural = _("gift cards and store credit")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(balance__gte=0), name="credit_balance_never_negative"),
            models.UniqueConstraint(fields=["business", "code_digest"], name="credit_code_once"),
            models.UniqueConstraint(
                fields=["business", "customer", "currency"],
                condition=Q(kind="store_credit"),
                name="credit_one_store_credit_per_customer",
            ),
            models.UniqueConstraint(
                fields=["business", "sold_line_id", "sold_piece"],
                condition=Q(sold_line_id__isnull=False),
                name="credit_card_once_per_piece",
            ),
            models.CheckConstraint(
                condition=Q(kind="gift_card") | Q(customer__isnull=False), name="credit_of_a_customer"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "-id"], name="credit_recent"),
            models.Index(
                fields=["expires_on"], name="credit_to_expire", condition=Q(balance__gt=0, blocked_at=None)
            ),
        ]
        triggers: ClassVar = [
            # Depth 0 is a statement of ours; the entries' own trigger works one level deeper.
            pgtrigger.Protect(
                name="only_by_entry",
                operation=pgtrigger.UpdateOf("balance"),
                condition=pgtrigger.Condition("pg_trigger_depth() = 0"),
            ),
            pgtrigger.Protect(
                name="born_empty", operation=pgtrigger.Insert, condition=pgtrigger.Q(new__balance__df=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ···· {self.last4}"

    @property
    def is_card(self) -> bool:
        return self.kind == AccountKind.GIFT_CARD

    @property
    def has_expired(self) -> bool:
        """Whether its last day is over."""
        return self.expires_on is not None and self.expires_on < clock.today()

    @property
    def can_be_spent(self) -> bool:
        return self.blocked_at is None and not self.has_expired and self.balance > 0


class CreditEntry(TenantEntity):
    """One change of an account. Written once; a mistake is taken back by a correction."""

    class Kind(models.TextChoices):
        SOLD = "sold", _("Sold")
        ISSUED = "issued", _("Given")
        REDEEMED = "redeemed", _("Spent")
        GIVEN_BACK = "given_back", _("Given back")
        REFUNDED = "refunded", _("Refund")
        TAKEN_BACK = "taken_back", _("Card returned")
        EXPIRED = "expired", _("Expired")
        CORRECTED = "corrected", _("Corrected")
        TOPPED_UP = "topped_up", _("Topped up")

    account = models.ForeignKey(
        CreditAccount, models.PROTECT, related_name="entries", verbose_name=_("account")
    )
    kind = models.CharField(_("what"), max_length=12, choices=Kind.choices)
    amount = MoneyField(_("amount"))
    balance_after = MoneyField(_("balance"), default=0, editable=False)
    owner_type = models.CharField(max_length=20, blank=True)
    owner_id = models.UUIDField(null=True, blank=True)
    reference = models.CharField(_("belongs to"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    actor_label = models.CharField(_("by"), max_length=200, blank=True)
    at = models.DateTimeField(_("when"), default=clock.now)

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(amount=Decimal(0)), name="credit_entry_changes_something"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, kind__in=("sold", "issued", "topped_up", "given_back", "refunded"))
                | Q(amount__lt=0, kind__in=("redeemed", "taken_back", "expired"))
                | Q(kind="corrected"),
                name="credit_entry_goes_the_right_way",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account", "-id"], name="credit_entry_card"),
            models.Index(
                fields=["owner_type", "owner_id"],
                name="credit_entry_owner",
                condition=Q(owner_id__isnull=False),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="add_to_balance",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=_ADD_TO_BALANCE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount:+}"


class CreditChoice(TenantEntity):
    """Credit that a buyer means to spend on something (a cart): the account instead of its code, which is a secret."""

    owner_type = models.CharField(max_length=20)
    owner_id = models.UUIDField()
    account = models.ForeignKey(CreditAccount, models.CASCADE, related_name="+", verbose_name=_("account"))

    class Meta:
        verbose_name = _("chosen credit")
        verbose_name_plural = _("chosen credit")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner_type", "owner_id", "account"], name="credit_chosen_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} for {self.owner_id}"


class GiftVariant(TenantEntity):
    """A variant that is sold as a gift card: each piece that is paid becomes a card worth what was paid for it."""

    variant = models.OneToOneField(
        "catalog.Variant", models.CASCADE, related_name="+", verbose_name=_("variant")
    )
    months = models.PositiveSmallIntegerField(_("months it lasts"), null=True, blank=True)

    class Meta:
        verbose_name = _("sold gift card")
        verbose_name_plural = _("sold gift cards")

    def __str__(self) -> str:
        return str(self.variant_id)
