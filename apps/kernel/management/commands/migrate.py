"""`manage.py migrate`: Django's, as the owner of the tables, with the walls and the grants after it."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from apps.kernel import database_roles
from apps.kernel.lean_migrations import lean_states


class Command(migrate.Command):
    """Django's command between two steps of our own."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the role when it is missing and migrate; policies and grants follow by post_migrate."""
        with database_roles.owners_command(options):
            connection = connections[options["database"]]
            if not (options.get("plan") or options.get("check_unapplied")):
                database_roles.prepare_role(connection)
            with lean_states():
                super().handle(*args, **options)
