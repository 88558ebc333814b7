"""Payout files of four companies against the payments: to the cent, once, taken back; in the books as on the page."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from django.test import Client
from django.urls import reverse

from apps.goods.imports.models import ImportJob
from apps.goods.imports.services import (
    check_job,
    run_job,
    undo_batch,
    undo_through,
    upload_file,
    work_through,
)
from apps.goods.inventory.models import Reservation
from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, PermissionRefused, WrongState
from apps.kernel.ids import new_id
from apps.money.ledger.models import JournalEntry
from apps.money.ledger.selectors import balance_of
from apps.money.ledger.verification import verify_books
from apps.platform.backoffice.verbs import list_verb_url
from apps.platform.businesses.models import Business, Location
from apps.platform.businesses.services import add_location
from apps.selling.orders.models import Order
from apps.selling.orders.services import refund_order
from apps.selling.payments.models import Capture, Dispute, Payment, PaymentAttempt, Refund
from apps.selling.payments.providers import DisputeWord, ProviderFact
from apps.selling.payments.services import Owner, request_payment
from apps.selling.payments.services.facts import record_fact
from apps.selling.payouts.models import DisputeEntry, PayoutLine
from apps.selling.payouts.parsing import kind_of
from apps.selling.payouts.selectors import dispute_state, list_companies, list_on_the_way
from apps.selling.payouts.services import settle_line
from tests.factories.businesses import actor_of, make_business, make_member, owner_of, sign_in
from tests.factories.orders import make_order, reread, ship

pytestmark = pytest.mark.django_db

D = Decimal


@pytest.fixture
def business(db: None) -> Business:
    """One with people: pages are looked at."""
    return make_business()


# The same trade as each company writes it: a payment of 27.00 (fee 1.08), a refund of 12.00, a strange payment, the
# fee of a month, a payout, and a payment of 27.00 that its buyer disputes and loses.
STRIPE = """\
balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,automatic_payout_id,payment_intent_id
txn_1,2026-03-02 10:00:00,{c},27.00,1.08,25.92,charge,ch_1,po_1,{paid}
txn_2,2026-03-02 11:00:00,{c},-12.00,0.00,-12.00,refund,{refund},po_1,{paid}
txn_3,2026-03-02 12:00:00,{c},55.50,1.90,53.60,charge,ch_9,po_1,pi_of_nobody
txn_4,2026-03-02 13:00:00,{c},-2.00,0.00,-2.00,fee,,po_1,
txn_5,2026-03-03 01:00:00,{c},27.00,1.08,25.92,charge,ch_2,po_1,{disputed}
txn_6,2026-03-03 02:00:00,{c},-27.00,15.00,-42.00,dispute,dp_1,po_1,{disputed}
txn_7,2026-03-04 00:00:00,{c},-47.52,0.00,-47.52,payout,po_1,po_1,
"""


def pay_by(order: Order, provider: str, reference: str) -> Payment:
    """Money for the order comes through the company, under its own number."""
    system = Actor.system("test", order.business_id)
    payment = request_payment(
        system, owner=Owner("order", order.pk), reference=order.number, amount=order.total,
        currency=order.currency, provider="sandbox", return_url="",
    )  # fmt: skip
    with tenancy.bind(order.business_id):
        # As if it had been asked there: nobody entered keys of a real company here.
        Payment.objects.filter(pk=payment.pk).update(provider=provider)
        attempt = PaymentAttempt.objects.create(
            payment=payment, provider=provider, provider_ref=f"cs_{new_id().hex}", state="redirected"
        )
    fact = ProviderFact(
        "captured", attempt.provider_ref, str(attempt.pk), payment.amount, payment.currency, reference
    )
    record_fact(system, provider=provider, fact=fact, learned_from="test")
    return payment


def bring(actor: Actor, text: str, provider: str, **choices: Any) -> ImportJob:
    """Check and, where there is something new, import."""
    content = text.encode()
    job = upload_file(actor, file=io.BytesIO(content), name="payouts.csv", size=len(content), kind="payouts")
    check_job(actor, job_id=job.pk, defaults={"provider": provider, **choices})
    done = work_through(job.pk, job.business_id)
    assert done is not None
    assert done.state == "ready", done.failure
    if not done.created_count:
        return done
    run_job(actor, job_id=job.pk)
    ran = work_through(job.pk, job.business_id)
    assert ran is not None
    assert (ran.state, ran.reasons, ran.created_count) == ("finished", done.reasons, done.created_count)
    return ran


def test_a_payout_file_against_the_books(
    business: Business, owner: Actor, bound: Business, client: Client, drain_outbox: Callable[[], int]
) -> None:
    first, second = make_order(business), make_order(business)
    assert first.total == second.total == D("27.00")
    pay_by(first, "stripe", "pi_first")
    lost = pay_by(second, "stripe", "pi_second")
    drain_outbox()
    ship(reread(first))
    refund_order(owner, order_id=first.pk, amount=D("12.00"), reason="One was broken.", key="r1")
    drain_outbox()
    refund = Refund.objects.get()
    refund.state, refund.provider_ref, refund.settled_at = "succeeded", "re_1", clock.now()
    refund.save()
    assert balance_of("provider_clearing") == D("42.00")
    # A message told of the lost dispute before; the file's own line takes that back, and its undo brings it again.
    word = DisputeWord(
        "dp_1",
        Dispute.State.LOST,
        clock.now(),
        clock.now(),
        D("27.00"),
        business.currency,
        D("27.00"),
        D("15.00"),
    )
    told = ProviderFact("dispute", "", "", D("27.00"), business.currency, "pi_second", dispute=word)
    for _again in range(2):
        record_fact(Actor.system("test", business.pk), provider="stripe", fact=told, learned_from="test")
    drain_outbox()
    assert (balance_of("disputes"), balance_of("provider_fees")) == (D("27.00"), D("15.00"))
    assert balance_of("provider_clearing") == D(0)

    text = STRIPE.format(c=business.currency, paid="pi_first", refund="re_1", disputed="pi_second")
    job = bring(owner, text, "stripe")
    drain_outbox()
    assert {name: one["rows"] for name, one in job.reasons.items()} == {
        "capture": 2, "refund": 1, "unknown": 1, "fee": 1, "dispute": 1, "payout": 1,
    }  # fmt: skip
    # Everything that the file moves is out of clearing but the stranger's 55.50, which was never in it.
    assert balance_of("provider_fees") == D("1.08") + D("1.90") + D("2.00") + D("1.08") + D("15.00")
    assert balance_of("disputes") == D("27.00")
    assert balance_of("bank") == D("47.52")
    held = D("42.00") - D("21.06") - D("27.00") - D("47.52")
    assert balance_of("provider_clearing") == held == -D("53.58")
    today = clock.now().date()
    (company,) = list_companies(today - timedelta(days=1), today)
    assert (company.held, company.captured, company.refunded) == (held, D("54.00"), D("12.00"))
    assert (company.confirmed, company.confirmed_amount) == (2, D("54.00"))
    assert dispute_state(lost.pk) == ("disputed", D("27.00"))
    assert verify_books().findings == []
    matched = set(PayoutLine.objects.exclude(capture=None).values_list("line_ref", flat=True))
    assert matched == {"txn_1", "txn_5"}
    assert PayoutLine.objects.get(line_ref="txn_2").refund == refund

    # The same file again, and the same lines in a file of another cut, change nothing.
    entries = JournalEntry.objects.count()
    assert bring(owner, text, "stripe").created_count == 0
    tail = "\n".join([text.splitlines()[0], *text.splitlines()[4:]]) + "\n"
    assert bring(owner, tail, "stripe").unchanged_count == 4
    won = "\n".join(
        [
            text.splitlines()[0],
            f"txn_8,2026-03-09 02:00:00,{business.currency},27.00,-15.00,42.00,dispute_reversal,dp_1,po_2,pi_second",
            f"txn_9,2026-03-09 03:00:00,{business.currency},27.00,0.00,27.00,charge,ch_1,po_2,pi_first",
        ]
    )
    again = bring(owner, won, "stripe")
    drain_outbox()
    assert JournalEntry.objects.count() == entries + 1
    assert (balance_of("disputes"), dispute_state(lost.pk)) == (D(0), ("won", D(0)))
    assert balance_of("provider_fees") == D("6.06")
    assert PayoutLine.objects.get(line_ref="txn_9").why == "twice"

    # What waits is on the page, with what to do, until somebody says what it was.
    sign_in(client, owner_of(business), business)
    page = client.get(f"{reverse('admin:payment_operations')}?from=2026-01-01").content.decode()
    strange = PayoutLine.objects.get(line_ref="txn_3")
    for expected in ("pi_of_nobody", "55.50", f"{strange.pk}", "We know no such payment"):
        assert expected in page
    with pytest.raises(InvalidInput):
        settle_line(owner, line_id=strange.pk, note="  ")
    settle_line(owner, line_id=strange.pk, note="Our stall's account; moved there.")
    with pytest.raises(WrongState):
        settle_line(owner, line_id=strange.pk, note="Once more.")
    assert "pi_of_nobody" not in client.get(reverse("admin:payment_operations")).content.decode()
    detail = client.get(reverse("admin:payments_payment_change", args=[lost.pk])).content.decode()
    assert "Won: the money came back" in detail
    sign_in(client, make_member(business, "stock_keeper"), business)
    assert client.get(reverse("admin:payment_operations")).status_code == 403

    for one in (again, job):
        assert one.batch_id is not None
        undo_batch(owner, batch_id=one.batch_id)
        undo_through(one.batch_id, one.business_id)
    drain_outbox()
    assert not PayoutLine.objects.exists()
    # What the message told counts again.
    assert balance_of("provider_clearing") == D(0)
    assert [balance_of(name) for name in ("bank", "disputes", "provider_fees")] == [0, D("27.00"), D("15.00")]
    assert verify_books().findings == []


def say_lost(shop: Business, provider: str, payment: str, ref: str, taken: str, fee: str = "0") -> None:
    """The company's message that a dispute of this payment is lost."""
    now, amount = clock.now(), D(taken)
    word = DisputeWord(ref, Dispute.State.LOST, now, now, amount, shop.currency, amount, D(fee))
    fact = ProviderFact("dispute", "", "", amount, shop.currency, payment, dispute=word)
    record_fact(Actor.system("test", shop.pk), provider=provider, fact=fact, learned_from="test")


