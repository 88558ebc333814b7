"""An open set of books."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.money.ledger.drafts import Source, transfer
from apps.money.ledger.models import Account, JournalEntry
from apps.money.ledger.services import create_chart, post_entry

DAY = dt.date(2026, 3, 5)


@pytest.fixture
def books(actor: Actor, bound: Any) -> dict[str, Account]:
    """The shipped accounts of `business` by key, with the business bound."""
    create_chart(actor)
    return {account.system_key: account for account in Account.objects.all()}


@pytest.fixture
def post(actor: Actor, books: Any) -> Callable[..., JournalEntry]:
    """Post one entry between two accounts."""

    def make(
        debit: str = "bank", credit: str = "opening_equity", amount: str = "10", **over: Any
    ) -> JournalEntry:
        entry = post_entry(
            actor,
            **{
                "source": Source("test", new_id(), "entry"),
                "posted_on": DAY,
                "memo": "A test",
                "lines": transfer(debit, credit, Decimal(amount)),
                **over,
            },
        )
        assert entry is not None
        return entry

    return make
