"""Lots as they are typed and scanned."""

from __future__ import annotations

import datetime as dt

import pytest

from apps.goods.inventory.lines import LotDraft, LotPick
from apps.goods.inventory.lot_text import Scanned, barcodes_of, read_day, read_lots, read_picks, scan_gs1
from apps.kernel.errors import InvalidInput

DAY = dt.date(2027, 3, 31)


def test_what_a_scanner_sends_is_read_with_and_without_brackets() -> None:
    expected = Scanned("05901234123457", lot="L-17", expires_on=DAY, count=12)
    assert scan_gs1("(01)05901234123457(17)270331(10)L-17(37)12") == expected
    assert scan_gs1("]d201059012341234571727033110L-17\x1d3712") == expected
    piece = scan_gs1("010590123412345721SN-9\x1d15270200")
    assert piece == Scanned("05901234123457", serial="SN-9", best_before=dt.date(2027, 2, 28))
    assert "5901234123457" in barcodes_of("05901234123457")
    for wrong in ("MUG-1", "5901234123457", "(10)L-17", "0105901234", "99L", "(01)123"):
        assert scan_gs1(wrong) is None


def test_what_people_type_is_read() -> None:
    typed = "L-17, 12, 2027-03-31\nL-18, 31.03.2027 ; L-19,,03/2027"
    assert read_lots(typed) == [
        LotDraft("L-17", 12, DAY),
        LotDraft("L-18", None, DAY),
        LotDraft("L-19", None, DAY),
    ]
    assert read_lots("(01)05901234123457(17)270331(10)A") == [LotDraft("A", None, DAY)]
    assert read_picks("L-17, 2; L-18; L-19", 7) == [
        LotPick(2, code="L-17"), LotPick(3, code="L-18"), LotPick(2, code="L-19"),
    ]  # fmt: skip
    for wrong in ("2027-02-30", "31.02.2027", "13/2027", "soon"):
        with pytest.raises(InvalidInput):
            read_day(wrong)
