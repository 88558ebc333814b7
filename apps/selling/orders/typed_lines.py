"""Lines of an order as staff type them: `SKU, quantity, price`, one a row.

What is measured is typed as it is sold: `LINEN, 0.5 m, 19.00` is half a metre at 19.00 for a metre. The unit may be
left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.goods.catalog.sold import Counting, counting_of
from apps.goods.inventory.codes import Goods

from .drafts import LineDraft

MOST_ROWS = 500
MOST_PIECES = 9_999_999
FOUR_PLACES = Decimal("0.0001")
# No exponents: 1e999999999 would be a number of a thousand million digits.
_PLAIN = re.compile(r"(?=\.?\d)\d{0,12}(\.\d{0,8})?", re.ASCII)


def read_lines(text: str, find: Callable[[Iterable[str]], dict[str, Any]]) -> list[LineDraft]:
    """The lines that were typed; `find` knows goods by code. What is wrong is said row by row, all at once."""
    rows = [row for row in text.splitlines() if row.strip()]
    if len(rows) > MOST_ROWS:
        raise forms.ValidationError(_("Enter at most %(most)s lines at once.") % {"most": MOST_ROWS})
    parts = [[part.strip() for part in row.replace("\t", ",").replace(";", ",").split(",")] for row in rows]
    known = find([part[0] for part in parts])
    lines, errors = [], []
    for number, part in enumerate(parts, start=1):
        goods = known.get(part[0].upper())
        if goods is None:
            why = _("no item has the SKU or barcode “%(code)s”.") % {"code": part[0][:60]}
        elif (counted := _quantity(goods, part[1] if len(part) > 1 else "")) is None:
            why = _not_a_quantity(goods, part[1][:20])
        elif len(part) > 2 and part[2] and _price(part[2], goods) is None:
            why = _("“%(text)s” is not a price such as 8.50.") % {"text": part[2][:20]}
        else:
            lines.append(
                LineDraft(
                    goods.variant.pk,
                    counted,
                    unit_price=_price(part[2], goods) if len(part) > 2 and part[2] else None,
                    pack_id=goods.pack.pk if goods.pack else None,
                )
            )
            continue
        errors.append(_("Line %(number)s: %(why)s") % {"number": number, "why": why})
    if errors:
        raise forms.ValidationError(errors[:20])
    return lines


def typed_line(code: str, variant: Variant, quantity: int, price: Decimal | None, *, packed: bool) -> str:
    """A line as it would be typed; the price, of one stock unit or pack, may be None."""
    counting = counting_of(variant, packed=packed)
    amount = f"{counting.plain(quantity)} {counting.sign}".strip()
    return (
        f"{code}, {amount}" if price is None else f"{code}, {amount}, {(price * counting.size).normalize():f}"
    )


def _counting(goods: Goods) -> Counting:
    return counting_of(goods.variant, packed=goods.pack is not None)


def _quantity(goods: Goods, text: str) -> int | None:
    """What was typed, in stock units or packs; one where nothing was typed. None: it cannot be read, or be cut."""
    counting = _counting(goods)
    if counting.sign and text.lower().endswith(counting.sign.lower()):
        text = text[: -len(counting.sign)].strip()
    amount = _number(text or "1")
    if amount is None:
        return None
    quantity = counting.typed(amount)
    return quantity if quantity is not None and 0 < quantity <= MOST_PIECES else None


def _not_a_quantity(goods: Goods, text: str) -> str:
    counting = _counting(goods)
    if not counting.unit:
        return _("“%(text)s” is not a whole number from 1 to 9999999.") % {"text": text}
    facts = {"text": text, "least": counting.words(1)}
    return _("“%(text)s” is not a quantity: enter a multiple of %(least)s.") % facts


def _price(text: str, goods: Goods) -> Decimal | None:
    """The price of one stock unit or pack; None: it is none, or cannot be kept without rounding it."""
    typed = _number(text)
    if typed is None:
        return None
    price = typed / _counting(goods).size
    kept = price.quantize(FOUR_PLACES)
    return kept if kept == price else None


def _number(text: str) -> Decimal | None:
    return Decimal(text) if _PLAIN.fullmatch(text) else None
