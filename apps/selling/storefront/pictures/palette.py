"""Which colours a picture uses: a colour named in the words wins, else the seed chooses a hue."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from apps.selling.storefront.colour import Oklch, fit, to_hex

NAMED: dict[str, Oklch] = {
    "red": Oklch(0.57, 0.17, 27), "scarlet": Oklch(0.58, 0.19, 30), "crimson": Oklch(0.5, 0.17, 20),
    "burgundy": Oklch(0.4, 0.12, 15), "wine": Oklch(0.4, 0.12, 10), "orange": Oklch(0.71, 0.15, 55),
    "copper": Oklch(0.62, 0.11, 48), "rust": Oklch(0.53, 0.13, 42), "terracotta": Oklch(0.62, 0.12, 42),
    "clay": Oklch(0.64, 0.1, 45), "peach": Oklch(0.82, 0.09, 55), "coral": Oklch(0.7, 0.15, 32),
    "yellow": Oklch(0.84, 0.145, 92), "lemon": Oklch(0.9, 0.14, 100), "mustard": Oklch(0.73, 0.13, 85),
    "gold": Oklch(0.77, 0.11, 88), "golden": Oklch(0.77, 0.11, 88), "brass": Oklch(0.74, 0.09, 90),
    "amber": Oklch(0.76, 0.14, 75), "honey": Oklch(0.77, 0.13, 78), "cream": Oklch(0.93, 0.035, 90),
    "ivory": Oklch(0.95, 0.025, 95), "white": Oklch(0.97, 0.006, 90), "vanilla": Oklch(0.93, 0.05, 92),
    "oat": Oklch(0.87, 0.035, 80), "beige": Oklch(0.85, 0.04, 80), "sand": Oklch(0.84, 0.05, 80),
    "linen": Oklch(0.87, 0.03, 85), "natural": Oklch(0.84, 0.045, 80), "stone": Oklch(0.8, 0.015, 85),
    "tan": Oklch(0.7, 0.08, 65), "brown": Oklch(0.46, 0.07, 52), "chocolate": Oklch(0.38, 0.06, 45),
    "walnut": Oklch(0.44, 0.06, 52), "oak": Oklch(0.74, 0.075, 72), "wood": Oklch(0.66, 0.08, 65),
    "wooden": Oklch(0.66, 0.08, 65), "bamboo": Oklch(0.79, 0.08, 88), "cork": Oklch(0.72, 0.07, 65),
    "rattan": Oklch(0.75, 0.08, 75), "leather": Oklch(0.5, 0.09, 50), "antique": Oklch(0.5, 0.075, 48),
    "cardboard": Oklch(0.72, 0.06, 68), "green": Oklch(0.56, 0.11, 150), "forest": Oklch(0.4, 0.08, 155),
    "olive": Oklch(0.53, 0.085, 115), "sage": Oklch(0.74, 0.05, 145), "moss": Oklch(0.52, 0.08, 125),
    "mint": Oklch(0.86, 0.07, 165), "emerald": Oklch(0.55, 0.13, 160), "teal": Oklch(0.55, 0.09, 195),
    "turquoise": Oklch(0.74, 0.1, 195), "blue": Oklch(0.55, 0.13, 255), "ocean": Oklch(0.54, 0.11, 235),
    "sky": Oklch(0.77, 0.09, 235), "navy": Oklch(0.35, 0.09, 265), "denim": Oklch(0.47, 0.08, 255),
    "indigo": Oklch(0.42, 0.12, 275), "cobalt": Oklch(0.48, 0.17, 262), "midnight": Oklch(0.3, 0.06, 265),
    "purple": Oklch(0.5, 0.14, 305), "violet": Oklch(0.52, 0.15, 295), "lavender": Oklch(0.79, 0.075, 300),
    "lilac": Oklch(0.8, 0.08, 310), "plum": Oklch(0.42, 0.1, 335), "mauve": Oklch(0.68, 0.07, 335),
    "pink": Oklch(0.79, 0.1, 5), "rose": Oklch(0.7, 0.12, 10), "blush": Oklch(0.87, 0.05, 20),
    "grey": Oklch(0.69, 0.01, 230), "gray": Oklch(0.69, 0.01, 230), "ash": Oklch(0.74, 0.012, 140),
    "slate": Oklch(0.5, 0.025, 245), "charcoal": Oklch(0.36, 0.012, 245), "graphite": Oklch(0.34, 0.01, 245),
    "black": Oklch(0.27, 0.012, 265), "ink": Oklch(0.3, 0.04, 265), "silver": Oklch(0.82, 0.008, 230),
    "steel": Oklch(0.76, 0.012, 235), "rainbow": Oklch(0.68, 0.14, 340), "dark": Oklch(0.36, 0.05, 255),
}  # fmt: skip
_WORD = re.compile(r"[a-z]+")
_HUES = (25, 45, 70, 92, 125, 152, 175, 200, 232, 258, 290, 325, 355)


@lru_cache(maxsize=4096)
def named_colour(text: str) -> Oklch | None:
    """The first colour the words name. Materials ("wooden") count after true colours."""
    words = _WORD.findall(text.lower())
    materials = {"wood", "wooden", "oak", "walnut", "leather", "clay", "antique", "cardboard", "linen", "denim",
                 "steel", "bamboo", "cork", "rattan", "brass", "natural", "stone", "dark", "ink"}  # fmt: skip
    for word in words:
        if word in NAMED and word not in materials:
            return NAMED[word]
    return next((NAMED[word] for word in words if word in NAMED), None)


def colour_hex(text: str) -> str:
    """`#rrggbb` of a colour option's value ("Ocean blue"), or "" when the words name none."""
    found = named_colour(text)
    return to_hex(fit(found)) if found else ""


