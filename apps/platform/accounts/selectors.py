"""Reads of the accounts context."""

from __future__ import annotations

from apps.platform.accounts.models import User


def find_user_by_email(email: str) -> User | None:
    """The user with this address, without regard to case."""
    return User.objects.filter(email=email.strip().lower()).first()
