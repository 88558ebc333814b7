"""What a scanner reads, drawn as one path of rectangles: the printer's own resolution is the only limit.

Sizes: GS1 General Specifications, section 5.2.3 (EAN and UPC at 80 % at least, 0.264 mm a module), 5.4 (Code 128) and
5.6 (DataMatrix); for the square ones half a millimetre is what a telephone reads from a hand's breadth.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

import zxingcpp
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from stdnum import ean

from apps.kernel.errors import InvalidInput


class Kind(models.TextChoices):
    """Which symbol is wanted."""

    AUTOMATIC = "auto", gettext_lazy("Whatever fits the barcode (EAN, UPC or Code 128)")
    CODE128 = "code128", gettext_lazy("Code 128")
    QR = "qr", gettext_lazy("QR")
    GS1_DATAMATRIX = "gs1", gettext_lazy("GS1 DataMatrix, with lot and date")


_RETAIL = {8: zxingcpp.BarcodeFormat.EAN8, 12: zxingcpp.BarcodeFormat.UPCA, 13: zxingcpp.BarcodeFormat.EAN13}
# The least width of a module in millimetres.
_LEAST = {"retail": 0.264, "code128": 0.19, "square": 0.35}
_MOST = {"retail": 0.66, "code128": 0.5, "square": 1.0}
# Brackets would begin another identifier where the symbol is made.
_LOT = re.compile(r"[!-\"%-'*-?A-Z_a-z]{1,20}")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A drawn symbol: `path` in modules, `columns` by `rows` of them with the white that a scanner needs around."""

    path: str
    columns: int
    rows: int
    text: str
    least_module_mm: float
    most_module_mm: float
    is_square: bool

    @property
    def data_address(self) -> str:
        """The drawing as an address that a page may show; equal ones are read once."""
        view = f"0 0 {self.columns} {self.rows}"
        drawing = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.columns}" height="{self.rows}" viewBox="{view}" '
            f'preserveAspectRatio="none"><path d="{self.path}"/></svg>'
        )
        return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"

    def width_in(self, width_mm: float, height_mm: float) -> float:
        """How wide it becomes in this room. Raises ValueError when its modules would be too fine to be read."""
        module = width_mm / self.columns
        if self.is_square:
            module = min(module, height_mm / self.rows)
        if module < self.least_module_mm:
            raise ValueError(f"a module of {module:.3f} mm")
        return round(self.columns * min(module, self.most_module_mm), 3)


def draw(kind: str, text: str, *, lot: str = "", best_before: dt.date | None = None) -> Symbol:
    """The symbol of this kind for a barcode or SKU.

    Raises `InvalidInput` for what the symbol cannot say: a wrong check digit, letters outside of Latin in Code 128, no
    GTIN for GS1, a lot that GS1 does not allow.
    """
    if not text:
        raise InvalidInput(_("It has neither a barcode nor a SKU."), code="nothing_to_print")
    if kind == Kind.QR:
        return _make(text, zxingcpp.BarcodeFormat.QRCode, "square")
    if kind == Kind.GS1_DATAMATRIX:
        return _make(_gs1(text, lot, best_before), zxingcpp.BarcodeFormat.DataMatrix, "square", is_gs1=True)
    # A number of this length that is no EAN is a shop's own: it has no check digit to be wrong.
    if kind == Kind.AUTOMATIC and _is_digits(text) and len(text) in _RETAIL and ean.is_valid(text):
        return _make(text, _RETAIL[len(text)], "retail")
    if not text.isascii() or not text.isprintable():
        raise InvalidInput(
            _("Code 128 has no letter for “%(text)s”; take QR.") % {"text": text}, code="not_printable"
        )
    return _make(text, zxingcpp.BarcodeFormat.Code128, "code128")


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _gs1(text: str, lot: str, best_before: dt.date | None) -> str:
    """Application identifiers 01, 15 and 10; the lot stands last because its length is its own."""
    if not (_is_digits(text) and len(text) in {8, 12, 13, 14} and ean.is_valid(text)):
        raise InvalidInput(
            _("GS1 needs an EAN, UPC or GTIN; “%(text)s” is none.") % {"text": text}, code="no_gtin"
        )
    if lot and not _LOT.fullmatch(lot):
        raise InvalidInput(
            _("GS1 allows 20 letters, digits and signs without spaces in a lot."),
            code="lot_not_allowed",
            fields={"lot": [_("Up to 20 letters, digits and signs, no spaces.")]},
        )
    said = f"(01){text.zfill(14)}"
    if best_before is not None:
        said += f"(15){best_before:%y%m%d}"
    return said + (f"(10){lot}" if lot else "")


# A sheet repeats the same symbol many times.
@lru_cache(maxsize=512)
def _make(text: str, form: zxingcpp.BarcodeFormat, sort: str, is_gs1: bool = False) -> Symbol:
    try:
        made = zxingcpp.create_barcode(text, form, **({"gs1": True} if is_gs1 else {}))
    except ValueError as error:
        raise InvalidInput(_("“%(text)s” cannot be drawn.") % {"text": text}, code="not_printable") from error
    drawing = made.to_svg(add_hrt=False, add_quiet_zones=True)
    size = re.search(r'<rect x="0" y="0" width="(\d+)" height="(\d+)"', drawing)
    path = re.search(r'<path d="([^"]+)"', drawing)
    if size is None or path is None:
        raise RuntimeError(f"The drawing of {text!r} has another form than expected.")
    return Symbol(
        path[1], int(size[1]), int(size[2]), made.text, _LEAST[sort], _MOST[sort], is_square=sort == "square"
    )
