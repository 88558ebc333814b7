"""The second wall: policies of PostgreSQL on every table that holds rows of a business.

The tables are found in the model registry, so a new app is covered without being named, and the policies are put
up after every migration. A policy compares the row's business with the one the session was told
(`postgres.telling`); without one, and outside of a named crossing, no tenant's row can be read or written.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, models, transaction

POLICY = "tenant_wall"
_NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
# In a sub-select, so that the server works it out once a statement and not once a row.
_BOUND = "(SELECT NULLIF(current_setting('monidesk.business', true), '')::uuid)"
_CROSSED = "COALESCE(current_setting('monidesk.crossing', true), '') <> ''"


@dataclass(frozen=True, slots=True)
class Wall:
    """What is put up on one table: who may see a row, and, when they differ, who may write it."""

    table: str
    sees: str
    writes: str

    @property
    def mark(self) -> str:
        """Kept as the policy's comment; a wall whose mark differs is put up anew."""
        return f"{self.sees} / {self.writes}"


def walls() -> dict[str, Wall]:
    """The wall of every table that has one, by the table's name."""
    found: dict[str, Wall] = {}
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if model._meta.proxy or not model._meta.managed or table in found:
            continue
        if (condition := _condition(model)) is not None:
            found[table] = Wall(table, condition, _write_condition(model, condition))
    return found


def tenant_column(model: type[models.Model]) -> str | None:
    """The column that says whose row it is: `business_id`, or what the model names in `tenant_column`."""
    named: str | None = getattr(model, "tenant_column", None)
    if named is not None:
        return named
    columns = {field.column for field in model._meta.local_concrete_fields}
    return "business_id" if "business_id" in columns else None


def _condition(model: type[models.Model]) -> str | None:
    if model._meta.label == settings.TENANT_MODEL:
        # The directory: names and addresses of shops, which their store pages show to everybody.
        return "true"
    column = tenant_column(model)
    if column is not None:
        return f'"{column}" = {_BOUND} OR {_CROSSED}{_or_of_the_platform(model, column)}'
    parent = _parent(model)
    if parent is not None:
        target = parent.related_model._meta
        key = parent.target_field.column
        # The parent's own policy decides: a row belongs to whom its parent belongs to.
        return (
            f'EXISTS (SELECT 1 FROM "{target.db_table}" parent '  # noqa: S608
            f'WHERE parent."{key}" = "{model._meta.db_table}"."{parent.column}")'
        )
    return None


def _write_condition(model: type[models.Model], sees: str) -> str:
    if model._meta.label != settings.TENANT_MODEL:
        return sees
    return f'"{model._meta.pk.column}" = {_BOUND} OR {_CROSSED}'


def _or_of_the_platform(model: type[models.Model], column: str) -> str:
    """Rows of no business are the platform's own: for work that is bound to none."""
    field = next(field for field in model._meta.local_concrete_fields if field.column == column)
    if field.null:
        return f' OR ("{column}" IS NULL AND {_BOUND} IS NULL)'
    if column == "chain":
        return f' OR ("{column}" = {_NOBODY} AND {_BOUND} IS NULL)'
    return ""


def _parent(model: type[models.Model]) -> Any:
    """The foreign key to a tenant's table by which a row without a column of its own belongs to a business."""
    for field in model._meta.local_concrete_fields:
        target = field.related_model if field.is_relation else None
        if isinstance(target, type) and issubclass(target, models.Model) and tenant_column(target):
            return field
    return None


def install(connection: Any) -> list[str]:
    """Put up what is missing or different, take down what has no table any more; returns the tables touched.

    Only the owner of the tables can; asking twice changes nothing.
    """
    wanted = walls()
    with connection.cursor() as cursor:
        there = _standing(cursor)
        touched = []
        for table, state in there.items():
            wall = wanted.get(table)
            if wall is not None and state != (True, True, wall.mark):
                # Its column is not there while migrations stand half-way; the next run puts the wall up.
                with suppress(ProgrammingError), transaction.atomic(using=connection.alias):
                    for statement in statements(wall):
                        cursor.execute(statement)
                    touched.append(table)
            elif wall is None and state[2] is not None:
                cursor.execute(f'DROP POLICY IF EXISTS {POLICY} ON "{table}"')
                cursor.execute(
                    f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY'
                )
                touched.append(table)
    return touched


def statements(wall: Wall) -> list[str]:
    """The SQL of one wall."""
    table, comment = f'"{wall.table}"', wall.mark.replace("'", "''")
    drops = [f"DROP POLICY IF EXISTS {name} ON {table}" for name in _names()]
    if wall.sees == wall.writes:
        rules = [f"CREATE POLICY {POLICY} ON {table} USING ({wall.sees}) WITH CHECK ({wall.sees})"]
    else:
        rules = [
            f"CREATE POLICY {POLICY} ON {table} FOR SELECT USING ({wall.sees})",
            f"CREATE POLICY {POLICY}_insert ON {table} FOR INSERT WITH CHECK ({wall.writes})",
            f"CREATE POLICY {POLICY}_update ON {table} FOR UPDATE USING ({wall.writes}) WITH CHECK ({wall.writes})",
            f"CREATE POLICY {POLICY}_delete ON {table} FOR DELETE USING ({wall.writes})",
        ]
    return [
        *drops,
        *rules,
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        f"COMMENT ON POLICY {POLICY} ON {table} IS '{comment}'",
    ]


def missing(connection: Any) -> list[str]:
    """Tables with rows of a business whose wall is not as it should be; the check and the tests ask."""
    wanted = walls()
    with connection.cursor() as cursor:
        there = _standing(cursor)
    return [
        table
        for table, wall in wanted.items()
        if there.get(table, (False, False, None)) != (True, True, wall.mark)
    ]


def _names() -> list[str]:
    return [POLICY, f"{POLICY}_insert", f"{POLICY}_update", f"{POLICY}_delete"]


def _standing(cursor: Any) -> dict[str, tuple[bool, bool, str | None]]:
    """Each table of the schema: enabled, forced, the mark of its policy."""
    cursor.execute(
        """
        SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, obj_description(p.oid, 'pg_policy')
        FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = %s
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
        """,
        [POLICY],
    )
    return {table: (enabled, forced, mark) for table, enabled, forced, mark in cursor.fetchall()}
