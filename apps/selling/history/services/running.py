"""A pass over a file of sales: arranged on disk, then day by day, compared or brought in. Resumed where it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.goods.imports.models import ImportJob
from apps.goods.imports.parsed import Problem
from apps.goods.imports.parsing import Layout
from apps.goods.imports.reading import Record
from apps.goods.imports.rules import Rules
from apps.goods.imports.services.batches import Tally, as_problem, carry_out, note_problems, storable
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.money import minor_digits
from apps.platform.businesses.selectors import get_current_business
from apps.selling.history.arranging import Arranged, Paper
from apps.selling.history.models import LineKind
from apps.selling.history.parsing import Line, LineParser
from apps.selling.history.selectors import digests_of, sold_earlier

from .importing import import_papers


@dataclass(slots=True)
class Pass:
    """What a pass needs to know everywhere."""

    actor: Actor
    job: ImportJob
    book: Arranged
    parser: LineParser
    digits: int

    def amount(self, line: Line) -> Decimal:
        """What the line comes to as the file counts it: with tax when prices include it."""
        minor = line.net + line.tax if self.parser.inclusive else line.net
        return Decimal(minor).scaleb(-self.digits)


def sales_passes(actor: Actor, job: ImportJob, records: Iterator[Record]) -> Iterator[Tally]:
    """The rows that are no sales first, then the papers by day; what was told already is not done again."""
    business = get_current_business()
    rules = Rules.read(job.rules)
    layout = Layout(job.headings, job.mapping, job.delimiter, defaults=job.defaults, rules=rules)
    parser = LineParser(layout, currency=business.currency, time_zone=business.time_zone)
    with closing(
        Arranged(parser.zone if job.defaults.get("time_zone") else ZoneInfo(business.time_zone))
    ) as book:
        book.fill(records, parser)
        book.match(sold_earlier)
        work = Pass(actor, job, book, parser, minor_digits(business.currency))
        told = job.rows_done
        for portion in book.left_out():
            told -= len(portion)
            if told < 0:
                yield _left_out(work, portion)
        for papers in book.papers():
            told -= sum(len(paper.lines) for paper in papers)
            if told < 0:
                yield _papers(work, papers)


def _left_out(work: Pass, portion: list[tuple[Line, list[str]]]) -> Tally:
    tally = Tally()
    for line, cells in portion:
        tally.reported += 1
        message = (
            line.message if line.message != "with_fault" else _("Mend the other row of this paper first.")
        )
        amount = work.amount(line) + Decimal(line.rest)
        tally.give_reason(line.reason, 1, amount)
        record = Record(line.row, cells)
        note_problems(tally, work.job, line.invoice, [record], [Problem(line.row, line.column, message)])
    return tally


def _papers(work: Pass, papers: list[Paper]) -> Tally:
    tally = Tally()
    digests = {paper.number: paper.digest() for paper in papers}
    known = digests_of(list(digests))
    fresh = [paper for paper in papers if paper.number not in known]
    refused: dict[int, DomainError] = {}
    if not work.job.is_dry_run:
        carry_out(
            fresh,
            lambda part: import_papers(
                work.actor, papers=part, book=work.book, job=work.job, digests=digests
            ),
            refused,
        )
    for paper in papers:
        error, kind, reason = refused.get(id(paper)), "created", ""
        if error is not None:
            kind, reason = "rejected", "refused"
        elif paper.number in known:
            is_same = known[paper.number] == digests[paper.number]
            kind, reason = ("unchanged", "") if is_same else ("rejected", "other_content")
        tally.count(kind, len(paper.lines))
        _account(work, tally, paper, reason)
        if reason:
            problem = _refusal(error, paper)
            note_problems(tally, work.job, paper.number, work.book.as_they_came(paper.lines), [problem])
        total = sum((work.amount(line) for line in paper.lines), Decimal(0))
        tally.sample.append(_sample(paper, kind, total))
    return tally


def _account(work: Pass, tally: Tally, paper: Paper, reason: str) -> None:
    for line in paper.lines:
        own = paper.outcomes[line.row] if line.kind == LineKind.RETURN else line.kind
        tally.give_reason(reason or own, 1, work.amount(line))
        if rest := Decimal(line.rest):
            tally.give_reason("rounding", 0, rest)


def _refusal(error: DomainError | None, paper: Paper) -> Problem:
    row = paper.lines[0].row
    if error is not None:
        return as_problem(error, row)
    return Problem(
        row, "invoice", _("This number was brought in already, with other content. Undo that one first.")
    )


def _sample(paper: Paper, kind: str, total: Decimal) -> dict[str, Any]:
    return {
        "row": paper.lines[0].row,
        "handle": storable(paper.number)[:120],
        "title": storable(paper.number)[:120],
        "kind": kind,
        "variants": 0,
        "units": len(paper.lines),
        "price": str(total),
        "fields": [],
    }
