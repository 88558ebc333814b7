# ruff: noqa: E501 - outlines and tables read better in one line
"""Pictures drawn by code for products nobody has photographed yet.

From a product's words comes an object (mug, shirt, lamp, ...), from its colours a palette in OKLCH, from its
seed a room behind it. The same words give the same bytes, so a picture may be cached for ever under its hash.

    Subject("Ocean blue shirt", hints="men")          what to draw
    draw(subject, view=1)                             1 the scene, 2 a close look, 3 the pattern
    draw_shelf([subject, ...])                        several things on one shelf, for a hero or a card
    draw_mark("Harbour & Oak", "#1a6b4a")             a business's sign until it has a logo
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from apps.selling.storefront.colour import ACCENT_DEFAULT, Oklch, clamp_accent, from_hex, to_hex

from .kinds import KINDS, kind_of, textile_of
from .palette import colour_hex, palette_for
from .pen import Pen, number
from .scenes import FLOOR, HEIGHT, WIDTH, paint_scene

__all__ = ["STYLE", "VIEWS", "Subject", "colour_hex", "draw", "draw_mark", "draw_shelf"]

STYLE = "2"  # raise it when drawings change, so that cached pictures are fetched again
VIEWS = 3


@dataclass(frozen=True, slots=True)
class Subject:
    title: str
    hints: str = ""  # type, category and tags, in this order
    colour: str = ""  # a variant's colour, when the picture is of that variant

    @property
    def seed(self) -> int:
        return int.from_bytes(
            hashlib.blake2s(self.title.strip().lower().encode("utf-8", "replace"), digest_size=8).digest()
        )

    @property
    def hash(self) -> str:
        """Ten hex digits that change when the picture would."""
        text = "\0".join((STYLE, self.title, self.hints, self.colour))
        return hashlib.blake2s(text.encode("utf-8", "replace"), digest_size=5).hexdigest()


def _object(subject: Subject, mark: str) -> tuple[Pen, float, float, bool]:
    kind = KINDS[kind_of(subject.title, subject.hints)]
    pen = Pen(
        palette_for(f"{subject.title} {subject.hints}", subject.seed, subject.colour),
        random.Random(subject.seed),  # noqa: S311 - a drawing, not a secret
        mark,
        textile_of(subject.title),
    )
    kind.draw(pen)
    return pen, kind.width, kind.height, kind.hangs


def _document(width: int, height: int, box: str, body: Sequence[str]) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="{box}">{"".join(body)}</svg>'


@lru_cache(maxsize=2048)
def draw(subject: Subject, view: int = 1) -> str:
    """The picture of one product as an SVG document, 800 by 1000, without script or style."""
    pen, width, height, hangs = _object(subject, "o")
    scene = Pen(pen.palette, pen.chance, "s")
    paint_scene(scene, (subject.seed >> 23) + view - 1)
    if view == 3:
        return _document(WIDTH, HEIGHT, f"0 0 {WIDTH} {HEIGHT}", _pattern(pen, width, height))
    scale = min(580 / width, 540 / height, 1.75) * (1.75 if view == 2 else 1)
    floor: float = FLOOR
    if hangs:
        floor = 500 + height * scale / 2
        if view == 1:
            scene.box(0, 96, WIDTH, 16, pen.palette.wood)
            scene.line(f"M400 112V{number(floor - height * scale + 20)}", pen.palette.wood_deep, 7)
    else:
        scene.disc(400, floor - 2, width * scale * 0.52, pen.palette.shadow, 20 * scale)
    if view == 2:
        floor += 190 if not hangs else 60
    body = [
        *scene.parts,
        f'<g transform="translate({number(400 if view == 1 else 330)} {number(floor)}) scale({number3(scale)})">',
        *pen.parts,
        "</g>",
    ]
    return _document(WIDTH, HEIGHT, f"0 0 {WIDTH} {HEIGHT}", body)


def number3(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _pattern(pen: Pen, width: float, height: float) -> list[str]:
    p, scale = pen.palette, min(150 / width, 150 / height)
    body = [
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{p.ground}"/><defs><g id="m">',
        *pen.parts,
        "</g></defs>",
    ]
    for row in range(6):
        for column in range(5):
            x, y = column * 220 - 40 + (row % 2) * 110, row * 200 + 60
            turn = ((row * 5 + column) % 3 - 1) * 12
            body.append(
                f'<use href="#m" transform="translate({x} {y}) rotate({turn}) scale({number3(scale)}) '
                f'translate(0 {number(height / 2)})"/>'
            )
            body.append(f'<circle cx="{x + 110}" cy="{y}" r="9" fill="{p.ground_low}"/>')
    return body


def draw_shelf(subjects: Sequence[Subject], width: int = 1200, height: int = 470) -> str:
    """Several products side by side on one line, on a transparent ground; what hangs, hangs from a rail."""
    made = [_object(subject, f"o{i}") for i, subject in enumerate(subjects)]
    if not made:
        return _document(width, height, f"0 0 {width} {height}", [])
    gap = 34.0
    room = [w * min(1.0, (height - 70) / h) for _, w, h, _ in made]
    scale = min(1.05, (width - gap * (len(made) + 1)) / sum(room))
    x = (width - scale * sum(room) - gap * (len(made) - 1)) / 2
    body = []
    if any(hangs for *_, hangs in made):
        body.append(f'<rect y="20" width="{width}" height="7" fill="{made[0][0].palette.wood_deep}"/>')
    for (pen, w, h, hangs), wide in zip(made, room, strict=True):
        size = scale * wide / w
        floor = 26 + h * size if hangs else height
        body.append(
            f'<g transform="translate({number(x + wide * scale / 2)} {number(floor)}) scale({number3(size)})">'
        )
        body.extend(pen.parts)
        body.append("</g>")
        x += wide * scale + gap
    return _document(width, height, f"0 0 {width} {height}", body)


_TILES = (
    '<path d="M0 0H32A32 32 0 0 1 0 32Z" fill="{c}"/>',
    '<path d="M0 0A32 32 0 0 0 32 32V0Z" fill="{c}"/>',
    '<circle cx="16" cy="16" r="16" fill="{c}"/>',
    '<path d="M0 0H32V32Z" fill="{c}"/>',
    '<path d="M0 32V0A16 16 0 0 1 32 0V32Z" fill="{c}"/>',
    '<rect width="32" height="32" fill="{c}"/>',
    '<path d="M0 16A16 16 0 0 1 32 16A16 16 0 0 0 0 16ZM0 32A16 16 0 0 1 32 32Z" fill="{c}"/>',
)


@lru_cache(maxsize=1024)
def draw_mark(name: str, accent: str = ACCENT_DEFAULT) -> str:
    """A sign of four tiles in the business's colour, 64 by 64: until somebody uploads a logo."""
    try:
        wanted = from_hex(accent)
    except (ValueError, AttributeError):
        wanted = from_hex(ACCENT_DEFAULT)
    fill = clamp_accent(wanted, dark=False).fill
    light = to_hex(Oklch(0.88, min(fill.chroma, 0.08), fill.hue))
    middle = to_hex(Oklch(0.72, min(fill.chroma, 0.1), fill.hue))
    seed = int.from_bytes(hashlib.blake2s(name.encode("utf-8", "replace"), digest_size=8).digest())
    body = [f'<rect width="64" height="64" fill="{to_hex(fill)}"/>']
    order = [0, 1, 2, 3, 4, 5, 6]
    random.Random(seed).shuffle(order)  # noqa: S311 - a drawing, not a secret
    for i, (x, y) in enumerate(((0, 0), (32, 0), (0, 32), (32, 32))):
        colour = (light, middle, light, "#ffffff")[(i + seed) % 4]
        turn = ((seed >> (i * 3 + 5)) % 4) * 90
        body.append(
            f'<g transform="translate({x} {y}) rotate({turn} 16 16)">{_TILES[order[i]].format(c=colour)}</g>'
        )
    return _document(64, 64, "0 0 64 64", body)
