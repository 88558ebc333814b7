"""Where the back office finds what a payment is for. The owner's app registers its page; we only carry ids."""

from __future__ import annotations

from uuid import UUID

from django.urls import NoReverseMatch, reverse

_pages: dict[str, str] = {}


def register_owner_page(owner_type: str, url_name: str) -> None:
    """Have payments of `owner_type` link to `url_name` (an address that takes the owner's id)."""
    _pages[owner_type] = url_name


def owner_url(owner_type: str, owner_id: UUID) -> str:
    """The address of an owner's page; empty when nobody has registered one."""
    try:
        return reverse(_pages[owner_type], args=[owner_id])
    except (KeyError, NoReverseMatch):
        return ""
