"""Taking one wall away, to see whether the other one holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connection, models

from apps.kernel import tenancy
from apps.kernel.postgres import base, cursors, telling
from apps.kernel.tenancy import Sight


@contextmanager
def without_first_wall() -> Iterator[None]:
    """A business must still be bound, but no manager filters by it any more."""

    def everybodys(manager: models.Manager[Any]) -> models.QuerySet[Any]:
        tenancy.require_business_id()
        return models.Manager.get_queryset(manager)

    with patch.object(tenancy.TenantManager, "get_queryset", everybodys):
        yield


@contextmanager
def without_second_wall() -> Iterator[None]:
    """The server is told that everything is a crossing, whatever is bound."""

    def tell_all(connection: Any, wanted: Sight | None = None) -> Sight:
        return telling.tell(connection, Sight(None, "tests"))

    with patch.object(base, "tell", tell_all), patch.object(cursors, "tell", tell_all):
        yield
    if connection.connection is not None:
        telling.told_of(connection.connection).forget()
