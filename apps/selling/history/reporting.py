"""Sales of all times: live orders by the day they were placed, and what was brought in, in the same columns.

All amounts are without tax but `tax` and the last. *Sold* is what was ordered, *returns* what of it went back or was
given up since; an order that was cancelled or expired as a whole is none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    Case,
    Count,
    DecimalField,
    ExpressionWrapper,
    F,
    Func,
    Max,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import TruncDate

from apps.kernel.money import minor_digits
from apps.people.customers.models import Customer
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import get_current_business
from apps.selling.orders.models import Order, OrderLine
from apps.selling.orders.states import OrderState

from .models import LineKind, PastLine, PastOrder

ZERO = Decimal(0)
_ENDED = (OrderState.CANCELLED, OrderState.EXPIRED, OrderState.DRAFT, "rejected")
_AMOUNT: Any = DecimalField(max_digits=23, decimal_places=4)


@dataclass(slots=True)
class Sales:
    """What one day, month, country, product or customer comes to."""

    orders: int = 0
    pieces: int = 0
    sold: Decimal = ZERO
    discounts: Decimal = ZERO
    returns: Decimal = ZERO
    delivery: Decimal = ZERO
    others: Decimal = ZERO
    tax: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """What is left of what was sold."""
        return self.sold - self.discounts - self.returns

    @property
    def total(self) -> Decimal:
        """With delivery, other amounts and tax."""
        return self.net + self.delivery + self.others + self.tax

    def add(self, row: dict[str, Any]) -> None:
        """Add what a query found."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + (row.get(name) or 0))


Found = dict[Any, Sales]


def sum_of(found: Iterable[Sales]) -> Sales:
    """The foot of the table."""
    total = Sales()
    for one in found:
        total.add({name: getattr(one, name) for name in Sales.__slots__})
    return total


def by_day(start: dt.date, end: dt.date) -> Found:
    """Sales of each day on which there were any; three statements."""
    zone = ZoneInfo(get_current_business().time_zone)
    return _together(start, end, TruncDate("placed_at", tzinfo=zone), F("day"))


def by_month(start: dt.date, end: dt.date) -> Found:
    """The same by months: (year, month)."""
    months: Found = {}
    for day, sales in by_day(start, end).items():
        month = months.setdefault(day.replace(day=1), Sales())
        month.add({name: getattr(sales, name) for name in Sales.__slots__})
    return months


def by_country(start: dt.date, end: dt.date) -> Found:
    """By the country things went to: a code, or what the file called it."""
    return _together(start, end, F("ship_country"), F("country"))


def by_customer(start: dt.date, end: dt.date) -> Found:
    """By customer; None for those whom nobody knows."""
    found = _together(start, end, F("customer_id"), F("customer_id"))
    names = Customer.objects.in_bulk([key for key in found if key])
    return {(key, str(names[key]) if key in names else ""): sales for key, sales in found.items()}


def by_product(start: dt.date, end: dt.date) -> Found:
    """By item: (code, title). Delivery and what is no item are left out here."""
    found: Found = {}
    live: Any = _live_lines(start, end)
    live = live.values("variant_id").annotate(
        **_line_sums(), pieces=Sum(F("quantity") * F("pack_quantity")), orders=Count("order_id", distinct=True),
        code=Max("sku"), title=Max("product_title"), variant=Max("variant_title"),
    )  # fmt: skip
    past: Any = _past_lines(start, end)
    past = (
        past.values("variant_id", "kind")
        .annotate(net=Sum("net"), own_tax=Sum("tax"), pieces=Sum("quantity"), orders=Count("pk"), code=Max("sku"),
                  title=Max("title"))
    )  # fmt: skip
    keys: dict[Any, tuple[str, str]] = {}
    for row in live:
        title = " – ".join(part for part in (row["title"], row["variant"]) if part)
        keys[row["variant_id"]] = (row["code"], title)
        found.setdefault(keys[row["variant_id"]], Sales()).add(row)
    for row in past.order_by("kind"):
        key = keys.setdefault(row["variant_id"], (row["code"], row["title"]))
        sums: dict[str, Any] = {"tax": row["own_tax"], "pieces": row["pieces"]}
        if row["kind"] == LineKind.RETURN:
            sums["returns"] = -row["net"]
        else:
            sums |= {"sold": row["net"], "orders": row["orders"]}
        found.setdefault(key, Sales()).add(sums)
    return found


