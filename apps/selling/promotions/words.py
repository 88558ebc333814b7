"""Promotions in plain words: what one does, and why it does not apply."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, time_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django_countries import countries as all_countries

from apps.kernel.money import format_money
from apps.platform.businesses.models import Business
from apps.selling.pricing.channels import CHANNELS

from .models import Kind, Promotion
from .values import AppliedPromotion, Verdict


def money(amount: Decimal, seller: Business) -> str:
    return format_money(amount, seller.currency, get_language() or "en")


def plain(number: Decimal) -> str:
    """10.0000 is 10, 7.5000 is 7.5."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def say_day(moment: dt.datetime, seller: Business) -> str:
    """The day, and the hour unless it is midnight, on the clock of the business."""
    local = moment.astimezone(ZoneInfo(seller.time_zone))
    day = date_format(local.date(), "j F Y")
    if local.time() == dt.time(0):
        return day
    return _("%(day)s, %(time)s") % {"day": day, "time": time_format(local.time(), "H:i")}


def say_last_day(moment: dt.datetime, seller: Business) -> str:
    """Until midnight of the eighth is what people call until the seventh."""
    local = moment.astimezone(ZoneInfo(seller.time_zone))
    if local.time() == dt.time(0):
        return date_format(local.date() - dt.timedelta(days=1), "j F Y")
    return say_day(moment, seller)


def weekday_names(days: Sequence[int]) -> str:
    # 1 January 2024 was a Monday.
    return ", ".join(date_format(dt.date(2024, 1, day), "l") for day in sorted(days))


def summarise(promotion: Promotion, seller: Business, names: Sequence[str] = ()) -> str:
    """The promotion in one sentence: "20 % off Mugs, from 1 March 2026 to 7 March 2026, once per customer".

    `names` are those of the chosen goods; left out, they are "chosen goods".
    """
    parts = [_what(promotion, seller, names), *_conditions(promotion, seller), *_limits(promotion)]
    sentence = ", ".join(part for part in parts if part)
    return sentence[:1].upper() + sentence[1:]


def _scope(promotion: Promotion, names: Sequence[str]) -> str:
    if not promotion.has_scope:
        return _("the whole order")
    if not names:
        return _("chosen goods")
    shown = ", ".join(names[:3])
    return (
        _("%(names)s and %(more)s more") % {"names": shown, "more": len(names) - 3}
        if len(names) > 3
        else shown
    )


def _what(promotion: Promotion, seller: Business, names: Sequence[str]) -> str:
    value, scope = promotion.value, _scope(promotion, names)
    if promotion.kind == Kind.PERCENT and value is not None:
        return _("%(percent)s %% off %(scope)s") % {"percent": plain(value), "scope": scope}
    if promotion.kind == Kind.AMOUNT and value is not None:
        text = (
            _("%(amount)s off each piece of %(scope)s")
            if promotion.each_piece
            else _("%(amount)s off %(scope)s")
        )
        return text % {"amount": money(value, seller), "scope": scope}
    if promotion.kind == Kind.DELIVERY:
        if value is not None:
            return _("up to %(amount)s off delivery") % {"amount": money(value, seller)}
        return _("free delivery")
    if promotion.kind == Kind.GET and value is not None:
        gift = _("free") if value == 100 else _("%(percent)s %% cheaper") % {"percent": plain(value)}
        return _("buy %(buy)s of %(scope)s, get %(get)s %(gift)s") % {
            "buy": promotion.buy_quantity, "scope": scope, "get": promotion.get_quantity, "gift": gift,
        }  # fmt: skip
    price = money(value or Decimal(0), seller)
    if promotion.buy_quantity:
        return _("%(count)s of %(scope)s for %(price)s") % {
            "count": promotion.buy_quantity, "scope": scope, "price": price,
        }  # fmt: skip
    return _("%(scope)s together for %(price)s") % {"scope": scope, "price": price}


def _conditions(promotion: Promotion, seller: Business) -> list[str]:
    parts = []
    if promotion.minimum_amount is not None:
        parts.append(_("from %(amount)s on") % {"amount": money(promotion.minimum_amount, seller)})
    if promotion.minimum_quantity is not None:
        count = promotion.minimum_quantity
        parts.append(ngettext("from %(n)s piece on", "from %(n)s pieces on", count) % {"n": count})
    if promotion.customer_tags:
        parts.append(_("for customers with the tag %(tags)s") % {"tags": ", ".join(promotion.customer_tags)})
    if promotion.first_order_only:
        parts.append(_("on a first order"))
    if promotion.channels:
        parts.append(
            _("only by %(channels)s") % {"channels": ", ".join(_channel(c) for c in promotion.channels)}
        )
    if promotion.countries:
        names = [all_countries.name(code) or code for code in promotion.countries]
        parts.append(_("delivered to %(countries)s") % {"countries": ", ".join(names)})
    return [*parts, *_window(promotion, seller)]