def test_a_file_speaks_for_the_disputes_it_names_and_messages_for_the_others(
    business: Business, owner: Actor, bound: Business, drain_outbox: Callable[[], int]
) -> None:
    """A payment of 27.00 is disputed twice, 20.00 and 7.00: the file tells of the first, later of the second."""
    pay_by(make_order(business), "stripe", "pi_1")
    head, c = STRIPE.splitlines()[0], business.currency

    def books() -> tuple[Decimal, Decimal]:
        drain_outbox()
        assert verify_books().findings == []
        return balance_of("disputes"), balance_of("provider_fees")

    bring(
        owner, f"{head}\ntxn_1,2026-03-03 02:00:00,{c},-20.00,15.00,-35.00,dispute,dp_1,po_1,pi_1\n", "stripe"
    )
    assert books() == (D(20), D(15))
    say_lost(business, "stripe", "pi_1", "dp_1", "20", "15")
    assert books() == (D(20), D(15)), "the message comes after the file: nothing more"
    say_lost(business, "stripe", "pi_1", "dp_2", "7", "15")
    assert books() == (D(27), D(30)), "no file tells of the second yet"
    second = f"{head}\ntxn_2,2026-03-05 02:00:00,{c},-7.00,15.00,-22.00,dispute,dp_2,po_2,pi_1\n"
    job = bring(owner, second, "stripe")
    assert books() == (D(27), D(30))
    assert DisputeEntry.objects.aggregate(left=Sum("amount"))["left"] == 0
    assert job.batch_id is not None
    undo_batch(owner, batch_id=job.batch_id)
    undo_through(job.batch_id, job.business_id)
    assert books() == (D(27), D(30)), "the message counts again"


