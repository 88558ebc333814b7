"""Lines of payout files: what a company says it did with our money."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.models import MoneyField, TenantEntity
from apps.selling.payments.models import Capture, Payment, Refund


class DisputeEntry(TenantEntity):
    """What the books were told of a lost dispute before a file told it; signed, so that a file's line takes it back."""

    updated_at = None
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="dispute_entries", verbose_name=_("payment")
    )
    occurred_on = models.DateField(_("day"))
    amount = MoneyField(_("disputed"))
    fee = MoneyField(_("fee"))
    # The sum of both whatever their sign, as the entry in the books has it.
    booked = MoneyField(_("booked"))

    class Meta:
        verbose_name = _("entry of a dispute")
        verbose_name_plural = _("entries of disputes")
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=["business", "payment"], name="dispute_entry_of_payment")]

    def __str__(self) -> str:
        return str(self.pk)


class PayoutLine(TenantEntity):
    """One row. `gross` and `net` are signed as the company's balance moves; `fee` is what it kept."""

    class Kind(models.TextChoices):
        CAPTURE = "capture", _("Payment")
        REFUND = "refund", _("Refund")
        FEE = "fee", _("Fee")
        DISPUTE = "dispute", _("Disputed")
        DISPUTE_WON = "dispute_won", _("Dispute won")
        PAYOUT = "payout", _("Paid out")
        OTHER = "other", _("Something else")

    class State(models.TextChoices):
        MATCHED = "matched", _("Fits")
        WAITING = "waiting", _("Waits for you")
        SETTLED = "settled", _("Settled")

    class Why(models.TextChoices):
        FITS = "", _("fits")
        UNKNOWN = "unknown", _("We know no such payment")
        AMOUNT = "amount", _("We know another amount")
        TWICE = "twice", _("Another line names the same payment")
        OTHER = "other", _("We do not know what this is")

    updated_at = None
    provider = models.CharField(_("payment company"), max_length=32)
    line_ref = models.CharField(_("number of the line"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    reference = models.CharField(_("company's reference"), max_length=120, blank=True)
    # All numbers that its row has: one of them may be that of a dispute.
    references = ArrayField(models.CharField(max_length=120), default=list, db_default=[])
    payout_ref = models.CharField(_("payout"), max_length=120, blank=True)
    occurred_at = models.DateTimeField(_("when"))
    occurred_on = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3)
    gross = MoneyField(_("amount"))
    fee = MoneyField(_("fee"))
    net = MoneyField(_("net"))
    # What the books were told: the sum of what was moved by fee, payout and dispute, whatever its sign.
    booked = MoneyField(_("booked"), default=0)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.MATCHED)
    why = models.CharField(_("what does not fit"), max_length=10, choices=Why, blank=True, default=Why.FITS)
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, related_name="payout_lines", verbose_name=_("payment")
    )
    capture = models.OneToOneField(Capture, models.PROTECT, null=True, related_name="payout_line")
    refund = models.OneToOneField(Refund, models.PROTECT, null=True, related_name="payout_line")
    resolved_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    resolved_by = models.CharField(_("settled by"), max_length=200, blank=True)
    note = models.CharField(_("how it was settled"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("line of a payout")
        verbose_name_plural = _("lines of payouts")
        ordering = ("-occurred_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=["business", "provider", "line_ref"], name="payout_line_once"),
            models.CheckConstraint(
                condition=Q(net=F("gross") - F("fee")), name="payout_net_is_gross_less_fee"
            ),
        ]
        indexes = [
            models.Index(fields=["business", "-occurred_at", "-id"], name="payout_line_recent"),
            models.Index(
                fields=["business", "-occurred_at"], condition=Q(state="waiting"), name="payout_line_waiting"
            ),
            models.Index(fields=["business", "provider", "kind"], name="payout_line_by_company"),
        ]

    def __str__(self) -> str:
        return self.reference or self.line_ref
