"""The outbox: facts written with the work, and their deliveries to subscribers."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.ids import new_id


class OutboxEvent(models.Model):
    """A fact as it was published: name, version, owner and payload."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    business_id = models.UUIDField(null=True)
    name = models.CharField(max_length=100)
    version = models.PositiveSmallIntegerField()
    owner = models.CharField(max_length=120)
    payload = models.JSONField()
    occurred_at = models.DateTimeField(default=clock.now)
    request_id = models.CharField(max_length=64, blank=True)
    actor_label = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["business_id", "-occurred_at"], name="outbox_recent"),
            # Rows stand in the order of time: a few pages find the last day or the oldest month of all businesses.
            BrinIndex(fields=["occurred_at"], name="outbox_by_time", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version} {self.owner}"


class Delivery(models.Model):
    """One event on its way to one subscriber. The key grows with time: order per owner and subscriber."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        DONE = "done", _("Delivered")
        DEAD = "dead", _("Parked")

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    business_id = models.UUIDField(null=True)
    subscriber = models.CharField(max_length=100)
    owner = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    available_at = models.DateTimeField(default=clock.now)
    last_error = models.TextField(blank=True)
    # Its dispatcher died with it, or with one that was taken together with it: it is delivered alone.
    is_suspect = models.BooleanField(default=False, db_default=False)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes: ClassVar = [
            models.Index(
                fields=["subscriber", "owner", "id"],
                name="delivery_order",
                condition=models.Q(state="pending"),
            ),
            models.Index(fields=["id"], name="delivery_pending", condition=models.Q(state="pending")),
            models.Index(
                fields=["business_id", "-id"], name="delivery_dead", condition=models.Q(state="dead")
            ),
            BrinIndex(fields=["done_at"], name="delivery_by_done", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} {self.state}"


class DispatchRound(models.Model):
    """What a dispatcher has in hand just now; see `kernel.rounds`.

    The table is unlogged: after a crash of the database nobody has anything in hand.
    """

    id = models.BigAutoField(primary_key=True)
    delivery_ids = ArrayField(models.BigIntegerField())
    is_alone = models.BooleanField()
    begun_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.id}: {len(self.delivery_ids)}"
