"""What an event means for the books: pure functions from a fact to an entry (see docs/ledger.md).

`verify_books` uses the same functions for what still waits in the outbox, so both always agree.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.inventory.events import StockAdjusted, StockReceived
from apps.money.receivables.events import CompanyPaid, PaymentReversed, SettlementEvent
from apps.selling.credit.events import CreditRevalued
from apps.selling.history.events import PastDayRecorded, PastDayWithdrawn, PastEvent
from apps.selling.orders.events import FulfilmentShipped, OrderRefunded, PaymentRecorded
from apps.selling.payouts.events import DisputeBooked, PayoutEvent, PayoutLineRecorded, PayoutLineWithdrawn

ZERO = Decimal(0)
# Stock that was there before the books, or came with a catalogue, was never bought through these books.
OPENING_REFERENCES = frozenset({"opening", "import"})
# Where the money of each tender lies (`Tender` of orders).
TENDER_ACCOUNTS = {
    "provider": "provider_clearing",
    "cash": "cash",
    "bank": "bank",
    "gift_card": "gift_card_liability",
    "store_credit": "store_credit_liability",
    "on_account": "receivables",
}


@dataclass(frozen=True, slots=True)
class Source:
    """The fact an entry stands for; posted once per business."""

    type: str
    id: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One side of one account: a system key or an account's id, and an amount at the minor unit."""

    account: str | UUID
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    memo: str = ""


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """An entry before it has a number. Its day is `posted_on`, or that of `occurred_at` at the business."""

    source: Source
    lines: tuple[DraftLine, ...]
    memo: str = ""
    posted_on: dt.date | None = None
    occurred_at: dt.datetime | None = None
    currency: str | None = None
    owner_type: str = ""
    owner_id: UUID | None = None
    reverses_id: UUID | None = None


def transfer(debit: str, credit: str, amount: Decimal) -> tuple[DraftLine, DraftLine]:
    """Move `amount` from `credit` to `debit`; a negative amount goes the other way."""
    if amount < 0:
        return DraftLine(credit, debit=-amount), DraftLine(debit, credit=-amount)
    return DraftLine(debit, debit=amount), DraftLine(credit, credit=amount)


def draft_payment(fact: PaymentRecorded, occurred_at: dt.datetime) -> EntryDraft:
    """Money came in before goods leave: it is owed to the buyer until they do."""
    return EntryDraft(
        source=Source("capture", fact.capture_id, "recorded"),
        lines=transfer(TENDER_ACCOUNTS[fact.tender], "customer_deposits", fact.amount),
        memo=(
            _("Order %(number)s on account")
            if fact.tender == "on_account"
            else _("Payment for order %(number)s")
        )
        % {"number": fact.number},
        posted_on=fact.received_on,
        occurred_at=occurred_at,
        currency=fact.currency,
        owner_type="order",
        owner_id=fact.order_id,
    )


def draft_shipment(fact: FulfilmentShipped, occurred_at: dt.datetime) -> EntryDraft:
    """Goods left: the deposit becomes revenue and tax, the stock becomes cost."""
    return EntryDraft(
        source=Source("fulfilment", fact.fulfilment_id, "shipped"),
        lines=(
            DraftLine("customer_deposits", debit=fact.gross),
            DraftLine("sales_revenue", credit=fact.lines_net - fact.voucher_net),
            DraftLine("gift_card_liability", credit=fact.voucher_net),
            DraftLine("shipping_income", credit=fact.shipping_net),
            DraftLine("tax_payable", credit=fact.tax),
            *transfer("cost_of_goods_sold", "inventory", fact.cost),
        ),
        memo=_("Goods sent for order %(number)s") % {"number": fact.number},
        occurred_at=occurred_at,
        currency=fact.currency,
        owner_type="order",
        owner_id=fact.order_id,
    )


