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
    woven: bool = False

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

    def cloth(self, d: str, fill: str = "") -> None:
        """A surface of fabric with the textile the words ask for (stripes, checks, flowers, knit)."""
        self.path(d, fill or self.palette.main)
        if self.textile:
            name = f"{self.mark}t"
            if not self.woven:
                self.woven = True
                self.parts.append(
                    TEXTILES[self.textile](self.palette).replace("<pattern ", f'<pattern id="{name}" ', 1)
                )
            self.path(d, f"url(#{name})")


def _attributes(more: dict[str, object]) -> str:
    return "".join(
        f' {name.replace("_", "-")}="{number(value) if isinstance(value, int | float) else value}"'
        for name, value in more.items()
    )


def _tile(width: int, height: int, body: str) -> str:
    return f'<pattern width="{width}" height="{height}" patternUnits="userSpaceOnUse">{body}</pattern>'


def _striped(p: Palette) -> str:
    return _tile(40, 34, f'<rect width="40" height="13" fill="{p.deep}"/>')


def _checked(p: Palette) -> str:
    dark = f'fill="{p.deep}" opacity=".45"'
    bars = f'<rect width="20" height="48" {dark}/><rect width="48" height="20" {dark}/>'
    return _tile(48, 48, f'{bars}<rect y="32" width="48" height="3" fill="{p.paper}" opacity=".5"/>')


def _floral(p: Palette) -> str:
    def flower(x: int, y: int) -> str:
        leaves = "".join(
            f'<circle cx="{x + dx}" cy="{y + dy}" r="6.5" fill="{p.accent}"/>'
            for dx, dy in ((0, -8), (8, 0), (0, 8), (-8, 0))
        )
        return f'{leaves}<circle cx="{x}" cy="{y}" r="4.5" fill="{p.deep}"/>'

    return _tile(60, 88, flower(16, 20) + flower(44, 64))


def _knit(p: Palette) -> str:
    return _tile(20, 17, f'<path d="M0 2L10 11L20 2" fill="none" stroke="{p.shade}" stroke-width="4"/>')


def _dotted(p: Palette) -> str:
    dot = f'r="5" fill="{p.paper}"'
    return _tile(34, 56, f'<circle cx="9" cy="14" {dot}/><circle cx="26" cy="42" {dot}/>')


TEXTILES: dict[str, Callable[[Palette], str]] = {
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
