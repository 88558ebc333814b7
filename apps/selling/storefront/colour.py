"""Colour arithmetic: OKLCH to sRGB, WCAG contrast, and the clamp that keeps a business's accent readable.

Formulas: Björn Ottosson's OKLab (2020) and WCAG 2.2 relative luminance.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

ACCENT_DEFAULT = "#006b47"
_OKLCH = re.compile(r"oklch\(\s*([\d.]+)(%?)\s+([\d.]+)\s+([\d.]+)\s*\)")


@dataclass(frozen=True, slots=True)
class Oklch:
    lightness: float  # 0..1
    chroma: float
    hue: float  # degrees

    def css(self) -> str:
        return f"oklch({self.lightness * 100:.4g}% {self.chroma:.3g} {self.hue:.4g})"


def parse_oklch(text: str) -> Oklch:
    """Read `oklch(48% .12 160)`. Raises ValueError for anything else."""
    found = _OKLCH.fullmatch(text.strip())
    if not found:
        raise ValueError(f"not an oklch() colour: {text!r}")
    lightness = float(found[1]) / (100 if found[2] else 1)
    return Oklch(lightness, float(found[3]), float(found[4]))


def _linear(colour: Oklch) -> tuple[float, float, float]:
    angle = math.radians(colour.hue)
    a, b = colour.chroma * math.cos(angle), colour.chroma * math.sin(angle)
    light = (colour.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (colour.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (colour.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * light - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * light + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * light - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _gamma(value: float) -> float:
    value = min(1.0, max(0.0, value))
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def _fits(colour: Oklch) -> bool:
    return all(-0.0005 <= channel <= 1.0005 for channel in _linear(colour))


@lru_cache(maxsize=4096)
def fit(colour: Oklch) -> Oklch:
    """The same lightness and hue with as much chroma as sRGB can show."""
    if _fits(colour):
        return colour
    low, high = 0.0, colour.chroma
    for _ in range(20):
        middle = (low + high) / 2
        if _fits(Oklch(colour.lightness, middle, colour.hue)):
            low = middle
        else:
            high = middle
    return Oklch(colour.lightness, low, colour.hue)


def to_rgb(colour: Oklch) -> tuple[int, int, int]:
    red, green, blue = (round(_gamma(channel) * 255) for channel in _linear(fit(colour)))
    return red, green, blue


def to_hex(colour: Oklch) -> str:
    return "#{:02x}{:02x}{:02x}".format(*to_rgb(colour))


def from_hex(text: str) -> Oklch:
    """Read `#1a7f5a` or `1a7f5a`. Raises ValueError for anything else."""
    digits = text.strip().removeprefix("#")
    if not re.fullmatch(r"[0-9a-fA-F]{6}", digits):
        raise ValueError(f"not a hex colour: {text!r}")
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    light = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    lightness = 0.2104542553 * light + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * light - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * light + 0.7827717662 * medium - 0.8086757660 * short
    return Oklch(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def luminance(colour: Oklch) -> float:
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in to_rgb(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Oklch, other: Oklch) -> float:
    """WCAG contrast ratio, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@dataclass(frozen=True, slots=True)
class Accent:
    """What a business's colour becomes in one theme."""

    fill: Oklch  # ground of the main button
    fill_hover: Oklch
    on_fill: Oklch  # text on that ground
    text: Oklch  # links and marks on paper
    tint: Oklch  # quiet ground behind accent text


LIGHT_GROUNDS = (Oklch(0.986, 0.004, 160), Oklch(0.958, 0.007, 160), Oklch(1, 0, 0))
DARK_GROUNDS = (Oklch(0.185, 0.012, 165), Oklch(0.155, 0.012, 165), Oklch(0.225, 0.014, 165))
WHITE = Oklch(1, 0, 0)
ACCENT_CONTRAST = 4.8  # above the 4.5 that WCAG asks for, so that rounding to 8 bits never breaks it


def clamp_accent(wanted: Oklch, *, dark: bool) -> Accent:
    """Move only the lightness of `wanted` until every pair the pages use has enough contrast.

    A yellow brand stays yellow but deep enough to be read; a black brand stays without hue.
    """
    hue, chroma = wanted.hue, min(wanted.chroma, 0.16)
    tint = fit(Oklch(0.27, min(chroma, 0.035), hue) if dark else Oklch(0.945, min(chroma, 0.03), hue))
    grounds = (*(DARK_GROUNDS if dark else LIGHT_GROUNDS), tint)
    step = 0.005 if dark else -0.005
    lightness = max(wanted.lightness, 0.70) if dark else min(wanted.lightness, 0.56)
    while 0.05 < lightness < 0.99:
        text = fit(Oklch(lightness, chroma, hue))
        if all(contrast(text, ground) >= ACCENT_CONTRAST for ground in grounds):
            break
        lightness += step
    text = fit(Oklch(lightness, chroma, hue))
    on_fill = Oklch(0.17, 0.02, hue) if dark else WHITE
    hover = fit(
        Oklch(min(lightness + 0.06, 0.97), chroma, hue)
        if dark
        else Oklch(max(lightness - 0.07, 0.05), chroma, hue)
    )
    return Accent(fill=text, fill_hover=hover, on_fill=on_fill, text=text, tint=tint)


@lru_cache(maxsize=1024)
def theme_css(accent: str) -> str:
    """The stylesheet that carries one business's accent; empty for no or an unreadable colour."""
    try:
        wanted = from_hex(accent)
    except (ValueError, AttributeError):
        return ""

    def block(dark: bool) -> str:
        made = clamp_accent(wanted, dark=dark)
        return (
            f":root{{--accent:{made.fill.css()};--accent-strong:{made.fill_hover.css()};"
            f"--on-accent:{made.on_fill.css()};--accent-text:{made.text.css()};--accent-tint:{made.tint.css()}}}"
        )

    return f"{block(False)}@media (prefers-color-scheme:dark){{{block(True)}}}\n"
