"""Do the books say what happened? Each check names the rows that do not fit.

What still waits in the outbox is counted as if it were posted already, by the same functions that will post
it, and all is read at one moment; so the checks hold also while the shop is trading.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, UUIDField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _

from apps.goods.inventory.models import StockBalance
from apps.kernel.events import from_payload
from apps.kernel.models import Delivery, MoneyField, OutboxEvent, SeriesCounter
from apps.kernel.money import format_money
from apps.kernel.tenancy import require_business_id
from apps.money.receivables.models import Settlement
from apps.platform.businesses.selectors import get_current_business
from apps.selling.credit.models import AccountKind, CreditEntry
from apps.selling.credit.selectors import liability_of
from apps.selling.history.models import SalesPosting
from apps.selling.orders.models import Fulfilment, Order, OrderPayment, OrderRefund
from apps.selling.payouts.models import DisputeEntry, PayoutLine

from .drafts import DRAFTS, TENDER_ACCOUNTS, EntryDraft
from .models import JournalEntry, JournalLine
from .selectors import balance_of
from .services.posting import SERIES

ZERO = Decimal(0)
MOST_NAMED = 50


@dataclass(slots=True)
class Waiting:
    """What the outbox still holds for the ledger: changes by account, and the sources that will come."""

    count: int = 0
    parked: int = 0
    changes: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    deposits: dict[UUID, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    sources: set[UUID] = field(default_factory=set)

    def add(self, draft: EntryDraft) -> None:
        """Count a draft as if it were posted."""
        self.sources.add(draft.source.id)
        for line in draft.lines:
            if isinstance(line.account, str):
                self.changes[line.account] += line.debit - line.credit
            if line.account == "customer_deposits" and draft.owner_id is not None:
                self.deposits[draft.owner_id] += line.credit - line.debit


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, in words that name the row."""

    check: str
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found; `waiting` events are fine, parked ones are not."""

    findings: list[Finding]
    waiting: int
    entries: int

    @property
    def is_right(self) -> bool:
        return not self.findings


def verify_books() -> Verdict:
    """Run every check on the bound business's books, at one moment."""
    with one_moment():
        waiting = read_waiting()
        findings = [found for check in CHECKS for found in check(waiting)]
        return Verdict(findings, waiting.count, JournalEntry.objects.count())


def verify_sums() -> list[Finding]:
    """The sums that cost one query each: enough for a page that is opened often."""
    with one_moment():
        waiting = read_waiting()
        return [found for check in CHEAP_CHECKS for found in check(waiting)]


