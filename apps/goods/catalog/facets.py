"""Facets: how many products each further choice would leave. Two statements, whatever is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Case, Q, QuerySet, Value, When

from apps.goods.catalog.models import Category
from apps.goods.catalog.searching import ON_SALE, Asked, base_of, chosen_of, in_licensed_trade, in_stock

MOST_BRANDS = MOST_TAGS = 30
# Edges of price bands in any currency: 1, 2, 5, 10, 20, 50 …
EDGES = tuple(Decimal(step) * 10**power for power in range(9) for step in (1, 2, 5))
FACETS = ("category", "brand", "tag", "price", "classification", "colour", "thc", "cbd")
MOST_COLOURS = 40
# The app that keeps colours says where: columns business_id, name, look (a hex code or the path of a picture).
_colours: list[str] = []


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet: what stands in the address, what is shown, how many products it leaves."""

    value: str
    name: str
    count: int
    depth: int = 0
    id: UUID | None = None
    look: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """Prices from `low` (inclusive) to below `high`; None is open."""

    low: Decimal
    high: Decimal | None
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """What stands beside a list. Each facet counts under all other choices, so that another of it can be taken."""

    total: int = 0
    in_stock: int = 0
    on_sale: int = 0
    lowest: Decimal | None = None
    highest: Decimal | None = None
    categories: list[Choice] = field(default_factory=list)
    brands: list[Choice] = field(default_factory=list)
    tags: list[Choice] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)
    classifications: list[Choice] = field(default_factory=list)
    colours: list[Choice] = field(default_factory=list)
    # From and to, in per cent, by substance; only what some product has.
    contents: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)


def offer_colours(table: str) -> None:
    """Let an app above have its colours counted: a statement of `business_id, name, look`. Called at set-up."""
    if table not in _colours:
        _colours.append(table)


