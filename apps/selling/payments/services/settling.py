"""What both captures and refunds need: the state the facts mean, and a place for what does not fit."""

from __future__ import annotations

from decimal import Decimal

from apps.selling.payments.models import Discrepancy, Payment, PaymentAttempt
from apps.selling.payments.providers import ProviderFact
from apps.selling.payments.states import payment_state


def settle_state(payment: Payment) -> None:
    """Set the state that the facts mean; the caller saves."""
    states = list(PaymentAttempt.objects.filter(payment=payment).values_list("state", flat=True))
    payment.state = payment_state(
        captured=payment.captured_amount,
        refunded=payment.refunded_amount,
        is_cancelled=payment.cancelled_at is not None,
        is_expired=payment.expired_at is not None,
        attempt_states=states,
    )


def note_discrepancy(
    kind: str, provider: str, fact: ProviderFact, payment: Payment | None = None, ref: str = ""
) -> None:
    """Keep what does not fit for a person to settle; the same fact told again adds nothing."""
    Discrepancy.objects.get_or_create(
        provider=provider,
        provider_ref=ref or fact.capture_ref or fact.provider_ref or fact.key,
        kind=kind,
        defaults={"payment": payment, "said_amount": _storable(fact.amount), "said_currency": fact.currency},
    )


def _storable(amount: Decimal | None) -> Decimal | None:
    """A company may say any number; one that does not fit the column is kept as unknown."""
    if amount is None or abs(amount) >= Decimal("1e15"):
        return None
    return round(amount, 4)
