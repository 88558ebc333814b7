"""Disputes of each company by its documented messages: repeated, out of order they end alike and are booked once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.kernel.actors import Actor
from apps.kernel.models import OutboxEvent
from apps.money.ledger.models import JournalEntry
from apps.money.ledger.selectors import balance_of
from apps.money.ledger.verification import verify_books
from apps.platform.alerts.models import Alert
from apps.platform.businesses.models import Business
from apps.selling.orders.models import TimelineEntry
from apps.selling.payments.models import Discrepancy, Dispute, Payment, PaymentAttempt
from apps.selling.payments.selectors import list_disputes_of
from apps.selling.payments.services import Owner, refresh_payment, request_payment, start_attempt
from apps.selling.payouts.models import DisputeEntry
from apps.selling.payouts.selectors import list_companies
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.orders import make_order

from .base import Company, Message
from .test_companies import post

pytestmark = pytest.mark.django_db

D = Decimal
BEGUN = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)
STEPS = ("asked", "reviewed", "lost")
_STRIPE = {"asked": "needs_response", "reviewed": "under_review", "lost": "lost", "won": "won"}
_PAYPAL = {"asked": "WAITING_FOR_SELLER_RESPONSE", "reviewed": "UNDER_REVIEW"}
_RAZORPAY = {"asked": "open", "reviewed": "under_review", "lost": "lost", "won": "won"}
_PAYSTACK = {"asked": "awaiting-merchant-feedback", "reviewed": "awaiting-bank-feedback"}


@pytest.fixture
def business(db: None, there: Company) -> Business:
    """One whose books are in the company's currency."""
    return make_business(currency=there.currency)


@pytest.fixture
def actor(business: Business) -> Actor:
    return Actor.system("tests", business.pk)


