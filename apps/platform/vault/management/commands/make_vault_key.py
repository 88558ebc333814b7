"""`manage.py make_vault_key [version]`: print a fresh key for VAULT_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.kernel import clock
from apps.platform.vault.keys import new_key, parse_keys


class Command(BaseCommand):
    help = "Print a new key for VAULT_KEYS. It is stored nowhere."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", nargs="?", default="", help="its name; default: today's date")

    def handle(self, *args: Any, **options: Any) -> None:
        key = new_key(options["version"] or f"{clock.today('UTC'):%Y%m%d}")
        try:
            parse_keys(key)
        except Exception as error:
            raise CommandError(str(error)) from None
        self.stdout.write(key)
