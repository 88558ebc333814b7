"""Whether a promotion may apply at all, and if not, why: pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from apps.kernel.money import ZERO

from .values import Known, Line, Moment, Reason, Rule, Verdict


def unmet(rule: Rule, lines: Sequence[Line], buyer: Known, moment: Moment) -> Verdict | None:
    """The first condition that is not met; None when all are."""
    reason = _of_time(rule, moment) or _of_buyer(rule, buyer, moment)
    if reason:
        return Verdict(rule, reason)
    return _of_goods(rule, lines)


def _of_time(rule: Rule, moment: Moment) -> Reason:
    if not rule.in_arm:
        return "other_arm"
    if rule.needs_code and not rule.code:
        return "needs_code"
    if rule.has_ended or (rule.ends_at is not None and rule.ends_at <= moment.at):
        return "ended"
    if rule.is_paused:
        return "paused"
    if rule.starts_at is not None and rule.starts_at > moment.at:
        return "scheduled"
    if rule.weekdays and moment.local.isoweekday() not in rule.weekdays:
        return "weekday"
    if not _is_open(rule.from_time, rule.to_time, moment.local.time()):
        return "hour"
    return ""


def _is_open(start: dt.time | None, end: dt.time | None, now: dt.time) -> bool:
    """From `start` until before `end`; an end before the start is on the next day."""
    if start is None or end is None:
        return (start is None or now >= start) and (end is None or now < end)
    return start <= now < end if start <= end else now >= start or now < end


def _of_buyer(rule: Rule, buyer: Known, moment: Moment) -> Reason:
    if rule.channels and moment.channel not in rule.channels:
        return "channel"
    if rule.countries and moment.country not in rule.countries:
        return "country"
    if rule.customer_tags and not set(rule.customer_tags) & set(buyer.tags):
        return "tags"
    if rule.first_order_only and buyer.has_ordered:
        return "first_order"
    if rule.used_up or rule.code_used_up:
        return "used_up"
    if rule.per_customer_limit is not None and rule.uses_of_buyer >= rule.per_customer_limit:
        return "used_by_you"
    return ""


def _of_goods(rule: Rule, lines: Sequence[Line]) -> Verdict | None:
    chosen = [line for line in lines if rule.targets is None or line.variant_id in rule.targets]
    if not chosen:
        return Verdict(rule, "no_items")
    amount = sum((line.amount for line in chosen), ZERO)
    if rule.minimum_amount is not None and amount < rule.minimum_amount:
        return Verdict(rule, "minimum_amount", missing=rule.minimum_amount - amount)
    pieces = sum(line.quantity for line in chosen)
    if rule.minimum_quantity is not None and pieces < rule.minimum_quantity:
        return Verdict(rule, "minimum_quantity", missing=rule.minimum_quantity - pieces)
    return None
