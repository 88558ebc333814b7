"""The menu by job of the day. Apps register their pages; each role sees what it may open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from apps.kernel.actors import Actor

SECTIONS: dict[str, Any] = {
    "Today": "",
    "Sell": _("Sell"),
    "Stock": _("Stock"),
    "Customers": _("Customers"),
    "Money": _("Money"),
    "Grow": _("Grow"),
    "Settings": _("Settings"),
}


@dataclass(frozen=True)
class Item:
    """One page in the menu."""

    section: str
    label: Any
    url: str
    permission: str | None
    icon: str
    order: int
    badge: Callable[[Actor], str] | None

    def address(self) -> str:
        """Where the item leads; a name that does not exist is a mistake worth seeing."""
        return self.url if self.url.startswith("/") else _reverse(self.url)


@cache
def _reverse(name: str) -> str:
    """Each page shows the whole menu: eighty look-ups of the same addresses."""
    return reverse(name)


_items: list[Item] = []


def register(
    *,
    section: str,
    label: Any,
    url: str,
    permission: str | None,
    icon: str = "arrow_right",
    order: int = 100,
    badge: Callable[[Actor], str] | None = None,
) -> None:
    """Put a page into the menu. `url` is a URL name or a path; `badge` costs one cheap query at most."""
    if section not in SECTIONS:
        raise ValueError(f"{section} is not a section; choose one of {', '.join(SECTIONS)}.")
    _items.append(Item(section, label, url, permission, icon, order, badge))


def list_items(actor: Actor | None) -> list[Item]:
    """What the actor may open, in the order of the menu."""
    sections = list(SECTIONS)
    allowed = [item for item in _items if actor and (item.permission is None or actor.may(item.permission))]
    return sorted(allowed, key=lambda item: (sections.index(item.section), item.order))


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu as the theme wants it."""
    actor: Actor | None = getattr(request, "actor", None)
    placed = [(item, _address_or_none(item)) for item in list_items(actor)]
    current = _current([address for _item, address in placed if address], request.path)
    groups: dict[str, dict[str, Any]] = {}
    for item, address in placed:
        if address is None:
            continue
        group = groups.setdefault(item.section, {"title": SECTIONS[item.section], "items": []})
        group["items"].append(
            {
                "title": item.label,
                "icon": item.icon,
                "link": address,
                "active": address == current,
                "badge": (item.badge(actor) if item.badge and actor else "") or None,
                "badge_variant": "warning",
            }
        )
    return list(groups.values())


def account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu under the person's name."""
    return [
        {"title": _("My account"), "link": reverse("admin:my_account")},
        {"title": _("Switch business"), "link": reverse("admin:switch")},
    ]


def _address_or_none(item: Item) -> str | None:
    try:
        return item.address()
    except NoReverseMatch:
        # One app's missing page must not take the whole menu, and with it the back office, down.
        return None


def _current(addresses: list[str], path: str) -> str | None:
    fitting = [a for a in addresses if path == a or (path.startswith(a) and a.count("/") > 2)]
    return max(fitting, key=len, default=None)
