"""Under which names the vault keeps what companies gave a business."""

from __future__ import annotations


def secret_name(provider: str, setting: str) -> str:
    """`notifications.twilio.auth_token`."""
    return f"notifications.{provider}.{setting}"
