"""Money that people take and give without a payment company: recorded, never asked for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.events import publish
from apps.kernel.limits import is_visible
from apps.kernel.locks import Rank, lock, lock_one
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.selling.payments import policies
from apps.selling.payments.events import PaymentCaptured
from apps.selling.payments.models import Capture, Payment, PaymentAttempt, Refund
from apps.selling.payments.providers import ProviderFact, get_provider
from apps.selling.payments.states import PENDING_REFUNDS, AttemptState

from .accounts import ensure_account
from .refund_facts import record_refund_fact
from .requesting import OwnerLike, check_amount
from .settling import settle_state

LONGEST_REFERENCE = 120


@use_case(audits="payments.captured")
def take_by_hand(
    actor: Actor,
    *,
    owner: OwnerLike,
    what: str,
    provider: str,
    amount: Decimal,
    currency: str,
    received_at: dt.datetime,
    reference: str = "",
) -> Capture:
    """Record that `amount` of `currency` came for `owner` by a way to pay that people keep; returns its capture.

    It counts for the open payment of that way when it fits into it, else for one of its own: money that came is
    never refused. `what` names what is paid for, `reference` is what the bank or the till says. The owner's
    service decides who may. Publishes `payments.captured`. Raises `InvalidInput` for an impossible amount,
    `NotFound` for a way to pay that is a company's.
    """
    if not get_provider(provider).is_manual:
        raise NotFound(_("There is no such payment method."), code="unknown_provider")
    check_amount(amount, currency)
    payment = _payment_for(owner, what, provider, amount, currency)
    attempt = PaymentAttempt.objects.create(
        payment=payment, provider=provider, state=AttemptState.SUCCEEDED, asked_at=clock.now()
    )
    capture = Capture.objects.create(
        payment=payment,
        attempt=attempt,
        provider_ref=reference[:LONGEST_REFERENCE],
        amount=amount,
        captured_at=received_at,
        learned_from="by hand",
    )
    payment.captured_amount += amount
    payment.captured_at = received_at
    settle_state(payment)
    payment.save(update_fields=["captured_amount", "captured_at", "state", "updated_at"])
    facts = {"amount": amount, "currency": currency, "company": provider, "learned from": "by hand"}
    audit.record(actor, "payments.captured", payment, after=facts)
    publish(
        PaymentCaptured(
            business_id=require_business_id(),
            payment_id=payment.pk,
            owner_type=owner.type,
            owner_id=owner.id,
            capture_id=capture.pk,
            amount=amount,
            currency=currency,
            provider=provider,
        )
    )
    return capture


def _payment_for(owner: OwnerLike, what: str, provider: str, amount: Decimal, currency: str) -> Payment:
    asked = Payment.objects.filter(owner_type=owner.type, owner_id=owner.id, provider=provider)
    for payment in lock(Rank.PAYMENT, asked):
        if payment.currency == currency and amount <= payment.amount - payment.captured_amount:
            return payment
    ensure_account(provider)
    return Payment.objects.create(
        owner_type=owner.type,
        owner_id=owner.id,
        reference=what,
        amount=amount,
        currency=currency,
        provider=provider,
        return_url="",
    )


@use_case(permission=policies.PAY_OUT, idempotent=True, audits="payments.refunded")
def record_payout(actor: Actor, *, refund_id: UUID, reference: str = "", key: str | None = None) -> Refund:
    """Record that people paid a refund out, in cash or by transfer; `reference` is what the bank or the till says.

    Publishes `payments.refunded`. Raises `WrongState` for one that a payment company pays, or that is paid
    already, `NotFound`.
    """
    reference = " ".join(reference.split())
    if len(reference) > LONGEST_REFERENCE:
        raise InvalidInput(fields={"reference": [_("At most 120 characters.")]})
    found = Refund.objects.select_related("payment").filter(pk=refund_id).first()
    if found is None or not is_visible(found, actor.limit):
        raise NotFound()
    payment = lock_one(Rank.PAYMENT, Payment.objects.filter(pk=found.payment_id))
    refund: Refund = Refund.objects.get(pk=refund_id)
    if not get_provider(payment.provider).is_manual:
        raise WrongState(_("The payment company pays this refund out."), code="refund_not_by_hand")
    if refund.state not in PENDING_REFUNDS:
        raise WrongState(_("This refund has been paid out already."), code="refund_paid_out")
    fact = ProviderFact(
        "refund_succeeded", "", refund.provider_key, refund.amount, payment.currency, capture_ref=reference
    )
    record_refund_fact(actor, payment.provider, fact)
    return Refund.objects.select_related("payment").get(pk=refund_id)
