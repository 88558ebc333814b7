"""Addresses of pictures for templates of apps that stand below the files."""

from __future__ import annotations

from django import template

from apps.platform.media.lasting import lasting_address

register = template.Library()


@register.filter
def lasting(key: object) -> str:
    """The lasting path of a picture by its object key."""
    return lasting_address(str(key or ""))
