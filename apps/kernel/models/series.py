"""Counters of numbered documents."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.kernel.ids import new_id


class SeriesCounter(models.Model):
    """The last number given in one series of one business."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    business_id = models.UUIDField()
    name = models.CharField(max_length=60)
    last_number = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business_id", "name"], name="series_of_business"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.last_number}"
