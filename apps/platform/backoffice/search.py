"""Ctrl-K: pages of the menu, and rows that apps find."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from unfold.dataclasses import SearchResult

from apps.kernel.actors import Actor
from apps.platform.backoffice import nav

log = logging.getLogger(__name__)
MOST_PER_SOURCE = 8


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One thing found; `url` is where enter leads."""

    title: Any
    url: str
    description: Any = ""
    icon: str = "search"


_sources: list[tuple[str | None, Callable[[Actor, str], list[Hit]]]] = []


def register(*, permission: str | None = None) -> Callable[..., Any]:
    """Have a function `(actor, term)` asked when somebody types; indexed look-ups only."""

    def add(function: Callable[[Actor, str], list[Hit]]) -> Callable[[Actor, str], list[Hit]]:
        _sources.append((permission, function))
        return function

    return add


def find(actor: Actor, term: str) -> list[Hit]:
    """Menu pages whose name has the term, then what the registered functions find."""
    words = term.strip().lower()
    if not words:
        return []
    hits = [
        Hit(
            title=str(item.label),
            description=str(nav.SECTIONS[item.section]),
            url=item.address(),
            icon=item.icon,
        )
        for item in nav.list_items(actor)
        if words in str(item.label).lower()
    ]
    hits.extend(hit for hit in _list_verbs(actor) if words in str(hit.title).lower())
    for permission, function in _sources:
        if permission is not None and not actor.may(permission):
            continue
        try:
            hits.extend(function(actor, term.strip())[:MOST_PER_SOURCE])
        except Exception:  # one broken source must not silence the others
            log.exception("search_source_failed", extra={"source": function.__qualname__})
    return hits


def _list_verbs(actor: Actor) -> list[Hit]:
    """What can be begun from anywhere: the verbs of lists the actor may use."""
    from apps.platform.backoffice.sites import site
    from apps.platform.backoffice.verbs import offered

    found = []
    for model, model_admin in site._registry.items():
        if actor.may(model_admin.read_permission or ""):
            found += [
                Hit(title=link.verb.label, description=model_admin.list_title(), url=link.url, icon="bolt")
                for link in offered(model_admin.list_verbs, actor, model, None)
            ]
    return found


def command_results(request: HttpRequest, term: str) -> list[SearchResult]:
    """The theme's command palette asks this."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        return []
    return [SearchResult(str(h.title), str(h.description), h.url, h.icon) for h in find(actor, term)]
