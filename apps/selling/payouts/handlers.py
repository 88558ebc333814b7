"""What payouts listen to: disputes that are lost, and their own lines about them."""

from __future__ import annotations

from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe
from apps.selling.payments.events import DisputeChanged

from .events import PayoutEvent, PayoutLineRecorded, PayoutLineWithdrawn
from .services import settle_disputes


@subscribe(DisputeChanged, name="payouts.settle_disputes")
def on_disputed(event: DisputeChanged, envelope: Envelope) -> None:
    """What a company took for a lost dispute is booked, once."""
    system = Actor.system("payouts", event.business_id, envelope.request_id)
    settle_disputes(system, payment_id=event.payment_id)


@subscribe(PayoutLineRecorded, name="payouts.settle_told_disputes")
def on_recorded(event: PayoutLineRecorded, envelope: Envelope) -> None:
    """A file tells of a dispute: what the message booked is taken back."""
    _settle(event, envelope)


@subscribe(PayoutLineWithdrawn, name="payouts.settle_untold_disputes")
def on_withdrawn(event: PayoutLineWithdrawn, envelope: Envelope) -> None:
    """The file was taken back: the message counts again."""
    _settle(event, envelope)


def _settle(event: PayoutEvent, envelope: Envelope) -> None:
    if event.disputed and event.payment_id is not None:
        system = Actor.system("payouts", event.business_id, envelope.request_id)
        settle_disputes(system, payment_id=event.payment_id)
