"""Shops that trade for real: products, orders, payments, parcels and refunds through the services."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from apps.kernel import outbox
from apps.kernel.actors import Actor
from apps.money.ledger.selectors import balance_of
from apps.platform.businesses.models import Business


@pytest.fixture
def system(business: Business, bound: Any) -> Actor:
    """The product itself at work for `business`, which is bound."""
    return Actor.system("test", business.pk)


@pytest.fixture
def balances(bound: Any) -> Callable[[], dict[str, Decimal]]:
    """Deliver all events, then read debit less credit of the named accounts; zeros left out."""
    keys = (
        "provider_clearing",
        "inventory",
        "grni",
        "opening_equity",
        "customer_deposits",
        "tax_payable",
        "sales_revenue",
        "shipping_income",
        "sales_returns",
        "cost_of_goods_sold",
        "inventory_shrinkage",
    )

    def read() -> dict[str, Decimal]:
        outbox.drain()
        found = {key: balance_of(key) for key in keys}
        return {key: amount for key, amount in found.items() if amount}

    return read
