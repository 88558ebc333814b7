"""What makes papers: money that came in, goods that left, money that went back for goods that had left."""

from __future__ import annotations

from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, Event, subscribe
from apps.selling.orders.events import FulfilmentShipped, OrderRefunded, PaymentRecorded
from apps.selling.orders.models import Tender

from .services import issue_credit_note, issue_invoice, issue_receipt


def _actor(event: Event, envelope: Envelope) -> Actor:
    return Actor.system("invoicing", event.business_id, envelope.request_id)


@subscribe(PaymentRecorded, name="invoicing.issue_receipt")
def on_payment(event: PaymentRecorded, envelope: Envelope) -> None:
    """A receipt for each capture; what goes on account is no money."""
    if event.tender == Tender.ON_ACCOUNT:
        return
    issue_receipt(
        _actor(event, envelope),
        order_id=event.order_id,
        capture_id=event.capture_id,
        issued_at=envelope.occurred_at,
    )


@subscribe(FulfilmentShipped, name="invoicing.issue_invoice")
def on_shipment(event: FulfilmentShipped, envelope: Envelope) -> None:
    """An invoice for each parcel of goods; gift cards are no supply, their receipt is the payment's."""
    if event.gross == event.voucher_net:
        return
    issue_invoice(
        _actor(event, envelope),
        order_id=event.order_id,
        fulfilment_id=event.fulfilment_id,
        issued_at=envelope.occurred_at,
    )


@subscribe(OrderRefunded, name="invoicing.issue_credit_note")
def on_refund(event: OrderRefunded, envelope: Envelope) -> None:
    """A credit note when goods that had left were refunded."""
    issue_credit_note(
        _actor(event, envelope),
        order_id=event.order_id,
        refund_id=event.refund_id,
        issued_at=envelope.occurred_at,
    )
