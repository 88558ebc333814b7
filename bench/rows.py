"""Rows written by SQL: the columns that a statement does not name get what the model would give them."""

from __future__ import annotations

from typing import Any


def complete(statement: str, model: Any) -> str:
    """`INSERT INTO table (columns) SELECT values FROM …` with every required column it leaves out put in front.

    So a column that the model gains later does not break a bench.
    """
    head, rest = statement.split("(", 1)
    named = {column.strip() for column in rest.split(")", 1)[0].split(",")}
    missing = {
        field.column: field.default if field.has_default() else ""
        for field in model._meta.local_concrete_fields
        if not field.null
        and field.column not in named
        and not (field.has_default() and callable(field.default))
    }
    columns = "".join(f"{column}, " for column in missing)
    values = "".join(f"{_literal(value)}, " for value in missing.values())
    return f"{head}({columns}{rest.replace('SELECT ', f'SELECT {values}', 1)}"


def _literal(value: Any) -> str:
    return (
        str(value).lower() if isinstance(value, bool | int) else "'{}'".format(str(value).replace("'", "''"))
    )