def read_facets(asked: Asked) -> Facets:
    """Counts of every facet for what is asked, exact, in two statements: the products once, and the tree."""
    try:
        rows = _counted(asked)
    except EmptyResultSet:
        # A condition that nothing can meet: Django knows it without asking.
        return Facets()
    by_kind: dict[str, list[Row]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append(row)
    whole = by_kind["all"][0]
    return Facets(
        total=whole.number,
        in_stock=by_kind["stock"][0].number,
        on_sale=whole.reduced or 0,
        lowest=whole.lowest,
        highest=whole.highest,
        categories=_tree({UUID(row.value): row.number for row in by_kind.get("category", [])}),
        brands=[Choice(row.value, row.name, row.number) for row in by_kind.get("brand", [])],
        tags=[Choice(row.value, row.value, row.number) for row in by_kind.get("tag", [])],
        bands=_bands({int(row.value): row.number for row in by_kind.get("band", [])}),
        classifications=[
            Choice(row.value, row.value, row.number) for row in by_kind.get("classification", [])
        ],
        colours=[
            Choice(row.value, row.value, row.number, look=row.name) for row in by_kind.get("colour", [])
        ],
        contents={
            row.value: (row.lowest, row.highest)
            for row in by_kind.get("contents", [])
            if row.lowest is not None and row.highest is not None
        },
    )


class Row(NamedTuple):
    """One line of the statement that counts."""

    kind: str
    value: str
    name: str
    number: int
    reduced: int | None
    lowest: Decimal | None
    highest: Decimal | None


def _counted(asked: Asked) -> list[Row]:
    chosen = chosen_of(asked)
    # Services keep a product's tags without doubles, so each of its tags counts it once.
    # A choice does not narrow its own facet, so each is a mark on the row instead of a filter.
    marks = {f"ok_{name}": _mark(chosen[name]) for name in FACETS if name in chosen}
    columns = ("id", "category_id", "brand_id", "tags", "min_price", "max_price")
    found = base_of(asked).order_by().select_related(None)
    licensed = ("classification", "thc_min", "thc_max", "thc_unit", "cbd_min", "cbd_max", "cbd_unit")
    found_sql, found_params = _sql(
        found.annotate(**marks, reduced=_mark(ON_SALE), licensed=in_licensed_trade()).values(
            *columns, *licensed, "licensed", "reduced", *marks
        )
    )
    stocked_sql, stocked_params = _sql(found.filter(in_stock()).values("id"))

    def others(*names: str) -> str:
        """The marks of all choices but those of `names`."""
        return (
            " AND ".join(f"ok_{name}" for name in FACETS if f"ok_{name}" in marks and name not in names)
            or "TRUE"
        )

    edges = ", ".join(str(edge) for edge in EDGES)
    sql = f"""
    WITH found AS MATERIALIZED ({found_sql})
    SELECT 'all', '', '', count(*), count(*) FILTER (WHERE reduced), min(min_price), max(max_price)
      FROM found WHERE {others()}
    UNION ALL
    SELECT 'stock', '', '', count(*), NULL, NULL, NULL
      FROM found WHERE {others()} AND id IN ({stocked_sql})
    UNION ALL
    SELECT 'category', category_id::text, '', count(*), NULL, NULL, NULL
      FROM found WHERE category_id IS NOT NULL AND {others("category")} GROUP BY category_id
    UNION ALL
    (SELECT 'brand', brand.slug, brand.name, counted.n, NULL, NULL, NULL
       FROM (SELECT brand_id, count(*) AS n FROM found
              WHERE brand_id IS NOT NULL AND {others("brand")} GROUP BY brand_id) AS counted
       JOIN catalog_brand AS brand ON brand.id = counted.brand_id
      ORDER BY (brand.slug = %s) DESC, counted.n DESC, brand.name LIMIT {MOST_BRANDS})
    UNION ALL
    (SELECT 'tag', tag, '', count(*), NULL, NULL, NULL
       FROM found, unnest(tags) AS tag WHERE {others("tag")}
      GROUP BY tag ORDER BY (tag = %s) DESC, count(*) DESC, tag LIMIT {MOST_TAGS})
    UNION ALL
    SELECT 'band', band::text, '', sum(spans.n)::bigint, NULL, NULL, NULL
      FROM (SELECT width_bucket(min_price, ARRAY[{edges}]::numeric[]) AS low,
                   width_bucket(max_price, ARRAY[{edges}]::numeric[]) AS high, count(*) AS n
              FROM found WHERE {others("price")} GROUP BY 1, 2) AS spans,
           generate_series(spans.low, spans.high) AS band
     GROUP BY band
    UNION ALL
    (SELECT 'classification', classification, '', count(*), NULL, NULL, NULL
       FROM found WHERE licensed AND classification <> '' AND {others("classification")}
      GROUP BY classification ORDER BY count(*) DESC, classification)
    UNION ALL
    SELECT 'contents', 'thc', '', count(thc_min), NULL, min(thc_min), max(thc_max)
      FROM found WHERE licensed AND thc_unit = 'percent' AND {others("thc")}
    UNION ALL
    SELECT 'contents', 'cbd', '', count(cbd_min), NULL, min(cbd_min), max(cbd_max)
      FROM found WHERE licensed AND cbd_unit = 'percent' AND {others("cbd")}
    {_colour_rows(others("colour"))}
    """  # noqa: S608  (numbers and names from this file, statements compiled by Django)
    with connection.cursor() as cursor:
        colour = [asked.colour] if _colours else []
        cursor.execute(sql, [*found_params, *stocked_params, asked.brand, asked.tag, *colour])
        return [Row(*row) for row in cursor.fetchall()]


def _colour_rows(others: str) -> str:
    """The counts of colours that options name. Without a colour in the library the options are not looked at."""
    if not _colours:
        return ""
    return f"""
    UNION ALL
    (SELECT 'colour', colour.name, colour.look, count(DISTINCT found.id), NULL, NULL, NULL
       FROM found
       JOIN catalog_productoption AS option ON option.product_id = found.id
      CROSS JOIN LATERAL jsonb_array_elements_text(option.values) AS said(value)
       JOIN ({_colours[0]}) AS colour ON colour.business_id = option.business_id AND colour.name = said.value
      WHERE {others} AND (SELECT count(*) FROM ({_colours[0]}) AS any_colour) > 0
      GROUP BY colour.name, colour.look
      ORDER BY (colour.name = %s) DESC, count(DISTINCT found.id) DESC, colour.name LIMIT {MOST_COLOURS})
    """  # noqa: S608  (names from this file and from the app that offers)


def _mark(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _sql(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    return rows.query.sql_with_params()


def _tree(own: dict[UUID, int]) -> list[Choice]:
    """Branches that lead to products, in reading order, each with all that is below it."""
    branches = list(
        Category.objects.order_by("place", "path").values_list("pk", "slug", "name", "path", "depth")
    )
    choices = []
    for pk, slug, name, path, depth in branches:
        inside = f"{path}/"
        count = sum(
            own.get(other, 0)
            for other, _slug, _name, where, _depth in branches
            if other == pk or where.startswith(inside)
        )
        if count:
            choices.append(Choice(slug, name, count, depth, pk))
    return choices


def _bands(counts: dict[int, int]) -> list[Band]:
    return [
        Band(
            EDGES[number - 1] if number else Decimal(0),
            EDGES[number] if number < len(EDGES) else None,
            count,
        )
        for number, count in sorted(counts.items())
    ]
