"""The company's own books: not a tenant's tables, for its customers are shops it knows by name only."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from apps.kernel.models import Entity, MoneyField


class SandboxSession(Entity):
    """One payment page. `reference` is the shop's key: asked for twice, it is made once."""

    class State(models.TextChoices):
        OPEN = "open"
        PROCESSING = "processing"
        RESERVED = "reserved"
        RELEASED = "released"
        PAID = "paid"
        DECLINED = "declined"
        EXPIRED = "expired"
        CANCELLED = "cancelled"

    merchant = models.CharField(max_length=64)
    merchant_name = models.CharField(max_length=120)
    reference = models.CharField(max_length=80)
    description = models.CharField(max_length=120)
    amount = MoneyField()
    currency = models.CharField(max_length=3)
    return_url = models.CharField(max_length=1000)
    webhook_url = models.CharField(max_length=500)
    webhook_secret = models.CharField(max_length=120)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    expires_at = models.DateTimeField()
    completes_at = models.DateTimeField(null=True)
    # Reserve first: how much was taken then, and until when it is held.
    reserves = models.BooleanField(default=False)
    taken_amount = MoneyField(null=True)
    lapses_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    refunded_amount = MoneyField(default=Decimal(0))
    forgeries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["merchant", "reference"], name="sandbox_session_reference"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="sandbox_amount_positive"),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0) & Q(refunded_amount__lte=F("amount")),
                name="sandbox_refunds_within_amount",
            ),
        ]
        indexes = [
            models.Index(
                fields=["completes_at"], name="sandbox_to_complete", condition=Q(state="processing")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merchant_name} {self.description}"


class SandboxRefund(Entity):
    """Money sent back. `reference` is the shop's key."""

    class State(models.TextChoices):
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    session = models.ForeignKey(SandboxSession, models.CASCADE, related_name="refunds")
    reference = models.CharField(max_length=80)
    amount = MoneyField()
    state = models.CharField(max_length=12, choices=State.choices)
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["session", "reference"], name="sandbox_refund_reference"),
        ]

    def __str__(self) -> str:
        return self.reference


class SandboxEvent(Entity):
    """One message to a shop and its retries. The body is kept as text: each retry has the same bytes."""

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        REFUSED = "refused"
        GIVEN_UP = "given_up"

    session = models.ForeignKey(SandboxSession, models.CASCADE, related_name="events")
    event_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=40)
    body = models.TextField()
    forged = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PENDING)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["due_at"], name="sandbox_event_due", condition=Q(state="pending"))]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
