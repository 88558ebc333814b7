"""The ground an object stands before: eight quiet rooms of 800 by 1000."""

from __future__ import annotations

from collections.abc import Callable

from .pen import Pen

WIDTH, HEIGHT, FLOOR = 800, 1000, 772


def _floor(pen: Pen, y: float = 700) -> None:
    pen.box(0, y, WIDTH, HEIGHT - y, pen.palette.ground_low)


def _table(pen: Pen) -> None:
    _floor(pen)


def _arch(pen: Pen) -> None:
    pen.path("M130 1000V430A270 270 0 0 1 670 430V1000Z", pen.palette.ground_mark)
    _floor(pen)


def _sun(pen: Pen) -> None:
    pen.disc(400, 420, 290, pen.palette.ground_mark)
    _floor(pen)


def _window(pen: Pen) -> None:
    for x in (120, 330):
        for y in (120, 380):
            pen.path(f"M{x} {y + 60}l180 -60v220l-180 60Z", pen.palette.ground_mark)
    _floor(pen)


def _wallpaper(pen: Pen) -> None:
    for x in range(0, WIDTH, 160):
        pen.box(x, 0, 80, HEIGHT, pen.palette.ground_mark)
    _floor(pen)


def _hills(pen: Pen) -> None:
    pen.path("M0 560Q200 420 430 540T800 470V1000H0Z", pen.palette.ground_mark)
    _floor(pen)


def _dots(pen: Pen) -> None:
    for row, y in enumerate(range(60, 700, 80)):
        for x in range(40 + (row % 2) * 50, WIDTH, 100):
            pen.disc(x, y, 9, pen.palette.ground_mark)
    _floor(pen)


def _blocks(pen: Pen) -> None:
    pen.box(0, 0, 400, HEIGHT, pen.palette.ground_mark)
    pen.disc(400, 700, 400, pen.palette.ground, 400)
    pen.path("M400 300A400 400 0 0 0 0 700H400Z", pen.palette.ground_low)
    _floor(pen)


SCENES: tuple[Callable[[Pen], None], ...] = (_table, _arch, _sun, _window, _wallpaper, _hills, _dots, _blocks)


def paint_scene(pen: Pen, style: int) -> None:
    pen.box(0, 0, WIDTH, HEIGHT, pen.palette.ground)
    SCENES[style % len(SCENES)](pen)
