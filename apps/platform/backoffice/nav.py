"""The menu by job of the day. Apps register their pages; each role sees what it may open.

A page may stand *under* another one: it is shown while that page or one of its own kind is open, so that the
menu stays short. Whoever may not open the page above sees it in its place. Sections fold: the one of the open page
and those the person left open (a cookie of the browser) show their pages.
"""

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
    "Catalogue": _("Catalogue"),
    "Stock": _("Stock"),
    "Purchasing": _("Purchasing"),
    "Customers": _("Customers"),
    "Money": _("Money"),
    "Grow": _("Grow"),
    "Settings": _("Settings"),
}

OPEN_COOKIE = "mdk_menu"
# What a newcomer finds open beside the section of the page itself.
OPEN_AT_FIRST = "Sell"


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
    under: str | None

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
    under: str | None = None,
) -> None:
    """Put a page into the menu.

    `url` is a URL name or a path; `under` the `url` of the page that this one belongs to; `badge` costs one cheap
    query at most, and only pages that are always shown have one.
    """
    if badge and under:
        raise ValueError("A number that waits must not be hidden: a page with a badge stands under no other.")
    if section not in SECTIONS:
        raise ValueError(f"{section} is not a section; choose one of {', '.join(SECTIONS)}.")
    _items.append(Item(section, label, url, permission, icon, order, badge, under))


def list_items(actor: Actor | None) -> list[Item]:
    """What the actor may open, in the order of the menu."""
    sections = list(SECTIONS)
    allowed = [item for item in _items if actor and (item.permission is None or actor.may(item.permission))]
    return sorted(allowed, key=lambda item: (sections.index(item.section), item.order))


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu as the template wants it: sections of items; the branch of the open page shows its `below`."""
    actor: Actor | None = getattr(request, "actor", None)
    placed = {item.url: (item, address) for item in list_items(actor) if (address := _address_or_none(item))}
    current = _current([address for _item, address in placed.values()], request.path)
    groups: dict[str, dict[str, Any]] = {}
    branches: dict[str, dict[str, Any]] = {}
    for item, address in placed.values():
        link = _link(item, address, actor, is_current=address == current)
        if item.under in placed:
            branches.setdefault(item.under, {"below": []})["below"].append(link)
            continue
        group = groups.setdefault(
            item.section, {"key": item.section, "title": SECTIONS[item.section], "items": [], "open": False}
        )
        group["items"].append(link)
        branches.setdefault(item.url, {"below": []})["top"] = link
    for branch in branches.values():
        if any(link["active"] for link in (branch["top"], *branch["below"])):
            branch["top"]["below"] = branch["below"]
            branch["top"]["has_page"] = True
    left_open = request.COOKIES.get(OPEN_COOKIE, OPEN_AT_FIRST).split(".")
    for group in groups.values():
        group["open"] = group["key"] in left_open or any(link["has_page"] for link in group["items"])
        group["waits"] = any(link["badge"] for link in group["items"])
    return list(groups.values())


def _link(item: Item, address: str, actor: Actor | None, *, is_current: bool) -> dict[str, Any]:
    return {
        "title": item.label,
        "icon": item.icon,
        "link": address,
        "active": is_current,
        "badge": (item.badge(actor) if item.badge and actor else "") or None,
        "below": [],
        "has_page": False,
    }


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
