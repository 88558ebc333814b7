"""What the books listen to. Each handler posts one entry; the outbox makes it happen exactly once."""

from __future__ import annotations

from apps.goods.inventory.events import StockAdjusted, StockReceived
from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, Event, subscribe
from apps.money.receivables.events import CompanyPaid, PaymentReversed
from apps.platform.businesses.events import BusinessCreated
from apps.selling.credit.events import CreditRevalued
from apps.selling.history.events import PastDayRecorded, PastDayWithdrawn
from apps.selling.orders.events import FulfilmentShipped, OrderRefunded, PaymentRecorded
from apps.selling.payouts.events import DisputeBooked, PayoutLineRecorded, PayoutLineWithdrawn

from .drafts import DRAFTS
from .selectors import is_posted
from .services import create_chart, post_entries

SUBSCRIBER_PREFIX = "ledger."


def _post(fact: Event, envelope: Envelope) -> None:
    actor = Actor.system("ledger", fact.business_id, envelope.request_id)
    draft = DRAFTS[fact.name](fact, envelope.occurred_at)
    # What is in the books already is refused by their own constraint, and asked for only then: the first attempt costs
    # nothing more. The same source with another amount stays a fault.
    if envelope.attempt == 1 or not is_posted(draft):
        post_entries(actor, drafts=[draft])


@subscribe(BusinessCreated, name="ledger.create_chart")
def open_books(event: BusinessCreated, envelope: Envelope) -> None:
    """A new business gets the shipped chart of accounts."""
    create_chart(Actor.system("ledger", event.business_id, envelope.request_id))


@subscribe(PaymentRecorded, name="ledger.post_payment")
def post_payment(event: PaymentRecorded, envelope: Envelope) -> None:
    """Debit clearing, credit customer deposits."""
    _post(event, envelope)


@subscribe(FulfilmentShipped, name="ledger.post_shipment")
def post_shipment(event: FulfilmentShipped, envelope: Envelope) -> None:
    """Debit deposits and cost, credit revenue, tax, shipping and inventory."""
    _post(event, envelope)


@subscribe(OrderRefunded, name="ledger.post_refund")
def post_refund(event: OrderRefunded, envelope: Envelope) -> None:
    """Debit deposits, returns and tax, credit clearing; stock value that came back."""
    _post(event, envelope)


@subscribe(CreditRevalued, name="ledger.post_credit")
def post_credit(event: CreditRevalued, envelope: Envelope) -> None:
    """Debit what was given away, credit what is owed; of a card that expired the other way, as income."""
    _post(event, envelope)


@subscribe(StockReceived, name="ledger.post_stock_receipt")
def post_stock_receipt(event: StockReceived, envelope: Envelope) -> None:
    """Debit inventory, credit what is owed for it."""
    _post(event, envelope)


@subscribe(StockAdjusted, name="ledger.post_stock_adjustment")
def post_stock_adjustment(event: StockAdjusted, envelope: Envelope) -> None:
    """Debit shrinkage, credit inventory, or the other way round."""
    _post(event, envelope)


@subscribe(PastDayRecorded, name="ledger.post_past_day")
def post_past_day(event: PastDayRecorded, envelope: Envelope) -> None:
    """Debit opening equity, credit revenue; the other way round for what was taken back."""
    _post(event, envelope)


@subscribe(PastDayWithdrawn, name="ledger.post_past_day_withdrawn")
def post_past_day_withdrawn(event: PastDayWithdrawn, envelope: Envelope) -> None:
    """The entry of the day with its sides exchanged."""
    _post(event, envelope)


@subscribe(PayoutLineRecorded, name="ledger.post_payout_line")
def post_payout_line(event: PayoutLineRecorded, envelope: Envelope) -> None:
    """Debit fees, bank and disputes, credit clearing."""
    _post(event, envelope)


@subscribe(PayoutLineWithdrawn, name="ledger.post_payout_line_withdrawn")
def post_payout_line_withdrawn(event: PayoutLineWithdrawn, envelope: Envelope) -> None:
    """The entry of the line with its sides exchanged."""
    _post(event, envelope)


@subscribe(DisputeBooked, name="ledger.post_dispute")
def post_dispute(event: DisputeBooked, envelope: Envelope) -> None:
    """Debit disputes and fees, credit clearing; the other way round when a file's own line says it now."""
    _post(event, envelope)


@subscribe(CompanyPaid, name="ledger.post_company_payment")
def post_company_payment(event: CompanyPaid, envelope: Envelope) -> None:
    """Debit bank or cash, credit receivables."""
    _post(event, envelope)


@subscribe(PaymentReversed, name="ledger.post_company_payment_reversed")
def post_company_payment_reversed(event: PaymentReversed, envelope: Envelope) -> None:
    """The other way round."""
    _post(event, envelope)
