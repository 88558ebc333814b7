"""Money that a company has reserved: taken when the goods leave, or set free."""

from __future__ import annotations

import datetime as dt
import logging
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.events import publish
from apps.kernel.locks import Rank, lock_one
from apps.kernel.money import ZERO, format_money, round_money
from apps.kernel.tenancy import bind, require_business_id
from apps.kernel.use_cases import use_case
from apps.selling.payments.events import ReservationEnding
from apps.selling.payments.models import Payment, PaymentAttempt
from apps.selling.payments.providers import ProviderRefused, get_provider
from apps.selling.payments.states import AttemptState, PaymentState

from .credentials import open_account
from .facts import record_fact

log = logging.getLogger(__name__)
ASK_AGAIN_AFTER = dt.timedelta(seconds=30)
TELL_BEFORE = dt.timedelta(days=2)


def take_payment(actor: Actor, *, payment_id: UUID, amount: Decimal | None = None) -> Payment:
    """Take what is reserved of a payment, all or `amount`; what is not taken then is free again.

    The wish is kept before the company is asked: when its answer is lost the same wish is repeated by the poll, and
    moves the money once. A payment that was taken already is returned as it is. The owner's service decides who may.
    Not inside a use case. Raises `WrongState` when nothing is reserved or another amount is being taken,
    `InvalidInput` for an impossible amount, `ProviderUnavailable` (it is tried again by itself), `ProviderRefused`.
    """
    attempt = _wish(actor, payment_id=payment_id, amount=amount)
    if attempt is not None:
        take_reserved_of(actor, attempt)
    with bind(actor.business_id):
        return Payment.objects.get(pk=payment_id)


def take_reserved_of(actor: Actor, attempt: PaymentAttempt) -> None:
    """Ask the company for the money that `attempt` wishes for, and record its answer."""
    with bind(actor.business_id):
        business_id = require_business_id()
    adapter = get_provider(attempt.provider)
    account = open_account(business_id, attempt.provider, purpose="take reserved money")
    refusal: ProviderRefused | None = None
    try:
        fact = adapter.take(
            account=account,
            provider_ref=attempt.provider_ref,
            key=attempt.pk,
            authorised_ref=attempt.authorised_ref,
            amount=attempt.take_amount or ZERO,
            currency=attempt.payment.currency,
        )
    except ProviderRefused as error:
        # Taken or set free in the meantime, at the company's own page: then that is what counts.
        refusal = error
        fact = adapter.ask(account=account, provider_ref=attempt.provider_ref, key=attempt.pk)
    record_fact(actor, provider=attempt.provider, fact=fact, learned_from="asked")
    if refusal is not None and fact.kind == "authorised":
        _drop_wish(actor, attempt_id=attempt.pk)
        raise refusal


@use_case(audits="payments.take_requested")
def _wish(actor: Actor, *, payment_id: UUID, amount: Decimal | None) -> PaymentAttempt | None:
    payment = lock_one(Rank.PAYMENT, Payment.objects.filter(pk=payment_id))
    if payment.captured_amount:
        return None
    attempt = PaymentAttempt.objects.filter(payment=payment, state=AttemptState.AUTHORISED).first()
    if payment.state != PaymentState.AUTHORISED or attempt is None:
        raise WrongState(_("No money is reserved for this."), code="nothing_reserved")
    wanted = payment.amount if amount is None else amount
    _check_wish(payment, wanted)
    if attempt.take_amount is not None and attempt.take_amount != wanted:
        raise WrongState(_("Another amount is being taken right now."), code="take_under_way")
    attempt.payment = payment
    attempt.take_amount, attempt.ask_next_at = wanted, clock.now() + ASK_AGAIN_AFTER
    attempt.save(update_fields=["take_amount", "ask_next_at", "updated_at"])
    audit.record(actor, "payments.take_requested", payment, after={"amount": wanted})
    return attempt


def _check_wish(payment: Payment, wanted: Decimal) -> None:
    message = ""
    if not wanted.is_finite() or not ZERO < wanted <= payment.amount:
        most = format_money(payment.amount, payment.currency)
        message = _("From nought to %(most)s can be taken.") % {"most": most}
    elif wanted != round_money(wanted, payment.currency):
        message = _("The amount is finer than the currency allows.")
    if message:
        raise InvalidInput(message, fields={"amount": [message]})


@use_case(unaudited="the company refused; asking for it is entered")
def _drop_wish(actor: Actor, *, attempt_id: UUID) -> None:
    found = PaymentAttempt.objects.get(pk=attempt_id)
    lock_one(Rank.PAYMENT, Payment.objects.filter(pk=found.payment_id))
    PaymentAttempt.objects.filter(pk=attempt_id, state=AttemptState.AUTHORISED).update(
        take_amount=None, ask_next_at=found.lapses_at
    )


@use_case(unaudited="a warning before money is lost; nothing moves")
def warn_of_lapse(actor: Actor, *, attempt_id: UUID) -> bool:
    """Tell once that reserved money will soon be free again; publishes `payments.reservation_ending`."""
    found = PaymentAttempt.objects.get(pk=attempt_id)
    payment = lock_one(Rank.PAYMENT, Payment.objects.filter(pk=found.payment_id))
    attempt = PaymentAttempt.objects.get(pk=attempt_id)
    if attempt.state != AttemptState.AUTHORISED or attempt.lapse_told_at or attempt.lapses_at is None:
        return False
    attempt.lapse_told_at = clock.now()
    attempt.save(update_fields=["lapse_told_at", "updated_at"])
    publish(
        ReservationEnding(
            business_id=require_business_id(),
            payment_id=payment.pk,
            owner_type=payment.owner_type,
            owner_id=payment.owner_id,
            reference=payment.reference,
            amount=payment.amount,
            currency=payment.currency,
            lapses_at=attempt.lapses_at,
        )
    )
    return True
