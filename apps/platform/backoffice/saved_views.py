"""Saved views of a list: what of an address they keep, and who sees them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from apps.kernel.actors import Actor
from apps.platform.businesses.middleware import identity_of

from .models import SavedView

COLUMNS = "cols"
# "?view=all" opens the list itself where another view is opened first.
VIEW = "view"
READ_BESIDE = "saved_views"
_LEFT_OUT = frozenset({"q", "p", VIEW, "e"})


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A view above its list."""

    label: str
    url: str
    active: bool
    shared: bool


@dataclass(frozen=True, slots=True)
class KeptView:
    """A saved view as it is read beside the identity."""

    list: str
    name: str
    query: str
    shared: bool
    is_default: bool
    user_id: str

    def opens_first_for(self, actor: Actor) -> bool:
        """Whether this member's list begins with it."""
        return self.is_default and self.user_id == str(actor.id)


def query_kept(pairs: Iterable[tuple[str, str]]) -> str:
    """What of an address makes a view, always in the same order; without the search, which may be somebody's name."""
    return urlencode(sorted((name, value) for name, value in pairs if value and name not in _LEFT_OUT))


def pairs_of(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The pairs of an address, of a QueryDict or a plain mapping."""
    lists = getattr(params, "lists", None)
    return [(name, value) for name, values in (lists() if lists else ()) for value in values]


def columns_in(text: str | None) -> frozenset[int] | None:
    """The numbers of the columns that are shown; None for all. The first one leads to the row and always is."""
    if not text:
        return None
    numbers = frozenset(int(part) for part in text.split(",") if part.isascii() and part.isdigit())
    return numbers | {0} if numbers else None


def views_in(request: HttpRequest, list_name: str) -> list[KeptView]:
    """The views of a list that whoever asks may choose; no query of its own."""
    identity = identity_of(request)
    rows = getattr(identity.membership, READ_BESIDE, ()) if identity is not None else ()
    found = [KeptView(**(json.loads(row) if isinstance(row, str) else row)) for row in rows or ()]
    return [view for view in found if view.list == list_name]


def list_views(actor: Actor, name: str) -> QuerySet[SavedView]:
    """One's own views of a list and those of the team."""
    own: QuerySet[SavedView] = SavedView.objects.filter(Q(user_id=actor.id) | Q(shared=True), list=name)
    return own.order_by("name", "id")
