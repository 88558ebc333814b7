"""Where the buyer of an order finds it: the one place that makes the address of its secret page."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse


def order_path(slug: str, token: str) -> str:
    """The path of the page that shows the order with this token to whoever has the address; `slug` is the shop's."""
    # The page belongs to the store above, which is known here by the name of its address alone.
    return reverse("storefront:track", args=[slug, token])


def order_url(slug: str, token: str) -> str:
    """The same with the host: for mails, papers, and links that staff send."""
    return f"{settings.PUBLIC_BASE_URL.rstrip('/')}{order_path(slug, token)}"
