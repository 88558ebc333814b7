"""`manage.py flush`: Django's, as the owner of the tables: the application's role cannot empty one."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import flush

from apps.kernel import database_roles


class Command(flush.Command):
    """Django's command as the owner."""

    def handle(self, **options: Any) -> None:
        """Empty every table."""
        with database_roles.owners_command(options):
            super().handle(**options)
