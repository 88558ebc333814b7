"""The tables of payments. Amounts carry the currency of their payment."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.models import MoneyField, TenantEntity

from .states import (
    LIVE_ATTEMPTS,
    OPEN_DISPUTES,
    PENDING_REFUNDS,
    AttemptState,
    DisputeState,
    PaymentState,
    RefundState,
)


class ProviderAccount(TenantEntity):
    """The business at one payment company. Its secrets are in the vault, see `webhook_secret_name`."""

    provider = models.CharField(_("payment company"), max_length=32)
    settings = models.JSONField(default=dict, blank=True)
    active = models.BooleanField(_("offered to buyers"), default=True)

    class Meta:
        verbose_name = _("payment method")
        verbose_name_plural = _("payment methods")
        ordering = ["provider", "id"]
        constraints = [
            models.UniqueConstraint(fields=["business", "provider"], name="payments_account_once"),
        ]

    def __str__(self) -> str:
        return self.provider


class Payment(TenantEntity):
    """One amount asked for, for one owner. The three sums are kept with the captures and refunds."""

    State = PaymentState

    owner_type = models.CharField(_("paid for"), max_length=32)
    owner_id = models.UUIDField()
    reference = models.CharField(_("reference"), max_length=80)
    amount = MoneyField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    provider = models.CharField(_("payment company"), max_length=32)
    state = models.CharField(
        _("state"), max_length=16, choices=PaymentState.choices, default=PaymentState.OPEN
    )
    captured_amount = MoneyField(_("captured"), default=Decimal(0))
    refunding_amount = MoneyField(_("refund on its way"), default=Decimal(0))
    refunded_amount = MoneyField(_("refunded"), default=Decimal(0))
    return_url = models.CharField(max_length=500)
    # Asked to be reserved first and taken when the goods leave, as the business wanted then.
    reserves = models.BooleanField(_("taken when sent"), default=False)
    expires_at = models.DateTimeField(_("open until"), null=True, blank=True)
    captured_at = models.DateTimeField(_("captured at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    expired_at = models.DateTimeField(_("expired at"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(captured_amount__gte=0) & Q(captured_amount__lte=F("amount")),
                name="payment_captured_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(refunding_amount__gte=0)
                & Q(refunded_amount__gte=0)
                & Q(refunded_amount__lte=F("captured_amount") - F("refunding_amount")),
                name="payment_refunds_within_captured",
            ),
        ]
        indexes = [
            models.Index(fields=["business", "owner_type", "owner_id"], name="payment_of_owner"),
            models.Index(fields=["business", "-created_at", "-id"], name="payment_recent"),
            models.Index(fields=["business", "state", "-created_at", "-id"], name="payment_by_state"),
            models.Index(fields=["business", "reference"], name="payment_by_reference"),
            models.Index(
                fields=["expires_at"],
                name="payment_to_expire",
                condition=Q(state__in=[PaymentState.OPEN, PaymentState.FAILED]),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def refundable_amount(self) -> Decimal:
        """What may still be sent back: captured less refunded less on its way."""
        return self.captured_amount - self.refunded_amount - self.refunding_amount

    @property
    def is_closed(self) -> bool:
        """No new attempt may start."""
        return self.state not in (PaymentState.OPEN, PaymentState.FAILED)


class PaymentAttempt(TenantEntity):
    """One try at the company's page. Its id is our key there, so a repeated call finds the same session."""

    State = AttemptState

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="attempts")
    provider = models.CharField(max_length=32)
    provider_ref = models.CharField(_("company's reference"), max_length=120, blank=True)
    state = models.CharField(
        _("state"), max_length=16, choices=AttemptState.choices, default=AttemptState.STARTED
    )
    redirect_url = models.CharField(max_length=1000, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(_("what went wrong"), max_length=300, blank=True)
    asked_at = models.DateTimeField(_("last asked"), null=True, blank=True)
    ask_next_at = models.DateTimeField(_("ask again at"), null=True, blank=True)
    times_asked = models.PositiveSmallIntegerField(default=0)
    # Money the company has reserved: its number there, until when, and how much of it is to be taken.
    authorised_at = models.DateTimeField(_("reserved at"), null=True, blank=True)
    authorised_ref = models.CharField(max_length=120, blank=True)
    lapses_at = models.DateTimeField(_("reserved until"), null=True, blank=True)
    lapse_told_at = models.DateTimeField(null=True, blank=True)
    take_amount = MoneyField(_("to be taken"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment attempt")
        verbose_name_plural = _("payment attempts")
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_ref"],
                condition=~Q(provider_ref=""),
                name="attempt_provider_ref_once",
            ),
            # Two tabs must end at the same page of the company, or a buyer can pay twice.
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(state__in=LIVE_ATTEMPTS),
                name="attempt_one_live",
            ),
        ]
        indexes = [
            models.Index(
                fields=["ask_next_at"], name="attempt_to_ask", condition=Q(ask_next_at__isnull=False)
            ),
            models.Index(
                fields=["lapses_at"],
                name="attempt_to_lapse",
                condition=Q(lapses_at__isnull=False, lapse_told_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.provider_ref or str(self.pk)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_ATTEMPTS


class Capture(TenantEntity):
    """Money that came. One per attempt: the database refuses to count it twice."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="captures")
    attempt = models.OneToOneField(PaymentAttempt, models.PROTECT, related_name="capture")
    provider_ref = models.CharField(max_length=120)
    amount = MoneyField(_("amount"))
    captured_at = models.DateTimeField(_("captured at"), default=clock.now)
    learned_from = models.CharField(max_length=16)

    class Meta:
        verbose_name = _("capture")
        verbose_name_plural = _("captures")
        ordering = ["captured_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="capture_amount_positive"),
        ]

    def __str__(self) -> str:
        return self.provider_ref


class Refund(TenantEntity):
    """Money on its way back. `round` grows when staff send a failed one again; id and round are its key."""

    State = RefundState

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount = MoneyField(_("amount"))
    state = models.CharField(
        _("state"), max_length=16, choices=RefundState.choices, default=RefundState.REQUESTED
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    provider_ref = models.CharField(_("company's reference"), max_length=120, blank=True)
    error = models.CharField(_("what went wrong"), max_length=300, blank=True)
    requested_by = models.CharField(_("requested by"), max_length=200, blank=True)
    round = models.PositiveSmallIntegerField(default=1)
    times_sent = models.PositiveSmallIntegerField(default=0)
    send_next_at = models.DateTimeField(_("send again at"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
        ]
        indexes = [
            models.Index(
                fields=["send_next_at"],
                name="refund_to_send",
                condition=Q(state__in=PENDING_REFUNDS),
            ),
            models.Index(
                fields=["business", "-created_at"],
                name="refund_failed",
                condition=Q(state=RefundState.FAILED),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def provider_key(self) -> str:
        """Our key at the company: the same for every repetition of one round."""
        return f"{self.pk}-{self.round}"


class Dispute(TenantEntity):
    """A payer's bank, or the payer at the company, wants money back. As the company's newest word says."""

    State = DisputeState

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes", verbose_name=_("payment"))
    provider = models.CharField(_("payment company"), max_length=32)
    provider_ref = models.CharField(_("company's reference"), max_length=120)
    state = models.CharField(_("state"), max_length=16, choices=DisputeState.choices)
    amount = MoneyField(_("disputed"))
    taken = MoneyField(_("taken by the company"), default=Decimal(0))
    fee = MoneyField(_("fee"), default=Decimal(0))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    opened_at = models.DateTimeField(_("begun"))
    answer_by = models.DateTimeField(_("answer until"), null=True, blank=True)
    said_at = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["business", "provider", "provider_ref"], name="dispute_once"),
            models.CheckConstraint(
                condition=Q(amount__gte=0) & Q(taken__gte=0) & Q(fee__gte=0), name="dispute_not_negative"
            ),
        ]
        indexes = [
            models.Index(
                fields=["business", "answer_by"],
                name="dispute_open",
                condition=Q(state__in=OPEN_DISPUTES),
            ),
        ]

    def __str__(self) -> str:
        return self.provider_ref

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_DISPUTES


class WebhookReceipt(TenantEntity):
    """One signed message of the company. It counts once, however often it comes."""

    class Outcome(models.TextChoices):
        APPLIED = "applied", _("Applied")
        NOTHING_NEW = "nothing_new", _("Nothing new")
        ATTENTION = "attention", _("Needs attention")
        IGNORED = "ignored", _("Of no concern")

    provider = models.CharField(max_length=32)
    event_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=60)
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, blank=True, related_name="receipts")
    body_sha256 = models.CharField(max_length=64)
    # What it said, in our words (JSON): enough to apply it again. The message itself, with its payer, is not kept.
    fact = models.TextField(blank=True, default="", db_default="")
    replayed_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(default=clock.now)
    times_received = models.PositiveIntegerField(default=1)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, blank=True)

    class Meta:
        verbose_name = _("webhook receipt")
        verbose_name_plural = _("webhook receipts")
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["business", "provider", "event_id"], name="receipt_event_once"),
        ]
        indexes = [
            models.Index(fields=["business", "-received_at", "-id"], name="receipt_recent"),
            models.Index(
                fields=["business", "-received_at", "-id"],
                name="receipt_waiting",
                condition=Q(outcome="attention"),
            ),
        ]

    def __str__(self) -> str:
        return self.event_id


class Discrepancy(TenantEntity):
    """Something a payment company says that does not fit what we know. It waits for a person."""

    class Kind(models.TextChoices):
        AMOUNT = "amount", _("Another amount than asked for")
        CURRENCY = "currency", _("Another currency than asked for")
        UNKNOWN_REFERENCE = "unknown_reference", _("A payment we do not know")
        PAID_TWICE = "paid_twice", _("Paid a second time")
        UNKNOWN_DISPUTE = "unknown_dispute", _("A dispute about a payment we do not know")
        UNKNOWN_REFUND = "unknown_refund", _("A refund we did not ask for")
        REFUND_BEYOND_CAPTURE = "refund_beyond_capture", _("More refunded than was paid")

    kind = models.CharField(_("what does not fit"), max_length=32, choices=Kind.choices)
    provider = models.CharField(_("payment company"), max_length=32)
    provider_ref = models.CharField(_("company's reference"), max_length=120)
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, blank=True, related_name="discrepancies")
    said_amount = MoneyField(_("amount the company says"), null=True, blank=True)
    said_currency = models.CharField(max_length=3, blank=True)
    resolved_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    resolved_by = models.CharField(_("settled by"), max_length=200, blank=True)
    note = models.CharField(_("how it was settled"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("discrepancy")
        verbose_name_plural = _("unreconciled money")
        ordering = ["-created_at", "-id"]
        constraints = [
            # The same fact told by a message and by asking is one discrepancy.
            models.UniqueConstraint(
                fields=["business", "provider", "provider_ref", "kind"], name="discrepancy_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["business", "-created_at", "-id"],
                name="discrepancy_open",
                condition=Q(resolved_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
