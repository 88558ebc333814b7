"""Reads of quotes that more than one door needs."""

from __future__ import annotations

import hashlib

from .content import render_quote
from .models import Quote, QuoteState

LONGEST_TOKEN = 64


def find_quote_by_token(token: str) -> Quote | None:
    """The quote of the bound business behind a pay link that was sent once, or None."""
    if not 16 <= len(token) <= LONGEST_TOKEN or "\x00" in token:
        return None
    quote: Quote | None = (
        Quote.objects.filter(token=token, sent_at__isnull=False).select_related("order").first()
    )
    return quote


def paper_of(quote: Quote) -> bytes | None:
    """The PDF of what was sent last; None while there is nothing to show (never sent, or being changed)."""
    if not quote.snapshot or quote.state == QuoteState.DRAFT:
        return None
    digest = hashlib.sha256(f"{quote.pk}:{quote.version}:{quote.sent_at}".encode()).digest()
    return render_quote(quote.snapshot, identifier=digest[:16])