def _window(promotion: Promotion, seller: Business) -> list[str]:
    start = say_day(promotion.starts_at, seller) if promotion.starts_at else ""
    end = say_last_day(promotion.ends_at, seller) if promotion.ends_at else ""
    parts = []
    if start and end:
        parts.append(_("from %(start)s to %(end)s") % {"start": start, "end": end})
    elif start:
        parts.append(_("from %(start)s") % {"start": start})
    elif end:
        parts.append(_("until %(end)s") % {"end": end})
    if promotion.weekdays:
        parts.append(_("on %(days)s") % {"days": weekday_names(promotion.weekdays)})
    if promotion.from_time or promotion.to_time:
        first = time_format(promotion.from_time or dt.time(0), "H:i")
        last = time_format(promotion.to_time, "H:i") if promotion.to_time else "24:00"
        parts.append(_("between %(first)s and %(last)s") % {"first": first, "last": last})
    return parts


def _limits(promotion: Promotion) -> list[str]:
    parts = []
    if promotion.per_customer_limit == 1:
        parts.append(_("once per customer"))
    elif promotion.per_customer_limit:
        parts.append(_("%(n)s times per customer") % {"n": promotion.per_customer_limit})
    if promotion.use_limit:
        text = ngettext("%(n)s use in total", "%(n)s uses in total", promotion.use_limit)
        parts.append(text % {"n": promotion.use_limit})
    if promotion.times_per_order == 1 and promotion.kind in (Kind.GET, Kind.BUNDLE):
        parts.append(_("once within an order"))
    elif promotion.times_per_order and promotion.kind in (Kind.GET, Kind.BUNDLE):
        parts.append(_("at most %(n)s times within an order") % {"n": promotion.times_per_order})
    if promotion.needs_code:
        parts.append(_("with a code"))
    if promotion.exclusive:
        parts.append(_("not together with others"))
    return parts


def name_of(applied: AppliedPromotion) -> str:
    """Its name, with the code that was typed for it."""
    return f"{applied.name} ({applied.code})" if applied.code else applied.name


def names_of(applied: Sequence[AppliedPromotion], *, delivery: bool) -> list[str]:
    """Those of delivery, or the others, by name."""
    return [name_of(one) for one in applied if (one.kind == Kind.DELIVERY) == delivery]


def channel_choices() -> list[tuple[str, Any]]:
    """The ways in which an order comes, by their names."""
    return list(CHANNELS.items())


def _channel(code: str) -> str:
    return dict(channel_choices()).get(code, code)


def say_why_not(verdict: Verdict, seller: Business) -> str:
    """Why a promotion was passed over, as the buyer may read it."""
    rule = verdict.rule
    said = _REASONS[verdict.reason]()
    facts: dict[str, Any] = {
        "other": verdict.other,
        "missing": verdict.missing,
        "limit": rule.per_customer_limit,
        "test": rule.test,
    }
    if verdict.reason == "scheduled" and rule.starts_at is not None:
        facts["day"] = say_day(rule.starts_at, seller)
    if verdict.reason == "weekday":
        facts["days"] = weekday_names(rule.weekdays)
    if verdict.reason == "hour":
        facts["first"] = time_format(rule.from_time or dt.time(0), "H:i")
        facts["last"] = time_format(rule.to_time, "H:i") if rule.to_time else "24:00"
    if verdict.reason == "minimum_amount" and rule.minimum_amount is not None:
        facts["minimum"] = money(rule.minimum_amount, seller)
        facts["missing"] = money(Decimal(verdict.missing or 0), seller)
    if verdict.reason == "minimum_quantity":
        facts["minimum"] = rule.minimum_quantity
    return said % facts


_REASONS = {
    "": lambda: "",
    "unknown": lambda: _("not a code of this shop."),
    "ended": lambda: _("it has ended."),
    "paused": lambda: _("it cannot be used at the moment."),
    "scheduled": lambda: _("it begins on %(day)s."),
    "weekday": lambda: _("it counts on %(days)s only."),
    "hour": lambda: _("it counts between %(first)s and %(last)s only."),
    "channel": lambda: _("it does not count for orders that come in this way."),
    "country": lambda: _("it does not count for deliveries to this country."),
    "tags": lambda: _("it is for certain customers only."),
    "first_order": lambda: _("it is for a first order only."),
    "used_up": lambda: _("it is used up."),
    "used_by_you": lambda: _("you have used it already."),
    "needs_code": lambda: _("it needs a code."),
    "other_arm": lambda: _("it is part of the test “%(test)s”, and this buyer gets the other version."),
    "no_items": lambda: _("nothing in the cart is part of it."),
    "minimum_amount": lambda: _("it counts from %(minimum)s on: %(missing)s are missing."),
    "minimum_quantity": lambda: _("it counts from %(minimum)s pieces on: %(missing)s are missing."),
    "not_enough": lambda: _("there are not enough of its items in the cart."),
    "combined": lambda: _("it cannot be combined with “%(other)s”."),
    "group": lambda: _("only one of its group counts: “%(other)s” does."),
    "nothing_left": lambda: _("there is nothing left that it could take off."),
}
