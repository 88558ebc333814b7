"""How a company on the other end of a line behaves."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class CircuitState(models.Model):
    """One company that was silent lately: how often in a row, and until when it is left alone.

    The table is unlogged: writing to it costs next to nothing, and after a crash every company begins anew.
    """

    name = models.CharField(max_length=300, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)
    open_until = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["changed_at"], name="circuit_changed")]

    def __str__(self) -> str:
        return self.name
