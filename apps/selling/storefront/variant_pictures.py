"""Which picture a chosen variant is shown by."""

from __future__ import annotations

from apps.goods.catalog.models import Variant
from apps.goods.catalog.selectors import ProductPage
from apps.selling.storefront.cards import drawn_url_of, photo_sources
from apps.selling.storefront.face import StoreFace
from apps.selling.storefront.pictures import colour_hex

COLOUR_OPTIONS = {"colour", "color", "colours", "colors", "shade", "finish", "tone"}


def variant_picture(face: StoreFace, found: ProductPage, variant: Variant) -> str:
    """The address of its own picture, else of that of another one of its colour: nobody photographs each size.

    Of a product without photographs a drawn one in the variant's colour; empty where there is nothing to change.
    """
    pictured = [picture for picture in found.pictures if picture.path and picture.variant_id]
    own = next((picture for picture in pictured if picture.variant_id == variant.pk), None)
    if own is None and pictured:
        by_id = {one.pk: one for one in found.variants}
        own = next(
            (
                one
                for one in pictured
                if one.variant_id in by_id and _is_of_colour(found, by_id[one.variant_id], variant)
            ),
            None,
        )
    if own is not None:
        return photo_sources(own.path, own.renditions).src
    if any(picture.path for picture in found.pictures):
        return ""
    for option, value in zip(found.options, variant.option_values, strict=False):
        if option["name"].lower() in COLOUR_OPTIONS and colour_hex(str(value)):
            return drawn_url_of(face, found.product, 1, str(value))
    return ""


def _is_of_colour(found: ProductPage, one: Variant, other: Variant) -> bool:
    values = zip(found.options, one.option_values, other.option_values, strict=False)
    return any(option["name"].lower() in COLOUR_OPTIONS and mine == asked for option, mine, asked in values)
