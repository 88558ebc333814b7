"""A list of goods as somebody pastes it: a line each, a number of pieces behind the SKU. No database here."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .models import MAX_QUANTITY

MOST_LINES = 200
LONGEST = 20_000
_HEADS = {"sku", "article", "item", "code", "barcode"}
_WORDS = re.compile(r"^(?P<sku>\S.*?)(?:\s+[x×*]?\s*(?P<quantity>\d+))?$")


@dataclass(frozen=True, slots=True)
class ListLine:
    """One line: its number in the text, the text, and what it asks for; or what is wrong with it."""

    number: int
    text: str
    sku: str = ""
    quantity: int = 0
    problem: str = ""


def read_list(text: str) -> list[ListLine]:
    """The lines of a pasted list: `SKU 3`, `SKU, 3`, `SKU;3`, a tab between, or a CSV file with a head.

    Every line that is not empty is answered; what cannot be read says why and keeps its words.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text[:LONGEST].splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line]
    found = [_read(number, line) for number, line in lines[:MOST_LINES] if not _is_head(line)]
    beyond = _("A list holds at most %(most)s lines.") % {"most": MOST_LINES}
    found += [ListLine(number, line, problem=beyond) for number, line in lines[MOST_LINES:]]
    return found


def _is_head(line: str) -> bool:
    return bool({part.strip().lower() for part in re.split(r"[,;\t]", line)} & _HEADS)


def _read(number: int, line: str) -> ListLine:
    divider = next((one for one in "\t;," if one in line), "")
    if divider:
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=divider))]
        sku, given = cells[0], next((cell for cell in cells[1:] if cell), "1")
    else:
        match = _WORDS.match(line)
        sku, given = (match["sku"], match["quantity"] or "1") if match else (line, "1")
    if not sku or len(sku) > 120 or not sku.isprintable():
        return ListLine(number, line, problem=_("There is no SKU in this line."))
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:6]) <= MAX_QUANTITY and len(given) < 4):
        words = _("“%(given)s” is not a number of pieces from 1 to %(most)s.")
        return ListLine(number, line, sku, problem=words % {"given": given[:20], "most": MAX_QUANTITY})
    return ListLine(number, line, sku, int(given))
