"""A code of two-step sign-in is good once: remembered for as long as it would be good."""

from __future__ import annotations

from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache


def _mark_code_used(totp: Any, code: str) -> bool:
    steps = 2 * app_settings.TOTP_TOLERANCE + 1
    key = totp._get_used_cache_key(code)
    return bool(cache.add(key, "y", timeout=steps * app_settings.TOTP_PERIOD))


def remember_long_enough() -> None:
    """The library forgets a used code after one step of thirty seconds; with the tolerance it is good for three."""
    TOTP._mark_code_used = _mark_code_used
