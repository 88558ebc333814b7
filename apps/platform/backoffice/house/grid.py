"""Permissions as a table that a shopkeeper can read: by wing of the shop, what may be seen and what may be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor
from apps.kernel.permissions import all_permissions, whole_business

# Where a resource stands, and how a shopkeeper calls it. One that is not named here stands under "More" by its code.
WINGS: tuple[tuple[Any, dict[str, Any]], ...] = (
    (
        _("Sell"),
        {
            "orders": _("Orders"),
            "quotes": _("Draft orders and quotes"),
            "carts": _("Carts"),
            "deliveries": _("Deliveries"),
            "payments": _("Payments"),
            "shipping": _("Shipping"),
            "pricing": _("Prices and taxes"),
            "promotions": _("Promotions"),
            "credit": _("Gift cards and store credit"),
            "returns": _("Returns"),
            "history": _("Sales of the past"),
        },
    ),
    (
        _("Stock"),
        {
            "products": _("Products"),
            "stock": _("Stock"),
            "suppliers": _("Suppliers"),
            "purchasing": _("Purchase orders"),
            "imports": _("Imports"),
        },
    ),
    (
        _("Customers"),
        {"customers": _("Customers"), "companies": _("Companies"), "privacy": _("Personal data")},
    ),
    (
        _("Money"),
        {
            "ledger": _("The books"),
            "receivables": _("What companies owe"),
            "documents": _("Receipts and invoices"),
            "reports": _("Reports"),
        },
    ),
    (
        _("Business"),
        {
            "business": _("Business"),
            "locations": _("Locations"),
            "team": _("Team"),
            "roles": _("Roles"),
            "keys": _("API keys"),
            "notifications": _("Messages"),
            "channels": _("How messages are sent"),
            "vault": _("Secrets"),
            "media": _("Files"),
            "fields": _("Own fields"),
            "audit": _("Audit trail"),
            "platform": _("Events and jobs"),
        },
    ),
)
SEE = "read"


@dataclass(frozen=True)
class Box:
    """One checkbox of the table. `is_whole` is lost by whoever is limited to locations or customers."""

    code: str
    label: str
    is_on: bool
    is_fixed: bool
    is_whole: bool


@dataclass(frozen=True)
class Line:
    """One area of the shop: what may be seen of it, and what may be done."""

    name: Any
    see: Box | None
    do: list[Box]


@dataclass(frozen=True)
class Wing:
    """The areas of one wing."""

    name: Any
    lines: list[Line]


@dataclass(frozen=True)
class Difference:
    """One permission in two roles."""

    wing: Any
    label: str
    one: bool
    other: bool

    @property
    def differs(self) -> bool:
        return self.one != self.other


def grid(actor: Actor, chosen: frozenset[str], *, is_fixed: bool) -> list[Wing]:
    """All permissions by wing and area. What the actor lacks cannot be ticked."""
    whole = whole_business()
    boxes: dict[str, list[Box]] = {}
    for code, label in all_permissions().items():
        box = Box(code, str(label), code in chosen, is_fixed or not actor.may(code), code in whole)
        boxes.setdefault(code.partition(".")[0], []).append(box)
    wings = []
    for name, areas in _placed(boxes):
        lines = [_line(title, boxes[area]) for area, title in areas.items() if area in boxes]
        if lines:
            wings.append(Wing(name, lines))
    return wings


def compare(one: frozenset[str], other: frozenset[str]) -> list[Difference]:
    """Every permission that either has, where they differ first."""
    codes = all_permissions()
    wing_of = {area: name for name, areas in WINGS for area in areas}
    lines = [
        Difference(wing_of.get(code.partition(".")[0], ""), str(label), code in one, code in other)
        for code, label in codes.items()
        if code in one or code in other
    ]
    return sorted(lines, key=lambda line: not line.differs)


def area_of(code: str) -> Any:
    """How a shopkeeper calls what a permission is about."""
    area = code.partition(".")[0]
    named = {known: title for _name, areas in WINGS for known, title in areas.items()}
    return named.get(area, area.replace("_", " ").capitalize())


def _placed(boxes: dict[str, list[Box]]) -> list[tuple[Any, dict[str, Any]]]:
    known = {area for _name, areas in WINGS for area in areas}
    more = {area: area.replace("_", " ").capitalize() for area in sorted(boxes.keys() - known)}
    return [*WINGS, (_("More"), more)]


def _line(name: Any, boxes: list[Box]) -> Line:
    see = next((box for box in boxes if box.code.endswith(f".{SEE}")), None)
    return Line(name, see, [box for box in boxes if box is not see])
