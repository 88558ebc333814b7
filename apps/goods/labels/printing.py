"""From items to a PDF of labels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.goods.catalog.label_facts import LabelFacts
from apps.goods.labels.care import care_label
from apps.goods.labels.papers import PAPERS, Paper
from apps.goods.labels.symbols import Symbol, draw
from apps.kernel.errors import InvalidInput
from apps.kernel.pdf import font_faces, write_pdf

MOST_LABELS = 500
CARE = "care"


@dataclass(frozen=True, slots=True)
class Item:
    """What stands on `copies` labels: two lines of words, a price already in words, and what the symbol says."""

    title: str
    detail: str
    sku: str
    price: str
    code: str
    copies: int
    facts: LabelFacts | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """How the labels shall look. `first` is the first free label of a sheet that was begun, from 1."""

    paper: str
    kind: str
    first: int = 1
    with_price: bool = True
    with_sku: bool = True
    lot: str = ""
    best_before: dt.date | None = None
    layout: str = "shelf"


def print_labels(items: Sequence[Item], wish: Wish) -> bytes:
    """The labels as a PDF, nothing stored.

    Raises `InvalidInput` for no or too many labels, and for every item whose symbol cannot be drawn or would be too
    fine for a scanner on this paper; each is named with its reason, and nothing is printed.
    """
    paper = PAPERS[wish.paper]
    count = sum(item.copies for item in items)
    if not count:
        raise InvalidInput(_("Enter how many labels you want for at least one item."), code="no_labels")
    if count > MOST_LABELS:
        raise InvalidInput(
            _("At most %(most)s labels are printed at once; these are %(count)s.")
            % {"most": MOST_LABELS, "count": count},
            code="too_many_labels",
        )
    labels = _labels(items, wish, paper)
    start = min(max(wish.first, 1), paper.per_page) - 1
    context = {
        "paper": paper,
        "pages": list(_pages([None] * start + labels, paper)),
        "wish": wish,
        "fonts": font_faces(),
    }
    template = "labels/care.html" if wish.layout == CARE else "labels/sheet.html"
    return write_pdf(render_to_string(template, context), identifier=b"labels".ljust(16))


def _labels(items: Sequence[Item], wish: Wish, paper: Paper) -> list[Any]:
    made: list[Any] = []
    problems: list[str] = []
    for item in (item for item in items if item.copies):
        try:
            if wish.layout == CARE:
                made += [care_label(item, wish, paper)] * item.copies
                continue
            symbol = draw(wish.kind, item.code, lot=wish.lot, best_before=wish.best_before)
            made += [{"item": item, **_fitted(symbol, paper)}] * item.copies
        except InvalidInput as error:
            if error.fields:
                raise
            problems.append(f"{item.title}: {error.message}")
    if problems:
        more = len(problems) - 10
        if more > 0:
            problems[10:] = [ngettext("and %(count)s more", "and %(count)s more", more) % {"count": more}]
        raise InvalidInput(" ".join(problems), code="labels_not_printable", kept=_("Nothing was printed."))
    return made


def _fitted(symbol: Symbol, paper: Paper) -> dict[str, Any]:
    """The symbol's size on this paper; a square one stands beside the words, bars stand below them."""
    edge = paper.padding
    across, down = paper.width - 2 * edge, paper.height - 2 * edge
    reading = paper.letter_points * 1.1 * 25.4 / 72
    room = (min(down, across * 0.45), down) if symbol.is_square else (across, down * 0.45)
    try:
        width = symbol.width_in(*room)
    except ValueError:
        raise InvalidInput(
            _("“%(text)s” is too long for this label; take a larger one or QR.") % {"text": symbol.text},
            code="label_too_small",
        ) from None
    height = width * symbol.rows / symbol.columns if symbol.is_square else room[1]
    top = edge + (down - height) / 2 if symbol.is_square else paper.height - edge - reading - height
    return {
        "symbol": symbol,
        "drawing": symbol.data_address,
        "symbol_width": width,
        "symbol_height": round(height, 3),
        "symbol_left": edge if symbol.is_square else round((paper.width - width) / 2, 3),
        "symbol_top": round(top, 3),
        "words_left": round(edge + width + 1.5, 3),
        "words_height": round(top - edge, 3),
    }


def _pages(labels: Sequence[Any], paper: Paper) -> Iterator[list[Any]]:
    places = list(paper.places())
    for begin in range(0, len(labels), paper.per_page):
        on_page = zip(places, labels[begin : begin + paper.per_page], strict=False)
        yield [{"left": left, "top": top, **label} for (left, top), label in on_page if label is not None]
