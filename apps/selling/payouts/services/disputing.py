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

    It is what was taken for lost ones, fees included, without those that a file tells of: its lines are booked
    themselves. Repeated, it changes nothing.
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
    """What was taken for lost disputes, and as fees, of which messages told and no file has.

    A line that names a dispute tells of that one. Lines that name none, as some companies write them, tell of the only
    one that is left; of several, they tell of as much as they took.
    """
    disputes = {one.provider_ref: one for one in Dispute.objects.filter(payment=payment)}
    lines = PayoutLine.objects.filter(payment=payment, kind__in=_IN_FILES)
    told: set[str] = set()
    nameless: list[tuple[Decimal, Decimal]] = []
    for references, gross, fee in lines.values_list("references", "gross", "fee"):
        named = disputes.keys() & set(references)
        told |= named
        if not named:
            nameless.append((-gross, fee))
    left = [one for ref, one in disputes.items() if ref not in told]
    lost = [one for one in left if one.state == Dispute.State.LOST]
    taken, fees = sum((one.taken for one in lost), ZERO), sum((one.fee for one in lost), ZERO)
    if not nameless:
        return taken, fees
    if len(left) <= 1:
        return ZERO, ZERO
    # Together: a company may write its fee as a line of its own, with the amount.
    known = sum((amount for amount, _fee in nameless), ZERO)
    rest = max(taken + fees - known - sum((fee for _amount, fee in nameless), ZERO), ZERO)
    amount = min(max(taken - known, ZERO), rest)
    return amount, rest - amount


def _today() -> dt.date:
    return clock.today(get_current_business().time_zone)
