"""What carriers answer, read without trusting its shape."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.dateparse import parse_datetime


def amount(given: Any) -> Decimal | None:
    """An amount, or None for what is none."""
    try:
        found = Decimal(str(given)) if given not in (None, "") else None
    except InvalidOperation:
        return None
    return found if found is None or found.is_finite() else None


def moment(text: str) -> dt.datetime | None:
    """A moment; one without a zone counts as of the whole world's time."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    if found is None:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def dict_of(thing: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What is kept under the name, when it is a dictionary."""
    found = thing.get(name)
    return found if isinstance(found, dict) else {}


def list_of(thing: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The dictionaries kept under the name."""
    found = thing.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