def written(seconds: int) -> str:
    return (BEGUN + dt.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def say(there: Company, attempt: PaymentAttempt, step: str, number: str = "1", capture: str = "") -> Message:
    """The company's message, as its documentation prints it."""
    page = there.pages[attempt.provider_ref]
    capture = capture or page.capture
    seconds = {"asked": 0, "reviewed": 60, "lost": 120, "won": 120}[step]
    at = int(BEGUN.timestamp()) + seconds
    return globals()[f"_{there.code}"](there, page, step, number, capture, seconds, at)


def _stripe(
    there: Company, page: Any, step: str, number: str, capture: str, seconds: int, at: int
) -> Message:
    taken = {"amount": -page.units, "currency": page.currency, "fee": 1500, "net": -page.units - 1500}
    thing = {
        "id": f"du_{number}", "object": "dispute", "amount": page.units, "charge": "ch_1",
        "balance_transactions": [{"id": "txn_1", **taken}] if step != "won" else [],
        "created": int(BEGUN.timestamp()), "currency": page.currency, "reason": "product_not_received",
        "evidence_details": {"due_by": int(BEGUN.timestamp()) + 864000, "has_evidence": False, "past_due": False},
        "is_charge_refundable": False, "payment_intent": capture, "status": _STRIPE[step],
    }  # fmt: skip
    kinds = {"asked": "created", "reviewed": "updated", "lost": "closed", "won": "closed"}
    return there.tell("dispute", page.ref, event=f"charge.dispute.{kinds[step]}", thing=thing, created=at)


def _paypal(
    there: Company, page: Any, step: str, number: str, capture: str, seconds: int, at: int
) -> Message:
    money = {"currency_code": page.currency, "value": page.units}
    thing: dict[str, Any] = {
        "dispute_id": f"PP-D-{number}", "create_time": written(0), "update_time": written(seconds),
        "disputed_transactions": [{"seller_transaction_id": capture, "seller": {"merchant_id": "M1"}}],
        "reason": "PRODUCT_NOT_RECEIVED", "status": _PAYPAL.get(step, "RESOLVED"), "dispute_amount": money,
        "dispute_life_cycle_stage": "CHARGEBACK", "dispute_channel": "INTERNAL",
    }  # fmt: skip
    if step == "asked":
        thing["seller_response_due_date"] = written(864000)
    if step == "lost":
        thing["dispute_outcome"] = {"outcome_code": "RESOLVED_BUYER_FAVOUR", "amount_refunded": money}
    if step == "won":
        thing["dispute_outcome"] = {"outcome_code": "RESOLVED_SELLER_FAVOUR"}
    kinds = {"asked": "CREATED", "reviewed": "UPDATED", "lost": "RESOLVED", "won": "RESOLVED"}
    return there.tell("dispute", page.ref, event=f"CUSTOMER.DISPUTE.{kinds[step]}", thing=thing)


def _razorpay(
    there: Company, page: Any, step: str, number: str, capture: str, seconds: int, at: int
) -> Message:
    thing = {
        "id": f"disp_{number}", "entity": "dispute", "payment_id": capture, "amount": page.units,
        "currency": page.currency, "amount_deducted": page.units if step == "lost" else 0,
        "reason_code": "product_not_received", "respond_by": int(BEGUN.timestamp()) + 864000,
        "status": _RAZORPAY[step], "phase": "chargeback", "created_at": int(BEGUN.timestamp()),
    }  # fmt: skip
    kinds = {"asked": "created", "reviewed": "under_review", "lost": "lost", "won": "won"}
    payload = {"payment": {"entity": {"id": capture}}, "dispute": {"entity": thing}}
    return there.tell(
        "dispute", page.ref, event=f"payment.dispute.{kinds[step]}", payload=payload, created=at
    )


def _paystack(
    there: Company, page: Any, step: str, number: str, capture: str, seconds: int, at: int
) -> Message:
    resolution = {"lost": "merchant-accepted", "won": "declined"}.get(step)
    thing = {
        "id": int(number), "refund_amount": page.units, "currency": page.currency, "resolution": resolution,
        "status": _PAYSTACK.get(step, "resolved"), "domain": "live", "category": "product-not-received",
        "transaction": {"id": int(capture), "reference": page.ref, "amount": page.units, "currency": page.currency},
        "dueAt": written(864000), "resolvedAt": written(seconds) if resolution else None,
        "history": [{"status": "x", "by": "a@bank.example", "createdAt": written(seconds)}],
        "created_at": written(0), "updated_at": written(seconds),
    }  # fmt: skip
    kinds = {"asked": "create", "reviewed": "remind", "lost": "resolve", "won": "resolve"}
    return there.tell("dispute", page.ref, event=f"charge.dispute.{kinds[step]}", thing=thing)


def paid(shop: Business, there: Company) -> PaymentAttempt:
    """An order that is paid at the company."""
    order = make_order(shop)
    payment = request_payment(
        Actor.system("tests", shop.pk), owner=Owner("order", order.pk), reference=order.number,
        amount=order.total, currency=order.currency, provider=there.code, return_url="",
    )  # fmt: skip
    start_attempt(Actor.guest(shop.pk), payment_id=payment.pk)
    attempt = PaymentAttempt.unscoped.select_related("payment").get(payment=payment)
    there.pay(attempt.provider_ref)
    refresh_payment(Actor.guest(shop.pk), payment_id=payment.pk)
    return attempt


def test_a_dispute_ends_alike_in_any_order_and_a_lost_one_is_booked_once(
    shop: Business, there: Company, bound: Business, client: Client, drain_outbox: Callable[[], int]
) -> None:
    fee = D("15.00") if there.code == "stripe" else D(0)
    attempts = [paid(shop, there) for _ in range(6)]
    drain_outbox()
    total, held = attempts[0].payment.amount, balance_of("provider_clearing")
    assert held == 6 * total
    assert (
        post(shop, there, say(there, attempts[0], "asked", "77", capture="999")).json()["outcome"]
        == "attention"
    )
    assert Discrepancy.objects.get().kind == Discrepancy.Kind.UNKNOWN_DISPUTE

    ends = set()
    for place, order in enumerate(permutations(STEPS)):
        attempt = attempts[place]
        for step in (*order, order[0]):
            assert post(shop, there, say(there, attempt, step, str(place + 1))).status_code == 200
        dispute = Dispute.objects.get(payment=attempt.payment_id)
        ends.add(
            (dispute.state, dispute.amount, dispute.taken, dispute.fee, dispute.reason, dispute.opened_at)
        )
        drain_outbox()
    assert ends == {("lost", total, total, fee, "product not received", BEGUN)}
    assert (balance_of("disputes"), balance_of("provider_fees")) == (6 * total, 6 * fee)
    assert balance_of("provider_clearing") == held - 6 * (total + fee)
    assert DisputeEntry.objects.count() == 6
    assert JournalEntry.objects.filter(source_type="dispute_entry").count() == 6
    assert verify_books().findings == []
    (company,) = list_companies(BEGUN.date(), dt.date(2100, 1, 1))
    assert (company.disputed, company.fees, company.held) == (
        6 * total,
        6 * fee,
        balance_of("provider_clearing"),
    )

    # What is open waits on the pages with its deadline; who may see payments is told, of each state once.
    attempt = paid(shop, there)
    drain_outbox()
    post(shop, there, say(there, attempt, "asked", "50"))
    drain_outbox()
    payment = Payment.objects.get(pk=attempt.payment_id)
    order_id, number = payment.owner_id, payment.reference
    (dispute,) = list_disputes_of("order", order_id)
    assert (dispute.state, dispute.answer_by) == ("needs_response", BEGUN + dt.timedelta(days=10))
    assert TimelineEntry.objects.filter(order=order_id, kind="disputed_needs_response").count() == 1
    assert Alert.objects.filter(kind="payment_disputed", title__contains=number).count() == 1
    sign_in(client, owner_of(shop), shop)
    for address in (
        reverse("admin:orders_order_change", args=[order_id]),
        reverse("admin:payments_payment_change", args=[attempt.payment_id]),
        reverse("admin:payment_operations"),
        f"{reverse('admin:payments_payment_changelist')}?tab=disputed",
    ):
        page = client.get(address).content.decode()
        assert number in page
        assert "Needs an answer" in page or "tab=disputed" in address
    post(shop, there, say(there, attempt, "won", "50"))
    drain_outbox()
    assert Dispute.objects.get(pk=dispute.pk).state == "won"
    assert DisputeEntry.objects.count() == 6
    told = OutboxEvent.objects.filter(name="payments.dispute_changed", payload__dispute_id=str(dispute.pk))
    assert told.count() == 2
