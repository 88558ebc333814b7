"""Money back: requested in the caller's transaction, sent by a worker, recorded when answered."""

from __future__ import annotations

import datetime as dt
import logging
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.money import ZERO, format_money, round_money
from apps.kernel.tenancy import bind, require_business_id
from apps.kernel.use_cases import use_case
from apps.selling.payments import policies
from apps.selling.payments.models import Payment, Refund
from apps.selling.payments.providers import ProviderFact, ProviderRefused, ProviderUnavailable, get_provider
from apps.selling.payments.states import PENDING_REFUNDS, RefundState

from .attempts import _refuse_inside_use_case
from .credentials import open_account
from .facts import record_fact

log = logging.getLogger(__name__)

SEND_AGAIN_AFTER = tuple(dt.timedelta(seconds=seconds) for seconds in (30, 60, 300, 900, 1800, 3600))


@use_case(idempotent=True, audits="payments.refund_requested")
def request_refund(
    actor: Actor, *, payment_id: UUID, amount: Decimal, reason: str = "", key: str | None = None
) -> Refund:
    """Decide to send `amount` (in the payment's currency) back; a worker sends it after the commit.

    The owner's service decides who may. Raises `InvalidInput` for an amount that is not one or is more than
    was captured less refunded less on its way (checked under the lock, and by the database).
    """
    payment = lock_one(Rank.PAYMENT, Payment.objects.filter(pk=payment_id))
    _check_amount(payment, amount)
    refund = Refund.objects.create(
        payment=payment,
        amount=amount,
        reason=reason[:300],
        requested_by=actor.label[:200],
        # What people took, people give back: no worker sends it.
        send_next_at=None if get_provider(payment.provider).is_manual else clock.now(),
    )
    _set_aside(payment, amount)
    audit.record(actor, "payments.refund_requested", payment, after={"amount": amount}, reason=reason)
    return refund


@use_case(permission=policies.REFUND, idempotent=True, audits="payments.refund_retried")
def retry_refund(actor: Actor, *, refund_id: UUID, key: str | None = None) -> Refund:
    """Send a refused refund once more, under a new key. Raises `WrongState` for any other."""
    payment_id = _payment_of(refund_id)
    payment = lock_one(Rank.PAYMENT, Payment.objects.filter(pk=payment_id))
    refund: Refund = Refund.objects.get(pk=refund_id)
    if refund.state != RefundState.FAILED:
        raise WrongState(_("Only a refund that failed can be sent again."), code="refund_not_failed")
    _check_amount(payment, refund.amount)
    refund.state, refund.error, refund.settled_at = RefundState.REQUESTED, "", None
    refund.round += 1
    refund.times_sent, refund.send_next_at = 0, clock.now()
    refund.save()
    _set_aside(payment, refund.amount)
    audit.record(actor, "payments.refund_retried", payment, after={"amount": refund.amount})
    return refund


def send_refund(actor: Actor, *, refund_id: UUID) -> None:
    """Send one due refund: claim, call, record. A repeated call under the same key doubles nothing.

    Not inside a use case. A company that does not answer is tried again later; a refusal is recorded.
    """
    _refuse_inside_use_case()
    refund = _claim_refund(actor, refund_id=refund_id)
    if refund is None:
        return
    payment = refund.payment
    with bind(actor.business_id):
        business_id = require_business_id()
        capture = payment.captures.select_related("attempt").get()
        attempt = capture.attempt
    try:
        fact = get_provider(payment.provider).refund(
            account=open_account(business_id, payment.provider, purpose="send a refund"),
            provider_ref=attempt.provider_ref,
            capture_ref=capture.provider_ref,
            key=refund.provider_key,
            amount=refund.amount,
            currency=payment.currency,
            reason=refund.reason,
        )
    except ProviderUnavailable as error:
        log.warning("Refund %s got no answer and will be sent again: %s", refund.pk, error.context)
        return
    except ProviderRefused as refusal:
        fact = ProviderFact("refund_failed", attempt.provider_ref, refund.provider_key, reason=str(refusal))
    record_fact(actor, provider=payment.provider, fact=fact, learned_from="asked")


@use_case(unaudited="a worker's step; asking for the refund and its outcome are entered")
def _claim_refund(actor: Actor, *, refund_id: UUID) -> Refund | None:
    """Mark it sent before it is: a worker that dies in the call leaves one to be sent again."""
    payment = lock_one(Rank.PAYMENT, Payment.objects.filter(pk=_payment_of(refund_id)))
    refund: Refund = Refund.objects.get(pk=refund_id)
    now = clock.now()
    if refund.state not in PENDING_REFUNDS or refund.send_next_at is None or refund.send_next_at > now:
        return None
    refund.send_next_at = now + SEND_AGAIN_AFTER[min(refund.times_sent, len(SEND_AGAIN_AFTER) - 1)]
    refund.times_sent += 1
    refund.state = RefundState.SENT
    refund.save(update_fields=["state", "times_sent", "send_next_at", "updated_at"])
    refund.payment = payment
    return refund


def _payment_of(refund_id: UUID) -> UUID:
    payment_id = Refund.objects.filter(pk=refund_id).values_list("payment_id", flat=True).first()
    if payment_id is None:
        raise NotFound()
    return payment_id


def _check_amount(payment: Payment, amount: Decimal) -> None:
    message = ""
    if not isinstance(amount, Decimal) or not amount.is_finite() or amount <= ZERO:
        message = _("The amount to refund must be more than zero.")
    elif amount > payment.refundable_amount:
        most = format_money(payment.refundable_amount, payment.currency)
        message = _("At most %(amount)s of this payment can be refunded.") % {"amount": most}
    elif amount != round_money(amount, payment.currency):
        message = _("The amount is finer than the currency allows.")
    if message:
        raise InvalidInput(message, code="refund_amount", fields={"amount": [message]})


def _set_aside(payment: Payment, amount: Decimal) -> None:
    from apps.selling.payments.tasks import wake_refunds

    payment.refunding_amount += amount
    payment.save(update_fields=["refunding_amount", "updated_at"])
    transaction.on_commit(wake_refunds)
