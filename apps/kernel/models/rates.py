"""How often somebody came lately."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class RateCount(models.Model):
    """One caller in one scope: how often in the running period and in the one before.

    The table is unlogged: writing to it costs next to nothing, and after a crash everybody begins at nought.
    """

    key = models.CharField(max_length=100, primary_key=True)
    turn = models.BigIntegerField()
    count = models.IntegerField()
    before = models.IntegerField()
    ends_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ends_at"], name="rate_ended")]

    def __str__(self) -> str:
        return self.key


class Remembered(models.Model):
    """What all processes remember for a while under a digest; see `kernel.caches`. Unlogged as well."""

    key = models.CharField(max_length=64, primary_key=True)
    value = models.JSONField(null=True)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ends_at"], name="remembered_ended")]

    def __str__(self) -> str:
        return self.key
