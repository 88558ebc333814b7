"""Actors for the kernel's tests; a business is only an id here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.kernel.actors import Actor
from apps.kernel.ids import new_id

from . import probe


@pytest.fixture
def clerk() -> Actor:
    return Actor(
        "user", new_id(), "Ada Clerk", new_id(), role="clerk", permissions=frozenset({"probe.write"})
    )


@pytest.fixture(autouse=True)
def clean_probe(settings: object) -> Iterator[None]:
    settings.OUTBOX_WAKE = False  # type: ignore[attr-defined]
    probe.received.clear()
    probe.fail_on.clear()
    yield
    probe.fail_on.clear()
