"""A slow second opinion: every piece on its own, every number of bundles tried, fractions instead of decimals."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from apps.kernel.money import minor_unit
from apps.selling.promotions.values import Line, Rule


def rounded(amount: Fraction, currency: str) -> Decimal:
    unit = Fraction(minor_unit(currency))
    whole, rest = divmod(amount, unit)
    return (Decimal(int(whole)) + (1 if rest * 2 >= unit else 0)) * minor_unit(currency)


def discount_of(rule: Rule, lines: list[Line], left: dict[Any, Decimal], currency: str) -> Decimal | None:
    """What `rule` takes off, given what is left of each line; None when its pieces do not suffice."""
    chosen = [line for line in lines if rule.targets is None or line.variant_id in rule.targets]
    value = Fraction(rule.value or 0)
    whole = sum((Fraction(left[line.line_id]) for line in chosen), Fraction())
    if rule.kind == "percent":
        return rounded(whole * value / 100, currency)
    if rule.kind == "amount" and rule.each_piece:
        return sum((min(left[n.line_id], rounded(value * n.quantity, currency)) for n in chosen), Decimal(0))
    if rule.kind == "amount":
        return rounded(min(whole, Fraction(rounded(value, currency))), currency)
    pieces = _pieces(chosen, left)
    if rule.kind == "get":
        gifts = (
            pieces if rule.gifts is None else _pieces([n for n in lines if n.variant_id in rule.gifts], left)
        )
        return _get(rule, pieces, gifts, currency)
    if rule.buy_quantity:
        return _best_bundle(rule, [pieces], rule.buy_quantity, currency)
    parts: list[list[Any]] = [[] for _part in rule.components]
    for line in chosen:
        for part, members in zip(parts, rule.components, strict=True):
            if line.variant_id in members:
                part += _pieces([line], left)
                break
    return _best_bundle(rule, parts, 1, currency)


def _pieces(lines: list[Line], left: dict[Any, Decimal]) -> list[tuple[Fraction, Any, int]]:
    return [
        (Fraction(left[line.line_id]) / line.quantity, line.line_id, number)
        for line in lines
        for number in range(line.quantity)
    ]


def _get(rule: Rule, bought: list[Any], gifts: list[Any], currency: str) -> Decimal | None:
    buy, get = rule.buy_quantity or 1, rule.get_quantity or 1
    cheapest = sorted(gifts, key=lambda piece: (piece[0], -_rank(piece, gifts)))
    for times in range(min(len(gifts) // get, rule.times or 10**9), 0, -1):
        given = cheapest[: times * get]
        if len(set(bought) - set(given)) >= times * buy:
            return rounded(
                sum((piece[0] for piece in given), Fraction()) * Fraction(rule.value or 0) / 100, currency
            )
    return None


def _rank(piece: Any, gifts: list[Any]) -> int:
    """Of equal pieces the later line gives first."""
    return [other[1] for other in gifts].index(piece[1])


def _best_bundle(rule: Rule, parts: list[list[Any]], size: int, currency: str) -> Decimal | None:
    most = min((len(part) // size for part in parts), default=0)
    if not most:
        return None
    ordered = [sorted(part, key=lambda piece: -piece[0]) for part in parts]
    saved = [
        sum((piece[0] for part in ordered for piece in part[: times * size]), Fraction())
        - times * Fraction(rule.value or 0)
        for times in range(min(most, rule.times or most) + 1)
    ]
    return rounded(max(saved), currency)