def draft_refund(fact: OrderRefunded, occurred_at: dt.datetime) -> EntryDraft:
    """Money goes back: from the deposit for what never left, from revenue and tax for what had."""
    return EntryDraft(
        source=Source("refund", fact.refund_id, "refunded"),
        lines=(
            DraftLine("customer_deposits", debit=fact.deposit_part),
            DraftLine("sales_returns", debit=fact.returns_net - fact.voucher_part),
            DraftLine("gift_card_liability", debit=fact.voucher_part),
            DraftLine("shipping_income", debit=fact.shipping_net_part),
            DraftLine("tax_payable", debit=fact.tax_part),
            *(
                DraftLine(TENDER_ACCOUNTS[tender], credit=amount)
                for tender, amount in (fact.tenders or {"provider": fact.amount}).items()
            ),
            *transfer("inventory", "cost_of_goods_sold", fact.restocked_cost),
        ),
        memo=_("Refund for order %(number)s") % {"number": fact.number},
        occurred_at=occurred_at,
        currency=fact.currency,
        owner_type="order",
        owner_id=fact.order_id,
    )


def draft_receipt_of_stock(fact: StockReceived, occurred_at: dt.datetime) -> EntryDraft:
    """Goods came in: owed to a supplier, or brought in by the owner when the books were opened."""
    opening = fact.reference_type in OPENING_REFERENCES
    return EntryDraft(
        source=Source("stock_receipt", fact.receipt_id, "received"),
        lines=transfer("inventory", "opening_equity" if opening else "grni", fact.value),
        memo=_("Opening stock") if opening else _("Stock received"),
        occurred_at=occurred_at,
        currency=fact.currency,
        owner_type=fact.reference_type,
        owner_id=fact.reference_id,
    )


def draft_adjustment_of_stock(fact: StockAdjusted, occurred_at: dt.datetime) -> EntryDraft:
    """Stock was found to be less (a loss) or more (a gain) than the balance said."""
    return EntryDraft(
        source=Source("stock_adjustment", fact.adjustment_id, "adjusted"),
        lines=transfer("inventory", "inventory_shrinkage", fact.value_delta),
        memo=_("Stock adjusted: %(reason)s") % {"reason": fact.reason_code},
        occurred_at=occurred_at,
        currency=fact.currency,
    )


def draft_credit(fact: CreditRevalued, occurred_at: dt.datetime) -> EntryDraft:
    """Credit was given away, corrected, or lost by its date: what is owed to its holder changes without an order."""
    other = "breakage_income" if fact.kind == "expired" else "credit_given"
    if fact.kind == "topped_up":
        other = TENDER_ACCOUNTS[fact.tender]
    return EntryDraft(
        source=Source("credit_entry", fact.entry_id, fact.kind),
        lines=transfer(other, TENDER_ACCOUNTS[fact.account_kind], fact.amount),
        memo=_("Gift card or store credit ···· %(last4)s") % {"last4": fact.last4},
        occurred_at=occurred_at,
        currency=fact.currency,
        owner_type="credit",
        owner_id=fact.account_id,
    )


# What lines of the past belong to; a sum above nought is a gain, one below a loss.
PAST_ACCOUNTS = {
    "goods": "sales_revenue",
    "discount": "sales_revenue",
    "sample": "sales_revenue",
    "voucher": "sales_revenue",
    "manual": "sales_revenue",
    "delivery": "shipping_income",
    "return": "sales_returns",
    "fee": "provider_fees",
    "bad_debt": "bad_debts",
}


def draft_past_day(fact: PastDayRecorded, occurred_at: dt.datetime) -> EntryDraft:
    """Sales before these books: revenue against opening equity. Their tax was settled elsewhere: it ends at nought."""
    return _past(fact, fact.amounts, fact.kind, _("Sales of the past: %(day)s"))


def draft_past_day_withdrawn(fact: PastDayWithdrawn, occurred_at: dt.datetime) -> EntryDraft:
    """The same with the sides exchanged, on the same day."""
    amounts = {name: -amount for name, amount in fact.amounts.items()}
    return _past(fact, amounts, f"{fact.kind}_withdrawn", _("Sales of the past taken off: %(day)s"))


def _past(fact: PastEvent, amounts: dict[str, Decimal], kind: str, memo: str) -> EntryDraft:
    tax = amounts.get("tax", ZERO)
    lines = [_gain(PAST_ACCOUNTS[name], amount) for name, amount in amounts.items() if name != "tax"]
    lines += [_gain("tax_payable", tax), _gain("tax_payable", -tax)]
    return EntryDraft(
        source=Source("past_sales", fact.posting_id, kind),
        lines=(*lines, _gain("opening_equity", tax), _gain("opening_equity", -sum(amounts.values(), ZERO))),
        memo=memo % {"day": fact.day.isoformat()},
        posted_on=fact.day,
        currency=fact.currency,
        owner_type="past_sales",
        owner_id=fact.posting_id,
    )


