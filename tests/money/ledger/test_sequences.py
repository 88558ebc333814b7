"""Whatever happens in whatever order: the journal balances and deposits never fall below nought."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.goods.inventory.events import StockAdjusted, StockReceived
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.money.ledger.drafts import DRAFTS, EntryDraft
from apps.money.ledger.models import Account, JournalLine
from apps.money.ledger.selectors import balance_of, trial_balance
from apps.money.ledger.services import post_entries
from apps.money.ledger.verification import check_entries, check_numbers, check_total, read_waiting
from apps.platform.businesses.models import Business
from apps.selling.orders.events import FulfilmentShipped, OrderRefunded, PaymentRecorded

cents = st.integers(0, 10**7).map(lambda units: Decimal(units) / 100)


class Shop:
    """An order's money as the rules of orders move it; each step is the event they would publish."""

    def __init__(self, business: Business) -> None:
        self.business_id = business.pk
        self.base: dict[str, Any] = {"business_id": business.pk, "order_id": new_id(), "number": "1"}
        self.deposit = Decimal(0)
        self.sold = Decimal(0)

    def pay(self, amount: Decimal, _other: Decimal) -> Any:
        self.deposit += amount
        return PaymentRecorded(
            **self.base,
            payment_id=new_id(),
            capture_id=new_id(),
            amount=amount,
            currency="GBP",
            provider="sandbox",
            payment_state="paid",
        )

    def ship(self, amount: Decimal, cost: Decimal) -> Any:
        gross = min(amount, self.deposit)
        tax, shipping = (gross / 6).quantize(Decimal("0.01")), (gross / 9).quantize(Decimal("0.01"))
        self.deposit -= gross
        self.sold += gross
        return FulfilmentShipped(
            **self.base,
            fulfilment_id=new_id(),
            lines_net=gross - tax - shipping,
            tax=tax,
            shipping_net=shipping,
            gross=gross,
            cost=cost,
            currency="GBP",
            carrier="",
            tracking_number="",
            tracking_url="",
            is_last=False,
        )

    def refund(self, amount: Decimal, cost: Decimal) -> Any:
        held, back = min(amount, self.deposit), min(amount, self.sold)
        tax = (back / 6).quantize(Decimal("0.01"))
        self.deposit -= held
        self.sold -= back
        return OrderRefunded(
            **self.base,
            refund_id=new_id(),
            amount=held + back,
            currency="GBP",
            deposit_part=held,
            returns_net=back - tax,
            tax_part=tax,
            shipping_net_part=Decimal(0),
            restocked_cost=cost,
            reason="",
            provider="sandbox",
            payment_state="refunded",
        )

    def receive(self, amount: Decimal, _other: Decimal) -> Any:
        return StockReceived(
            business_id=self.business_id,
            receipt_id=new_id(),
            location_id=new_id(),
            value=amount,
            currency="GBP",
            lines=[],
        )

    def adjust(self, amount: Decimal, other: Decimal) -> Any:
        return StockAdjusted(
            business_id=self.business_id,
            adjustment_id=new_id(),
            location_id=new_id(),
            value_delta=amount - other,
            currency="GBP",
            reason_code="count",
            lines=[],
        )


steps = st.lists(
    st.tuples(st.sampled_from(["pay", "ship", "refund", "receive", "adjust"]), cents, cents), max_size=12
)


@pytest.mark.usefixtures("bound")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=steps)
def test_any_sequence_leaves_balanced_books(
    business: Business, books: dict[str, Account], sequence: list[tuple[str, Decimal, Decimal]]
) -> None:
    actor = Actor.system("test", business.pk)
    with transaction.atomic():
        shop = Shop(business)
        for verb, first, second in sequence:
            fact = getattr(shop, verb)(first, second)
            draft: EntryDraft = DRAFTS[fact.name](fact, clock.now())
            post_entries(actor, drafts=[draft])
            deposits = -balance_of("customer_deposits")
            assert deposits == shop.deposit >= 0
        connection.check_constraints()
        waiting = read_waiting()
        assert not [*check_entries(waiting), *check_total(waiting), *check_numbers(waiting)]
        balance = trial_balance(clock.today())
        assert balance.is_balanced
        if not sequence:
            assert not JournalLine.objects.exists()
        transaction.set_rollback(True)
