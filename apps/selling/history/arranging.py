"""Lines of a file as papers, day by day, returns with what they take back: on disk, so memory does not grow."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from apps.goods.imports.reading import Record

from .models import LineKind
from .parsing import Line, LineParser

PORTION = 5000
# So many lines are one transaction.
PIECE = 2500
_TABLES = """
    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
    CREATE TABLE lines (
        row INTEGER PRIMARY KEY, invoice TEXT, at TEXT, customer TEXT, name TEXT, email TEXT, country TEXT, sku TEXT,
        title TEXT, quantity INTEGER, price TEXT, net INTEGER, tax INTEGER, rest TEXT, kind TEXT, reason TEXT,
        col TEXT, message TEXT, position INTEGER, outcome TEXT
    );
    CREATE TABLE raw (row INTEGER PRIMARY KEY, cells TEXT);
    CREATE TABLE matches (return_row INTEGER, invoice TEXT, position INTEGER, quantity INTEGER);
"""
_PAPERS = """
    CREATE INDEX lines_by_invoice ON lines (invoice, row);
    CREATE TABLE papers AS
        SELECT invoice, MIN(NULLIF(at, '')) AS at, MIN(row) AS row, COUNT(*) AS lines,
               MAX(reason NOT IN ('', 'no_price', 'no_quantity', 'cancelled', 'other_currency')) AS faulty,
               MAX(customer) AS customer, MAX(name) AS name, MAX(email) AS email, MAX(country) AS country
          FROM lines WHERE invoice <> '' GROUP BY invoice;
    UPDATE lines SET reason = 'with_fault', message = 'with_fault' WHERE reason = '' AND (
        invoice IN (SELECT invoice FROM papers WHERE faulty OR at IS NULL));
    UPDATE lines SET position = numbered.position FROM (
        SELECT row, ROW_NUMBER() OVER (PARTITION BY invoice ORDER BY row) AS position FROM lines WHERE reason = ''
    ) AS numbered WHERE numbered.row = lines.row;
    DELETE FROM papers WHERE faulty OR at IS NULL OR invoice NOT IN (SELECT invoice FROM lines WHERE reason = '');
    CREATE UNIQUE INDEX papers_by_invoice ON papers (invoice);
    UPDATE lines SET at = papers.at, customer = papers.customer FROM papers
     WHERE papers.invoice = lines.invoice AND (lines.at <> papers.at OR lines.customer <> papers.customer);
    CREATE INDEX papers_by_time ON papers (at, row);
    CREATE INDEX sales_of_customer ON lines (customer, sku COLLATE NOCASE) WHERE kind = 'goods' AND reason = '';
    CREATE TABLE texts AS
        SELECT UPPER(sku) AS sku, title, COUNT(*) AS times, MIN(row) AS row FROM lines
         WHERE kind = 'goods' AND reason = '' AND title <> '' GROUP BY 1, 2;
    CREATE INDEX texts_by_sku ON texts (sku, times DESC, row);
    CREATE INDEX lines_by_sku ON lines (sku COLLATE NOCASE, row) WHERE kind = 'goods' AND reason = '';
