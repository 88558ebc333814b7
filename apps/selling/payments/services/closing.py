"""Closing a payment before money came. Money that comes nevertheless is recorded: see facts."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import WrongState
from apps.kernel.locks import Rank, lock, lock_one
from apps.kernel.use_cases import use_case
from apps.selling.payments.models import Payment, PaymentAttempt
from apps.selling.payments.states import ASKED_ABOUT, PaymentState

from .requesting import OwnerLike
from .settling import settle_state

_STILL_OPEN = (PaymentState.OPEN, PaymentState.FAILED)
_NOT_TAKEN = (*_STILL_OPEN, PaymentState.AUTHORISED)


@use_case(audits="payments.cancelled")
def cancel_payment(actor: Actor, *, payment_id: UUID) -> Payment:
    """Close a payment by the owner's will; closing a closed one changes nothing.

    The company's page is taken away by the next poll. Raises `WrongState` (`already_paid`) when money has
    come.
    """
    payment = lock_one(Rank.PAYMENT, Payment.objects.filter(pk=payment_id))
    if payment.captured_amount:
        raise WrongState(_("This has already been paid."), code="already_paid")
    _close(actor, payment, "cancelled_at", _NOT_TAKEN)
    return payment


@use_case(audits="payments.cancelled")
def cancel_payments_of(actor: Actor, *, owner: OwnerLike, reserved_too: bool = True) -> list[Payment]:
    """Close all payments of an owner that money has not come for; returns all of them as they are then.

    Reserved money is set free by the next poll, unless `reserved_too` is false.

    Never refuses: a payment captured in this very moment stays captured, and its event tells the owner.
    """
    payments = lock(Rank.PAYMENT, Payment.objects.filter(owner_type=owner.type, owner_id=owner.id))
    for payment in payments:
        _close(actor, payment, "cancelled_at", _NOT_TAKEN if reserved_too else _STILL_OPEN)
    return payments


@use_case(audits="payments.expired")
def expire_payment(actor: Actor, *, payment_id: UUID) -> Payment:
    """Close a payment whose time is over; one that was paid, closed or is not yet due is left as it is."""
    payment = lock_one(Rank.PAYMENT, Payment.objects.filter(pk=payment_id))
    if payment.expires_at is not None and payment.expires_at <= clock.now():
        _close(actor, payment, "expired_at")
    return payment


def _close(
    actor: Actor, payment: Payment, field: str, states: tuple[PaymentState, ...] = _STILL_OPEN
) -> None:
    if payment.state not in states:
        return
    now = clock.now()
    setattr(payment, field, now)
    settle_state(payment)
    payment.save(update_fields=[field, "state", "updated_at"])
    audit.record(
        actor,
        "payments.expired" if field == "expired_at" else "payments.cancelled",
        payment,
        after={"amount": payment.amount, "currency": payment.currency},
    )
    # The poll finds the company's page and takes it away, or learns that it was paid before.
    PaymentAttempt.objects.filter(payment=payment, state__in=ASKED_ABOUT).update(ask_next_at=now)
