"""What is said about a demo business and the things it sells."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Item:
    """A product: its price and cost in the shop's currency, its choices, and when people want it."""

    title: str
    category: str
    price: str
    cost: str
    season: str = "steady"  # steady, winter, summer, gift
    wanted: int = 5  # how often it is chosen compared with others
    tags: tuple[str, ...] = ()
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    compare_at: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Shop:
    """One demo business."""

    slug: str
    name: str
    country: str
    currency: str
    tax_inclusive: bool
    tax_rate: Decimal
    tax_name: str
    time_zone: str
    accent_colour: str
    line1: str
    city: str
    postcode: str
    vendor: str
    orders_a_day: float
    items: tuple[Item, ...]
    region: str = ""
    prefix: str = ""
    tax_number: str = ""
