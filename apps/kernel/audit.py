"""Writing to the audit chain, and checking it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import connection, models
from pydantic_core import to_jsonable_python

from . import clock
from .actors import Actor
from .models import AuditEntry
from .work import current_work

PLATFORM_CHAIN = UUID(int=0)


def record(
    actor: Actor,
    action: str,
    thing: models.Model | None = None,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Enter that `actor` did `action` (`orders.refunded`) to `thing`; written with the work, or not at all.

    Inside a use case only. `before` and `after` hold the fields that changed.
    """
    work = current_work()
    if work is None:
        raise RuntimeError("audit.record() belongs inside a use case")
    work.audit.append(
        AuditEntry(
            chain=actor.business_id or PLATFORM_CHAIN,
            at=clock.now(),
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_label=actor.label[:200],
            role=actor.role,
            action=action,
            object_type=thing._meta.label_lower if thing is not None else "",
            object_id=str(thing.pk) if thing is not None else "",
            object_label=str(thing)[:200] if thing is not None else "",
            before=_plain(before),
            after=_plain(after),
            reason=reason,
            request_id=actor.request_id,
            ip=actor.ip,
        )
    )


def _plain(values: dict[str, Any] | None) -> Any:
    return None if values is None else to_jsonable_python(values, fallback=str)


@dataclasses.dataclass(frozen=True, slots=True)
class BrokenLink:
    """Where a chain does not hold."""

    chain: UUID
    sequence: int
    entry_id: UUID | None
    fault: str


_VERIFY = """
    SELECT chain, sequence, id,
        CASE
            WHEN digest IS DISTINCT FROM kernel_audit_digest(entry) THEN 'changed'
            WHEN sequence IS DISTINCT FROM
                1 + COALESCE(lag(sequence) OVER chain_order, 0) THEN 'missing before'
            WHEN previous_digest IS DISTINCT FROM
                COALESCE(lag(digest) OVER chain_order, ''::bytea) THEN 'unlinked'
        END AS fault
    FROM kernel_auditentry entry
    WINDOW chain_order AS (PARTITION BY chain ORDER BY sequence)
"""
_FAULTS = f"SELECT * FROM ({_VERIFY}) checked WHERE fault IS NOT NULL ORDER BY chain, sequence"  # noqa: S608
_HEADS = """
    SELECT head.chain, head.sequence FROM kernel_audithead head
    LEFT JOIN kernel_auditentry entry
        ON entry.chain = head.chain AND entry.sequence = head.sequence AND entry.digest = head.digest
    WHERE entry.id IS NULL AND head.sequence > 0
"""


def broken_links() -> Iterator[BrokenLink]:
    """Every entry that was changed, removed or put in by hand, in all chains."""
    with connection.cursor() as cursor:
        cursor.execute(_FAULTS)
        for chain, sequence, entry_id, fault in cursor.fetchall():
            yield BrokenLink(chain, sequence, entry_id, fault)
        cursor.execute(_HEADS)
        for chain, sequence in cursor.fetchall():
            yield BrokenLink(chain, sequence, None, "cut off at the end")
