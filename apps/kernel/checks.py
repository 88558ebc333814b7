"""Checks of Django about the second wall: `manage.py check --deploy`."""

from __future__ import annotations

from typing import Any

from django.core import checks
from django.db import DatabaseError, connections

from .database_roles import has_own_role


@checks.register(checks.Tags.security, deploy=True)
def check_roles(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Warn when the application could pass by the policies: as the owner, a superuser or with BYPASSRLS."""
    connection: Any = connections["default"]
    if not has_own_role(connection):
        return [
            checks.Warning(
                "The application signs in to the database as the owner of its tables.",
                hint="Give it a role of its own: DATABASE_URL for it, DATABASE_OWNER_URL for migrations; "
                "see docs/runbooks/roles.md.",
                id="kernel.W001",
            )
        ]
    try:
        faults = faults_of_role(connection)
    except DatabaseError:
        # The image is checked where there is no database; `manage.py database_roles --check` insists on one.
        return []
    return [checks.Warning(fault, hint="See docs/runbooks/roles.md.", id="kernel.W002") for fault in faults]


def faults_of_role(connection: Any) -> list[str]:
    """What lets the role of the application pass by the policies."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT current_user, rolsuper, rolbypassrls,
                (SELECT count(*) FROM pg_class WHERE relowner = r.oid AND relkind IN ('r', 'p')
                    AND relnamespace = current_schema()::regnamespace)
            FROM pg_roles r WHERE rolname = current_user
            """
        )
        role, is_super, bypasses, owned = cursor.fetchone()
    faults = []
    if is_super:
        faults.append(f"The role {role} is a superuser: no policy holds for it.")
    if bypasses:
        faults.append(f"The role {role} has BYPASSRLS: no policy holds for it.")
    if owned:
        faults.append(f"The role {role} owns {owned} tables: it could take their policies down.")
    return faults
