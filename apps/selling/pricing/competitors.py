"""Competitors' prices as rows of text or of a file: read, and each bad row reported; nothing is fetched."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.kernel import clock
from apps.kernel.errors import InvalidInput
from apps.kernel.money import LARGEST, minor_unit
from apps.platform.businesses.models import Business

from .sheets import find_variants

MOST_ROWS = 5000
LONGEST_FILE = 2_000_000
# What a column may be called, in any capitals; the file's first row names them.
HEADINGS: dict[str, tuple[str, ...]] = {
    "sku": ("sku", "item", "code", "barcode"),
    "competitor": ("competitor", "shop", "seller", "name"),
    "price": ("price", "amount"),
    "currency": ("currency",),
    "date": ("date", "seen", "seen on", "day"),
}


@dataclass(frozen=True, slots=True)
class CompetitorDraft:
    """One price that was seen; `variant_id` is known to be ours."""

    variant_id: UUID
    competitor: str
    price: Decimal
    currency: str
    seen_on: dt.date


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not taken, by its number in the file (the headings are row 1), and why."""

    row: int
    text: str
    problem: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file or a list of rows came to. Every row is in one of the two."""

    drafts: list[CompetitorDraft]
    bad: list[BadRow]


def read_file(content: bytes, business: Business) -> Reading:
    """A CSV file with headings, by commas, semicolons or tabs. Raises `InvalidInput` for what is none."""
    if len(content) > LONGEST_FILE:
        raise InvalidInput(fields={"file": [_("The file is larger than 2 MB; bring it in in parts.")]})
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    lines = [line for line in text.replace("\x00", "").splitlines() if line.strip()]
    if not lines:
        raise InvalidInput(fields={"file": [_("The file is empty.")]})
    delimiter = max(",;\t", key=lines[0].count)
    rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    columns = _columns(rows[0])
    missing = [name for name in ("sku", "competitor", "price") if name not in columns]
    if missing:
        message = _("The first row must name the columns: %(names)s is missing.")
        raise InvalidInput(fields={"file": [message % {"names": ", ".join(missing)}]})
    if len(rows) - 1 > MOST_ROWS:
        raise InvalidInput(fields={"file": [_("At most %(most)s rows at once.") % {"most": MOST_ROWS}]})
    said = [
        {name: row[place].strip() if place < len(row) else "" for name, place in columns.items()}
        for row in rows[1:]
    ]
    return read_rows(said, business, first=2)


def _columns(headings: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, heading in enumerate(headings):
        for name, words in HEADINGS.items():
            if heading.strip().lower() in words and name not in found:
                found[name] = place
    return found


def read_rows(rows: Sequence[Mapping[str, Any]], business: Business, *, first: int = 1) -> Reading:
    """Rows of text as drafts; the statements do not depend on how many there are.

    A later row about the same item, competitor and day replaces the earlier one.
    """
    known = find_variants([str(row.get("sku", "")) for row in rows])
    today = clock.today(business.time_zone)
    drafts: dict[tuple[Any, ...], CompetitorDraft] = {}
    bad = []
    for number, row in enumerate(rows, first):
        try:
            draft = _draft(row, known, business.currency, today)
        except ValueError as error:
            text = ", ".join(str(value) for value in row.values())[:120]
            bad.append(BadRow(number, text, str(error)))
        else:
            drafts[draft.variant_id, draft.competitor.lower(), draft.seen_on] = draft
    return Reading(list(drafts.values()), bad)


def _draft(
    row: Mapping[str, Any], known: Mapping[str, UUID], currency: str, today: dt.date
) -> CompetitorDraft:
    code = str(row.get("sku", "")).strip()
    variant_id = known.get(code.upper())
    if variant_id is None:
        raise ValueError(_("nothing here is called “%(name)s”.") % {"name": code[:60]})
    competitor = " ".join(str(row.get("competitor", "")).split())
    if not 1 <= len(competitor) <= 80:
        raise ValueError(_("name the competitor in up to 80 characters."))
    money = str(row.get("currency") or currency).strip().upper()
    if not (len(money) == 3 and money.isascii() and money.isalpha()):
        raise ValueError(_("“%(text)s” is no currency such as GBP.") % {"text": money[:20]})
    return CompetitorDraft(
        variant_id, competitor, _price(row.get("price", ""), money), money, _day(row, today)
    )


def _price(value: Any, currency: str) -> Decimal:
    text = str(value).strip()
    try:
        price = Decimal(
            text.replace(" ", "").replace(",", ".") if text.count(",") == 1 and "." not in text else text
        )
    except InvalidOperation:
        price = Decimal(0)
    if not price.is_finite() or not 0 < price <= LARGEST or price % minor_unit(currency):
        raise ValueError(_("“%(text)s” is no price such as 8.50.") % {"text": text[:20]})
    return price


def _day(row: Mapping[str, Any], today: dt.date) -> dt.date:
    value = row.get("date") or today
    if isinstance(value, dt.date):
        day = value
    else:
        try:
            day = dt.date.fromisoformat(str(value).strip())
        except ValueError:
            raise ValueError(
                _("“%(text)s” is no day such as 2026-03-31.") % {"text": str(value)[:20]}
            ) from None
    if not today - dt.timedelta(days=3650) <= day <= today:
        raise ValueError(
            _("%(day)s is not in the last ten years, or yet to come.") % {"day": day.isoformat()}
        )
    return day


def variant_words(variant: Variant) -> str:
    """The item as people call it."""
    return " · ".join(filter(None, (variant.product.title, variant.title, variant.sku)))
