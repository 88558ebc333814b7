"""A pass over a payout file: compared with what is known, or kept. A line that was brought in before is left."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from apps.goods.imports.cells import Fault
from apps.goods.imports.models import ImportJob
from apps.goods.imports.parsed import Problem
from apps.goods.imports.parsing import Layout
from apps.goods.imports.reading import Record
from apps.goods.imports.rules import Rules
from apps.goods.imports.services.batches import Tally, as_problem, carry_out, note_problems
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.platform.businesses.selectors import get_current_business
from apps.selling.payouts.matching import Known
from apps.selling.payouts.models import PayoutLine
from apps.selling.payouts.parsing import Draft, PayoutParser

from .recording import record_lines

BATCH = 200
Row = tuple[Record, Draft | None, Fault | None]


def payout_passes(actor: Actor, job: ImportJob, records: Iterator[Record]) -> Iterator[Tally]:
    """The rows of the file, a batch at a time, behind those that were told already."""
    business = get_current_business()
    layout = Layout(
        job.headings, job.mapping, job.delimiter, defaults=job.defaults, rules=Rules.read(job.rules)
    )
    parser = PayoutParser(layout, currency=business.currency, time_zone=business.time_zone)
    seen: set[tuple[str, str]] = set()
    taken: set[UUID] = set()
    records = islice(records, job.rows_done, None)
    while batch := list(islice(records, BATCH)):
        yield _do(actor, job, [_read(parser, record) for record in batch], seen, taken)


def _read(parser: PayoutParser, record: Record) -> Row:
    try:
        return record, parser.parse(record), None
    except Fault as fault:
        return record, None, fault


def _do(actor: Actor, job: ImportJob, rows: list[Row], seen: set[tuple[str, str]], taken: set[UUID]) -> Tally:
    tally = Tally()
    drafts = [each for _record, each, _fault in rows if each is not None]
    stored = set(
        PayoutLine.objects.filter(line_ref__in={each.line_ref for each in drafts}).values_list(
            "provider", "line_ref"
        )
    )
    fresh = []
    for new in drafts:
        key = (new.provider, new.line_ref)
        if key not in stored and key not in seen:
            fresh.append(new)
        seen.add(key)
    # Asked before they are kept: afterwards each would be found to be taken by itself.
    known = Known(fresh, taken)
    fits = {id(each): known.fit(each) for each in fresh}
    refused: dict[int, DomainError] = {}
    if not job.is_dry_run:
        carry_out(fresh, lambda part: record_lines(actor, drafts=part, job=job), refused)
    for record, draft, fault in rows:
        error = refused.get(id(draft)) if draft else None
        if draft is None or error is not None:
            tally.count("rejected", record.lines)
            problem = (
                as_problem(error, record.row)
                if error
                else Problem(record.row, fault.column if fault else "", fault.message if fault else "")
            )
            tally.give_reason(fault.reason if fault else "refused", 1, Decimal(0))
            note_problems(tally, job, "", [record], [problem])
            continue
        fit = fits.get(id(draft))
        kind = "unchanged" if fit is None else "created"
        tally.count(kind, record.lines)
        reason = "known" if fit is None else fit.why or draft.kind
        tally.give_reason(reason, 1, draft.net)
        tally.sample.append(_sample(draft, kind))
    return tally


def _sample(draft: Draft, kind: str) -> dict[str, Any]:
    label = str(PayoutLine.Kind(draft.kind).label)
    return {
        "row": draft.row, "handle": draft.line_ref, "title": f"{label} {draft.references[0]}"[:120], "kind": kind,
        "variants": 0, "units": 1, "price": str(draft.net), "fields": [],
    }  # fmt: skip
