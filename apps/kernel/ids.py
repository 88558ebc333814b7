"""Identifiers: UUIDv7, so that they sort by time, fit an index, and cannot be enumerated."""

from __future__ import annotations

import uuid

import uuid_utils


def new_id() -> uuid.UUID:
    """A fresh UUIDv7 as a standard `uuid.UUID`."""
    return uuid.UUID(bytes=uuid_utils.uuid7().bytes)
