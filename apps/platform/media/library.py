"""The library as pages show it: cards of files by search, kind and place, never counted."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.platform.media.models import Media
from apps.platform.media.selectors import list_media, preview_address, read_address
from apps.platform.media.states import RULES, MediaKind, MediaState

PAGE_SIZE = 48
WAITING = (MediaState.PENDING, MediaState.UPLOADED, MediaState.PROCESSING)
ACCEPT = ",".join(sorted({name for rule in RULES.values() for name in rule.types}))


def card(media: Media) -> dict[str, Any]:
    """What a page shows of a file."""
    return {
        "media": media,
        "preview": preview_address(media),
        "address": read_address(media),
        "download": read_address(media, download=True),
        "waits": media.state in WAITING,
    }


def library_window(request: HttpRequest, *, kind: str = "") -> dict[str, Any]:
    """One page of the library; with `kind` of that kind alone."""
    words, wanted = request.GET.get("q", "").strip()[:100], kind or request.GET.get("kind", "")
    rows = list_media().exclude(state=MediaState.PENDING)
    if words:
        rows = rows.filter(name__icontains=words)
    if wanted in MediaKind.values:
        rows = rows.filter(kind=wanted)
    number = max(int(request.GET["page"]), 1) if request.GET.get("page", "").isdecimal() else 1
    number = min(number, 1000)
    found = list(rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE + 1])
    return {
        "cards": [card(media) for media in found[:PAGE_SIZE]],
        "query": words,
        "kind": wanted,
        "kinds": [] if kind else MediaKind.choices,
        "page": number,
        "has_more": len(found) > PAGE_SIZE,
        "accept": ACCEPT,
    }
