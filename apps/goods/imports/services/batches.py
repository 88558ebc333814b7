"""One batch after the other: read, compare, carry out together; what is refused is looked for by halves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from apps.goods.imports.columns import field_kind, find_field
from apps.goods.imports.models import ImportJob, ImportRowError, RejectedRow
from apps.goods.imports.parsed import Group, ParsedProduct, Problem
from apps.goods.imports.parsing import Layout, ProductParser, group_rows
from apps.goods.imports.planning import Plan, Seen, Shop, plan_product
from apps.goods.imports.quantities import Count, plan_counts
from apps.goods.imports.quantities import Seen as SeenCounts
from apps.goods.imports.reading import Record
from apps.goods.imports.services.counting import import_counts
from apps.goods.imports.services.products import import_products
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError

BATCH = 100
COUNTS = 500
_CODES = {
    "slug": "handle",
    "description_html": "description",
    "vendor_name": "vendor",
    "weight_grams": "grams",
}
T = TypeVar("T")


@dataclass(slots=True)
class Tally:
    """What a batch came to: lines of the file that were accepted or reported, things by what became of them."""

    accepted: int = 0
    reported: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    errors: list[ImportRowError] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    sample: list[dict[str, Any]] = field(default_factory=list)
    # Rows and amount by what the rows are.
    reasons: dict[str, tuple[int, Decimal]] = field(default_factory=dict)

    def count(self, kind: str, lines: int) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if kind == "rejected":
            self.reported += lines
        else:
            self.accepted += lines

    def give_reason(self, reason: str, rows: int, amount: Decimal) -> None:
        """Add rows to what they are."""
        known, sum_ = self.reasons.get(reason, (0, Decimal(0)))
        self.reasons[reason] = (known + rows, sum_ + amount)


def add_reasons(kept: dict[str, Any], new: dict[str, tuple[int, Decimal]]) -> dict[str, Any]:
    """What is kept at an import, with what a batch adds to it."""
    found = dict(kept)
    for reason, (rows, amount) in new.items():
        one = found.get(reason, {"rows": 0, "amount": "0"})
        found[reason] = {"rows": one["rows"] + rows, "amount": str(Decimal(one["amount"]) + amount)}
    return found


def product_passes(
    actor: Actor, job: ImportJob, layout: Layout, records: Iterator[Record]
) -> Iterator[Tally]:
    """Products of the file, a batch at a time, behind those that were told already."""
    seen = Seen()
    done = job.products_done
    groups = group_rows(records, layout)
    for group in islice(groups, done):
        _remember_skipped(group, layout, seen)
    while batch := list(islice(groups, BATCH)):
        yield _do_products(actor, job, layout, batch, seen)


def count_passes(actor: Actor, job: ImportJob, layout: Layout, records: Iterator[Record]) -> Iterator[Tally]:
    """Rows of a file of quantities, a batch at a time."""
    skipped = job.products_done
    for counts in _planned_counts(layout, records):
        left, skipped = counts[skipped:], max(0, skipped - len(counts))
        if left:
            yield _do_counts(actor, job, layout, left)


def _planned_counts(layout: Layout, records: Iterator[Record]) -> Iterator[list[Count]]:
    """Rows as they stand, then those of items with packs, item by item: an item's rows are never parted."""
    seen: SeenCounts = {}
    waiting: dict[UUID, list[Record]] = {}
    while batch := list(islice(records, COUNTS)):
        counts = plan_counts(batch, layout, seen)
        for count in counts:
            if count.waits and count.item is not None:
                waiting.setdefault(count.item.pk, []).append(count.record)
        yield [count for count in counts if not count.waits]
    together: list[Record] = []
    for rows in waiting.values():
        together += rows
        if len(together) >= COUNTS:
            yield plan_counts(together, layout, seen, together=True)
            together = []
    yield plan_counts(together, layout, seen, together=True)


