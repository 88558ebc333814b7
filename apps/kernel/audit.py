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
    SELECT entry.chain, entry.sequence, entry.id,
        CASE
            WHEN entry.digest IS DISTINCT FROM kernel_audit_digest(entry) THEN 'changed'
            WHEN entry.seal = 2 AND entry.redacted_at IS NULL AND
                entry.personal_digest IS DISTINCT FROM kernel_audit_personal_digest(entry) THEN 'changed'
            WHEN entry.sequence IS DISTINCT FROM
                1 + COALESCE(lag(entry.sequence) OVER chain_order, anchor.sequence, 0) THEN 'missing before'
            WHEN entry.previous_digest IS DISTINCT FROM
                COALESCE(lag(entry.digest) OVER chain_order, anchor.digest, ''::bytea) THEN 'unlinked'
            WHEN entry.redacted_at IS NOT NULL AND NOT EXISTS (
                SELECT FROM kernel_auditentry told WHERE told.chain = entry.chain
                AND told.action = 'privacy.redacted'
                AND told.after @> jsonb_build_object('entries', jsonb_build_array(entry.sequence)))
                THEN 'emptied without an entry'
        END AS fault
    FROM kernel_auditentry entry LEFT JOIN kernel_auditanchor anchor ON anchor.chain = entry.chain
    WINDOW chain_order AS (PARTITION BY entry.chain ORDER BY entry.sequence)
"""
_FAULTS = f"SELECT * FROM ({_VERIFY}) checked WHERE fault IS NOT NULL ORDER BY chain, sequence"  # noqa: S608
_HEADS = """
    SELECT head.chain, head.sequence FROM kernel_audithead head
    LEFT JOIN kernel_auditentry entry
        ON entry.chain = head.chain AND entry.sequence = head.sequence AND entry.digest = head.digest
    LEFT JOIN kernel_auditanchor anchor
        ON anchor.chain = head.chain AND anchor.sequence = head.sequence AND anchor.digest = head.digest
    WHERE entry.id IS NULL AND anchor.chain IS NULL AND head.sequence > 0
"""


@tenancy.across("audit.verify")
def broken_links() -> list[BrokenLink]:
    """Every entry that was changed, removed or put in by hand, in all live chains."""
    with connection.cursor() as cursor:
        cursor.execute(_FAULTS)
        found = [BrokenLink(*row) for row in cursor.fetchall()]
        cursor.execute(_HEADS)
        found += [
            BrokenLink(chain, sequence, None, "cut off at the end") for chain, sequence in cursor.fetchall()
        ]
    return found


def cut(chain: UUID, last_sequence: int, content_digest: bytes) -> int:
    """Take the entries up to `last_sequence` out of the live chain and leave an anchor; returns how many.

    The database does it as the owner of the table, and refuses unless the entries there are whole, older than the
    legal minimum and exactly those whose digests make `content_digest`: what the archive was made of.
    """
    with tenancy.bind(None if chain == PLATFORM_CHAIN else chain), connection.cursor() as cursor:
        cursor.execute("SELECT kernel_audit_cut(%s, %s, %s)", [chain, last_sequence, content_digest])
        return int(cursor.fetchone()[0])


def redact(chain: UUID, entry_ids: list[UUID]) -> list[int]:
    """Take what names people out of these entries; returns the numbers of those it was taken from.

    The chain holds without it. Entries sealed before version 2 cannot lose it. The caller enters `privacy.redacted`
    with these numbers as `entries`: an emptied entry that no other speaks of counts as broken.
    """
    with tenancy.bind(None if chain == PLATFORM_CHAIN else chain), connection.cursor() as cursor:
        cursor.execute("SELECT kernel_audit_redact(%s, %s)", [chain, entry_ids])
        return sorted(row[0] for row in cursor.fetchall())
