"""In which measure the price of a product's goods is shown, for lists."""

from __future__ import annotations

from django.db.models import Case, OuterRef, Subquery, When

from .models import Variant
from .units import MEASURES

_MEASURED = tuple(unit.code for unit in MEASURES)


def shown_measure() -> Subquery:
    """For an annotation on products: the unit whose price their summary holds; nothing for pieces."""
    shown = Case(When(shown_unit="", then="unit"), default="shown_unit")
    measured = Variant.objects.filter(product=OuterRef("pk"), active=True, unit__in=_MEASURED)
    return Subquery(measured.order_by("position").values_list(shown)[:1])
