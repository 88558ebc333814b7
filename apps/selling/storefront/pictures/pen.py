"""The pen that draws: SVG primitives with a palette. Origin is where the object stands; up is negative y."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from .palette import Palette


def number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


@dataclass
class Pen:
    palette: Palette
    chance: random.Random
    mark: str  # prefix of ids, so that two drawings can share one document
    textile: str = ""
    parts: list[str] = field(default_factory=list)
    clips: int = 0

    def path(self, d: str, fill: str, **more: object) -> None:
        self.parts.append(f'<path d="{d}" fill="{fill}"{_attributes(more)}/>')

    def line(self, d: str, stroke: str, width: float, **more: object) -> None:
        self.parts.append(
            f'<path d="{d}" fill="none" stroke="{stroke}" stroke-width="{number(width)}" '
            f'stroke-linecap="round" stroke-linejoin="round"{_attributes(more)}/>'
        )

    def box(self, x: float, y: float, w: float, h: float, fill: str, r: float = 0, **more: object) -> None:
        radius = f' rx="{number(r)}"' if r else ""
        self.parts.append(
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(w)}" height="{number(h)}"{radius} '
            f'fill="{fill}"{_attributes(more)}/>'
        )

    def disc(self, x: float, y: float, r: float, fill: str, ry: float | None = None, **more: object) -> None:
        self.parts.append(
            f'<ellipse cx="{number(x)}" cy="{number(y)}" rx="{number(r)}" ry="{number(ry or r)}" '
            f'fill="{fill}"{_attributes(more)}/>'
        )

    def inside(self, d: str, draw: Callable[[], None]) -> None:
        """Draw only within the outline `d`."""
        self.clips += 1
        name = f"{self.mark}{self.clips}"
        self.parts.append(f'<clipPath id="{name}"><path d="{d}"/></clipPath><g clip-path="url(#{name})">')
        draw()
        self.parts.append("</g>")

    def cloth(self, d: str, width: float, height: float, fill: str = "") -> None:
        """A surface of fabric with the textile the words ask for (stripes, checks, flowers, knit)."""
        self.path(d, fill or self.palette.main)
        if self.textile:
            self.inside(d, lambda: TEXTILES[self.textile](self, width, height))


def _attributes(more: dict[str, object]) -> str:
    return "".join(
        f' {name.replace("_", "-")}="{number(value) if isinstance(value, int | float) else value}"'
        for name, value in more.items()
    )


def _striped(pen: Pen, width: float, height: float) -> None:
    y = -height
    while y < 0:
        pen.box(-width / 2, y, width, 13, pen.palette.deep)
        y += 34


def _checked(pen: Pen, width: float, height: float) -> None:
    x = -width / 2
    while x < width / 2:
        pen.box(x, -height, 20, height, pen.palette.deep, opacity=0.45)
        x += 48
    y = -height
    while y < 0:
        pen.box(-width / 2, y, width, 20, pen.palette.deep, opacity=0.45)
        pen.box(-width / 2, y + 32, width, 3, pen.palette.paper, opacity=0.5)
        y += 48


def _floral(pen: Pen, width: float, height: float) -> None:
    row = 0
    y = -height + 14
    while y < 0:
        x = -width / 2 + (row % 2) * 30
        while x < width / 2:
            for dx, dy in ((0, -8), (8, 0), (0, 8), (-8, 0)):
                pen.disc(x + dx, y + dy, 6.5, pen.palette.accent)
            pen.disc(x, y, 4.5, pen.palette.deep)
            x += 60
        y += 44
        row += 1


def _knit(pen: Pen, width: float, height: float) -> None:
    y = -height
    while y < 20:
        x, d = -width / 2, f"M{number(-width / 2)} {number(y)}"
        while x < width / 2:
            d += "l10 9l10 -9"
            x += 20
        pen.line(d, pen.palette.shade, 4)
        y += 17


def _dotted(pen: Pen, width: float, height: float) -> None:
    row, y = 0, -height + 10
    while y < 0:
        x = -width / 2 + (row % 2) * 17
        while x < width / 2:
            pen.disc(x, y, 5, pen.palette.paper)
            x += 34
        y += 28
        row += 1


TEXTILES: dict[str, Callable[[Pen, float, float], None]] = {
    "striped": _striped,
    "checked": _checked,
    "floral": _floral,
    "knit": _knit,
    "dotted": _dotted,
}


class Kind(NamedTuple):
    """One sort of object: how it is drawn, how much room it takes, and the words that call it."""

    draw: Callable[[Pen], None]
    width: float
    height: float
    words: tuple[str, ...]
    hangs: bool = False
