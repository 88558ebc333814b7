"""The forms of the matrix: one input for each size and colour, and what is said about all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.forms import AmountField
from apps.goods.garments.grid import Grid, cell_name, totals
from apps.goods.inventory.models import AdjustReason
from apps.goods.purchasing.order_forms import PlaceField
from apps.goods.purchasing.selectors import list_active_suppliers
from apps.kernel.actors import Actor

LARGEST = 100_000


class GridForm(forms.Form):
    """Numbers for the variants of grids; what is left empty is not touched."""

    prefix_word = "cell"
    lowest = 0

    def __init__(self, grids: Iterable[Grid], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.head_fields = list(self.fields)
        self.grids = list(grids)
        for grid in self.grids:
            for size, colour, variant in grid.cells():
                if variant is not None:
                    self._cell(cell_name("cell", variant.pk), grid, size, colour)

    def _cell(self, name: str, grid: Grid, size: str, colour: str) -> None:
        field = forms.IntegerField(required=False, min_value=self.lowest, max_value=LARGEST)
        label = " ".join(part for part in (grid.product.title, colour, size) if part)
        field.widget.attrs |= {
            "aria-label": label,
            "inputmode": "numeric",
            "data-cell": "",
            "class": "gar-input",
        }
        field.label = label
        self.fields[name] = field

    def numbers(self) -> dict[UUID, int]:
        """What was typed, by variant."""
        return {
            UUID(name.removeprefix("cell_")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("cell_") and value is not None
        }

    def heads(self) -> list[Any]:
        """The inputs about all cells."""
        return [self[name] for name in self.head_fields]

    def tables(self, now: Mapping[UUID, int], note: Any) -> list[dict[str, Any]]:
        """The grids as the template shows them: a field, what is there now, sums."""
        return [self._table(grid, now, note) for grid in self.grids]

    def _table(self, grid: Grid, now: Mapping[UUID, int], note: Any) -> dict[str, Any]:
        sums = totals(grid, now)
        rows = []
        for colour in grid.colours:
            cells = []
            for size in grid.sizes:
                variant = grid.variants.get((size, colour))
                field = self[cell_name("cell", variant.pk)] if variant else None
                cells.append({"field": field, "now": now.get(variant.pk, 0) if variant else 0, "size": size})
            rows.append({"colour": colour, "cells": cells, "total": sums["rows"][colour]})
        return {
            "title": grid.product.title,
            "sizes": grid.sizes,
            "rows": rows,
            "columns": [sums["columns"][size] for size in grid.sizes],
            "total": sums["all"],
            "note": note,
            "has_colours": grid.axes.colour is not None,
        }


class StockGridForm(GridForm):
    location_id = PlaceField(label=_("Location"))
    mode = forms.ChoiceField(
        label=_("The numbers are"),
        choices=[("counted", _("How many lie there")), ("delta", _("How many more; with a minus fewer"))],
        initial="counted",
    )
    reason_code = forms.ChoiceField(label=_("Cause"), choices=AdjustReason.choices)
    note = forms.CharField(label=_("Note"), max_length=500, required=False)
    lowest = -LARGEST

    def __init__(self, actor: Actor, grids: Iterable[Grid], **kwargs: Any) -> None:
        super().__init__(grids, **kwargs)
        self.fields["location_id"].offer(actor)  # type: ignore[attr-defined]


class OrderGridForm(GridForm):
    supplier_id = forms.TypedChoiceField(label=_("Supplier"), coerce=UUID)
    location_id = PlaceField(label=_("Deliver to"))
    expected_on = forms.DateField(
        label=_("Expected on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    unit_cost = AmountField(
        label=_("Cost of one piece"),
        required=False,
        help_text=_("In the supplier's currency. Empty: what the supplier asks for each."),
    )
    rate = forms.DecimalField(
        label=_("Rate"),
        required=False,
        max_digits=18,
        decimal_places=8,
        help_text=_("Only for a supplier in another currency: what one unit of it is worth in yours."),
    )

    def __init__(self, actor: Actor, grids: Iterable[Grid], **kwargs: Any) -> None:
        super().__init__(grids, **kwargs)
        rows = list_active_suppliers()[:500]
        self.fields["supplier_id"].choices = [(str(row.pk), f"{row.name} ({row.currency})") for row in rows]  # type: ignore[attr-defined]
        self.fields["location_id"].offer(actor)  # type: ignore[attr-defined]


class ReceiveGridForm(GridForm):
    location_id = PlaceField(label=_("Location"))
    delivery_note = forms.CharField(label=_("Number of the delivery note"), max_length=60, required=False)

    def __init__(self, actor: Actor, grids: Iterable[Grid], location_id: UUID, **kwargs: Any) -> None:
        super().__init__(grids, **kwargs)
        place = self.fields["location_id"]
        place.offer(actor)  # type: ignore[attr-defined]
        place.initial = str(location_id)


class VariantsForm(forms.Form):
    """A tick for each size and colour that is not there yet."""

    price = AmountField(
        label=_("Price"), required=False, help_text=_("Empty: the lowest price of the product.")
    )
    cost = AmountField(label=_("Cost of one piece"), required=False)

    def __init__(self, grid: Grid, sizes: list[str], colours: list[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.head_fields = list(self.fields)
        self.grid, self.sizes, self.colours = grid, sizes, colours
        for row, colour in enumerate(colours):
            for column, size in enumerate(sizes):
                if (size, colour) not in grid.variants:
                    field = forms.BooleanField(required=False)
                    label = " ".join(part for part in (colour, size) if part)
                    field.widget.attrs |= {
                        "aria-label": _now("Make %(what)s") % {"what": label},
                        "data-cell": "",
                    }
                    field.label = label
                    self.fields[f"make_{row}_{column}"] = field

    def heads(self) -> list[Any]:
        return [self[name] for name in self.head_fields]

    def tables(self) -> list[dict[str, Any]]:
        """The grid as the template shows it: ticks, and what is there."""
        rows = []
        for row, colour in enumerate(self.colours):
            cells = []
            for column, size in enumerate(self.sizes):
                is_there = (size, colour) in self.grid.variants
                field = None if is_there else self[f"make_{row}_{column}"]
                cells.append({"field": field, "is_there": is_there, "size": size})
            rows.append({"colour": colour, "cells": cells})
        has_colours = self.grid.axes.colour is not None
        return [
            {"title": self.grid.product.title, "sizes": self.sizes, "rows": rows, "has_colours": has_colours}
        ]

    def wanted(self) -> list[tuple[str, str]]:
        """The ticked sizes and colours."""
        return [
            (size, colour)
            for row, colour in enumerate(self.colours)
            for column, size in enumerate(self.sizes)
            if self.cleaned_data.get(f"make_{row}_{column}")
        ]
