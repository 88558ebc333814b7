"""What a company says becomes what we know: once, in any order, under the lock of the payment."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import Q

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.events import publish
from apps.kernel.locks import Rank, lock_one
from apps.kernel.money import ZERO
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.selling.payments.events import PaymentAuthorised, PaymentCaptured, PaymentFailed, PaymentReleased
from apps.selling.payments.models import Capture, Discrepancy, Payment, PaymentAttempt, WebhookReceipt
from apps.selling.payments.providers import ProviderFact
from apps.selling.payments.states import ATTEMPT_MOVES, AttemptState

from .dispute_facts import record_dispute
from .refund_facts import record_refund_fact
from .settling import note_discrepancy, settle_state

Outcome = WebhookReceipt.Outcome
# What companies hold at least, where they do not say until when.
USUALLY_RESERVED_FOR = dt.timedelta(days=7)
Answer = tuple[WebhookReceipt.Outcome, Payment | None]


@use_case(
    audits=(
        "payments.authorised",
        "payments.captured",
        "payments.disputed",
        "payments.failed",
        "payments.refund_failed",
        "payments.refunded",
    )
)
def record_fact(actor: Actor, *, provider: str, fact: ProviderFact, learned_from: str) -> Answer:
    """Record what `provider` says about an attempt or a refund of the actor's business.

    Returns what became of it and the payment concerned. Events: `payments.captured`, `payments.failed`,
    `payments.refunded`, `payments.refund_failed`, each at most once per attempt or refund. What does not fit
    becomes a discrepancy. Rules: MODEL, states of payment; money that moved is never ignored.
    """
    if fact.kind == "unknown":
        return Outcome.IGNORED, None
    if fact.kind in ("refund_succeeded", "refund_failed"):
        return record_refund_fact(actor, provider, fact)
    if fact.kind == "dispute":
        return record_dispute(actor, provider, fact)
    found = _find_attempt(provider, fact)
    if found is None:
        if fact.kind == "captured":
            note_discrepancy(Discrepancy.Kind.UNKNOWN_REFERENCE, provider, fact)
            return Outcome.ATTENTION, None
        return Outcome.IGNORED, None
    payment = lock_one(Rank.PAYMENT, Payment.objects.filter(pk=found.payment_id))
    attempt = PaymentAttempt.objects.get(pk=found.pk)
    if fact.provider_ref and not attempt.provider_ref:
        attempt.provider_ref = fact.provider_ref
        attempt.save(update_fields=["provider_ref", "updated_at"])
    if fact.kind == "captured":
        return _record_capture(actor, payment, attempt, fact, learned_from), payment
    if fact.kind == "authorised":
        return _record_reserved(actor, payment, attempt, fact), payment
    if fact.kind in ("failed", "voided"):
        return _record_failure(actor, payment, attempt, fact), payment
    if fact.kind == "approved" and attempt.is_live:
        # The company waits for us; a payer who does not come back to our page must not wait for the pause to end.
        attempt.ask_next_at = clock.now()
        attempt.save(update_fields=["ask_next_at", "updated_at"])
        return Outcome.APPLIED, payment
    return Outcome.NOTHING_NEW, payment


def _find_attempt(provider: str, fact: ProviderFact) -> PaymentAttempt | None:
    """By the company's reference, or by our key when its message was quicker than its answer."""
    match = Q()
    if fact.provider_ref:
        match |= Q(provider_ref=fact.provider_ref)
    if key := _as_id(fact.key):
        match |= Q(pk=key, provider_ref="") | Q(pk=key, provider_ref=fact.provider_ref)
        if not fact.provider_ref:
            match |= Q(pk=key)
    if not match:
        return None
    return PaymentAttempt.objects.filter(match, provider=provider).order_by("pk").first()


def _record_capture(
    actor: Actor, payment: Payment, attempt: PaymentAttempt, fact: ProviderFact, learned_from: str
) -> WebhookReceipt.Outcome:
    if Capture.objects.filter(attempt=attempt).exists():
        return Outcome.NOTHING_NEW
    if misfit := _misfit(payment, fact):
        note_discrepancy(misfit, payment.provider, fact, payment, ref=attempt.provider_ref)
        return Outcome.ATTENTION
    capture = Capture.objects.create(
        payment=payment,
        attempt=attempt,
        provider_ref=fact.capture_ref or attempt.provider_ref,
        # Of reserved money a part may have been taken; of any other `_misfit` has seen to it that all came.
        amount=fact.amount or payment.amount,
        learned_from=learned_from,
    )
    _move_attempt(attempt, AttemptState.SUCCEEDED, "")
    payment.captured_amount += capture.amount
    payment.captured_at = capture.captured_at
    settle_state(payment)
    payment.save(update_fields=["captured_amount", "captured_at", "state", "updated_at"])
    audit.record(
        actor,
        "payments.captured",
        payment,
        after={
            "amount": capture.amount,
            "currency": payment.currency,
            "company": payment.provider,
            "learned from": learned_from,
        },
    )
    publish(
        PaymentCaptured(
            business_id=require_business_id(),
            payment_id=payment.pk,
            owner_type=payment.owner_type,
            owner_id=payment.owner_id,
            capture_id=capture.pk,
            amount=capture.amount,
            currency=payment.currency,
            provider=payment.provider,
        )
    )
    return Outcome.APPLIED