@contextmanager
def one_moment() -> Iterator[None]:
    """Read everything as it stood at one moment: a sale between two sums would look like a fault."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def read_waiting() -> Waiting:
    """Read what the outbox holds for the ledger, in one query."""
    waiting = Waiting()
    rows = Delivery.objects.filter(
        business_id=require_business_id(), subscriber__startswith="ledger.post_"
    ).exclude(state=Delivery.State.DONE)
    for delivery in rows.select_related("event"):
        stored = delivery.event
        if stored.name not in DRAFTS:
            continue
        fact = from_payload(stored.name, stored.version, stored.payload)
        waiting.add(DRAFTS[stored.name](fact, stored.occurred_at))
        waiting.count += 1
        waiting.parked += delivery.state == Delivery.State.DEAD
    return waiting


def check_entries(waiting: Waiting) -> Iterator[Finding]:
    """Each entry has two lines or more, and they balance to its total."""
    broken = (
        JournalEntry.objects.annotate(
            debits=Coalesce(Sum("lines__debit"), ZERO),
            credits=Coalesce(Sum("lines__credit"), ZERO),
            line_count=Count("lines"),
        )
        .filter(~Q(debits=F("credits")) | ~Q(debits=F("total")) | Q(line_count__lt=2))
        .order_by("number")[:MOST_NAMED]
    )
    for entry in broken:
        yield Finding(
            "entries",
            _("Entry %(number)s (%(id)s): %(lines)s lines, debit %(debit)s, credit %(credit)s.")
            % {
                "number": entry.number,
                "id": entry.pk,
                "lines": entry.line_count,
                **_amounts(debit=entry.debits, credit=entry.credits),
            },
        )


def check_total(waiting: Waiting) -> Iterator[Finding]:
    """All debits equal all credits."""
    sums = JournalLine.objects.aggregate(
        debit=Coalesce(Sum("debit"), ZERO), credit=Coalesce(Sum("credit"), ZERO)
    )
    if sums["debit"] != sums["credit"]:
        yield Finding("total", _("All debits are %(debit)s, all credits %(credit)s.") % _amounts(**sums))


def check_numbers(waiting: Waiting) -> Iterator[Finding]:
    """Numbers run from one to the last that was given, without a gap."""
    given = SeriesCounter.objects.filter(business_id=require_business_id(), name=SERIES)
    last = given.aggregate(last=Coalesce(Max("last_number"), 0))["last"]
    count = JournalEntry.objects.count()
    if count != last:
        yield Finding(
            "numbers",
            _("There are %(count)s entries, but %(last)s numbers were given.")
            % {"count": count, "last": last},
        )


def check_inventory(waiting: Waiting) -> Iterator[Finding]:
    """The inventory account is what the stock ledger says the stock is worth."""
    booked = balance_of("inventory") + waiting.changes["inventory"]
    counted: Decimal = StockBalance.objects.aggregate(total=Coalesce(Sum("value"), ZERO))["total"]
    if booked != counted:
        yield Finding(
            "inventory",
            _("The inventory account says %(booked)s, the stock is worth %(counted)s: %(difference)s apart.")
            % _amounts(booked=booked, counted=counted, difference=booked - counted),
        )


def check_deposits_total(waiting: Waiting) -> Iterator[Finding]:
    """The deposits account is what buyers paid for goods that have not left."""
    booked = -(balance_of("customer_deposits") + waiting.changes["customer_deposits"])
    held: Decimal = Order.objects.aggregate(total=Coalesce(Sum(_held()), ZERO))["total"]
    if booked != held:
        yield Finding(
            "deposits",
            _("The deposits account says %(booked)s, orders hold %(held)s: %(difference)s apart.")
            % _amounts(booked=booked, held=held, difference=booked - held),
        )


def check_deposits_of_orders(waiting: Waiting) -> Iterator[Finding]:
    """The same for each order: paid, less sold, less refunded before it was sold."""
    booked = (
        JournalLine.objects.filter(
            account__system_key="customer_deposits", entry__owner_type="order", entry__owner_id=OuterRef("pk")
        )
        .order_by()
        .values("entry__owner_id")
        .annotate(total=Sum(F("credit") - F("debit")))
        .values("total")
    )
    orders = Order.objects.annotate(
        held=_held(), booked=Coalesce(Subquery(booked, output_field=MoneyField()), ZERO)
    )
    suspects = orders.filter(~Q(held=F("booked")) | Q(pk__in=list(waiting.deposits)))
    named = 0
    for order in suspects.order_by("pk").iterator(chunk_size=1000):
        expected = order.booked + waiting.deposits.get(order.pk, ZERO)
        if expected != order.held and named < MOST_NAMED:
            named += 1
            yield Finding(
                "deposits",
                _("Order %(number)s (%(id)s): the books hold %(booked)s, the order %(held)s.")
                % {"number": order.number, "id": order.pk, **_amounts(booked=expected, held=order.held)},
            )


def check_receivables(waiting: Waiting) -> Iterator[Finding]:
    """The receivables account is what companies owe: what went on account, less credit notes and payments.

    And each payment of a company has reached its orders.
    """
    booked = balance_of("receivables") + waiting.changes["receivables"]
    charged = F("paid_total") - F("refunded_total")
    sums = Order.objects.filter(company__isnull=False).aggregate(
        charged=Coalesce(Sum(charged), ZERO), settled=Coalesce(Sum("settled_total"), ZERO)
    )
    payments = Settlement.objects.filter(kind=Settlement.Kind.PAYMENT, reversed_on__isnull=True)
    paid: Decimal = payments.aggregate(total=Coalesce(Sum("amount"), ZERO))["total"]
    owed = sums["charged"] - paid
    if booked != owed:
        yield Finding(
            "receivables",
            _("The receivables account says %(booked)s, companies owe %(owed)s: %(difference)s apart.")
            % _amounts(booked=booked, owed=owed, difference=booked - owed),
        )
    if sums["settled"] != paid:
        yield Finding(
            "receivables",
            _("Companies paid %(paid)s, their orders know of %(settled)s.")
            % _amounts(paid=paid, settled=sums["settled"]),
        )


def check_credit(waiting: Waiting) -> Iterator[Finding]:
    """What is owed for gift cards and store credit is the sum of what is on them."""
    for kind in AccountKind:
        key = TENDER_ACCOUNTS[kind]
        booked, owed = -(balance_of(key) + waiting.changes[key]), liability_of(kind)
        if booked != owed:
            yield Finding(
                "credit",
                _("The books owe %(booked)s for “%(kind)s”, on all of them there is %(owed)s.")
                % {"kind": kind.label, **_amounts(booked=booked, owed=owed)},
            )


def _amounts(**amounts: Decimal) -> dict[str, str]:
    """Amounts as people write them, in the currency of the books."""
    currency = get_current_business().currency
    return {name: format_money(amount, currency) for name, amount in amounts.items()}


def _held() -> Any:
    return F("paid_total") - F("recognised_total") - F("deposit_refunded_total")


def check_sources(waiting: Waiting) -> Iterator[Finding]:
    """Each payment, parcel, refund, receipt and adjustment is posted once, with its amount."""
    named = {
        "capture": (OrderPayment.objects.annotate(due=F("amount")), "capture_id"),
        "fulfilment": (Fulfilment.objects.annotate(due=F("gross") + F("cost")), "id"),
        "refund": (OrderRefund.objects.annotate(due=F("amount") + F("restocked_cost")), "id"),
        "credit_entry": (
            CreditEntry.objects.filter(kind__in=("issued", "expired", "corrected", "topped_up")).annotate(
                due=F("amount")
            ),
            "id",
        ),
        "company_payment": (
            Settlement.objects.filter(kind=Settlement.Kind.PAYMENT).annotate(due=F("amount")),
            "id",
        ),
        "payout_line": (PayoutLine.objects.annotate(due=F("booked")), "id"),
        "dispute_entry": (DisputeEntry.objects.annotate(due=F("booked")), "id"),
        "past_sales": (SalesPosting.objects.annotate(due=F("turnover")), "id"),
        "stock_receipt": _stock_facts("inventory.stock_received", "receipt_id", "value"),
        "stock_adjustment": _stock_facts("inventory.stock_adjusted", "adjustment_id", "value_delta"),
    }
    for source_type, (facts, key) in named.items():
        yield from _unposted(source_type, facts, key, waiting)


def _stock_facts(name: str, key: str, amount: str) -> tuple[QuerySet[Any], str]:
    """Facts of the stock ledger as they were told; its tables hold movements, not receipts."""
    facts = OutboxEvent.objects.filter(business_id=require_business_id(), name=name).annotate(
        fact_id=Cast(KeyTextTransform(key, "payload"), UUIDField()),
        due=Cast(KeyTextTransform(amount, "payload"), MoneyField()),
    )
    return facts, "fact_id"


def _unposted(source_type: str, facts: QuerySet[Any], key: str, waiting: Waiting) -> Iterator[Finding]:
    entries = JournalEntry.objects.filter(source_type=source_type, source_id=OuterRef(key))
    posted = Coalesce(Subquery(entries.values("total")[:1], output_field=MoneyField()), ZERO)
    broken = facts.annotate(posted=posted).exclude(posted=F("due")).exclude(posted=-F("due"))
    named = 0
    for fact in broken.order_by("pk").iterator(chunk_size=1000):
        source_id = getattr(fact, key)
        if source_id not in waiting.sources and named < MOST_NAMED:
            named += 1
            yield Finding(
                "sources",
                _("%(type)s %(id)s comes to %(due)s, but %(posted)s is posted.")
                % {"type": source_type, "id": source_id, **_amounts(due=fact.due, posted=fact.posted)},
            )


def check_parked(waiting: Waiting) -> Iterator[Finding]:
    """No event for the books is parked after too many failures."""
    if waiting.parked:
        yield Finding(
            "outbox",
            _("%(count)s events for the books are parked; replay them on the page Events.")
            % {"count": waiting.parked},
        )


Check = Callable[[Waiting], Iterator[Finding]]
CHEAP_CHECKS: tuple[Check, ...] = (check_total, check_inventory, check_deposits_total, check_parked)
CHECKS: tuple[Check, ...] = (
    check_entries,
    check_total,
    check_numbers,
    check_sources,
    check_inventory,
    check_deposits_total,
    check_deposits_of_orders,
    check_receivables,
    check_credit,
    check_parked,
)
