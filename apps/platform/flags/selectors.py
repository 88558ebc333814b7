"""Asking how a flag stands."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from apps.kernel import tenancy, trace
from apps.kernel.tenancy import across

from .models import Choice, Rollout
from .registry import Flag, get_flag

_READ = """
    SELECT name, percent, NULL::boolean FROM flags_rollout
    UNION ALL
    SELECT name, NULL, is_on FROM flags_choice WHERE business_id = %s
"""


@dataclass(slots=True)
class Standing:
    """What was decided, as one request sees it."""

    percents: dict[str, int] = field(default_factory=dict)
    choices: dict[str, bool] = field(default_factory=dict)


def is_on(name: str, business_id: UUID | None) -> bool:
    """Whether the flag is on for the business; for none, whether it is on for everybody.

    One query for all flags of a business, kept until the request or task ends. Raises `UnknownFlag`.
    """
    flag = get_flag(name)
    standing = _standing(business_id)
    if name in standing.choices:
        return standing.choices[name]
    percent = standing.percents.get(name, 100 if flag.is_on_by_default else 0)
    return percent >= 100 if business_id is None else place_of(name, business_id) < percent


def place_of(name: str, business_id: UUID) -> int:
    """The business's place from 0 to 99 in the row for this flag: always the same, another for another flag."""
    return int.from_bytes(hashlib.sha256(f"{name}:{business_id}".encode()).digest()[:4], "big") % 100


def percent_of(flag: Flag) -> int:
    """For how many in a hundred businesses the flag is on."""
    row = Rollout.objects.filter(name=flag.name).values_list("percent", flat=True).first()
    return (100 if flag.is_on_by_default else 0) if row is None else row


@across("flags.choices")
def list_across_choices(name: str) -> list[tuple[UUID, str, bool]]:
    """(business, its name, on) of the choices made for a flag; for who runs the platform."""
    rows: Any = Choice.unscoped.filter(name=name).select_related("business").order_by("business__name", "pk")
    return [(row.business_id, row.business.name, row.is_on) for row in rows[:200]]


def _standing(business_id: UUID | None) -> Standing:
    going_on = trace.current()
    key = ("flags", business_id)
    if going_on is not None and key in going_on.known:
        known: Standing = going_on.known[key]
        return known
    standing = Standing()
    with tenancy.bind(business_id), connection.cursor() as cursor:
        cursor.execute(_READ, [business_id])
        for name, percent, chosen in cursor.fetchall():
            if percent is None:
                standing.choices[name] = chosen
            else:
                standing.percents[name] = percent
    if going_on is not None:
        going_on.known[key] = standing
    return standing
