"""The textile label: size, style number, composition and care symbols, with the code below.

What the law asks for must not be cut off, so everything is measured before it is printed: the largest letters that fit
are taken, and a label on which not even the smallest fit is refused.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.goods.labels.papers import Paper
from apps.goods.labels.symbols import Symbol, draw
from apps.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from apps.goods.labels.printing import Item, Wish

# Letters below five points are not read by anybody; 6 mm is what textile labels give a symbol.
LETTERS = (9.0, 8.0, 7.0, 6.0, 5.0)
SYMBOL_MM = 6.0
GAP_MM = 1.0
BARS_MM = 9.0
# A QR code of twenty letters or so, with modules that a label printer can draw.
SQUARE_MM = 12.5
MM_PER_POINT = 25.4 / 72
# How wide a letter is beside its height, on average, with room to spare.
LETTER_WIDTH = 0.56
LINE = 1.2


def care_label(item: Item, wish: Wish, paper: Paper) -> dict[str, Any]:
    """The label of one item on this paper; raises `InvalidInput` for no garment, and where it has no room."""
    facts = item.facts
    if facts is None or not (facts.composition or facts.care):
        raise InvalidInput(_("Its composition and care are not known."), code="no_composition")
    edge = paper.padding
    across, down = paper.width - 2 * edge, paper.height - 2 * edge
    code = _code(item, wish, across)
    bars = _height_of(code) + 2.5 if code is not None else 0.0
    head = [item.title, " · ".join(part for part in (facts.colour, facts.style) if part)]
    body = [*facts.composition]
    words = ". ".join(str(said) for _drawing, said in facts.care)
    per_row = max(1, int((across + GAP_MM) // (SYMBOL_MM + GAP_MM)))
    symbols = -(-len(facts.care) // per_row) * (SYMBOL_MM + GAP_MM)
    for with_words in (True, False):
        for letters in LETTERS:
            texts = [*head, *body, *([words] if with_words and words else [])]
            # The size is written twice as large, beside the title.
            height = (
                _height(texts, letters, across)
                + symbols
                + bars
                + (letters * MM_PER_POINT if facts.size else 0)
            )
            if height <= down:
                return {
                    "item": item, "facts": facts, "letters": letters, "words": words if with_words else "",
                    "care": [_address(drawing) for drawing, _said in facts.care],
                    "symbol_mm": SYMBOL_MM, "gap_mm": GAP_MM, "edge": edge,
                    **({} if code is None else _placed(code, across, paper)),
                }  # fmt: skip
    raise InvalidInput(
        _("Composition and care do not fit on this label; take a larger one."), code="label_too_small"
    )


def _code(item: Item, wish: Wish, across: float) -> Symbol | None:
    """Bars, or a QR code where they are too long for the label. What fits neither way is told, never left off."""
    if not item.code:
        return None
    for kind in ("auto" if wish.kind in {"qr", "gs1"} else wish.kind, "qr"):
        symbol = draw(kind, item.code)
        try:
            symbol.width_in(across, _height_of(symbol))
        except ValueError:
            continue
        return symbol
    raise InvalidInput(
        _("“%(text)s” is too long for this label; take a larger one or a shorter code.")
        % {"text": item.code},
        code="label_too_small",
    )


def _height_of(symbol: Symbol) -> float:
    return SQUARE_MM if symbol.is_square else BARS_MM


def _placed(symbol: Symbol, across: float, paper: Paper) -> dict[str, Any]:
    width = symbol.width_in(across, _height_of(symbol))
    return {
        "symbol": symbol,
        "drawing": symbol.data_address,
        "symbol_width": width,
        "symbol_height": width if symbol.is_square else BARS_MM,
        "symbol_left": round((paper.width - width) / 2, 3),
    }


def _height(texts: list[str], letters: float, across: float) -> float:
    """Millimetres that these texts need, each beginning a line, at a size in points."""
    per_line = max(1, int(across / (letters * MM_PER_POINT * LETTER_WIDTH)))
    return sum(_lines(text, per_line) for text in texts if text) * letters * MM_PER_POINT * LINE


def _lines(text: str, per_line: int) -> int:
    """How many lines a text takes when words are kept whole."""
    ends = [0]
    for word in text.split():
        room = per_line - ends[-1] - 1
        if ends[-1] and len(word) <= room:
            ends[-1] += len(word) + 1
        else:
            ends += [len(word)] if ends[-1] else []
            ends[-1] = len(word)
    return sum(-(-end // per_line) or 1 for end in ends)


@lru_cache(maxsize=64)
def _address(drawing: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"
