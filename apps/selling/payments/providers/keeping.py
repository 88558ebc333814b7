"""What a company said, written down in our words and read back: without the payer, whom the message names."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from apps.selling.payments.states import DisputeState

from .base import DisputeWord, ProviderFact

_AMOUNTS = ("amount", "taken", "fee")
_MOMENTS = ("lapses_at", "said_at", "opened_at", "answer_by")


def write_fact(fact: ProviderFact) -> str:
    """The fact as text that `read_fact` understands."""
    return json.dumps(asdict(fact), default=str)


def read_fact(text: str) -> ProviderFact:
    """The fact that was written; raises `ValueError` for anything else."""
    said = _typed(json.loads(text))
    dispute = said.pop("dispute")
    word = None
    if dispute is not None:
        dispute = _typed(dispute)
        word = DisputeWord(**{**dispute, "state": DisputeState(dispute["state"])})
    return ProviderFact(**said, dispute=word)


def _typed(said: dict[str, Any]) -> dict[str, Any]:
    typed: dict[str, Any] = dict(said)
    for name, value in said.items():
        if value is not None and name in _AMOUNTS:
            typed[name] = Decimal(value)
        elif value is not None and name in _MOMENTS:
            typed[name] = dt.datetime.fromisoformat(value)
    return typed
