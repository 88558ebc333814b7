"""The number at the bell, read with the person's own membership."""

from __future__ import annotations

from typing import Any

from django import template

from apps.platform.alerts.selectors import MOST_COUNTED, UNREAD
from apps.platform.businesses.middleware import identity_of

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_alerts(context: Any) -> str:
    """`3`, `99+`, or nothing; also nothing with somebody else's eyes, and for who belongs to no business."""
    request = context.get("request")
    identity = identity_of(request) if request is not None and not hasattr(request, "preview") else None
    count = len(getattr(identity.membership, UNREAD, ())) if identity is not None else 0
    return f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count or "")
