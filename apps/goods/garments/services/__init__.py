"""The writes of garments."""

from apps.goods.garments.services.library import (
    change_entry,
    delete_entry,
    make_season_collection,
    save_chart,
    save_colour,
    save_scale,
    save_season,
    save_style,
    show_swatch,
)
from apps.goods.garments.services.matrix import add_variants
from apps.goods.garments.services.sheet import check_sample, describe_garment, set_angles, set_points

__all__ = [
    "add_variants",
    "change_entry",
    "check_sample",
    "delete_entry",
    "describe_garment",
    "make_season_collection",
    "save_chart",
    "save_colour",
    "save_scale",
    "save_season",
    "save_style",
    "set_angles",
    "set_points",
    "show_swatch",
]
