"""The demo's past is made in batches; it must look as if it had been lived order by order."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Count, Max, Sum

from apps.goods.inventory.models import StockBalance
from apps.kernel import clock, outbox, tenancy
from apps.kernel.models import AuditEntry, Delivery
from apps.money.invoicing.models import Document
from apps.money.ledger.models import JournalEntry, JournalLine
from apps.platform.businesses.models import Business
from apps.platform.notifications.models import Message
from apps.selling.orders.models import Fulfilment, Order, OrderPayment, OrderRefund, Tender, TimelineEntry
from apps.selling.orders.tenders import CREDIT
from apps.selling.payments.models import Capture, Refund
from monidesk.demo.removal import remove, rows_left
from monidesk.demo.shops import SHOPS
from monidesk.demo.year import make_past

pytestmark = pytest.mark.django_db(transaction=True)
NOON = dt.datetime(2026, 6, 16, 12, tzinfo=dt.UTC)
DAYS = 40


@pytest.fixture
def lived() -> Business:
    """Harbour & Pine with six weeks of trade."""
    with clock.travel(NOON):
        business, orders = make_past(SHOPS[0], DAYS, 7)
    assert orders > DAYS * 0.8
    return business


def test_a_past_made_in_batches_is_as_right_as_a_lived_one(lived: Business, capsys: Any) -> None:
    for command in ("verify_audit", "verify_books", "reconcile_stock"):
        call_command(command)
    with tenancy.bind(lived.pk):
        check_nothing_waits(lived)
        check_numbers_without_gaps_and_in_time()
        check_every_fact_has_its_papers()
        check_stock_and_books()


def check_nothing_waits(business: Business) -> None:
    assert outbox.depth(business.pk) == outbox.Depth(0, 0.0, 0)
    late = [one for one in Delivery.objects.select_related("event") if one.done_at != one.event.occurred_at]
    assert late == []
    assert not Message.objects.exclude(state="sent").exists()
    assert not AuditEntry.objects.filter(chain=business.pk, at__gt=NOON).exists()


def check_numbers_without_gaps_and_in_time() -> None:
    series: dict[str, list[tuple[int, dt.datetime]]] = {
        # Several are of the same moment: the clock stands still.
        "orders": list(Order.objects.order_by("placed_at", "number").values_list("number", "placed_at")),
    }
    series["orders"] = [(int(str(number).rpartition("-")[2]), at) for number, at in series["orders"]]
    for kind in ("receipt", "invoice"):
        papers = Document.objects.filter(kind=kind).order_by("number")
        series[kind] = list(papers.values_list("number", "issued_at"))
    entries = JournalEntry.objects.order_by("number").values_list("number", "posted_on")
    for name, rows in series.items():
        numbers = [number for number, _at in rows]
        assert len(rows) > 30, name
        assert numbers == list(range(numbers[0], numbers[0] + len(rows))), name
        assert all(one[1] <= two[1] for one, two in pairwise(rows)), name
    assert [number for number, _day in entries] == list(range(1, len(entries) + 1))
    assert all(one[1] <= two[1] for one, two in pairwise(entries))


def check_every_fact_has_its_papers() -> None:
    states = set(Order.objects.values_list("state", flat=True))
    assert {"closed", "confirmed", "expired", "cancelled"} <= states
    # What goes on a company's account was captured by nobody, and has an invoice instead of a receipt.
    paid = Order.objects.filter(company=None).exclude(paid_total=0)
    received = OrderPayment.objects.exclude(tender=Tender.ON_ACCOUNT)
    assert Capture.objects.count() == received.count() == paid.count()
    assert OrderPayment.objects.filter(tender=Tender.ON_ACCOUNT).exists()
    assert Document.objects.filter(kind="receipt").count() == Capture.objects.count()
    assert Document.objects.filter(kind="invoice").count() == Fulfilment.objects.count()
    told = TimelineEntry.objects.values("order").annotate(n=Count("id"), last=Max("at"))
    assert told.count() == Order.objects.count()
    assert all(one["last"] <= NOON for one in told)
    for kind, facts in (("placed", Order.objects.all()), ("shipped_by", Fulfilment.objects.all())):
        assert TimelineEntry.objects.filter(kind=kind).count() == facts.count(), kind
    assert OrderRefund.objects.exists()
    # What goes back as store credit is asked of no company.
    parts = [part for refund in OrderRefund.objects.all() for part in refund.parts]
    assert Refund.objects.count() == sum(1 for part in parts if part["tender"] not in CREDIT)
    assert set(Refund.objects.values_list("state", flat=True)) == {"succeeded"}


def check_stock_and_books() -> None:
    assert not StockBalance.objects.filter(on_hand__lt=0).exists()
    sums = JournalLine.objects.aggregate(debit=Sum("debit"), credit=Sum("credit"))
    assert sums["debit"] == sums["credit"] > 0


def test_one_seed_is_one_past_and_it_can_be_taken_away() -> None:
    pasts = []
    for seed in (7, 7, 8):
        with clock.travel(NOON):
            business, _orders = make_past(SHOPS[1], 8, seed)
        with tenancy.bind(business.pk):
            rows = Order.objects.order_by("number").values_list(
                "number", "placed_at", "email", "total", "state", "fulfilment_state"
            )
            pasts.append(list(rows))
        remove(business)
        assert rows_left(business.pk) == {}
    assert pasts[0] == pasts[1] != pasts[2]
    assert len(pasts[0]) > 5


def test_what_would_come_after_now_has_not_happened() -> None:
    with clock.travel(NOON):
        business, _orders = make_past(SHOPS[1], 3, 7)
    with tenancy.bind(business.pk):
        for model, field in ((Order, "placed_at"), (Fulfilment, "shipped_at"), (Capture, "captured_at")):
            assert not model.objects.filter(**{f"{field}__gt": NOON}).exists()
        assert Order.objects.filter(state="confirmed", fulfilment_state="unfulfilled").exists()
