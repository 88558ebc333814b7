"""The number at the bell, asked once a request."""

from __future__ import annotations

from typing import Any

from django import template

from apps.platform.alerts.selectors import MOST_COUNTED, count_unread

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_alerts(context: Any) -> str:
    """`3`, `99+`, or nothing; also nothing for who belongs to no business."""
    request = context.get("request")
    actor = getattr(request, "actor", None)
    if request is None or actor is None or actor.kind != "user" or actor.id is None:
        return ""
    if not hasattr(request, "_unread_alerts"):
        request._unread_alerts = count_unread(actor.id)
    count = request._unread_alerts
    return f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count or "")
