"""What promotions take off a basket: pure arithmetic. The rule is written down in docs/promotions.md."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from apps.kernel.money import ZERO, allocate, minor_unit, round_money

from .bundles import take_bundle, take_each, take_get
from .conditions import unmet
from .values import Known, Line, Moment, Reason, Rule, Verdict

Left = dict[Hashable, Decimal]


def evaluate(
    rules: Iterable[Rule], lines: Sequence[Line], *, currency: str, buyer: Known, moment: Moment
) -> list[Verdict]:
    """A verdict for each rule, in the order in which they were looked at. Delivery is settled by `settle_delivery`."""
    ordered = sorted(lines, key=lambda line: (str(line.variant_id), str(line.line_id)))
    left: Left = {line.line_id: line.amount for line in ordered}
    verdicts: list[Verdict] = []
    first = last = ""
    groups: dict[str, str] = {}
    for rule in sorted(rules, key=lambda rule: (rule.priority, str(rule.promotion_id))):
        verdict = unmet(rule, ordered, buyer, moment)
        if verdict is None and (last or (rule.exclusive and first)):
            verdict = Verdict(rule, "combined", other=last or first)
        if verdict is None and rule.group and rule.group in groups:
            verdict = Verdict(rule, "group", other=groups[rule.group])
        if verdict is None:
            verdict = _apply(rule, ordered, left, currency)
        if verdict.applies:
            first = first or rule.name
            last = rule.name if rule.exclusive else last
            if rule.group:
                groups[rule.group] = rule.name
            for line_id, share in verdict.shares.items():
                left[line_id] -= share
        verdicts.append(verdict)
    return verdicts


def settle_delivery(verdicts: Sequence[Verdict], price: Decimal, currency: str) -> Decimal:
    """What promotions take off a delivery of this price: noted with each, first come first served; returns the sum."""
    left = round_money(price, currency)
    for verdict in verdicts:
        if not verdict.applies or verdict.rule.kind != "delivery":
            continue
        value = verdict.rule.value
        verdict.amount = left if value is None else min(left, round_money(value, currency))
        left -= verdict.amount
    return round_money(price, currency) - left


def _apply(rule: Rule, lines: Sequence[Line], left: Left, currency: str) -> Verdict:
    if rule.kind == "delivery":
        return Verdict(rule)
    chosen = targets_of(rule, lines)
    taken = _taken(rule, chosen, lines, left, currency)
    if isinstance(taken, str):
        return Verdict(rule, taken)
    amount = sum(taken.values(), ZERO)
    if not amount:
        return Verdict(rule, "nothing_left")
    return Verdict(rule, amount=amount, shares={line_id: share for line_id, share in taken.items() if share})


def targets_of(rule: Rule, lines: Sequence[Line]) -> list[Line]:
    """The lines that the promotion is for."""
    return [line for line in lines if rule.targets is None or line.variant_id in rule.targets]


def _taken(
    rule: Rule, chosen: list[Line], lines: Sequence[Line], left: Left, currency: str
) -> dict[Hashable, Decimal] | Reason:
    value = rule.value or ZERO
    rest = {line.line_id: left[line.line_id] for line in chosen}
    whole = sum(rest.values(), ZERO)
    if rule.kind == "percent":
        return _spread(round_money(whole * value / 100, currency), rest, currency)
    if rule.kind == "amount" and rule.each_piece:
        return {n.line_id: min(rest[n.line_id], round_money(value * n.quantity, currency)) for n in chosen}
    if rule.kind == "amount":
        return _spread(min(whole, round_money(value, currency)), rest, currency)
    if rule.kind == "get":
        gifts = chosen if rule.gifts is None else [n for n in lines if n.variant_id in rule.gifts]
        found, share = take_get(rule, chosen, gifts, left), Fraction(value) / 100
    elif rule.buy_quantity:
        found, share = take_bundle(rule, chosen, left), Fraction(1)
    else:
        found, share = take_each(rule, chosen, left), Fraction(1)
    if found is None:
        return "not_enough"
    saved = _to_money((sum(found.worth.values(), Fraction()) - found.price) * share, currency)
    weights = {line_id: _as_weight(worth) for line_id, worth in found.worth.items()}
    return _spread(max(ZERO, saved), weights, currency)


def _to_money(exact: Fraction, currency: str) -> Decimal:
    """Half up to the minor unit. Thirds of an amount have no end as decimals, so they are rounded as fractions."""
    unit = minor_unit(currency)
    return math.floor(exact / Fraction(unit) + Fraction(1, 2)) * unit


def _as_weight(worth: Fraction) -> Decimal:
    return Decimal(worth.numerator) / Decimal(worth.denominator)


def _spread(amount: Decimal, weights: dict[Hashable, Decimal], currency: str) -> dict[Hashable, Decimal]:
    if not amount:
        return {}
    shares = allocate(amount, list(weights.values()), currency)
    return dict(zip(weights, shares, strict=True))
