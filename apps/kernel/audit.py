"""Writing to the audit chain, and checking it."""

from __future__ import annotations

import dataclasses
from typing import Any
from uuid import UUID

from django.db import connection, models
from pydantic_core import to_jsonable_python

from . import clock, tenancy
from .actors import Actor
from .models import AuditEntry
from .prepared import insert
from .work import Work, current_work

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


def write_audit(work: Work) -> None:
    """Write the gathered entries, each chain under its own business: one query a chain."""
    chains: dict[UUID, list[AuditEntry]] = {}
    for entry in work.audit:
        chains.setdefault(entry.chain, []).append(entry)
    # One order for all: two works that write to the same chains lock their heads alike.
    for chain in sorted(chains):
        with tenancy.bind(None if chain == PLATFORM_CHAIN else chain):
            insert(chains[chain])


def record_crossing(actor: Actor, name: str, reason: str) -> None:
    """Enter in the platform's chain that a person looked across businesses, at once and outside of any work."""
    with tenancy.bind(None):
        AuditEntry.objects.create(
            chain=PLATFORM_CHAIN,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_label=actor.label[:200],
            role=actor.role,
            action="platform.crossing",
            object_type="crossing",
            object_id=name[:64],
            object_label=name,
            reason=reason,
            request_id=actor.request_id,
            ip=actor.ip,
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


@tenancy.across("audit.verify")
def broken_links() -> list[BrokenLink]:
    """Every entry that was changed, removed or put in by hand, in all chains."""
    with connection.cursor() as cursor:
        cursor.execute(_FAULTS)
        found = [BrokenLink(*row) for row in cursor.fetchall()]
        cursor.execute(_HEADS)
        found += [
            BrokenLink(chain, sequence, None, "cut off at the end") for chain, sequence in cursor.fetchall()
        ]
    return found
