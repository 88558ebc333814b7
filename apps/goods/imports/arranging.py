"""Putting rows together that belong together but do not stand together: on disk, so that memory does not grow.

Invoice lines become one row for each code; WooCommerce's variations follow their parents.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.goods.imports.reading import Record
from apps.goods.imports.rules import Rules

_PORTION = 5000
_PRICE_FIRST = """
    CREATE TABLE codes (
        code TEXT PRIMARY KEY, row INTEGER, cells TEXT, lines INTEGER, price TEXT
    ) WITHOUT ROWID;
    CREATE TABLE texts (code TEXT, text TEXT, number INTEGER, row INTEGER, PRIMARY KEY (code, text)) WITHOUT ROWID;
"""
_CODE = """
    INSERT INTO codes VALUES (?, ?, ?, 1, ?) ON CONFLICT (code) DO UPDATE
    SET lines = lines + 1, price = CASE WHEN excluded.price <> '' THEN excluded.price ELSE price END
"""
_TEXT = """
    INSERT INTO texts VALUES (?, ?, 1, ?) ON CONFLICT (code, text) DO UPDATE SET number = number + 1
"""
_FOUND = """
    SELECT row, cells, lines, price, code, (
        SELECT text FROM texts WHERE texts.code = codes.code ORDER BY number DESC, texts.row LIMIT 1
    ) FROM codes ORDER BY row
"""


def one_per_code(
    records: Iterable[Record], rules: Rules, *, code: int, title: int | None, price: int | None, width: int
) -> Iterator[Record]:
    """One record for each code: its most frequent text and its last price above zero.

    Capitals do not make another code. What is no product, or has no price, is a record with the reason. Rows that
    cannot be read come first, each alone.
    """
    # "" is a database of this connection alone, on disk, which is gone when it is closed.
    with closing(sqlite3.connect("")) as store:
        store.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _PRICE_FIRST)
        codes: list[tuple[str, int, str, str]] = []
        texts: list[tuple[str, str, int]] = []
        for record in records:
            cells = record.cells
            if record.problem or len(cells) != width or not cells[code].strip():
                why = record.problem or (_("This row has no code.") if len(cells) == width else "")
                yield replace(record, problem=why)
                continue
            key = cells[code].strip().upper()
            amount = _positive(cells[price]) if price is not None else "1"
            codes.append((key, record.row, json.dumps(cells), amount))
            if title is not None and (text := cells[title].strip()):
                texts.append((key, text, record.row))
            if len(codes) >= _PORTION:
                _keep(store, codes, texts)
        _keep(store, codes, texts)
        for row, raw, lines, last, key, text in store.execute(_FOUND):
            cells = json.loads(raw)
            problem = _problem(rules, key, lines, last, text, title)
            if title is not None:
                cells[title] = text or ""
            if price is not None:
                cells[price] = last
            yield Record(row, cells, problem, lines=lines, sources=((row, json.loads(raw)),))


def _keep(
    store: sqlite3.Connection, codes: list[tuple[str, int, str, str]], texts: list[tuple[str, str, int]]
) -> None:
    store.executemany(_CODE, codes)
    store.executemany(_TEXT, texts)
    codes.clear()
    texts.clear()


def _problem(rules: Rules, key: str, lines: int, price: str, text: str | None, title: int | None) -> str:
    number = ngettext("%(n)s line.", "%(n)s lines.", lines) % {"n": f"{lines:,}"}
    if rules.leaves_out(key):
        return (
            _("“%(code)s” is on the list of codes that are no products.") % {"code": key[:60]} + f" {number}"
        )
    if title is not None and not text:
        return _("No row of “%(code)s” has a description.") % {"code": key[:60]} + f" {number}"
    if not price:
        return _("No row of “%(code)s” has a price above zero.") % {"code": key[:60]} + f" {number}"
    return ""


def _positive(text: str) -> str:
    """The amount as it stands when it is above zero."""
    plain = text.strip()
    try:
        amount = Decimal(plain.replace(",", ".") if plain.count(",") == 1 and "." not in plain else plain)
    except InvalidOperation:
        return ""
    return plain if amount.is_finite() and amount > 0 else ""


_WOO = """
    CREATE TABLE rows (row INTEGER PRIMARY KEY, id TEXT, sku TEXT, parent TEXT, cells TEXT);
    CREATE INDEX of_parent ON rows (parent); CREATE INDEX by_id ON rows (id); CREATE INDEX by_sku ON rows (sku);
"""
_ORDER = """
    SELECT child.row, child.cells, COALESCE(
        (SELECT MIN(row) FROM rows above WHERE child.parent <> '' AND above.parent = ''
            AND (above.id = child.parent OR above.sku = child.parent)),
        child.row
    ) AS first FROM rows child ORDER BY first, child.row
"""


def parents_first(
    records: Iterable[Record], *, places: Sequence[int | None], width: int
) -> Iterator[list[Record]]:
    """The rows of each product together, parent first. `places` are the columns of id, SKU and parent."""
    at_id, at_sku, at_parent = places
    with closing(sqlite3.connect("")) as store:
        store.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _WOO)
        for record in records:
            if record.problem or len(record.cells) != width:
                yield [record]
                continue
            facts = [
                record.cells[place].strip() if place is not None else ""
                for place in (at_id, at_sku, at_parent)
            ]
            parent = facts[2].removeprefix("id:").strip()
            store.execute(
                "INSERT INTO rows VALUES (?, ?, ?, ?, ?)",
                [record.row, facts[0], facts[1], parent, json.dumps(record.cells)],
            )
        family: list[Record] = []
        head = 0
        for row, cells, first in store.execute(_ORDER):
            if family and first != head:
                yield family
                family = []
            head = first
            family.append(Record(row, json.loads(cells)))
        if family:
            yield family
