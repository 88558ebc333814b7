"""What goods cost is shown to whoever may see it: `products.costs`, on pages, in files and to programs alike."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.goods.catalog.policies import SEES_COSTS
from apps.platform.api.fields import AmountField
from apps.platform.backoffice.columns import Column, money_column

HIDDEN = "Null for whoever lacks the permission `products.costs`."


def cost_column(name: str, *, description: Any) -> Column:
    """A column of amounts that a list with `HidesCosts` leaves out for whoever may not see costs."""
    column = money_column(name, description=description)
    column.tells_cost = True  # type: ignore[attr-defined]
    return column


class HidesCosts:
    """A list whose cost columns are shown, ordered by and exported only to whoever may see costs."""

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = super().get_list_display(request)  # type: ignore[misc]
        if request.actor.may(SEES_COSTS):  # type: ignore[attr-defined]
            return columns
        return [column for column in columns if not getattr(column, "tells_cost", False)]


class CostField(AmountField):
    """An amount that tells what goods cost: null for a caller who may not see it."""

    def __init__(self, **kwargs: Any) -> None:
        words = f"{kwargs.pop('help_text', '')} {HIDDEN}".strip()
        super().__init__(**{"allow_null": True, "help_text": words, **kwargs})

    def get_attribute(self, instance: Any) -> Any:
        return super().get_attribute(instance) if self.context["request"].actor.may(SEES_COSTS) else None