def _misfit(payment: Payment, fact: ProviderFact) -> str:
    if fact.currency != payment.currency:
        return Discrepancy.Kind.CURRENCY
    is_part = payment.reserves and fact.amount is not None and ZERO < fact.amount < payment.amount
    if fact.amount != payment.amount and not (is_part and fact.kind == "captured"):
        return Discrepancy.Kind.AMOUNT
    if payment.captured_amount > ZERO:
        return Discrepancy.Kind.PAID_TWICE
    return ""


def _record_reserved(
    actor: Actor, payment: Payment, attempt: PaymentAttempt, fact: ProviderFact
) -> WebhookReceipt.Outcome:
    """The company holds the money for us. For a payment that was closed meanwhile it is to be set free."""
    if AttemptState.AUTHORISED not in ATTEMPT_MOVES[attempt.state]:
        return Outcome.NOTHING_NEW
    if misfit := _misfit(payment, fact):
        note_discrepancy(misfit, payment.provider, fact, payment, ref=attempt.provider_ref)
        return Outcome.ATTENTION
    now = clock.now()
    _move_attempt(attempt, AttemptState.AUTHORISED, "")
    was_closed = payment.cancelled_at is not None or payment.expired_at is not None
    attempt.authorised_at, attempt.authorised_ref = now, fact.capture_ref[:120]
    attempt.lapses_at = fact.lapses_at or now + USUALLY_RESERVED_FOR
    attempt.ask_next_at = now if was_closed else attempt.lapses_at
    attempt.save(update_fields=["authorised_at", "authorised_ref", "lapses_at", "ask_next_at", "updated_at"])
    settle_state(payment)
    payment.save(update_fields=["state", "updated_at"])
    facts = {"amount": payment.amount, "currency": payment.currency, "company": payment.provider}
    audit.record(actor, "payments.authorised", payment, after=facts)
    if not was_closed:
        publish(
            PaymentAuthorised(
                business_id=require_business_id(),
                payment_id=payment.pk,
                owner_type=payment.owner_type,
                owner_id=payment.owner_id,
                amount=payment.amount,
                currency=payment.currency,
                provider=payment.provider,
                lapses_at=attempt.lapses_at,
            )
        )
    return Outcome.APPLIED


def _tell_released(payment: Payment) -> None:
    publish(
        PaymentReleased(
            business_id=require_business_id(),
            payment_id=payment.pk,
            owner_type=payment.owner_type,
            owner_id=payment.owner_id,
            amount=payment.amount,
            currency=payment.currency,
            provider=payment.provider,
        )
    )


def _record_failure(
    actor: Actor, payment: Payment, attempt: PaymentAttempt, fact: ProviderFact
) -> WebhookReceipt.Outcome:
    if AttemptState.FAILED not in ATTEMPT_MOVES[attempt.state]:
        return Outcome.NOTHING_NEW
    was_reserved = attempt.state == AttemptState.AUTHORISED
    _move_attempt(attempt, AttemptState.FAILED, fact.reason)
    was_closed = payment.is_closed
    settle_state(payment)
    payment.save(update_fields=["state", "updated_at"])
    audit.record(
        actor, "payments.failed", payment, after={"company": payment.provider}, reason=fact.reason[:300]
    )
    if was_reserved:
        _tell_released(payment)
    elif not was_closed:
        publish(
            PaymentFailed(
                business_id=require_business_id(),
                payment_id=payment.pk,
                owner_type=payment.owner_type,
                owner_id=payment.owner_id,
                attempt_id=attempt.pk,
                reason=fact.reason,
            )
        )
    return Outcome.APPLIED


def _move_attempt(attempt: PaymentAttempt, state: AttemptState, error: str) -> None:
    attempt.state, attempt.error, attempt.ask_next_at = state, error[:300], None
    attempt.asked_at = attempt.asked_at or clock.now()
    attempt.save(update_fields=["state", "error", "ask_next_at", "asked_at", "updated_at"])


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
