"""Sentences that stand on top of every page of a signed-in person, while something lasts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict

from django.http import HttpRequest


class Notice(TypedDict, total=False):
    """A sentence with a tone (`warn`, `info`, `bad`) and at most one button; `post_url` for one that changes."""

    text: Any
    tone: str
    verb: Any
    url: str
    post_url: str


Finder = Callable[[HttpRequest], Notice | None]
_finders: list[Finder] = []


def register_notice(find: Finder) -> Finder:
    """Have `find(request)` asked on every page; it reads the session and what the request holds, no table."""
    if find not in _finders:
        _finders.append(find)
    return find


def list_finders() -> list[Finder]:
    """Who is asked, in the order of registration."""
    return list(_finders)