"""
_INSERT = f"INSERT INTO lines VALUES ({', '.join('?' * 18)}, 0, '')"  # noqa: S608
_COLUMNS = ", ".join(f"l.{'col' if name == 'column' else name}" for name in Line._fields)


class Match(NamedTuple):
    """So many pieces of a line of a paper that a return takes back."""

    invoice: str
    position: int
    quantity: int


@dataclass(slots=True)
class Paper:
    """An invoice as it will be kept."""

    number: str
    at: dt.datetime
    day: dt.date
    customer: str
    name: str
    email: str
    country: str
    lines: list[Line] = field(default_factory=list)
    # By the row of a return: what it takes back, and how that is said.
    matches: dict[int, list[Match]] = field(default_factory=dict)
    outcomes: dict[int, str] = field(default_factory=dict)

    def digest(self) -> str:
        """The same for the same paper, whatever stands around it in the file."""
        facts = [
            self.number, self.at.isoformat(), self.customer, self.email, self.country,
            *([line.sku, line.title, line.quantity, line.price, line.tax, line.kind] for line in self.lines),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


Earlier = Callable[[list[Line]], dict[tuple[str, str], list["Sold"]]]


class Sold(NamedTuple):
    """A line of an earlier file that a return may take back, with what is left of it."""

    at: str
    invoice: str
    position: int
    price: str
    left: int


class Arranged:
    """The file in a database of this connection alone, on disk, gone when it is closed."""

    def __init__(self, zone: ZoneInfo) -> None:
        # "" is a temporary file, which SQLite removes by itself.
        self.store = sqlite3.connect("")
        self.store.executescript(_TABLES)
        self.zone = zone

    def close(self) -> None:
        self.store.close()

    def fill(self, records: Iterable[Record], parser: LineParser) -> None:
        """Read everything; nothing is decided before all of a paper was seen."""
        records = iter(records)
        while portion := list(islice(records, PORTION)):
            self.store.executemany(_INSERT, [parser.parse(record) for record in portion])
            # Of every row: one that is right may be on a paper with a wrong one, and goes back with it.
            self.store.executemany(
                "INSERT INTO raw VALUES (?, ?)", [(one.row, json.dumps(one.cells)) for one in portion]
            )
        self.store.executescript(_PAPERS)

    def match(self, earlier: Earlier) -> None:
        """Say of each return what it takes back: the same customer, code and price, the latest sale before it first."""
        returns = self._lines("l.kind = 'return' AND l.reason = '' ORDER BY p.at, l.row")
        taken: dict[tuple[str, int], int] = defaultdict(int)
        while portion := list(islice(returns, 500)):
            known = earlier([line for line in portion if line.customer])
            for line in portion:
                self._match_one(line, known.get((line.customer, line.sku.upper()), []), taken)
        self.store.execute("CREATE INDEX matches_by_row ON matches (return_row)")

    def _match_one(self, line: Line, earlier: list[Sold], taken: dict[tuple[str, int], int]) -> None:
        outcome, left = "return_no_customer", -line.quantity
        if line.customer:
            sold = self._sold_before(line) + [one for one in earlier if one.at <= line.at]
            same = [one for one in sold if one.price == line.price]
            for one in same:
                key = one.invoice, one.position
                if (count := min(left, one.left - taken[key])) > 0:
                    taken[key] += count
                    left -= count
                    self.store.execute(
                        "INSERT INTO matches VALUES (?, ?, ?, ?)",
                        (line.row, one.invoice, one.position, count),
                    )
                if not left:
                    break
            if not left:
                outcome = "return_matched"
            elif left < -line.quantity:
                outcome = "return_matched_partly"
            elif same:
                outcome = "return_more_than_sold"
            else:
                outcome = "return_other_price" if sold else "return_never_sold"
        self.store.execute("UPDATE lines SET outcome = ? WHERE row = ?", (outcome, line.row))

    def _sold_before(self, line: Line) -> list[Sold]:
        rows = self.store.execute(
            "SELECT p.at, l.invoice, l.position, l.price, l.quantity FROM lines l JOIN papers p USING (invoice) "
            "WHERE l.customer = ? AND l.sku = ? COLLATE NOCASE AND l.kind = 'goods' AND l.reason = '' AND p.at <= ? "
            "ORDER BY p.at DESC, l.row DESC",
            (line.customer, line.sku, line.at),
        )
        return [Sold(*row) for row in rows]

    def count_matched(self) -> int:
        """Pieces that were matched."""
        return int(self.store.execute("SELECT COALESCE(SUM(quantity), 0) FROM matches").fetchone()[0])

    def left_out(self) -> Iterator[list[tuple[Line, list[str]]]]:
        """Rows that are no part of a paper, with their cells as they came."""
        rows = self.store.execute(
            f"SELECT {_COLUMNS}, raw.cells FROM lines l LEFT JOIN raw USING (row) WHERE l.reason <> '' ORDER BY l.row"  # noqa: S608
        )
        while portion := rows.fetchmany(2000):
            yield [(Line(*row[:-1]), json.loads(row[-1]) if row[-1] else []) for row in portion]

    def as_they_came(self, lines: Iterable[Line]) -> list[Record]:
        """These rows of the file, to be mended and sent again."""
        found = []
        for line in lines:
            (cells,) = self.store.execute("SELECT cells FROM raw WHERE row = ?", (line.row,)).fetchone()
            found.append(Record(line.row, json.loads(cells)))
        return found

    def papers(self) -> Iterator[list[Paper]]:
        """The papers by time, so many lines together."""
        piece: list[Paper] = []
        lines = 0
        for paper in self._papers():
            piece.append(paper)
            lines += len(paper.lines)
            if lines >= PIECE:
                yield piece
                piece, lines = [], 0
        if piece:
            yield piece

    def _papers(self) -> Iterator[Paper]:
        rows = self.store.execute(
            f"SELECT p.at, p.customer, p.name, p.email, p.country, l.outcome, {_COLUMNS} "  # noqa: S608
            "FROM papers p JOIN lines l USING (invoice) WHERE l.reason = '' ORDER BY p.at, p.row, l.row"
        )
        for (number, at), found in groupby(rows, key=lambda row: (row[7], row[0])):
            paper: Paper | None = None
            for row in found:
                if paper is None:
                    moment = dt.datetime.fromisoformat(at)
                    day = moment.astimezone(self.zone).date()
                    paper = Paper(number, moment, day, *row[1:5])
                line = Line(*row[6:])
                paper.lines.append(line)
                if line.kind == LineKind.RETURN:
                    paper.outcomes[line.row] = row[5]
                    paper.matches[line.row] = self._matches(line.row)
            assert paper is not None  # noqa: S101  (a group has a row)
            yield paper

    def _matches(self, row: int) -> list[Match]:
        found = self.store.execute(
            "SELECT invoice, position, quantity FROM matches WHERE return_row = ?", (row,)
        )
        return [Match(*one) for one in found]

    def described(self, skus: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Of codes in capitals: the most frequent text and the last price."""
        found = {}
        for sku in skus:
            text = self.store.execute(
                "SELECT title FROM texts WHERE sku = ? ORDER BY times DESC, row LIMIT 1", (sku,)
            ).fetchone()
            price = self.store.execute(
                "SELECT price FROM lines WHERE sku = ? COLLATE NOCASE AND kind = 'goods' AND reason = '' "
                "ORDER BY row DESC LIMIT 1",
                (sku,),
            ).fetchone()
            found[sku] = (text[0] if text else sku, price[0] if price else "0")
        return found

    def _lines(self, where: str) -> Iterator[Line]:
        rows = self.store.execute(
            f"SELECT {_COLUMNS} FROM lines l JOIN papers p USING (invoice) WHERE {where}"  # noqa: S608
        ).fetchall()
        return (Line(*row) for row in rows)
