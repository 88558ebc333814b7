"""A company that says what the test wants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.selling.payments.providers import registry
from tests.factories.payments import ScriptedProvider, script_provider


@pytest.fixture(autouse=True)
def company() -> Iterator[ScriptedProvider]:
    yield script_provider()
    registry._providers.pop("scripted", None)
