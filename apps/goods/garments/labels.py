"""Composition, care, size and style number of garments, for their labels."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings

from apps.goods.catalog.label_facts import LabelFacts
from apps.goods.catalog.models import ProductOption, Variant
from apps.goods.garments.care import list_care
from apps.goods.garments.grid import COLOUR_NAMES, SIZE_NAMES
from apps.goods.garments.models import Garment
from apps.goods.garments.reading import materials_words

_SYMBOL = re.compile(r'<symbol id="(?P<code>\w+)" viewBox="(?P<box>[\d ]+)">(?P<drawing>.*?)</symbol>', re.S)


def facts_of(variants: Iterable[Variant]) -> dict[UUID, LabelFacts]:
    """The label facts of those variants that are garments. Two queries, one when there are none."""
    rows = list(variants)
    owners = {row.product_id for row in rows}
    garments = {
        garment.product_id: garment
        for garment in Garment.objects.filter(product_id__in=owners).select_related("style")
    }
    if not garments:
        return {}
    names: dict[UUID, list[str]] = {}
    for option in ProductOption.objects.filter(product_id__in=garments).order_by("position"):
        names.setdefault(option.product_id, []).append(option.name.casefold())
    return {
        row.pk: _facts(row, garments[row.product_id], names.get(row.product_id, []))
        for row in rows
        if row.product_id in garments
    }


def _facts(variant: Variant, garment: Garment, options: list[str]) -> LabelFacts:
    values = dict(zip(options, (str(value) for value in variant.option_values), strict=False))
    return LabelFacts(
        style=garment.style.number if garment.style else "",
        size=next((values[name] for name in options if name in SIZE_NAMES), ""),
        colour=next((values[name] for name in options if name in COLOUR_NAMES), ""),
        composition=[_part(part, alone=len(garment.composition) == 1) for part in garment.composition],
        care=[(drawing(care.code), care.words) for care in list_care(garment.care)],
    )


def _part(part: dict[str, object], *, alone: bool) -> str:
    words = materials_words(part)
    return words if alone else f"{part['part']}: {words}"


@lru_cache(maxsize=64)
def drawing(code: str) -> str:
    """A care symbol of ours as a drawing by itself, black, with the lines as they are; empty for an unknown one."""
    return _drawings().get(code, "")


@lru_cache(maxsize=1)
def _drawings() -> dict[str, str]:
    text = (Path(settings.BASE_DIR) / "static" / "img" / "care.svg").read_text(encoding="utf-8")
    return {
        found["code"]: f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{found["box"]}">'
        + found["drawing"].replace("currentColor", "#000")
        + "</svg>"
        for found in _SYMBOL.finditer(text)
    }
