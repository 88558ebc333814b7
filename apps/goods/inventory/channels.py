"""The ways in which orders come: apps above name them, so that a business can choose locations for each."""

from __future__ import annotations

from typing import Any

_channels: dict[str, Any] = {}


def offer_channel(value: str, label: Any) -> None:
    """Name a way in; the same value again changes nothing but its words."""
    _channels[value] = label


def list_channels() -> list[tuple[str, Any]]:
    """All of them, in the order in which they were named."""
    return list(_channels.items())
