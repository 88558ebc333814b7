"""Where a call comes from."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle


def address_of(request: Request | Any) -> str:
    """The caller's address; a forwarded one counts only behind as many proxies as the settings name."""
    if api_settings.NUM_PROXIES:
        return str(BaseThrottle().get_ident(request))
    return str(request.META.get("REMOTE_ADDR", ""))
