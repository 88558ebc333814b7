"""What a company says about money on its way back."""

from __future__ import annotations

from uuid import UUID

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.events import publish
from apps.kernel.locks import Rank, lock_one
from apps.kernel.money import ZERO
from apps.selling.payments.events import PaymentRefunded, PaymentRefundFailed
from apps.selling.payments.models import Discrepancy, Payment, Refund, WebhookReceipt
from apps.selling.payments.providers import ProviderFact
from apps.selling.payments.states import PENDING_REFUNDS, REFUND_MOVES, RefundState

from .settling import note_discrepancy, settle_state

Outcome = WebhookReceipt.Outcome


def record_refund_fact(
    actor: Actor, provider: str, fact: ProviderFact
) -> tuple[WebhookReceipt.Outcome, Payment | None]:
    """Record that a refund succeeded or was refused. Success is never taken back."""
    found = _find_refund(provider, fact)
    if found is None:
        if fact.kind == "refund_succeeded":
            note_discrepancy(Discrepancy.Kind.UNKNOWN_REFUND, provider, fact)
            return Outcome.ATTENTION, None
        return Outcome.IGNORED, None
    payment = lock_one(Rank.PAYMENT, Payment.objects.filter(pk=found.payment_id))
    refund = Refund.objects.get(pk=found.pk)
    target = RefundState.SUCCEEDED if fact.kind == "refund_succeeded" else RefundState.FAILED
    is_of_an_old_round = target == RefundState.FAILED and fact.key != refund.provider_key
    if target not in REFUND_MOVES[refund.state] or is_of_an_old_round:
        return Outcome.NOTHING_NEW, payment
    was_pending = refund.state in PENDING_REFUNDS
    if target == RefundState.SUCCEEDED:
        if misfit := _misfit(payment, refund, fact, was_pending):
            note_discrepancy(misfit, provider, fact, payment)
            return Outcome.ATTENTION, payment
        payment.refunded_amount += refund.amount
    payment.refunding_amount -= refund.amount if was_pending else ZERO
    refund.state, refund.error, refund.send_next_at = target, "", None
    if target == RefundState.FAILED:
        refund.error = fact.reason[:300]
    refund.provider_ref = fact.capture_ref or refund.provider_ref
    refund.settled_at = clock.now()
    refund.save()
    settle_state(payment)
    payment.save(update_fields=["refunded_amount", "refunding_amount", "state", "updated_at"])
    audit.record(
        actor,
        "payments.refunded" if refund.state == RefundState.SUCCEEDED else "payments.refund_failed",
        payment,
        after={"amount": refund.amount, "currency": payment.currency, "company": provider},
        reason=refund.error,
    )
    _tell(payment, refund)
    return Outcome.APPLIED, payment


def _find_refund(provider: str, fact: ProviderFact) -> Refund | None:
    refund_id, _dash, _round = fact.key.rpartition("-")
    try:
        return Refund.objects.filter(pk=UUID(refund_id), payment__provider=provider).first()
    except ValueError:
        return None


def _misfit(payment: Payment, refund: Refund, fact: ProviderFact, was_pending: bool) -> str:
    if fact.currency != payment.currency:
        return Discrepancy.Kind.CURRENCY
    if fact.amount != refund.amount:
        return Discrepancy.Kind.AMOUNT
    # It had been refused, its amount was set free and perhaps refunded in another way since.
    if not was_pending and refund.amount > payment.refundable_amount:
        return Discrepancy.Kind.REFUND_BEYOND_CAPTURE
    return ""


def _tell(payment: Payment, refund: Refund) -> None:
    facts = {
        "business_id": payment.business_id,
        "payment_id": payment.pk,
        "owner_type": payment.owner_type,
        "owner_id": payment.owner_id,
        "refund_id": refund.pk,
        "amount": refund.amount,
        "currency": payment.currency,
    }
    if refund.state == RefundState.SUCCEEDED:
        publish(PaymentRefunded(**facts, provider=payment.provider))
    else:
        publish(PaymentRefundFailed(**facts, reason=refund.error))
