"""In which measure the price of a product's goods is shown, for lists."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, OuterRef, QuerySet, Subquery, When

from .models import Variant
from .units import MEASURES

_MEASURED = tuple(unit.code for unit in MEASURES)


def shown_measure() -> Subquery:
    """For an annotation on products: the unit whose price their summary holds; nothing for pieces."""
    return Subquery(_first_measured(Case(When(shown_unit="", then="unit"), default="shown_unit")))


def stock_measure() -> Subquery:
    """For an annotation on products: the unit in which the stock of measured goods is counted; nothing for pieces."""
    return Subquery(_first_measured("unit"))


def _first_measured(unit: Any) -> QuerySet[Any, Any]:
    measured = Variant.objects.filter(product=OuterRef("pk"), active=True, unit__in=_MEASURED)
    return measured.order_by("position").values_list(unit)[:1]
