"""What is kept, without ever opening it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from .models import Secret, SecretUse


def find_secret(name: str) -> Secret | None:
    """The current version of the bound business's secret: its last four characters and dates, not its value."""
    return Secret.objects.filter(name=name, is_current=True).defer("sealed").first()


def list_uses(name: str) -> QuerySet[SecretUse]:
    """Who used a secret, newest day first."""
    return SecretUse.objects.filter(name=name).order_by("-first_used_at")


def list_across_businesses_to_rotate(key_version: str) -> list[UUID]:
    """Businesses that keep a secret under another key than `key_version`."""
    outdated = Secret.unscoped.exclude(key_version=key_version)
    return list(outdated.order_by("business_id").values_list("business_id", flat=True).distinct())


def list_across_key_versions() -> list[str]:
    """The versions of all keys that something is encrypted with."""
    return list(Secret.unscoped.order_by("key_version").values_list("key_version", flat=True).distinct())
