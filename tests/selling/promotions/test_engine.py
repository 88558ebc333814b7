"""The rule of promotions for any basket, against a slow second opinion, and examples that people check by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.kernel.money import round_money
from apps.selling.promotions.engine import evaluate, settle_delivery
from apps.selling.promotions.values import Known, Line, Moment, Rule, Verdict

from .reference import discount_of

D = Decimal
NOON = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)  # a Wednesday
HERE = Moment(NOON, NOON, "storefront", "GB")
VARIANTS = "abcdef"


def judge(rules: list[Rule], lines: list[Line], *, currency: str = "GBP", **more: Any) -> list[Verdict]:
    return evaluate(
        rules, lines, currency=currency, buyer=more.get("buyer", Known()), moment=more.get("moment", HERE)
    )


@st.composite
def rules(draw: st.DrawFn, number: int) -> Rule:
    kind = draw(st.sampled_from(["percent", "amount", "get", "bundle", "bundle", "delivery"]))
    some = st.frozensets(st.sampled_from(VARIANTS), max_size=4)
    targets = draw(st.none() | some)
    value = draw(
        st.decimals("0.01", 100, places=2)
        if kind in ("percent", "get")
        else st.decimals("0.01", 300, places=2)
    )
    components: tuple[Any, ...] = ()
    buy = draw(st.integers(1, 4))
    if kind == "bundle" and draw(st.booleans()):
        components, targets = (frozenset("ab"), frozenset("bc")), frozenset("abc")
    return Rule(
        promotion_id=number,
        name=f"no {number}",
        kind=kind,
        value=value,
        each_piece=draw(st.booleans()),
        buy_quantity=None if components else buy,
        get_quantity=draw(st.integers(1, 2)),
        targets=targets,
        components=components,
        gifts=draw(st.none() | some),
        priority=draw(st.integers(1, 3)),
        exclusive=draw(st.sampled_from([False, False, False, True])),
        group=draw(st.sampled_from(["", "", "spring"])),
        times=draw(st.none() | st.integers(1, 3)),
        minimum_amount=draw(st.none() | st.decimals(0, 100, places=2)),
        in_arm=draw(st.sampled_from([True, True, True, False])),
    )


@st.composite
def baskets(draw: st.DrawFn) -> dict[str, Any]:
    currency = draw(st.sampled_from(["GBP", "JPY", "KWD"]))
    lines = []
    for number in range(draw(st.integers(0, 5))):
        quantity = draw(st.integers(1, 7))
        amount = round_money(draw(st.decimals(0, 60, places=4)) * quantity, currency)
        lines.append(Line(number, draw(st.sampled_from(VARIANTS)), quantity, amount))
    count = draw(st.integers(1, 4))
    return {"currency": currency, "lines": lines, "rules": [draw(rules(number)) for number in range(count)]}


@settings(max_examples=150)
@given(baskets(), st.randoms(use_true_random=False), st.decimals(0, 20, places=2))
def test_any_basket_gets_what_the_slow_model_says(basket: dict[str, Any], chance: Any, price: D) -> None:
    currency, lines = basket["currency"], basket["lines"]
    verdicts = judge(basket["rules"], lines, currency=currency)
    left = {line.line_id: line.amount for line in lines}
    in_order = sorted(lines, key=lambda line: (line.variant_id, str(line.line_id)))
    applied: list[Rule] = []
    for verdict in verdicts:
        rule = verdict.rule
        assert (verdict.reason == "other_arm") == (not rule.in_arm)
        if verdict.reason == "other_arm":
            continue
        if verdict.reason == "combined":
            assert any(one.exclusive for one in applied) or (rule.exclusive and applied)
        elif verdict.reason == "group":
            assert rule.group in {one.group for one in applied}
        elif verdict.reason in ("no_items", "minimum_amount"):
            chosen = [n for n in lines if rule.targets is None or n.variant_id in rule.targets]
            assert not chosen or sum(n.amount for n in chosen) < (rule.minimum_amount or 0)
        elif rule.kind != "delivery":
            expected = discount_of(rule, in_order, left, currency)
            if verdict.applies:
                assert verdict.amount == expected > 0
            else:
                assert verdict.reason == ("not_enough" if expected is None else "nothing_left")
                assert not expected
        if verdict.applies:
            applied.append(rule)
            assert not (rule.exclusive and len(applied) > 1)
        assert sum(verdict.shares.values(), D(0)) == (0 if rule.kind == "delivery" else verdict.amount)
        for line_id, share in verdict.shares.items():
            assert share > 0
            assert rule.kind == "get" or rule.targets is None or lines[line_id].variant_id in rule.targets
            left[line_id] -= share
        assert all(amount >= 0 for amount in left.values())
    charge = round_money(price, currency)
    off = settle_delivery(verdicts, charge, currency)
    assert 0 <= off <= charge
    assert off == sum((one.amount for one in verdicts if one.applies and one.rule.kind == "delivery"), D(0))

    mixed, shuffled = list(lines), list(basket["rules"])
    chance.shuffle(mixed)
    chance.shuffle(shuffled)
    again = judge(shuffled, mixed, currency=currency)
    assert [(one.rule, one.reason, one.shares) for one in again] == [
        (one.rule, one.reason, one.shares) for one in verdicts
    ]


def rule(kind: str, value: str | None = None, number: int = 1, **fields: Any) -> Rule:
    return Rule(
        promotion_id=number,
        name=f"no {number}",
        kind=kind,
        value=None if value is None else D(value),
        **fields,
    )


BASKET = [Line(1, "mug", 3, D("36.00")), Line(2, "bowl", 2, D("50.00")), Line(3, "tea", 1, D("4.99"))]
MUGS, BOWLS = frozenset({"mug"}), frozenset({"bowl"})


@pytest.mark.parametrize(
    ("given_rules", "shares"),
    [
        ([rule("percent", "20", targets=MUGS)], [{1: "7.20"}]),
        # 9.099 is rounded once, to 9.10, and spread by largest remainder.
        ([rule("percent", "10")], [{1: "3.60", 2: "5.00", 3: "0.50"}]),
        # The second takes from what the first left: 10 % of 80.99.
        (
            [rule("amount", "10"), rule("percent", "10", 2)],
            [{1: "3.96", 2: "5.49", 3: "0.55"}, {1: "3.21", 2: "4.45", 3: "0.44"}],
        ),
        ([rule("amount", "500")], [{1: "36.00", 2: "50.00", 3: "4.99"}]),
        ([rule("amount", "1.50", each_piece=True, targets=MUGS)], [{1: "4.50"}]),
        ([rule("get", "100", buy_quantity=2, get_quantity=1, targets=MUGS)], [{1: "12.00"}]),
        # The cheapest of all six are given: tea, then a mug.
        ([rule("get", "100", buy_quantity=2, get_quantity=1)], [{1: "12.00", 3: "4.99"}]),
        ([rule("get", "50", buy_quantity=1, get_quantity=1, targets=MUGS, gifts=frozenset({"tea"}))], [{3: "2.50"}]),
        ([rule("bundle", "30", buy_quantity=3, targets=MUGS)], [{1: "6.00"}]),
        ([rule("bundle", "35", components=(MUGS, BOWLS), targets=MUGS | BOWLS)], [{1: "1.30", 2: "2.70"}]),
    ],
)  # fmt: skip
def test_worked_examples(given_rules: list[Rule], shares: list[dict[int, str]]) -> None:
    verdicts = judge(given_rules, BASKET)
    assert [{key: str(share) for key, share in one.shares.items()} for one in verdicts] == shares


def test_priority_exclusive_and_group_decide_who_comes_first() -> None:
    sale, code = rule("percent", "10", 1, priority=5), rule("percent", "50", 2, exclusive=True)
    assert [one.reason for one in judge([code, sale], BASKET)] == ["", "combined"]
    first = replace(code, priority=1)
    assert [(one.rule.promotion_id, one.reason) for one in judge([sale, first], BASKET)] == [
        (2, ""),
        (1, "combined"),
    ]
    grouped = [replace(sale, group="g"), rule("amount", "5", 3, group="g"), rule("amount", "5", 4)]
    verdicts = judge(grouped, BASKET)
    assert [(one.reason, one.other) for one in verdicts] == [("", ""), ("group", "no 1"), ("", "")]
    # A second free delivery finds nothing to take; the first up to its limit, the next the rest.
    free = [rule("delivery", "2", 1), rule("delivery", None, 2), rule("delivery", None, 3)]
    verdicts = judge(free, BASKET)
    assert settle_delivery(verdicts, D("5.00"), "GBP") == 5
    assert [one.amount for one in verdicts] == [2, 3, 0]


LATE = Moment(NOON, NOON.replace(hour=1), "storefront", "GB")


@pytest.mark.parametrize(
    ("fields", "more", "reason"),
    [
        ({"has_ended": True}, {}, "ended"),
        ({"ends_at": NOON}, {}, "ended"),
        ({"is_paused": True}, {}, "paused"),
        ({"starts_at": NOON + dt.timedelta(seconds=1)}, {}, "scheduled"),
        ({"starts_at": NOON}, {}, ""),
        ({"weekdays": (1, 2)}, {}, "weekday"),
        ({"weekdays": (3,)}, {}, ""),
        ({"from_time": dt.time(8), "to_time": dt.time(12)}, {}, "hour"),
        ({"from_time": dt.time(12)}, {}, ""),
        ({"from_time": dt.time(22), "to_time": dt.time(2)}, {"moment": LATE}, ""),
        ({"from_time": dt.time(22), "to_time": dt.time(2)}, {}, "hour"),
        ({"channels": ("counter",)}, {}, "channel"),
        ({"countries": ("DE",)}, {}, "country"),
        ({"countries": ("DE", "GB")}, {}, ""),
        ({"customer_tags": ("vip",)}, {}, "tags"),
        ({"customer_tags": ("vip",)}, {"buyer": Known(tags=("vip", "local"))}, ""),
        ({"first_order_only": True}, {}, ""),
        ({"first_order_only": True}, {"buyer": Known(has_ordered=True)}, "first_order"),
        ({"used_up": True}, {}, "used_up"),
        ({"code_used_up": True}, {}, "used_up"),
        ({"per_customer_limit": 2, "uses_of_buyer": 2}, {}, "used_by_you"),
        ({"needs_code": True}, {}, "needs_code"),
        ({"in_arm": False, "is_paused": True}, {}, "other_arm"),
        ({"needs_code": True, "code": "SPRING"}, {}, ""),
        ({"targets": frozenset({"lamp"})}, {}, "no_items"),
        ({"minimum_amount": D("91")}, {}, "minimum_amount"),
        ({"minimum_amount": D("90.99")}, {}, ""),
        ({"minimum_quantity": 4, "targets": MUGS}, {}, "minimum_quantity"),
        ({"kind": "bundle", "buy_quantity": 4, "targets": MUGS}, {}, "not_enough"),
        ({"kind": "bundle", "buy_quantity": 3, "targets": MUGS, "value": D(40)}, {}, "nothing_left"),
    ],
)
def test_why_not(fields: dict[str, Any], more: dict[str, Any], reason: str) -> None:
    (verdict,) = judge([replace(rule("percent", "10"), **fields)], BASKET, **more)
    assert verdict.reason == reason
    assert bool(verdict.amount) == (not reason)
    if reason == "minimum_amount":
        assert verdict.missing == D("0.01")
