"""A product's variants as sizes × colours, for reading and for forms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.goods.catalog.models import Product, ProductOption, Variant
from apps.goods.garments.models import Garment

# What the options of a product are called in shops; compared without capitals.
SIZE_NAMES = {"size", "sizes", "größe", "grösse", "taille", "talla", "taglia", "maat", "koko", "størrelse"}
COLOUR_NAMES = {
    "colour", "color", "colours", "colors", "shade", "farbe", "couleur", "colore", "kleur", "farve", "färg",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Axes:
    """Where size and colour stand among a product's options; None where there is no such option."""

    size: int | None
    colour: int | None
    count: int

    @property
    def is_matrix(self) -> bool:
        """Whether size and colour are all there is to choose."""
        known = [place for place in (self.size, self.colour) if place is not None]
        return self.size is not None and len(known) == self.count

    def values(self, size: str, colour: str) -> list[str]:
        """The option values of a variant of this size and colour, in the product's order."""
        values = [""] * self.count
        if self.size is not None:
            values[self.size] = size
        if self.colour is not None:
            values[self.colour] = colour
        return values


@dataclass(slots=True)
class Grid:
    """Rows are colours (one row without a name where there is no colour), columns sizes."""

    product: Product
    axes: Axes
    sizes: list[str]
    colours: list[str]
    variants: dict[tuple[str, str], Variant] = field(default_factory=dict)

    def cells(self) -> Iterable[tuple[str, str, Variant | None]]:
        """Every place of the grid, row by row."""
        for colour in self.colours:
            for size in self.sizes:
                yield size, colour, self.variants.get((size, colour))


def axes_of(options: Iterable[ProductOption]) -> Axes:
    """The axes by the options' names."""
    names = [option.name.strip().casefold() for option in options]
    size = next((place for place, name in enumerate(names) if name in SIZE_NAMES), None)
    colour = next((place for place, name in enumerate(names) if name in COLOUR_NAMES), None)
    return Axes(size, colour, len(names))


def read_grids(product_ids: Iterable[UUID]) -> dict[UUID, Grid]:
    """The grids of products, in four queries for any number; products without a size option are absent."""
    ids = list(product_ids)
    options: dict[UUID, list[ProductOption]] = {}
    for option in ProductOption.objects.filter(product__in=ids).order_by("position"):
        options.setdefault(option.product_id, []).append(option)
    scales: dict[UUID, list[str]] = {
        row.product_id: row.scale.sizes if row.scale else []
        for row in Garment.objects.filter(product__in=ids).select_related("scale")
    }
    grids: dict[UUID, Grid] = {}
    for product in Product.objects.filter(pk__in=ids).defer("search", "search_text", "description_html"):
        axes = axes_of(options.get(product.pk, []))
        if not axes.is_matrix or axes.size is None:
            continue
        own = options[product.pk]
        sizes = in_order([str(v) for v in own[axes.size].values], scales.get(product.pk, []))
        colours = [str(v) for v in own[axes.colour].values] if axes.colour is not None else [""]
        grids[product.pk] = Grid(product, axes, sizes, colours)
    for variant in Variant.objects.filter(product__in=list(grids), active=True).order_by("position"):
        grid = grids[variant.product_id]
        variant.product = grid.product
        values = [str(value) for value in variant.option_values]
        if len(values) == grid.axes.count and grid.axes.size is not None:
            colour = values[grid.axes.colour] if grid.axes.colour is not None else ""
            grid.variants[(values[grid.axes.size], colour)] = variant
    return grids


def in_order(sizes: list[str], scale: list[str]) -> list[str]:
    """Sizes in the order of the scale; those it does not have behind, as they stood."""
    place = {size.casefold(): number for number, size in enumerate(scale)}
    return sorted(sizes, key=lambda size: (place.get(size.casefold(), len(place)), sizes.index(size)))


def cell_name(prefix: str, variant_id: Any) -> str:
    """The name of a variant's input."""
    return f"{prefix}_{variant_id}"


def totals(grid: Grid, figures: Mapping[UUID, int]) -> dict[str, Any]:
    """Sums per row and column and of all, as the page shows them before anything is typed."""
    rows = dict.fromkeys(grid.colours, 0)
    columns = dict.fromkeys(grid.sizes, 0)
    for size, colour, variant in grid.cells():
        count = figures.get(variant.pk, 0) if variant else 0
        rows[colour] += count
        columns[size] += count
    return {"rows": rows, "columns": columns, "all": sum(rows.values())}
