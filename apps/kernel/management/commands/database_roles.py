"""`manage.py database_roles`: say which roles are in use, and what an administrator has to run once."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, connections

from apps.kernel import database_roles, row_security
from apps.kernel.checks import faults_of_role


class Command(BaseCommand):
    """Prints SQL for the administrator of a real server, grants as the owner, or checks what is there."""

    help = (
        "Print the SQL that makes the two roles; --grant puts up policies and grants; --check verifies both."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do."""
        parser.add_argument("--grant", action="store_true", help="as the owner: policies and grants, now")
        parser.add_argument("--check", action="store_true", help="exit with 1 when a wall has a gap")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print, grant or check."""
        if options["grant"]:
            with database_roles.as_owner("default"):
                database_roles.prepare_role(connections["default"])
                database_roles.install("default")
            self.stdout.write("Policies and grants are in place.")
        elif options["check"]:
            faults = faults_of_role(connection)
            faults += [f"{table} has no complete wall." for table in row_security.missing(connection)]
            for fault in faults:
                self.stderr.write(fault)
            if faults:
                sys.exit(1)
            self.stdout.write(f"{len(row_security.walls())} tables stand behind the second wall.")
        else:
            given: Any = connection.settings_dict
            owner = (given.get("OWNER") or {}).get("USER") or given["USER"]
            role = database_roles.app_role(connection)
            role = database_roles.APP_ROLE if role == owner else role
            self.stdout.write(database_roles.administrators_sql(owner, role, given["NAME"]))
