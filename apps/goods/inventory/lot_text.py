"""Lots as people type and scanners read them: `L-17, 12, 2027-03-01`, serial numbers, or a GS1 code."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.goods.inventory.lines import LotDraft, LotPick
from apps.kernel.errors import InvalidInput

_BRACKETED = re.compile(r"\((\d{2})\)([^(]*)")
# Fixed lengths of the identifiers read here; the others end at a separator or with the code.
_FIXED = {"01": 14, "11": 6, "13": 6, "15": 6, "17": 6}
_OPEN = {"10", "21", "37", "30"}
_SEPARATOR = "\x1d"


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a GS1 code says: goods, lot or serial number, last days."""

    code: str = ""
    lot: str = ""
    serial: str = ""
    expires_on: dt.date | None = None
    best_before: dt.date | None = None
    count: int | None = None


def scan_gs1(text: str) -> Scanned | None:
    """A GS1 element string with brackets or as a scanner sends it; None for anything else."""
    text = text.strip().removeprefix("]d2").removeprefix("]C1").lstrip(_SEPARATOR)
    found = dict(_BRACKETED.findall(text)) if text.startswith("(") else _unbracketed(text)
    if not found or "01" not in found or len(found["01"]) != 14:
        return None
    count = found.get("37") or found.get("30") or ""
    return Scanned(
        code=found["01"],
        lot=found.get("10", "").strip(),
        serial=found.get("21", "").strip(),
        expires_on=_gs1_day(found.get("17", "")),
        best_before=_gs1_day(found.get("15", "")),
        count=int(count) if count.isdigit() else None,
    )


def barcodes_of(gtin: str) -> list[str]:
    """The barcodes a GTIN of fourteen digits may be kept as."""
    return [gtin, *(gtin[zeros:] for zeros in (1, 2, 6) if gtin.startswith("0" * zeros))]


def read_lots(text: str) -> list[LotDraft]:
    """`code, quantity, day` on each line or between semicolons; quantity and day may be left out and change places."""
    drafts = []
    for row in _rows(text):
        scanned = scan_gs1(row)
        if scanned is not None:
            drafts.append(
                LotDraft(
                    scanned.serial or scanned.lot, scanned.count, scanned.expires_on, scanned.best_before
                )
            )
            continue
        code, *rest = [part.strip() for part in row.split(",")]
        quantity, day = None, None
        for part in filter(None, rest):
            if part.isascii() and part.isdigit() and len(part) <= 8:
                quantity = int(part)
            else:
                day = read_day(part)
        drafts.append(LotDraft(code, quantity, day))
    return drafts


def read_picks(text: str, quantity: int) -> list[LotPick]:
    """Lots that somebody chose, `L-17, 2; L-18`: one without a number takes what the others leave of `quantity`."""
    drafts = read_lots(text)
    open_ended = [draft for draft in drafts if draft.quantity is None]
    left = quantity - sum(draft.quantity or 0 for draft in drafts)
    each, more = divmod(max(0, left), len(open_ended)) if open_ended else (0, 0)
    picks = []
    for draft in drafts:
        count = draft.quantity
        if count is None:
            count, more = each + (1 if more else 0), max(0, more - 1)
        picks.append(LotPick(count, code=draft.code))
    return picks


def read_serials(text: str) -> list[LotDraft]:
    """Serial numbers with blanks between them."""
    return [LotDraft(code, 1) for code in text.split()]


def read_day(text: str) -> dt.date:
    """A day as 2027-03-01, or as it stands on many goods, 01.03.2027 or 03/2027 (its last day)."""
    text = text.strip()
    try:
        if match := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text):
            return dt.date(int(match[3]), int(match[2]), int(match[1]))
        if match := re.fullmatch(r"(\d{1,2})/(\d{4})", text):
            return _last_day(int(match[2]), int(match[1]))
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            _("“%(text)s” is no day: write it as 2027-03-01.") % {"text": text[:40]}, code="no_day"
        ) from None


def _rows(text: str) -> Iterable[str]:
    return [row.strip() for row in text.replace(";", "\n").splitlines() if row.strip()]


def _unbracketed(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    while len(text) > 2:
        name, text = text[:2], text[2:]
        if name in _FIXED:
            found[name], text = text[: _FIXED[name]], text[_FIXED[name] :].lstrip(_SEPARATOR)
        elif name in _OPEN:
            found[name], _separator, text = text.partition(_SEPARATOR)
        else:
            return {}
    return found if not text else {}


def _gs1_day(text: str) -> dt.date | None:
    if not re.fullmatch(r"\d{6}", text):
        return None
    year, month, day = 2000 + int(text[:2]), int(text[2:4]), int(text[4:])
    try:
        return dt.date(year, month, day) if day else _last_day(year, month)
    except ValueError:
        return None


def _last_day(year: int, month: int) -> dt.date:
    dt.date(year, month, 1)  # refuses a thirteenth month
    following = dt.date(year + month // 12, month % 12 + 1, 1)
    return following - dt.timedelta(days=1)
