"""Lines of an order as staff type them: `SKU, quantity, price`, one a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from .drafts import LineDraft

MOST_ROWS = 500


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
        elif not _is_count(part[1] if len(part) > 1 and part[1] else "1"):
            why = _("“%(text)s” is not a whole number from 1 to 9999999.") % {"text": part[1][:20]}
        elif len(part) > 2 and part[2] and _price(part[2]) is None:
            why = _("“%(text)s” is not a price such as 8.50.") % {"text": part[2][:20]}
        else:
            lines.append(
                LineDraft(
                    goods.variant.pk,
                    int(part[1] if len(part) > 1 and part[1] else "1"),
                    unit_price=_price(part[2]) if len(part) > 2 and part[2] else None,
                    pack_id=goods.pack.pk if goods.pack else None,
                )
            )
            continue
        errors.append(_("Line %(number)s: %(why)s") % {"number": number, "why": why})
    if errors:
        raise forms.ValidationError(errors[:20])
    return lines


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 7 and int(text) > 0


def _price(text: str) -> Decimal | None:
    try:
        price = Decimal(text)
    except InvalidOperation:
        return None
    return price if price.is_finite() and price >= 0 and len(text) <= 20 else None
