"""Which zone a place belongs to. No database: the words a shopkeeper typed against the words of an address."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_RANGE = re.compile(r"^(\d{2,10})\s*-\s*(\d{2,10})$")
_PATTERN = re.compile(r"^[A-Z0-9][A-Z0-9 ]{0,18}\*?$")

NOT_SERVED = -1
EVERYWHERE, COUNTRY, REGION, POSTCODE = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a parcel goes, as far as it is known."""

    country: str
    region: str = ""
    postcode: str = ""


def clean_pattern(text: str) -> str:
    """A postcode pattern in its one way of writing, or "" for what is none.

    `BT1 5AB` is one postcode, `BT*` all that begin so, `1000-1999` all whole numbers between, both ends too.
    """
    text = " ".join(text.upper().split())
    if found := _RANGE.match(text):
        first, last = found.groups()
        return f"{first}-{last}" if len(first) == len(last) and first <= last else ""
    return text if _PATTERN.match(text) else ""


def fits_postcode(pattern: str, postcode: str) -> bool:
    """Whether a cleaned pattern means this postcode; blanks do not count."""
    code = "".join(postcode.upper().split())
    if not code:
        return False
    if "-" in pattern:
        first, _dash, last = pattern.partition("-")
        digits = code[: len(first)]
        return digits.isdigit() and len(digits) == len(first) and first <= digits <= last
    wanted = pattern.replace(" ", "")
    return code.startswith(wanted[:-1]) if wanted.endswith("*") else code == wanted


def closeness(
    countries: Iterable[str], regions: Iterable[str], postcodes: Iterable[str], place: Place
) -> int:
    """How closely a zone describes the place; `NOT_SERVED` when it does not. The closest zone counts."""
    countries, regions, postcodes = list(countries), list(regions), list(postcodes)
    if not countries:
        return EVERYWHERE
    if place.country not in countries:
        return NOT_SERVED
    if not regions and not postcodes:
        return COUNTRY
    if any(fits_postcode(pattern, place.postcode) for pattern in postcodes):
        return POSTCODE
    region = place.region.strip().casefold()
    if region and any(region == one.strip().casefold() for one in regions):
        return REGION
    return NOT_SERVED