def test_lines_that_name_no_dispute_tell_of_as_much_as_they_took(
    business: Business, owner: Actor, bound: Business, drain_outbox: Callable[[], int]
) -> None:
    """PayPal's rows have the number of the payment alone, and the fee of a dispute as a row of its own."""
    head, c = PAYPAL.splitlines()[0], business.currency
    pay_by(make_order(business), "paypal", "C1")
    row = "04/03/2026,10:00:00,Europe/London,,{kind},Completed,{c},-{gross},0.00,-{gross},{ref},C1,\n"

    def bring_rows(*rows: tuple[str, str, str]) -> tuple[Decimal, Decimal]:
        text = "".join(row.format(kind=kind, gross=gross, ref=ref, c=c) for kind, gross, ref in rows)
        bring(owner, f"{head}\n{text}", "paypal", date_order="dmy", fee_sign="minus")
        return books()

    def books() -> tuple[Decimal, Decimal]:
        drain_outbox()
        assert verify_books().findings == []
        return balance_of("disputes"), balance_of("provider_fees")

    say_lost(business, "paypal", "C1", "PP-1", "20", "15")
    assert books() == (D(20), D(15))
    # One dispute is meant, whatever a rate of exchange has made of its amount.
    assert bring_rows(("Chargeback", "19.80", "T1"), ("Chargeback Fee", "15.00", "T2")) == (D("34.80"), D(0))
    say_lost(business, "paypal", "C1", "PP-2", "7")
    assert books() == (D("34.80"), D("7.20")), "of two, the rows tell of 34.80; what else was said stands"
    assert bring_rows(("Chargeback", "7.20", "T3")) == (D(42), D(0))


