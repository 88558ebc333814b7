"""Lost disputes in the books: by the company's message at once, by its file when that has come, never by both."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused
from apps.kernel.events import publish
from apps.kernel.locks import Rank, lock_one
from apps.kernel.money import ZERO
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.selectors import get_current_business
from apps.selling.payments.models import Dispute, Payment
from apps.selling.payouts.events import DisputeBooked
from apps.selling.payouts.models import DisputeEntry, PayoutLine

_IN_FILES = (PayoutLine.Kind.DISPUTE, PayoutLine.Kind.DISPUTE_WON)


@use_case(unaudited="follows from a message or a file, each of which is entered; the books keep it")
def settle_disputes(actor: Actor, *, payment_id: UUID) -> DisputeEntry | None:
    """Bring what messages booked of a payment's disputes to what they should have: the difference is one entry.

    Until a file has lines of the payment's disputes, it is what was taken for lost ones, fees included. From then on it
    is nothing, because the lines are booked themselves. Repeated, it changes nothing.
    """
    if actor.kind != "system":
        raise PermissionRefused()
    payment: Payment = lock_one(Rank.PAYMENT, Payment.objects.filter(pk=payment_id))
    if payment.currency != get_current_business().currency:
        return None  # the books have one currency; the payment's page shows it
    due_amount, due_fee = _due(payment)
    sums = DisputeEntry.objects.filter(payment=payment).aggregate(amount=Sum("amount"), fee=Sum("fee"))
    amount, fee = due_amount - (sums["amount"] or ZERO), due_fee - (sums["fee"] or ZERO)
    if not (amount or fee):
        return None
    entry: DisputeEntry = DisputeEntry.objects.create(
        payment=payment, occurred_on=_today(), amount=amount, fee=fee, booked=abs(amount) + abs(fee)
    )
    publish(
        DisputeBooked(
            business_id=require_business_id(),
            entry_id=entry.pk,
            payment_id=payment.pk,
            reference=payment.reference,
            provider=payment.provider,
            occurred_on=entry.occurred_on,
            currency=payment.currency,
            amount=amount,
            fee=fee,
        )
    )
    return entry


def _due(payment: Payment) -> tuple[Decimal, Decimal]:
    if PayoutLine.objects.filter(payment=payment, kind__in=_IN_FILES).exists():
        return ZERO, ZERO
    lost = Dispute.objects.filter(payment=payment, state=Dispute.State.LOST)
    sums = lost.aggregate(taken=Sum("taken"), fee=Sum("fee"))
    return sums["taken"] or ZERO, sums["fee"] or ZERO


def _today() -> dt.date:
    return clock.today(get_current_business().time_zone)
