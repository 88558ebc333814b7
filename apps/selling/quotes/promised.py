"""Promotions of a quote: those of now for a draft, those that were promised for one that was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.kernel.money import ZERO, allocate, round_money
from apps.selling.promotions import values as promotions
from apps.selling.promotions.applying import Applied

from .models import QuoteLine


def as_promised(
    applied: Applied, lines: Sequence[QuoteLine], line_ids: Sequence[UUID]
) -> list[dict[str, Any]]:
    """What is kept when a quote is sent: each promotion with its share of each line; free delivery with its limit.

    `line_ids` are those the lines were priced under.
    """
    by_id = {line_id: str(line.pk) for line_id, line in zip(line_ids, lines, strict=True)}
    return [
        {
            **one.facts(),
            "code_id": str(one.rule.code_id) if one.rule and one.rule.code_id else None,
            "value": str(one.rule.value) if one.rule and one.rule.value is not None else None,
            "lines": {by_id[UUID(str(line_id))]: str(share) for line_id, share in one.shares.items()},
        }
        for one in applied.promised
    ]


def read_promised(
    kept: Sequence[Mapping[str, Any]],
    lines: Sequence[QuoteLine],
    line_ids: Sequence[UUID],
    wanted: Sequence[int],
    discounts: Sequence[Decimal],
    currency: str,
) -> Applied:
    """The promotions of a quote that was sent, for the pieces now `wanted`; no query.

    `discounts` are the agreed ones of the lines in that proportion: what promotions take is a part of each, shared out
    so that nothing is lost. A promise asks for no limit: who has the last use meanwhile does not take it away.
    """
    verdicts = [_verdict(one) for one in kept]
    for line, line_id, count, discount in zip(lines, line_ids, wanted, discounts, strict=True):
        shares = [Decimal(one["lines"].get(str(line.pk), "0")) for one in kept]
        together = sum(shares, ZERO)
        if not together:
            continue
        taken = min(discount, round_money(together * count / line.quantity, currency))
        for verdict, share in zip(verdicts, allocate(taken, shares, currency), strict=True):
            if share:
                verdict.shares[line_id] = share
                verdict.amount += share
    return Applied(currency, verdicts)


def _verdict(one: Mapping[str, Any]) -> promotions.Verdict:
    value = one.get("value")
    return promotions.Verdict(
        promotions.Rule(
            promotion_id=UUID(one["promotion_id"]),
            name=one["name"],
            kind=one["kind"],
            value=None if value is None else Decimal(value),
            code=one["code"],
            code_id=UUID(one["code_id"]) if one.get("code_id") else None,
        )
    )
