"""When people buy what: a year with a winter, a summer and a December."""

from __future__ import annotations

import datetime as dt
import random

from monidesk.demo.shops import Item, Shop

# How much busier a month is than the average one, January first.
MONTHS = (0.75, 0.7, 0.85, 0.9, 1.0, 1.05, 0.95, 0.85, 0.9, 1.0, 1.35, 1.9)
WEEKDAYS = (0.85, 0.8, 0.9, 1.0, 1.2, 1.35, 1.1)
_WANTED_IN = {
    "steady": lambda month: 1.0,
    "winter": lambda month: 3.0 if month in {11, 12, 1, 2} else 0.5,
    "summer": lambda month: 3.0 if month in {5, 6, 7, 8} else 0.5,
    "gift": lambda month: 4.0 if month in {11, 12} else 0.8,
}


def orders_on(shop: Shop, day: dt.date, age: float, chooser: random.Random) -> int:
    """How many orders come on `day`; `age` runs from 0 at the start of the year of trade to 1 today."""
    growth = 0.8 + 0.5 * age
    expected = shop.orders_a_day * MONTHS[day.month - 1] * WEEKDAYS[day.weekday()] * growth
    whole = int(expected)
    return whole + (chooser.random() < expected - whole) + (chooser.random() < 0.1)


def choose_items(shop: Shop, day: dt.date, count: int, chooser: random.Random) -> list[Item]:
    """So many different products as somebody would pick on that day."""
    weights = {item.title: item.wanted * _WANTED_IN[item.season](day.month) for item in shop.items}
    left = list(shop.items)
    chosen: list[Item] = []
    while left and len(chosen) < count:
        (item,) = chooser.choices(left, [weights[item.title] for item in left])
        chosen.append(item)
        left.remove(item)
    return chosen


def moments(day: dt.date, count: int, chooser: random.Random) -> list[dt.datetime]:
    """So many moments of the day, in order, mostly at lunch and in the evening."""
    hours = chooser.choices(range(7, 23), [1, 2, 3, 4, 5, 7, 6, 4, 4, 4, 5, 7, 9, 10, 8, 4], k=count)
    found = [
        dt.datetime(
            day.year, day.month, day.day, hour, chooser.randrange(60), chooser.randrange(60), tzinfo=dt.UTC
        )
        for hour in hours
    ]
    return sorted(found)
