"""SKUs from a pattern, barcodes from a range of numbers. Pure functions.

`{brand:3}-{seq:5}` of a shirt by Loom is `LOO-00017`: a part is folded to capitals and digits and cut to its length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _
from stdnum import ean

from apps.goods.catalog.text import fold
from apps.kernel.errors import Conflict, InvalidInput

PARTS = ("brand", "title", "type", "category", "option")
LONGEST_PART = 12
DIGITS = {"ean13": 12, "ean8": 7}
NAMES = {8: "EAN-8", 12: "UPC-A", 13: "EAN-13", 14: "GTIN-14"}
_TOKEN = re.compile(r"\{([a-z]+):(\d{1,2})\}")
_PLAIN = re.compile(r"[A-Za-z0-9._/-]*")
_DOUBLED = re.compile(r"([._/-])[._/-]+")


def check_pattern(pattern: str) -> str:
    """`pattern` when SKUs can be made by it; raises `InvalidInput`. Empty means none are made."""
    text = pattern.strip()
    if not text:
        return ""
    tokens = _TOKEN.findall(text)
    known = all(
        (name in PARTS and 1 <= int(length) <= LONGEST_PART) or (name == "seq" and 3 <= int(length) <= 9)
        for name, length in tokens
    )
    if not known or not _PLAIN.fullmatch(_TOKEN.sub("", text)):
        raise _bad_pattern(_("Use letters, digits, hyphens, and parts such as {brand:3} or {seq:5}."))
    # Without a number two products of one brand would have one SKU.
    if sum(name == "seq" for name, _length in tokens) != 1:
        raise _bad_pattern(_("Use {seq:5} once: it is the number that tells two products apart."))
    return text


def check_prefix(kind: str, prefix: str) -> str:
    """The first digits of a range of barcodes; raises `InvalidInput` when no number has room behind them."""
    digits = prefix.strip()
    if not kind:
        return ""
    if kind not in DIGITS:
        raise InvalidInput(fields={"barcode_kind": [_("Choose EAN-13 or EAN-8.")]})
    most = DIGITS[kind] - 2
    if not (digits.isascii() and digits.isdigit() and 1 <= len(digits) <= most):
        message = _("Enter one to %(most)s digits.") % {"most": most}
        raise InvalidInput(fields={"barcode_prefix": [message]})
    return digits


def sku_of(pattern: str, parts: Mapping[str, str], number: int) -> str:
    """The SKU with this number; parts that are not known leave no separator behind."""

    def said(token: re.Match[str]) -> str:
        name, length = token[1], int(token[2])
        if name == "seq":
            return f"{number:0{length}d}"
        return fold(parts.get(name, "")).replace(" ", "").replace("_", "").upper()[:length]

    return _DOUBLED.sub(r"\1", _TOKEN.sub(said, pattern)).strip("._/-")


def barcode_of(kind: str, prefix: str, number: int) -> str:
    """The barcode with this number and its check digit; raises `Conflict` behind the end of the range."""
    room = DIGITS[kind] - len(prefix)
    body = f"{prefix}{number:0{room}d}"
    if len(body) > DIGITS[kind]:
        raise Conflict(
            _("All barcodes of this range are used. Enter other first digits."), code="range_used_up"
        )
    return body + str(ean.calc_check_digit(body))


def doubt_of(barcode: str) -> str:
    """What is doubtful about a barcode that looks like an article number of the trade: its check digit; else nothing.

    It is said and not refused: shops number their own things with as many digits.
    """
    if not (barcode.isascii() and barcode.isdigit() and len(barcode) in NAMES):
        return ""
    right = str(ean.calc_check_digit(barcode[:-1]))
    if barcode.endswith(right):
        return ""
    words = {"kind": NAMES[len(barcode)], "digit": right}
    return _("As an %(kind)s its last digit would be %(digit)s; a scanner cannot read it as one.") % words


def _bad_pattern(message: str) -> InvalidInput:
    return InvalidInput(fields={"sku_pattern": [message]})
