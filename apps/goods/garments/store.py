"""What the store's page of a product shows of a garment: read within the product's own query."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Subquery
from django.db.models.functions import JSONObject

from apps.goods.catalog.facets import offer_colours
from apps.goods.catalog.models import ProductOption
from apps.goods.catalog.selectors import add_page_part
from apps.goods.garments.care import list_care
from apps.goods.garments.models import Colour, Garment, PictureAngle
from apps.goods.garments.reading import materials_words

_REGION = {"GB": "UK", "IE": "UK", "US": "US", "CA": "US", "JP": "JP"}
ANGLES = list(PictureAngle.Angle.values)


# A library that several shops would share does not exist, but row-level security is not this statement's only wall.
_COLOUR_TABLE = """
    SELECT business_id, name, CASE WHEN hex <> '' THEN hex ELSE swatch_path END AS look FROM garments_colour
"""


def join_product_page() -> None:
    """Read garments, swatches and angles with the page of a product, count colours beside the lists."""
    offer_colours(_COLOUR_TABLE)
    add_page_part("garment", _garment)
    add_page_part("colours", _colours)
    add_page_part("angles", _angles)


def _garment() -> Subquery:
    facts = JSONObject(
        style="style__number", half="season__half", year="season__year", composition="composition", care="care",
        chart="chart__name", regions="chart__regions", measures="chart__measures", rows="chart__rows",
    )  # fmt: skip
    return Subquery(Garment.objects.filter(product=OuterRef("pk")).values(facts=facts)[:1])


def _colours() -> ArraySubquery:
    """The library's colours that the product's options name."""
    # jsonb_exists(values, name): whether the list holds the name, as the operator "?" does.
    named = Func(F("values"), OuterRef("name"), function="jsonb_exists", output_field=BooleanField())
    options = ProductOption.objects.filter(product=OuterRef(OuterRef("pk"))).annotate(names=named)
    colours = Colour.objects.filter(Exists(options.filter(names=True))).order_by("name", "id")
    return ArraySubquery(
        colours.values(facts=JSONObject(name="name", hex="hex", names="names", path="swatch_path"))
    )


def _angles() -> ArraySubquery:
    angles = PictureAngle.objects.filter(image__product=OuterRef("pk"))
    return ArraySubquery(angles.values(facts=JSONObject(image="image_id", angle="angle")))


def region_of(country: str) -> str:
    """How sizes are called in a country."""
    return _REGION.get(country, "EU")


def shown_garment(part: dict[str, Any] | None, country: str) -> dict[str, Any] | None:
    """What the page says of a garment, its size chart with the shop's own region first; None where there is nothing."""
    if part is None:
        return None
    chart = _chart(part, region_of(country)) if part["chart"] else None
    shown = {
        "style": part["style"] or "",
        "season": f"{part['half']} {part['year']}" if part["half"] else "",
        "composition": [(one["part"], materials_words(one)) for one in part["composition"]],
        "care": list_care(part["care"]),
        "chart": chart,
    }
    return shown if any(shown.values()) else None


def _chart(part: dict[str, Any], own: str) -> dict[str, Any]:
    regions = sorted(part["regions"], key=lambda region: region != own)
    return {
        "name": part["chart"],
        "own": own if own in regions else "",
        "heads": [*regions, *part["measures"]],
        "rows": [
            (
                row["size"],
                [*(row["regions"][r] for r in regions), *(row["measures"][m] for m in part["measures"])],
            )
            for row in part["rows"]
        ],
    }


def swatches(part: list[dict[str, Any]], language: str) -> dict[str, dict[str, str]]:
    """The look of the product's colours by the value of the option: hex, picture, name in the shopper's language."""
    short = language.split("-")[0]
    return {
        one["name"]: {
            "hex": one["hex"],
            "path": one["path"],
            "name": one["names"].get(language) or one["names"].get(short) or one["name"],
        }
        for one in part
    }


def by_angle(part: list[dict[str, Any]]) -> dict[str, str]:
    """The angle of pictures by their id."""
    return {one["image"]: one["angle"] for one in part}
