"""Sizes × colours as one form, for who buys for a company: many variants of a product into the cart at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.goods.garments.grid import COLOUR_NAMES, SIZE_NAMES
from apps.selling.checkout.models import MAX_QUANTITY

PREFIX = "piece_"


def _names(options: Sequence[Mapping[str, Any]]) -> list[str]:
    return [str(option["name"]).strip().casefold() for option in options]


def _size_in(options: Sequence[Mapping[str, Any]]) -> int | None:
    return next((place for place, name in enumerate(_names(options)) if name in SIZE_NAMES), None)


def may_be_matrix(options: Sequence[Mapping[str, Any]]) -> bool:
    """Whether it makes sense to ask who buys: a product without sizes has no matrix for anybody."""
    return _size_in(options) is not None


def matrix_of(
    options: Sequence[Mapping[str, Any]], offers: Sequence[Mapping[str, Any]], typed: Mapping[str, str]
) -> dict[str, Any] | None:
    """Rows of colours with a cell for each size, with what was typed; None where size is not what is to be chosen."""
    names, size = _names(options), _size_in(options)
    colour = next((place for place, name in enumerate(names) if name in COLOUR_NAMES), None)
    if size is None or len(names) != (1 if colour is None else 2):
        return None
    sizes = [str(value) for value in options[size]["values"]]
    colours = [str(value) for value in options[colour]["values"]] if colour is not None else [""]
    by_place = {
        (one["values"][colour] if colour is not None else "", one["values"][size]): one
        for one in offers
        if len(one["values"]) == len(names)
    }
    rows = [
        (name, [_cell(by_place.get((name, value)), name, value, typed) for value in sizes])
        for name in colours
    ]
    return {"sizes": sizes, "rows": rows, "has_colours": colour is not None}


def _cell(
    offer: Mapping[str, Any] | None, colour: str, size: str, typed: Mapping[str, str]
) -> dict[str, Any] | None:
    if offer is None:
        return None
    name = f"{PREFIX}{offer['id']}"
    rule = offer["rule"]
    return {
        "name": name,
        "value": typed.get(name, ""),
        "label": " ".join(part for part in (colour, size) if part),
        "open": offer["buyable"],
        "words": offer["stock_words"],
        "step": rule.get("step", 1),
        "most": rule.get("most", MAX_QUANTITY),
    }


def read_matrix(posted: Mapping[str, str]) -> tuple[dict[UUID, int], bool]:
    """The pieces by variant that were typed, and whether all of it can be read."""
    wanted: dict[UUID, int] = {}
    is_clear = True
    for name, text in posted.items():
        if not name.startswith(PREFIX) or not text.strip():
            continue
        try:
            variant_id = UUID(name.removeprefix(PREFIX))
        except ValueError:
            continue
        pieces = int(text) if text.strip().isdecimal() and len(text.strip()) <= 4 else -1
        if pieces < 0 or pieces > MAX_QUANTITY:
            is_clear = False
        elif pieces:
            wanted[variant_id] = pieces
    return wanted, is_clear