def _gain(account: str, amount: Decimal) -> DraftLine:
    return DraftLine(account, credit=amount) if amount > 0 else DraftLine(account, debit=-amount)


def draft_payout_line(fact: PayoutLineRecorded, occurred_at: dt.datetime) -> EntryDraft:
    """What the company kept, sent to the bank, or lost to a buyer's bank leaves its clearing account."""
    return _payout(fact, fact.fee, fact.paid_out, fact.disputed, "recorded")


def draft_payout_line_withdrawn(fact: PayoutLineWithdrawn, occurred_at: dt.datetime) -> EntryDraft:
    """The same with the sides exchanged, on the same day."""
    return _payout(fact, -fact.fee, -fact.paid_out, -fact.disputed, "withdrawn")


def _payout(fact: PayoutEvent, fee: Decimal, paid_out: Decimal, disputed: Decimal, kind: str) -> EntryDraft:
    return EntryDraft(
        source=Source("payout_line", fact.line_id, kind),
        lines=(
            *transfer("provider_fees", "provider_clearing", fee),
            *transfer("bank", "provider_clearing", paid_out),
            *transfer("disputes", "provider_clearing", disputed),
        ),
        memo=_("Payout file of %(company)s") % {"company": fact.provider},
        posted_on=fact.occurred_on,
        currency=fact.currency,
        owner_type="payout_line",
        owner_id=fact.line_id,
    )


def draft_dispute(fact: DisputeBooked, occurred_at: dt.datetime) -> EntryDraft:
    """What a company took for a lost dispute leaves its clearing account, before a file says so."""
    return EntryDraft(
        source=Source("dispute_entry", fact.entry_id, "booked"),
        lines=(
            *transfer("disputes", "provider_clearing", fact.amount),
            *transfer("provider_fees", "provider_clearing", fact.fee),
        ),
        memo=_("Dispute about %(what)s") % {"what": fact.reference},
        posted_on=fact.occurred_on,
        currency=fact.currency,
        owner_type="payment",
        owner_id=fact.payment_id,
    )


def draft_company_payment(fact: CompanyPaid, occurred_at: dt.datetime) -> EntryDraft:
    """A company paid invoices: it owes as much less."""
    return _of_company(fact, fact.way, "receivables", "recorded", _("Payment of %(company)s"))


def draft_company_payment_reversed(fact: PaymentReversed, occurred_at: dt.datetime) -> EntryDraft:
    """The same with the sides exchanged, on the day it was taken back."""
    return _of_company(fact, "receivables", fact.way, "reversed", _("Payment of %(company)s taken back"))


def _of_company(fact: SettlementEvent, debit: str, credit: str, kind: str, memo: str) -> EntryDraft:
    return EntryDraft(
        source=Source("company_payment", fact.settlement_id, kind),
        lines=transfer(debit, credit, fact.amount),
        memo=memo % {"company": fact.company},
        posted_on=fact.day,
        currency=fact.currency,
        owner_type="company",
        owner_id=fact.company_id,
    )


DRAFTS: dict[str, Callable[[Any, dt.datetime], EntryDraft]] = {
    PaymentRecorded.name: draft_payment,
    FulfilmentShipped.name: draft_shipment,
    OrderRefunded.name: draft_refund,
    CreditRevalued.name: draft_credit,
    StockReceived.name: draft_receipt_of_stock,
    StockAdjusted.name: draft_adjustment_of_stock,
    PayoutLineRecorded.name: draft_payout_line,
    DisputeBooked.name: draft_dispute,
    PayoutLineWithdrawn.name: draft_payout_line_withdrawn,
    CompanyPaid.name: draft_company_payment,
    PaymentReversed.name: draft_company_payment_reversed,
    PastDayRecorded.name: draft_past_day,
    PastDayWithdrawn.name: draft_past_day_withdrawn,
}
