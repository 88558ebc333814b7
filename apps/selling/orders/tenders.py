"""By what an order was paid, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel.money import ZERO

from .models import Order, OrderPayment, Tender

# What lies with the business as a debt; the others are money.
CREDIT = frozenset({Tender.GIFT_CARD.value, Tender.STORE_CREDIT.value})


def paid_by(tender: str, provider: str) -> str:
    """A tender as people call it; credit with the last four of its code."""
    label = str(Tender(tender).label)
    return f"{label} ···· {provider}" if tender in CREDIT and provider else label


def read_received(order: Order) -> list[OrderPayment]:
    """What came for an order, oldest first; the parts of one page share one reading. Not for services."""
    received: list[OrderPayment] | None = order.__dict__.get("_received")
    if received is None:
        received = list(OrderPayment.objects.filter(order=order).order_by("received_at", "pk"))
        order.__dict__["_received"] = received
    return received


def credit_of(payments: Iterable[OrderPayment]) -> list[tuple[str, Decimal]]:
    """What gift cards and store credit paid, each with its name."""
    return [(paid_by(row.tender, row.provider), row.amount) for row in payments if row.tender in CREDIT]


def credit_rows(order_id: UUID) -> list[tuple[str, Decimal]]:
    """What gift cards and store credit paid of an order, each with its name; one query."""
    rows = OrderPayment.objects.filter(order_id=order_id, tender__in=CREDIT).order_by("received_at", "pk")
    return credit_of(rows)


def ways_back(parts: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """What a refund is made of, as it is kept: tender, last four of a card's code and amount of each way back once.

    Nothing of a refund that goes back by money alone: it goes the way it was paid.
    """
    sums: dict[tuple[str, str], Decimal] = {}
    for part in parts:
        tender = str(part.get("tender", Tender.PROVIDER))
        way = (tender, str(part["provider"])) if tender in CREDIT else (_MONEY, "")
        sums[way] = sums.get(way, ZERO) + Decimal(part["amount"])
    # Money last: what lies on a card is there already.
    ways = sorted(sums.items(), key=lambda item: item[0][0] == _MONEY)
    is_money_alone = all(tender == _MONEY for (tender, _code), _amount in ways)
    return [] if is_money_alone else [[*way, str(amount)] for way, amount in ways]


def way_words(tender: str, code: str) -> str:
    """`Gift card ···· 1234`; of money that it goes the way it was paid."""
    return _("the way it was paid") if tender == _MONEY else paid_by(tender, code)


_MONEY = "money"