def test_money_on_its_way_is_told_by_the_location_of_the_goods(
    business: Business, owner: Actor, bound: Business, client: Client, django_assert_num_queries: Any
) -> None:
    """Three payments of 27.00: two of goods of the shop, one of the depot, of which a file tells later."""
    depot = add_location(owner, name="Depot by the river", kind="warehouse")
    shop = Location.objects.get(is_default=True)
    orders = [make_order(business) for _each in range(3)]
    for number, order in enumerate(orders):
        pay_by(order, "stripe", f"pi_{number}")
    # As if the allocation had chosen it.
    moved = Reservation.objects.filter(owner_type="order", owner_id=orders[2].pk)
    assert moved.update(location=depot) >= 1
    today = clock.now().date()

    def on_the_way() -> dict[str, tuple[int, Decimal]]:
        with django_assert_num_queries(3):  # and the business
            found = list_on_the_way(today - timedelta(days=2), today + timedelta(days=1))
        return {one.place: (one.count, one.amount) for one in found}

    assert on_the_way() == {shop.name: (2, D(54)), depot.name: (1, D(27))}
    sign_in(client, owner_of(business), business)
    page = client.get(reverse("admin:payment_operations")).content.decode()
    assert "Depot by the river" in page
    head, c = STRIPE.splitlines()[0], business.currency
    text = f"{head}\ntxn_1,2026-03-02 10:00:00,{c},27.00,1.08,25.92,charge,ch_1,po_1,pi_2\n"
    bring(owner, text, "stripe")
    assert on_the_way() == {shop.name: (2, D(54))}
    Refund.objects.create(
        payment=Payment.objects.get(owner_id=orders[0].pk), amount=D(7), state="succeeded",
        provider_ref="re_x", settled_at=clock.now(), reason="",
    )  # fmt: skip
    assert on_the_way() == {shop.name: (2, D(47))}


PAYPAL = """\
Date,Time,TimeZone,Name,Type,Status,Currency,Gross,Fee,Net,Transaction ID,Reference Txn ID,Invoice Number
02/03/2026,10:00:00,Europe/London,Ada,Express Checkout Payment,Completed,{c},27.00,-1.08,25.92,{paid},,
04/03/2026,10:00:00,Europe/London,,General Withdrawal,Completed,{c},-25.92,0.00,-25.92,W1,,
"""
PAYSTACK = """\
Transaction reference,Paid at,Currency,Amount,Fees,Type,Settlement ID
{paid},2026-03-02 10:00:00,{c},27.00,1.08,transaction,77
S77,2026-03-04 10:00:00,{c},25.92,0,settlement,77
"""
RAZORPAY = """\
entity_id,type,debit,credit,amount,currency,fee,tax,settlement_id,created_at,payment_id
{paid},payment,0.00,25.92,27.00,{c},1.08,0.16,setl_1,02/03/2026 10:00:00,
setl_1,settlement,25.92,0.00,25.92,{c},0.00,0.00,setl_1,04/03/2026 10:00:00,
"""


@pytest.mark.parametrize(
    ("provider", "text", "choices"),
    [
        ("paypal", PAYPAL, {"date_order": "dmy", "fee_sign": "minus"}),
        ("paystack", PAYSTACK, {}),
        ("razorpay", RAZORPAY, {"date_order": "dmy"}),
    ],
)
def test_other_companies_write_the_same(
    provider: str, text: str, choices: dict[str, str], business: Business, owner: Actor, bound: Business,
    client: Client, drain_outbox: Callable[[], int],
) -> None:  # fmt: skip
    """By their own headings, without a mapping by hand; by an accountant, who may import nothing else."""
    pay_by(make_order(business), provider, "the_payment")
    accountant = actor_of(business, "accountant")
    with pytest.raises(PermissionRefused):
        upload_file(accountant, file=io.BytesIO(b"SKU"), name="goods.csv", size=3)
    sign_in(client, make_member(business, "accountant"), business)
    upload = client.get(list_verb_url(ImportJob, "upload"))
    assert [code for code, _label in upload.context["form"]["kind"].field.choices] == ["payouts"]
    job = bring(accountant, text.format(c=business.currency, paid="the_payment"), provider, **choices)
    drain_outbox()
    assert {name: one["rows"] for name, one in job.reasons.items()} == {"capture": 1, "payout": 1}
    assert Capture.objects.get().payout_line.fee == D("1.08")
    assert (balance_of("bank"), balance_of("provider_fees")) == (D("25.92"), D("1.08"))
    assert balance_of("provider_clearing") == 0
    assert verify_books().findings == []


def test_what_companies_call_things() -> None:
    said = {
        "Express Checkout Payment": "capture", "charge": "capture", "Payment Refund": "refund", "refund": "refund",
        "dispute_reversal": "dispute_won", "Chargeback": "dispute", "General Withdrawal": "payout",
        "payout": "payout", "Chargeback Fee": "dispute", "network_cost": "other", "fee": "fee",
    }  # fmt: skip
    assert {text: kind_of(text) for text in said} == said
