"""The trail as a file for people (CSV) or programs (JSON lines), a line at a time."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any

from apps.kernel.models import AuditEntry
from apps.kernel.plain_words import say_action

COLUMNS = (
    "sequence", "at", "actor_kind", "actor_id", "actor_label", "role", "action", "said", "object_type", "object_id",
    "object_label", "before", "after", "reason", "request_id", "ip", "digest",
)  # fmt: skip
# What makes a spreadsheet run a cell.
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


class _Echo:
    """Hands back what the csv writer writes, instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def as_row(entry: AuditEntry) -> dict[str, Any]:
    """The entry as plain values."""
    row = {name: getattr(entry, name) for name in COLUMNS if name != "said"}
    row["said"] = say_action(entry.action)
    row["at"] = entry.at.isoformat()
    row["actor_id"] = str(entry.actor_id) if entry.actor_id else ""
    row["digest"] = bytes(entry.digest).hex()
    return row


def json_lines(entries: Iterable[AuditEntry]) -> Iterator[str]:
    """One JSON object a line."""
    for entry in entries:
        yield json.dumps(as_row(entry), ensure_ascii=False) + "\n"


def csv_lines(entries: Iterable[AuditEntry]) -> Iterator[str]:
    """A table with headings; no cell that a spreadsheet would run."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + str(writer.writerow(COLUMNS))
    for entry in entries:
        row = as_row(entry)
        for name in ("before", "after"):
            row[name] = "" if row[name] is None else json.dumps(row[name], ensure_ascii=False)
        yield str(writer.writerow([_still(str(row[name])) for name in COLUMNS]))


def _still(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_STARTS) else cell