def _together(start: dt.date, end: dt.date, live: Any, past: Any) -> Found:
    found: Found = {}
    for row in (*_live(start, end, live), *_past(start, end, past)):
        found.setdefault(row["key"], Sales()).add(row)
    return found


def _moments(start: dt.date, end: dt.date, business: Business) -> tuple[dt.datetime, dt.datetime]:
    zone = ZoneInfo(business.time_zone)
    after = end + dt.timedelta(days=1)
    return dt.datetime.combine(start, dt.time(), zone), dt.datetime.combine(after, dt.time(), zone)


def _live_orders(start: dt.date, end: dt.date) -> QuerySet[Order]:
    first, after = _moments(start, end, get_current_business())
    return (
        Order.objects.filter(placed_at__gte=first, placed_at__lt=after).exclude(state__in=_ENDED).order_by()
    )


def _live_lines(start: dt.date, end: dt.date) -> QuerySet[OrderLine]:
    first, after = _moments(start, end, get_current_business())
    rows = OrderLine.objects.filter(order__placed_at__gte=first, order__placed_at__lt=after)
    return rows.exclude(order__state__in=_ENDED).order_by()


def _line_sums() -> dict[str, Any]:
    """Of a line: what it was before discounts, the discount without its tax, what came back or was given up."""
    digits = minor_digits(get_current_business().currency)
    share = Func(F("discount") * F("net") / F("gross"), Value(digits), function="ROUND", output_field=_AMOUNT)
    discount = Case(
        When(order__tax_inclusive=True, gross__gt=0, then=share), default=F("discount"), output_field=_AMOUNT
    )
    back = ExpressionWrapper(F("returned_net") + F("released_net"), output_field=_AMOUNT)
    tax = ExpressionWrapper(F("tax") - F("returned_tax") - F("released_tax"), output_field=_AMOUNT)
    return {
        "sold": Sum(F("net") + discount, output_field=_AMOUNT),
        "discounts": Sum(discount, output_field=_AMOUNT),
        "returns": Sum(back, output_field=_AMOUNT),
        "tax": Sum(tax, output_field=_AMOUNT),
    }


def _live(start: dt.date, end: dt.date, key: Any) -> Iterator[dict[str, Any]]:
    """Orders with their delivery, then their lines, by the key of the order."""
    shipping = F("shipping_net") - F("shipping_returned_net") - F("shipping_released_net")
    shipping_tax = F("shipping_tax") - F("shipping_returned_tax") - F("shipping_released_tax")
    orders: Any = _live_orders(start, end)
    orders = orders.annotate(key=key).values("key")
    yield from orders.annotate(orders=Count("pk"), delivery=Sum(shipping), tax=Sum(shipping_tax))
    lines: Any = _live_lines(start, end)
    yield from lines.annotate(key=_of_order(key)).values("key").annotate(**_line_sums())


def _of_order(key: Any) -> Any:
    """The same key as a line finds it."""
    if isinstance(key, TruncDate):
        return TruncDate("order__placed_at", tzinfo=key.tzinfo)
    return F(f"order__{key.name}")


def _past(start: dt.date, end: dt.date, key: Any) -> Iterator[dict[str, Any]]:
    rows: Any = PastOrder.objects.filter(day__range=(start, end)).order_by()
    rows = rows.annotate(key=key).values("key")
    yield from rows.annotate(
        # A paper that only takes back is no order.
        orders=Count("pk", filter=Q(goods__gt=0)),
        sold=Sum("goods"),
        discounts=-Sum("discounts"),
        returns=-Sum("returns"),
        delivery=Sum("delivery"),
        others=Sum("others"),
        tax=Sum("tax"),
    )


def _past_lines(start: dt.date, end: dt.date) -> QuerySet[PastLine]:
    kinds = (LineKind.GOODS, LineKind.RETURN)
    return PastLine.objects.filter(day__range=(start, end), kind__in=kinds).order_by()
