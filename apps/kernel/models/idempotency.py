"""Claimed idempotency keys with the result of the work they stand for."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.kernel import clock
from apps.kernel.ids import new_id


class IdempotencyKey(models.Model):
    """One command of one business: claimed in the transaction of the work, so both exist or neither."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    business_id = models.UUIDField(null=True)
    service = models.CharField(max_length=120)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    result = models.JSONField(null=True)
    created_at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business_id", "service", "key"], name="idempotency_claim", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.key}"
