"""What a company says about a dispute: its newest word counts, however often and in whatever order words come."""

from __future__ import annotations

from decimal import Decimal

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.events import publish
from apps.kernel.locks import Rank, lock_one
from apps.kernel.tenancy import require_business_id
from apps.selling.payments.events import DisputeChanged
from apps.selling.payments.models import Capture, Discrepancy, Dispute, Payment, WebhookReceipt
from apps.selling.payments.providers import DisputeWord, ProviderFact
from apps.selling.payments.states import DISPUTE_ORDER

from .settling import note_discrepancy

Outcome = WebhookReceipt.Outcome
_TOLD = ("state", "amount", "taken", "fee", "reason", "answer_by")


def record_dispute(
    actor: Actor, provider: str, fact: ProviderFact
) -> tuple[WebhookReceipt.Outcome, Payment | None]:
    """Keep the company's word about a dispute of one of our captures; what is about no capture waits for a person."""
    word = fact.dispute
    if word is None:
        return Outcome.IGNORED, None
    capture = (
        Capture.objects.filter(attempt__provider=provider, provider_ref=fact.capture_ref)
        .select_related("payment")
        .first()
        if fact.capture_ref
        else None
    )
    if capture is None:
        note_discrepancy(Discrepancy.Kind.UNKNOWN_DISPUTE, provider, fact, ref=word.ref)
        return Outcome.ATTENTION, None
    payment = lock_one(Rank.PAYMENT, Payment.objects.filter(pk=capture.payment_id))
    if word.currency != payment.currency:
        note_discrepancy(Discrepancy.Kind.CURRENCY, provider, fact, payment, ref=word.ref)
        return Outcome.ATTENTION, payment
    known = Dispute.objects.filter(provider=provider, provider_ref=word.ref).first()
    if known is not None and _place_of(known.said_at, known.state, known.fee) >= _place(word):
        return Outcome.NOTHING_NEW, payment
    dispute = known or Dispute(
        payment=payment, provider=provider, provider_ref=word.ref, opened_at=word.opened_at
    )
    before = {name: getattr(dispute, name) for name in _TOLD} if known else None
    dispute.said_at, dispute.answer_by = word.said_at, word.answer_by
    dispute.state, dispute.reason = word.state, word.reason[:300]
    dispute.amount, dispute.taken, dispute.fee = word.amount, word.taken, word.fee
    dispute.save()
    if before == {name: getattr(dispute, name) for name in _TOLD}:
        return Outcome.APPLIED, payment
    audit.record(
        actor,
        "payments.disputed",
        payment,
        after={"dispute": word.ref, "state": word.state, "amount": word.amount, "currency": word.currency},
        reason=dispute.reason,
    )
    _tell(payment, dispute, is_new=known is None)
    return Outcome.APPLIED, payment


def _place(word: DisputeWord) -> tuple[object, int, Decimal]:
    return _place_of(word.said_at, word.state, word.fee)


def _place_of(said_at: object, state: str, fee: Decimal) -> tuple[object, int, Decimal]:
    """Where a word stands among all of its dispute: later is newer, of one second the more final one."""
    return said_at, DISPUTE_ORDER.index(state), fee


def _tell(payment: Payment, dispute: Dispute, *, is_new: bool) -> None:
    publish(
        DisputeChanged(
            business_id=require_business_id(),
            payment_id=payment.pk,
            owner_type=payment.owner_type,
            owner_id=payment.owner_id,
            dispute_id=dispute.pk,
            reference=payment.reference,
            state=dispute.state,
            amount=dispute.amount,
            taken=dispute.taken,
            fee=dispute.fee,
            currency=payment.currency,
            provider=payment.provider,
            reason=dispute.reason,
            answer_by=dispute.answer_by,
            is_new=is_new,
        )
    )