def _do_products(actor: Actor, job: ImportJob, layout: Layout, batch: list[Group], seen: Seen) -> Tally:
    tally = Tally()
    parsed: list[tuple[Group, ParsedProduct | None, list[Problem]]] = []
    for group in batch:
        parser = ProductParser(group, layout)
        parsed.append((group, parser.parse(), parser.problems))
    shop = Shop([product for _group, product, _problems in parsed if product is not None])
    plans = [
        plan_product(product, shop, seen, as_drafts=job.as_drafts) if product is not None else None
        for _group, product, _problems in parsed
    ]
    refused: dict[int, DomainError] = {}
    if not job.is_dry_run:
        wanted = [
            plan for plan in plans if plan and not plan.problems and (plan.kind != "unchanged" or plan.noted)
        ]
        carry_out(wanted, lambda part: import_products(actor, plans=part, job=job), refused)
    for (group, _product, problems), plan in zip(parsed, plans, strict=True):
        if plan is not None:
            error = refused.get(id(plan))
            problems = plan.problems or ([as_problem(error, plan.parsed.row)] if error else [])
        kind = "rejected" if problems or plan is None else plan.kind
        tally.count(kind, group.lines)
        note_problems(tally, job, group.handle, group.records, problems)
        tally.sample.append(_sample(group, plan, kind, layout))
    return tally


def _do_counts(actor: Actor, job: ImportJob, layout: Layout, counts: list[Count]) -> Tally:
    tally = Tally()
    refused: dict[int, DomainError] = {}
    if not job.is_dry_run:
        wanted = [count for count in counts if count.kind == "updated"]
        carry_out(wanted, lambda part: import_counts(actor, counts=part, job=job), refused)
    for count in counts:
        error = refused.get(id(count))
        problems = count.problems or ([as_problem(error, count.record.row)] if error else [])
        kind = "rejected" if problems else count.kind
        name = layout.cell(count.record, "sku") or layout.cell(count.record, "barcode")
        tally.count(kind, count.record.lines)
        note_problems(tally, job, name, [count.record], problems)
        title = str(count.variant.product) if count.variant else ""
        tally.sample.append(
            {
                "row": count.record.row, "handle": storable(name)[:120], "title": title[:120], "kind": kind,
                "variants": 1, "units": count.quantity, "price": f"{count.on_hand} → {count.quantity}", "fields": [],
            }
        )  # fmt: skip
    return tally


def carry_out(
    things: Sequence[T], carry: Callable[[Sequence[T]], object], refused: dict[int, DomainError]
) -> None:
    """All together; when that is refused, each half alone, down to the one that is to blame."""
    if not things:
        return
    try:
        carry(things)
    except DomainError as error:
        if len(things) == 1:
            refused[id(things[0])] = error
            return
        middle = len(things) // 2
        carry_out(things[:middle], carry, refused)
        carry_out(things[middle:], carry, refused)


def as_problem(error: DomainError, row: int) -> Problem:
    """A refusal as what is wrong with a row."""
    name = next(iter(error.fields), "")
    messages = [str(text) for texts in error.fields.values() for text in texts]
    message = " ".join(messages) or f"{error.message} {error.remedy}".strip()
    return Problem(row, _CODES.get(name, name), message)


def note_problems(
    tally: Tally, job: ImportJob, handle: str, records: list[Record], problems: list[Problem]
) -> None:
    """Add what was wrong to the tally, with the rows as they came."""
    for problem in problems:
        known = find_field(problem.code, field_kind(job.kind)) or find_field(problem.code)
        heading = job.mapping.get(problem.code) or (str(known.label) if known else "")
        tally.errors.append(
            ImportRowError(
                job=job,
                row=problem.row,
                column=heading[:255],
                handle=storable(handle)[:255],
                value=storable(problem.value)[:255],
                message=problem.message[:500],
            )
        )
    if problems:
        tally.rejected.extend(
            RejectedRow(
                job=job,
                row=row,
                handle=storable(handle)[:255],
                raw=[storable(cell) for cell in cells],
            )
            for record in records
            for row, cells in record.sources or ((record.row, record.cells),)
        )


def _sample(group: Group, plan: Plan | None, kind: str, layout: Layout) -> dict[str, Any]:
    first = group.records[0]
    return {
        "row": first.row,
        "handle": storable(group.handle)[:120],
        "title": storable(layout.cell(first, "title"))[:120],
        "kind": kind,
        "variants": len(plan.parsed.variants) if plan else 0,
        "units": sum(v.quantity or 0 for v in plan.parsed.variants) if plan else 0,
        "price": storable(layout.cell(first, "price"))[:30],
        "fields": sorted(plan.fields)[:8] if plan and kind == "updated" else [],
    }


def _remember_skipped(group: Group, layout: Layout, seen: Seen) -> None:
    seen.handles.setdefault(group.handle, group.records[0].row)
    for record in group.records:
        if sku := layout.cell(record, "sku"):
            seen.skus.setdefault(sku.upper(), record.row)


def storable(text: str) -> str:
    """`text` as the database can keep it."""
    return text.replace("\x00", "␀").encode("utf-8", "replace").decode()
