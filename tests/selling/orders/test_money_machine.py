"""An order's money under any sequence of payments, parcels, refunds and cancellations."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from apps.goods.inventory.models import StockBalance
from apps.kernel.errors import DomainError
from apps.kernel.models import OutboxEvent
from apps.selling.orders.amendments import AmendmentDraft
from apps.selling.orders.drafts import LineDraft, RefundLine, ShippingDraft
from apps.selling.orders.models import Order, OrderVersion
from apps.selling.orders.services import (
    amend_order,
    cancel_order,
    fulfil_order,
    mark_delivered,
    refund_order,
)
from tests.factories.goods import make_variant
from tests.factories.orders import lines_of, make_order, pay, reread, system_of

CENTS = st.integers(1, 3000).map(lambda cents: Decimal(cents) / 100)
PIECES = st.lists(st.integers(0, 4), min_size=3, max_size=3)


def build_machine(business: Any) -> type[RuleBasedStateMachine]:
    """A machine over one order of `business`; each step goes through the services and may be refused."""

    class OrderMoney(RuleBasedStateMachine):
        order: Order

        @initialize(
            prices=st.lists(st.integers(0, 2500), min_size=3, max_size=3),
            quantities=st.lists(st.integers(1, 4), min_size=3, max_size=3),
            delivery=st.integers(0, 700),
        )
        def place(self, prices: list[int], quantities: list[int], delivery: int) -> None:
            self.point = transaction.savepoint()
            self.variants = [
                make_variant(business, price=Decimal(price) / 100, stock=10, cost="1.37") for price in prices
            ]
            self.order = make_order(
                business,
                lines=list(zip(self.variants, quantities, strict=True)),
                shipping=ShippingDraft("Post", Decimal(delivery) / 100),
            )

        def attempt(self, call: Any, **arguments: Any) -> None:
            with suppress(DomainError):
                call(system_of(business), order_id=self.order.pk, **arguments)
            self.order = reread(self.order)

        @rule()
        def pay_the_rest(self) -> None:
            if self.order.outstanding:
                self.order = pay(self.order, self.order.outstanding)

        @rule(amount=CENTS)
        def pay_some(self, amount: Decimal) -> None:
            self.order = pay(self.order, amount)

        @rule(pieces=PIECES)
        def send(self, pieces: list[int]) -> None:
            chosen = [(line.pk, count) for line, count in zip(lines_of(self.order), pieces, strict=False)]
            self.attempt(fulfil_order, lines=chosen)

        @rule()
        def send_the_rest(self) -> None:
            self.attempt(fulfil_order)

        @rule()
        def arrive(self) -> None:
            self.attempt(mark_delivered)

        @rule(pieces=PIECES, sent=st.sampled_from([None, True, False]), restock=st.booleans())
        def refund_pieces(self, pieces: list[int], sent: bool | None, restock: bool) -> None:
            chosen = [
                RefundLine(line.pk, count, sent)
                for line, count in zip(lines_of(self.order), pieces, strict=False)
            ]
            self.attempt(refund_order, lines=chosen, restock=restock)

        @rule(amount=CENTS)
        def refund_amount(self, amount: Decimal) -> None:
            self.attempt(refund_order, amount=amount)

        @rule()
        def refund_all(self) -> None:
            self.attempt(refund_order, amount=self.order.refundable)

        @rule(amount=CENTS)
        def refund_delivery(self, amount: Decimal) -> None:
            self.attempt(refund_order, shipping=amount)

        @rule()
        def cancel(self) -> None:
            self.attempt(cancel_order)

        @rule(
            pieces=PIECES,
            added=st.integers(0, 2),
            which=st.integers(0, 2),
            delivery=st.none() | st.integers(0, 700),
        )
        def amend(self, pieces: list[int], added: int, which: int, delivery: int | None) -> None:
            lines = lines_of(self.order)
            draft = AmendmentDraft(
                quantities={line.pk: count for line, count in zip(lines, pieces, strict=False)},
                added=[LineDraft(self.variants[which].pk, added)] if added and len(lines) < 5 else [],
                shipping=None if delivery is None else Decimal(delivery) / 100,
            )
            self.attempt(amend_order, draft=draft)

        @invariant()
        def money_adds_up(self) -> None:
            if not hasattr(self, "order"):
                return
            order, lines = self.order, lines_of(self.order)
            told = self.told("fulfilment.shipped", "gross")
            paid = self.told("orders.payment_recorded", "amount")
            refunded = self.told("orders.refunded", "amount")
            deposit_back = self.told("orders.refunded", "deposit_part")
            assert (order.paid_total, order.refunded_total) == (paid, refunded)
            assert order.recognised_total == told
            assert order.deposit == paid - told - deposit_back >= 0
            assert order.total == sum((line.gross for line in lines), order.shipping_total)
            assert refunded <= paid
            waiting = sum((line.waiting_net + line.waiting_tax for line in lines), Decimal(0))
            waiting += order.shipping_waiting_net + order.shipping_waiting_tax
            if order.payment_state in ("paid", "part_refunded"):
                assert order.deposit == waiting
            if order.payment_state == "part_paid" and order.state != "cancelled":
                assert order.outstanding == waiting - order.deposit > 0
            if order.version > 1:
                made = OrderVersion.unscoped.get(order=order, number=order.version)
                assert made.total == order.total
            if order.state in ("closed", "cancelled"):
                assert order.deposit == waiting == 0
            tax = self.told("fulfilment.shipped", "tax") - self.told("orders.refunded", "tax_part")
            assert 0 <= tax <= order.tax_total

        @invariant()
        def stock_follows(self) -> None:
            if not hasattr(self, "order"):
                return
            restocked = OutboxEvent.objects.filter(owner=f"order:{self.order.pk}", name="returns.received")
            back = [row.payload["lines"] for row in restocked]
            lines = lines_of(self.order)
            for variant in self.variants:
                own = [line for line in lines if line.variant_id == variant.pk]
                shelf = StockBalance.unscoped.get(variant=variant)
                returned = sum(one.get(str(line.pk), 0) for one in back for line in own)
                assert shelf.reserved == sum(line.waiting_quantity for line in own)
                assert shelf.on_hand == 10 - sum(line.fulfilled_quantity for line in own) + returned
                # With one purchase price the value follows the pieces, however they were rounded on the way.
                cost = sum((line.cost_total - line.returned_cost for line in own), Decimal(0))
                assert shelf.value == Decimal("13.70") - cost

        def told(self, name: str, amount: str) -> Decimal:
            rows = OutboxEvent.objects.filter(owner=f"order:{self.order.pk}", name=name)
            return sum((Decimal(row.payload[amount]) for row in rows), Decimal(0))

        def teardown(self) -> None:
            if hasattr(self, "point"):
                transaction.savepoint_rollback(self.point)

    return OrderMoney


@pytest.mark.django_db
def test_money_of_an_order_adds_up_whatever_happens(business):
    run_state_machine_as_test(
        build_machine(business),
        settings=settings(
            max_examples=25,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
        ),
    )
