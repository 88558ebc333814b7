"""The rows below a row, as an answer shows them: in an order that is the same each time."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, Prefetch, QuerySet


def below(relation: str, rows: type[Model] | QuerySet[Any]) -> Prefetch[Any]:
    """Read a relation with its owner: by position where the rows have one, else as they were written.

    Without an order the database gives rows as they lie, which is another order once one of them was changed.
    """
    found: QuerySet[Any] = rows if isinstance(rows, QuerySet) else rows.objects.all()  # type: ignore[attr-defined]
    has_place = any(field.name == "position" for field in found.model._meta.get_fields())
    return Prefetch(relation, found.order_by(*(["position"] if has_place else []), "pk"))
