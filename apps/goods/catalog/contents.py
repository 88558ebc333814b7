"""What a version holds of a product, as plain values that can be compared, kept and put back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.goods.catalog.models import Product, Variant

SAID = (
    "title", "subtitle", "description_html", "vendor_name", "product_type", "tags", "category_id", "seo_title",
    "seo_description", "order_min", "order_max", "order_step",
)  # fmt: skip
LICENSED = (
    "strain", "classification", "thc_min", "thc_max", "thc_unit", "cbd_min", "cbd_max", "cbd_unit",
)  # fmt: skip
PRICES = "prices"
FIELDS = (*SAID, *LICENSED, PRICES)
LABELS = {
    "title": _("Title"), "subtitle": _("Subtitle"), "description_html": _("Description"), "vendor_name": _("Brand"),
    "product_type": _("Type"), "tags": _("Tags"), "category_id": _("Category"),
    "seo_title": _("Title for search engines"), "seo_description": _("Description for search engines"),
    "order_min": _("Smallest quantity"), "order_max": _("Largest quantity"), "order_step": _("Sold in steps of"),
    "strain": _("Strain"), "classification": _("Classification"), "thc_min": _("THC from"), "thc_max": _("THC to"),
    "thc_unit": _("THC in"), "cbd_min": _("CBD from"), "cbd_max": _("CBD to"), "cbd_unit": _("CBD in"),
    PRICES: _("Prices"),
}  # fmt: skip
Content = dict[str, Any]


def content_of(product: Product, variants: Iterable[Variant]) -> Content:
    """What a product says now; prices by variant, of those that are sold."""
    content: Content = {name: plain(getattr(product, name)) for name in (*SAID, *LICENSED)}
    content[PRICES] = {
        str(variant.pk): {
            "price": plain(variant.price),
            "compare_at_price": plain(variant.compare_at_price),
        }
        for variant in variants
        if variant.active
    }
    return content


def plain(value: Any) -> Any:
    """As JSON keeps it: amounts as text without idle zeros, so that equal things are equal."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value) if isinstance(value, UUID) else value


def changes_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Names of what differs; a price by its variant: `prices.<id>`."""
    found = []
    for name in FIELDS:
        # What was kept before there were subtitles has none.
        empty = "" if name == "subtitle" else None
        old, new = before.get(name, empty), after.get(name, empty)
        if name == PRICES:
            old, new = old or {}, new or {}
            # A variant that came or went is no change of what was said.
            found += [f"{PRICES}.{key}" for key in new if key in old and old[key] != new[key]]
        elif old != new:
            found.append(name)
    return found


def value_at(content: Mapping[str, Any], name: str) -> Any:
    """What a content says under a name that `changes_of` gave."""
    if name.startswith(f"{PRICES}."):
        return content.get(PRICES, {}).get(name.partition(".")[2])
    return content.get(name)


@dataclass(frozen=True, slots=True)
class Merge:
    """A draft beside what the store shows now. `mine` would be published, `theirs` changed meanwhile and stays;
    `both` was changed here and there to different things.
    """

    mine: list[str]
    theirs: list[str]
    both: list[str]


def merge_of(base: Mapping[str, Any], draft: Mapping[str, Any], live: Mapping[str, Any]) -> Merge:
    """Who changed what since the draft was begun."""
    mine, theirs = changes_of(base, draft), changes_of(base, live)
    both = [name for name in mine if name in theirs and value_at(draft, name) != value_at(live, name)]
    return Merge(
        mine=[name for name in mine if value_at(draft, name) != value_at(live, name)],
        theirs=[name for name in theirs if name not in mine],
        both=both,
    )
