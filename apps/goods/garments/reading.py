"""From what was typed to what is kept; each refuses in words what cannot be meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from apps.goods.catalog.text import clean_text
from apps.goods.garments.care import SYMBOLS, list_care
from apps.kernel.errors import InvalidInput

MOST_SIZES = 60
MOST_PARTS, MOST_MATERIALS = 12, 12
MOST_POINTS = 60
LARGEST_MEASURE = Decimal(1000)
REGIONS = ("EU", "UK", "US", "JP")
Parts = list[dict[str, Any]]


def refuse(field: str, words: str) -> InvalidInput:
    return InvalidInput(fields={field: [words]})


def read_sizes(given: Iterable[str]) -> list[str]:
    """Sizes in their order, each once."""
    sizes = [clean_text(str(size), "sizes", 20) for size in given]
    sizes = [size for size in sizes if size]
    if not sizes:
        raise refuse("sizes", _("Enter at least one size."))
    if len(sizes) > MOST_SIZES:
        raise refuse("sizes", _("Enter at most %(most)s sizes.") % {"most": MOST_SIZES})
    twice = _first_twice(sizes)
    if twice:
        raise refuse("sizes", _("“%(size)s” stands twice.") % {"size": twice})
    return sizes


def read_hex(given: str) -> str:
    """`#RRGGBB` in small letters; short codes are written out, none stays none."""
    text = given.strip().lower().removeprefix("#")
    if not text:
        return ""
    if re.fullmatch(r"[0-9a-f]{3}", text):
        text = "".join(sign * 2 for sign in text)
    if not re.fullmatch(r"[0-9a-f]{6}", text):
        raise refuse("hex", _("Enter six digits or letters from A to F, such as #1B6B47."))
    return f"#{text}"


def read_composition(parts: Sequence[Mapping[str, Any]]) -> Parts:
    """Materials of each part; each part comes to exactly a hundred percent."""
    if len(parts) > MOST_PARTS:
        raise refuse("composition", _("Enter at most %(most)s parts.") % {"most": MOST_PARTS})
    read: Parts = []
    for part in parts:
        name = clean_text(str(part.get("part", "")), "composition", 40) or _("Shell")
        materials = [_material(one) for one in part.get("materials", ())]
        if not 1 <= len(materials) <= MOST_MATERIALS:
            raise refuse("composition", _("%(part)s: enter its materials.") % {"part": name})
        if twice := _first_twice([one["name"] for one in materials]):
            raise refuse(
                "composition", _("%(part)s: “%(name)s” stands twice.") % {"part": name, "name": twice}
            )
        total = sum((Decimal(one["percent"]) for one in materials), Decimal(0))
        if total != 100:
            raise refuse(
                "composition",
                _("%(part)s comes to %(total)s %%, not to 100 %%.") % {"part": name, "total": plain(total)},
            )
        read.append({"part": name, "materials": materials})
    if twice := _first_twice([part["part"] for part in read]):
        raise refuse("composition", _("“%(part)s” stands twice.") % {"part": twice})
    return read


def _material(given: Mapping[str, Any]) -> dict[str, str]:
    name = clean_text(str(given.get("name", "")), "composition", 60)
    percent = number(
        given.get("percent"), "composition", lowest=Decimal("0.1"), highest=Decimal(100), places=1
    )
    if not name:
        raise refuse("composition", _("Each percentage needs a material."))
    return {"name": name, "percent": plain(percent)}


def parse_composition(text: str) -> Parts:
    """Lines such as `Shell: 95 % Cotton, 5 % Elastane`; a line without a part is the shell."""
    parts = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        part, colon, rest = line.partition(":")
        materials = []
        for piece in (rest if colon else line).split(","):
            found = re.fullmatch(r"\s*(\d+(?:[.]\d+)?)\s*%?\s*(.+?)\s*", piece) or None
            if found is None:
                raise refuse(
                    "composition",
                    _("“%(text)s” is not understood. Write 95 %% Cotton, 5 %% Elastane.")
                    % {"text": piece.strip()[:60]},
                )
            materials.append({"percent": found[1], "name": found[2]})
        parts.append({"part": part.strip() if colon else "", "materials": materials})
    return parts


def composition_lines(parts: Parts) -> list[str]:
    """The same lines, for the form."""
    return [f"{part['part']}: {materials_words(part)}" for part in parts]


def materials_words(part: Mapping[str, Any]) -> str:
    """`95 % Cotton, 5 % Elastane`."""
    return ", ".join(f"{one['percent']} % {one['name']}" for one in part["materials"])


def read_care(codes: Sequence[str]) -> list[str]:
    """Known symbols in the order of the standard, one of each group (drying may have more)."""
    unknown = [code for code in codes if code not in SYMBOLS]
    if unknown:
        raise refuse("care", _("“%(code)s” is no care symbol.") % {"code": str(unknown[0])[:30]})
    found = list_care(list(codes))
    groups = [care.group for care in found if care.group != "dry"]
    if len(set(groups)) < len(groups):
        raise refuse("care", _("Choose at most one symbol of each kind."))
    return [care.code for care in found]


def table(text: str, field: str) -> list[list[str]]:
    """Rows of cells from lines with commas, semicolons or tabs, as a sheet is pasted."""
    lines = [line for line in text.splitlines() if line.strip()]
    sign = next((sign for sign in ("\t", ";", ",") if lines and sign in lines[0]), ",")
    rows = [[clean_text(cell, field, 60) for cell in line.split(sign)] for line in lines]
    if len(rows) < 2:
        raise refuse(field, _("Enter a line of headings and at least one line below it."))
    if len(rows) > MOST_SIZES + 1:
        raise refuse(field, _("Enter at most %(most)s lines.") % {"most": MOST_SIZES})
    for number_, row in enumerate(rows[1:], 2):
        if len(row) != len(rows[0]):
            raise refuse(
                field,
                _("Line %(line)s has %(cells)s cells, the headings %(heads)s.")
                % {"line": number_, "cells": len(row), "heads": len(rows[0])},
            )
    return rows


def parse_chart(text: str) -> dict[str, Any]:
    """Headings `Size, EU, UK, US, Chest cm`; known regions become conversions, the rest body measures."""
    heads, *lines = table(text, "rows")
    titles = heads[1:]
    regions = [head.upper() for head in titles if head.upper() in REGIONS]
    measures = [head for head in titles if head.upper() not in REGIONS]
    rows = [
        {
            "size": line[0],
            "regions": {h.upper(): c for h, c in zip(titles, line[1:], strict=True) if h.upper() in REGIONS},
            "measures": {h: c for h, c in zip(titles, line[1:], strict=True) if h.upper() not in REGIONS},
        }
        for line in lines
    ]
    return read_chart(regions, measures, rows)


def read_chart(
    regions: Sequence[str], measures: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """A chart whose regions, measures and sizes each stand once."""
    for region in regions:
        if region not in REGIONS:
            raise refuse(
                "rows",
                _("“%(region)s” is none of %(known)s.")
                % {"region": region[:20], "known": ", ".join(REGIONS)},
            )
    if twice := _first_twice([*regions, *measures]):
        raise refuse("rows", _("The column “%(name)s” stands twice.") % {"name": twice})
    if not regions and not measures:
        raise refuse("rows", _("Enter at least one region or one body measure."))
    if any(not measure for measure in measures):
        raise refuse("rows", _("Each column needs a heading."))
    sizes = read_sizes([str(row["size"]) for row in rows])
    if len(sizes) < len(rows):
        raise refuse("rows", _("Each line begins with a size."))
    read = [
        {
            "size": size,
            "regions": {name: clean_text(str(row["regions"].get(name, "")), "rows", 20) for name in regions},
            "measures": {
                name: clean_text(str(row["measures"].get(name, "")), "rows", 20) for name in measures
            },
        }
        for size, row in zip(sizes, rows, strict=True)
    ]
    return {"regions": list(regions), "measures": list(measures), "rows": read}


def parse_points(text: str) -> list[dict[str, Any]]:
    """Headings `Point, ±, XS, S, M`, a line for each point of measure."""
    heads, *lines = table(text, "points")
    sizes = heads[2:]
    if twice := _first_twice(sizes):
        raise refuse("points", _("The size “%(size)s” stands twice.") % {"size": twice})
    return [
        {"name": line[0], "tolerance": line[1], "values": dict(zip(sizes, line[2:], strict=True))}
        for line in lines
    ]


def read_points(points: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Points of measure with a tolerance that is not negative and a value for each size, empty where none is asked."""
    if len(points) > MOST_POINTS:
        raise refuse("points", _("Enter at most %(most)s points.") % {"most": MOST_POINTS})
    read = []
    for point in points:
        name = clean_text(str(point.get("name", "")), "points", 80)
        if not name:
            raise refuse("points", _("Each point of measure needs a name."))
        values = {
            clean_text(str(size), "points", 20): plain(number(value, "points", lowest=Decimal(0)))
            for size, value in dict(point.get("values", {})).items()
            if str(value).strip()
        }
        if not values:
            raise refuse("points", _("%(point)s has no value.") % {"point": name})
        tolerance = number(point.get("tolerance"), "points", lowest=Decimal(0))
        read.append({"name": name, "tolerance": tolerance, "values": values})
    if twice := _first_twice([str(point["name"]) for point in read]):
        raise refuse("points", _("“%(point)s” stands twice.") % {"point": twice})
    return read


def number(
    given: Any, field: str, *, lowest: Decimal, highest: Decimal = LARGEST_MEASURE, places: int = 2
) -> Decimal:
    """A number as people type it, within its limits."""
    try:
        value = Decimal(str(given).strip().removeprefix("±").strip())
    except InvalidOperation:
        raise refuse(field, _("“%(text)s” is not a number.") % {"text": str(given)[:20]}) from None
    exponent = value.normalize().as_tuple().exponent if value.is_finite() else 0
    if not value.is_finite() or not lowest <= value <= highest or -int(exponent) > places:
        raise refuse(
            field,
            _("%(text)s: enter a number from %(low)s to %(high)s with at most %(places)s decimal places.")
            % {"text": str(given)[:20], "low": plain(lowest), "high": plain(highest), "places": places},
        )
    return value


def plain(value: Decimal) -> str:
    """`95`, `2.5`: the shortest way to write it."""
    return f"{value.normalize():f}" if value else "0"


def _first_twice(words: Sequence[str]) -> str:
    seen: set[str] = set()
    for word in words:
        if word.casefold() in seen:
            return word
        seen.add(word.casefold())
    return ""
