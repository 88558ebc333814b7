"""Saved views of a list, shown as tabs above it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q


@dataclass(frozen=True)
class Tab:
    """One view of a list: its short name in the address, its label, which rows it holds."""

    name: str
    label: Any
    condition: Q = field(default_factory=Q)
    ordering: tuple[str, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether the view leaves nothing out."""
        return not self.condition
