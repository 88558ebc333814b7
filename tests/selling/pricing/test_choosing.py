"""Which price wins, without a database: against the slow reference, and by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.selling.pricing.choosing import LEVELS, Candidate, choose

from .reference import ORDER, Line, Sheet, Thing, price

D = Decimal
NOW = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
MUG = Thing("v", "p", D("12.35"), D("15"), ["home", "cups"], ["new"])
NEAR = {
    ("variant", "v"): 1003, ("product", "p"): 1002, ("collection", "new"): 1001, ("category", "cups"): 2,
    ("category", "home"): 1, ("all", None): 0,
}  # fmt: skip
lines = st.builds(
    Line,
    target=st.sampled_from(list(NEAR)),
    kind=st.sampled_from(["fixed", "percent", "volume"]),
    figure=st.integers(0, 10_000).map(lambda n: D(n) / 100),
    least=st.sampled_from([1, 1, 2, 10]),
)
sheets = st.builds(
    Sheet,
    level=st.sampled_from(ORDER),
    name=st.just("list"),
    entries=st.lists(lines, max_size=4),
    customer=st.just("c"),
    segment=st.just("trade"),
    priority=st.integers(-1, 1),
)


# How long drawing takes depends on what else the machine does.
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(sheets, max_size=6), st.integers(1, 12))
def test_the_same_as_looking_at_every_entry(found: list[Sheet], quantity: int) -> None:
    candidates = [
        Candidate(
            sheet.level, sheet.name, sheet.priority, NEAR[line.target], line.kind,
            line.figure if line.kind == "fixed" else None, None if line.kind == "fixed" else line.figure,
            line.least, f"{number}-{row}",
        )
        for number, sheet in enumerate(found)
        for row, line in enumerate(sheet.entries)
    ]  # fmt: skip
    got = choose(MUG.base, MUG.was, candidates, quantity=quantity, currency="GBP")
    unit, before, less, level = price(found, MUG, quantity, "c", ["Trade"], "storefront", NOW)
    assert (got.unit_price, got.compare_at, got.line_discount) == (unit, before, less)
    # One level wins, all of them are told, and what won is what is paid.
    assert [step.level for step in got.steps][: len(LEVELS) + 1] == [*LEVELS, "base"]
    (won,) = [step for step in got.steps if step.won and step.level != "volume"]
    assert (won.level, won.amount) == (level, unit)


def entry(level: str, near: int = 1003, **fields: Any) -> Candidate:
    given = {"priority": 0, "kind": "fixed", "price": None, "percent": None, "min_quantity": 1, "entry": "1"}
    return Candidate(level=level, name=level, nearness=near, **{**given, **fields})


def test_by_hand() -> None:
    def paid(quantity: int, *candidates: Candidate) -> tuple[D, D | None, D]:
        got = choose(D(12), D(14), candidates, quantity=quantity, currency="GBP")
        return got.unit_price, got.compare_at, got.line_discount

    contract, sale = entry("contract", price=D(11)), entry("sale", price=D(8))
    assert paid(1) == (D(12), D(14), 0)
    assert paid(1, sale) == (D(8), D(12), 0)
    # The nearest level, not the cheapest price; a price of one's own is no reduction.
    assert paid(1, sale, contract) == (D(11), None, 0)
    # From ten pieces on, not with nine; then the line is 120.00, and 7.5 % off it 9.00.
    ten = entry("sale", kind="volume", percent=D("7.5"), min_quantity=10)
    assert paid(9, ten) == (D(12), D(14), 0)
    assert paid(10, ten) == (D(12), D(14), D(9))
    # The customer's own break of 0 % takes the one for everybody away.
    assert paid(10, ten, contract, entry("customer", kind="volume", percent=D(0)))[2] == 0
    # The nearest thing first, then the list's priority, then the largest quantity reached, then the lowest.
    whole, first = entry("sale", 1002, price=D(5)), entry("sale", price=D(9), priority=1)
    assert paid(1, sale, whole)[0] == D(8)
    assert paid(1, sale, first, whole)[0] == D(9)
    assert paid(10, sale, entry("sale", price=D("8.5"), min_quantity=10))[0] == D("8.5")
    assert paid(1, sale, entry("sale", price=D(7), entry="2"))[0] == D(7)
    # 33 % off 12.35 is 8.2745: half up at the minor unit.
    third = entry("sale", kind="percent", percent=D(33))
    assert choose(D("12.35"), None, [third], quantity=1, currency="GBP").unit_price == D("8.27")
    assert choose(D(1235), None, [third], quantity=1, currency="JPY").unit_price == D(827)
