"""The papers that labels are printed on: sheets as they are sold, and rolls. All lengths are millimetres."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Paper:
    """Labels of one size: `columns` by `rows` of them from `left` and `top`, `step_*` from one to the next."""

    code: str
    name: str | Promise
    page_width: float
    page_height: float
    width: float
    height: float
    columns: int = 1
    rows: int = 1
    left: float = 0
    top: float = 0
    step_x: float = 0
    step_y: float = 0

    @property
    def per_page(self) -> int:
        return self.columns * self.rows

    @property
    def is_sheet(self) -> bool:
        return self.per_page > 1

    @property
    def padding(self) -> float:
        """What stays white at each edge: printers shift by a millimetre or two."""
        return 1.5 if min(self.width, self.height) < 26 else 2.5

    @property
    def letter_points(self) -> float:
        """The size of the words."""
        return 5.6 if self.height < 26 else 7 if self.height < 45 else 10

    def places(self) -> Iterator[tuple[float, float]]:
        """Left upper corner of each label of a page, row by row."""
        for row in range(self.rows):
            for column in range(self.columns):
                yield self.left + column * self.step_x, self.top + row * self.step_y


def _sheet(
    code: str, name: str | Promise, size: tuple[float, float], grid: tuple[int, int], gap_x: float
) -> Paper:
    """Labels in the middle of an A4 page with no gap between rows, as nearly all of them are cut."""
    (width, height), (columns, rows) = size, grid
    left = (210 - columns * width - (columns - 1) * gap_x) / 2
    top = (297 - rows * height) / 2
    return Paper(code, name, 210, 297, width, height, columns, rows, left, top, width + gap_x, height)


def _roll(code: str, name: str | Promise, width: float, height: float) -> Paper:
    return Paper(code, name, width, height, width, height)


PAPERS = {
    paper.code: paper
    for paper in (
        _sheet("a4-3x7", _("A4, 21 labels of 63.5 × 38.1 mm"), (63.5, 38.1), (3, 7), 2.5),
        _sheet("a4-3x8", _("A4, 24 labels of 63.5 × 33.9 mm"), (63.5, 33.9), (3, 8), 2.5),
        _sheet("a4-4x10", _("A4, 40 labels of 48.5 × 25.4 mm"), (48.5, 25.4), (4, 10), 0),
        _sheet("a4-5x13", _("A4, 65 labels of 38.1 × 21.2 mm"), (38.1, 21.2), (5, 13), 2.5),
        _roll("roll-57x32", _("Roll, 57 × 32 mm"), 57, 32),
        _roll("roll-62x29", _("Roll, 62 × 29 mm"), 62, 29),
        _roll("roll-40x30", _("Roll, 40 × 30 mm"), 40, 30),
        _roll("roll-100x50", _("Roll, 100 × 50 mm"), 100, 50),
        _roll("roll-40x80", _("Roll, 40 × 80 mm, for textiles"), 40, 80),
    )
}