def _clip(value: float, low: float, high: float) -> float:
    return max(low, min(high, value))


@dataclass(frozen=True, slots=True)
class Palette:
    """Ten sRGB colours, made from two OKLCH ones so that lightness steps look even in every hue."""

    main: str
    shade: str
    deep: str
    light: str
    accent: str
    accent_deep: str
    ground: str
    ground_low: str
    ground_mark: str
    shadow: str
    leaf: str
    leaf_deep: str
    wood: str
    wood_deep: str
    paper: str


@lru_cache(maxsize=4096)
def palette_for(words: str, seed: int, colour: str = "") -> Palette:
    main = named_colour(colour) or named_colour(words)
    if main is None:
        hue = _HUES[seed % len(_HUES)]
        main = Oklch((0.55, 0.62, 0.7, 0.48)[(seed >> 5) % 4], 0.105, hue)
    turn = (150, 180, 40, -40, 120)[(seed >> 9) % 5]
    neutral = main.chroma < 0.03
    ground_hue = (_HUES[(seed >> 13) % len(_HUES)] if neutral else main.hue + turn) % 360
    ground_light = 0.915 if main.lightness < 0.82 else 0.83
    if main.lightness >= 0.82 and (seed >> 17) % 2:
        ground_light = 0.72
    ground_chroma = 0.028 if ground_light > 0.9 else 0.05
    accent_hue = (ground_hue + (25 if (seed >> 19) % 2 else -35)) % 360
    step = -1 if main.lightness > 0.35 else 0.6
    tone = lambda delta, factor=1.0: to_hex(  # noqa: E731
        Oklch(_clip(main.lightness + delta, 0.16, 0.985), main.chroma * factor, main.hue)
    )
    return Palette(
        main=tone(0),
        shade=tone(0.075 * step, 1.05),
        deep=tone(0.17 * step, 1.0),
        light=tone(0.07, 0.8),
        accent=to_hex(Oklch(0.66, 0.11, accent_hue)),
        accent_deep=to_hex(Oklch(0.5, 0.1, accent_hue)),
        ground=to_hex(Oklch(ground_light, ground_chroma, ground_hue)),
        ground_low=to_hex(Oklch(ground_light - 0.065, ground_chroma * 1.2, ground_hue)),
        ground_mark=to_hex(Oklch(ground_light - 0.032, ground_chroma * 1.15, ground_hue)),
        shadow=to_hex(Oklch(ground_light - 0.16, ground_chroma * 1.3, ground_hue)),
        leaf=to_hex(Oklch(0.53, 0.095, 145)),
        leaf_deep=to_hex(Oklch(0.43, 0.08, 150)),
        wood=to_hex(Oklch(0.66, 0.08, 62)),
        wood_deep=to_hex(Oklch(0.54, 0.075, 57)),
        paper=to_hex(Oklch(0.965, 0.012, 90)),
    )
