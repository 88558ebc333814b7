"""Print a key by which push services know this installation."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.platform.notifications.vapid import new_key


class Command(BaseCommand):
    help = "Prints a key for VAPID_PRIVATE_KEY. With another key every browser must be turned on anew."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(new_key())
