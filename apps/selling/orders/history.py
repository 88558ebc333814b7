"""Whether a customer has ordered before: what promotions for a first order ask."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from apps.selling.promotions.reading import ordered_before

from .models import Order
from .states import CAME_TO_NOTHING


@ordered_before
def has_ordered() -> Exists:
    """An order that was cancelled or never paid is none."""
    return Exists(Order.objects.filter(customer_id=OuterRef("pk")).exclude(state__in=CAME_TO_NOTHING))
