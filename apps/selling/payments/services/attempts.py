"""The payer's way to the company and back: attempt, call without any lock, record."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.tenancy import bind, require_business_id
from apps.kernel.use_cases import use_case
from apps.kernel.work import current_work
from apps.selling.payments.models import Payment, PaymentAttempt
from apps.selling.payments.providers import ProviderRefused, ProviderUnavailable, Session, get_provider
from apps.selling.payments.providers.base import SessionRequest
from apps.selling.payments.states import ASKED_ABOUT, LIVE_ATTEMPTS, AttemptState, PaymentState

from .accounts import current_secret, ensure_account, ensure_offered
from .credentials import open_account
from .facts import record_fact
from .settling import settle_state
from .taking import take_reserved_of

log = logging.getLogger(__name__)

# A lost message is found out by asking: soon at first, because a buyer may be waiting.
ASK_AFTER = tuple(dt.timedelta(seconds=seconds) for seconds in (30, 30, 60, 120, 300, 600, 900, 1800, 3600))
STOP_ASKING_AFTER = dt.timedelta(days=7)
# A reloaded return page must not become a stream of calls to the company.
ASK_AT_MOST_EVERY = dt.timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where to send the payer."""

    url: str
    payment_id: UUID
    attempt_id: UUID


def start_attempt(actor: Actor, *, payment_id: UUID) -> Redirect:
    """Get the company's page for a payment and return its address.

    Asked twice, also at once, both callers get the same page; after a decline a new one is made. Must not be
    called inside a use case: it calls the company. Raises `WrongState` when the payment is closed
    (`already_paid`, `payment_closed`), `ProviderUnavailable` when the company does not answer (try again: the
    attempt is kept), `ProviderRefused` when it says no.
    """
    _refuse_inside_use_case()
    _learn_about_live_attempt(actor, payment_id)
    attempt = _open_attempt(actor, payment_id=payment_id)
    if attempt.redirect_url:
        return Redirect(attempt.redirect_url, payment_id, attempt.pk)
    try:
        session = get_provider(attempt.provider).open_session(_session_request(actor, attempt))
    except ProviderUnavailable as error:
        _record_no_answer(actor, attempt_id=attempt.pk, error=str(error.context.get("cause", error)))
        raise
    except ProviderRefused as refusal:
        _record_refusal(actor, attempt_id=attempt.pk, error=str(refusal))
        raise
    attempt = _record_session(actor, attempt_id=attempt.pk, session=session)
    return Redirect(attempt.redirect_url, payment_id, attempt.pk)


def refresh_attempt(actor: Actor, *, attempt_id: UUID) -> Payment:
    """Ask the company how an attempt stands and record what it says; returns the payment as it is then.

    For a payment that was closed meanwhile the company's page is taken away in the same call. Never raises
    for a company that does not answer: the attempt is asked again later. Not inside a use case.
    """
    _refuse_inside_use_case()
    with bind(actor.business_id):
        business_id = require_business_id()
        attempt = PaymentAttempt.objects.select_related("payment").filter(pk=attempt_id).first()
    if attempt is None:
        raise NotFound()
    if attempt.state not in ASKED_ABOUT or _is_being_opened(attempt):
        return attempt.payment
    # Said before the call, so that a worker that dies in it does not make the next one ask at once.
    _note_asking(actor, attempt_id=attempt.pk)
    adapter = get_provider(attempt.provider)
    is_reserved = attempt.state == AttemptState.AUTHORISED
    is_over = attempt.payment.is_closed and attempt.payment.state != PaymentState.AUTHORISED
    call = adapter.close_session if is_over else adapter.ask
    try:
        if is_reserved and not is_over and attempt.take_amount is not None:
            take_reserved_of(actor, attempt)
            return _reread(actor, attempt)
        account = open_account(business_id, attempt.provider, purpose="ask how a payment stands")
        fact = call(account=account, provider_ref=attempt.provider_ref, key=attempt.pk)
    except (ProviderUnavailable, ProviderRefused) as error:
        log.warning("Attempt %s could not be asked about: %s", attempt.pk, error)
        return attempt.payment
    record_fact(actor, provider=attempt.provider, fact=fact, learned_from="asked")
    return _reread(actor, attempt)


def _reread(actor: Actor, attempt: PaymentAttempt) -> Payment:
    with bind(actor.business_id):
        return Payment.objects.get(pk=attempt.payment_id)


def refresh_payment(actor: Actor, *, payment_id: UUID) -> Payment:
    """Refresh the live attempt of a payment, at most every two seconds: for the page the payer returns to."""
    with bind(actor.business_id):
        payment = Payment.objects.filter(pk=payment_id).first()
        attempt = PaymentAttempt.objects.filter(payment_id=payment_id, state__in=LIVE_ATTEMPTS).first()
    if payment is None:
        raise NotFound()
    if attempt is None or (attempt.asked_at and attempt.asked_at > clock.now() - ASK_AT_MOST_EVERY):
        return payment
    return refresh_attempt(actor, attempt_id=attempt.pk)


@use_case(unaudited="the attempt is kept itself; money moves with payments.captured")
def _open_attempt(actor: Actor, *, payment_id: UUID) -> PaymentAttempt:
    payment = lock_one(Rank.PAYMENT, Payment.objects.filter(pk=payment_id))
    _check_payable(payment)
    if get_provider(payment.provider).is_manual:
        raise paid_by_hand()
    live = PaymentAttempt.objects.filter(payment=payment, state__in=LIVE_ATTEMPTS).first()
    if live is not None:
        return live
    ensure_offered(payment.provider)
    attempt = PaymentAttempt.objects.create(
        payment=payment, provider=payment.provider, ask_next_at=clock.now() + ASK_AFTER[0]
    )
    settle_state(payment)
    payment.save(update_fields=["state", "updated_at"])
    return attempt


def paid_by_hand() -> WrongState:
    """The answer to whoever asks for a company's page where no company is."""
    return WrongState(
        _("This is paid by hand: the order's page says how."),
        code="paid_by_hand",
        kept=_("Your order is kept."),
    )


def _check_payable(payment: Payment) -> None:
    if payment.captured_amount or payment.state == PaymentState.AUTHORISED:
        raise WrongState(_("This has already been paid."), code="already_paid")
    is_late = payment.expires_at is not None and payment.expires_at <= clock.now()
    if payment.is_closed or is_late:
        raise WrongState(
            _("The time to pay is over."),
            code="payment_closed",
            kept=_("Nothing was charged."),
            remedy=_("Please order again."),
        )


@use_case(unaudited="the attempt is kept itself; money moves with payments.captured")
def _record_session(actor: Actor, *, attempt_id: UUID, session: Session) -> PaymentAttempt:
    attempt = _lock_attempt(attempt_id)
    # Two callers under one key get one session; and a message may have been quicker than this answer.
    # Where a company makes two all the same, both callers go to the page of the first.
    if not attempt.provider_ref:
        attempt.provider_ref = session.provider_ref
    if attempt.provider_ref == session.provider_ref or not attempt.redirect_url:
        attempt.redirect_url = session.redirect_url
        attempt.expires_at = session.expires_at
    if attempt.state in (AttemptState.STARTED, AttemptState.UNKNOWN):
        attempt.state = AttemptState.REDIRECTED
        attempt.error = ""
    attempt.save()
    return attempt


@use_case(unaudited="the attempt is kept itself; money moves with payments.captured")
def _record_no_answer(actor: Actor, *, attempt_id: UUID, error: str) -> None:
    attempt = _lock_attempt(attempt_id)
    if attempt.state == AttemptState.STARTED:
        attempt.state = AttemptState.UNKNOWN
        attempt.error = error[:300]
        attempt.save(update_fields=["state", "error", "updated_at"])


@use_case(unaudited="the attempt is kept itself; money moves with payments.captured")
def _record_refusal(actor: Actor, *, attempt_id: UUID, error: str) -> None:
    attempt = _lock_attempt(attempt_id)
    if attempt.is_live:
        attempt.state, attempt.error, attempt.ask_next_at = AttemptState.FAILED, error[:300], None
        attempt.save(update_fields=["state", "error", "ask_next_at", "updated_at"])
        settle_state(attempt.payment)
        attempt.payment.save(update_fields=["state", "updated_at"])


@use_case(unaudited="notes a call to the company; what it answers is entered")
def _note_asking(actor: Actor, *, attempt_id: UUID) -> None:
    attempt = _lock_attempt(attempt_id)
    now = clock.now()
    attempt.asked_at = now
    attempt.ask_next_at = now + ASK_AFTER[min(attempt.times_asked + 1, len(ASK_AFTER) - 1)]
    if attempt.created_at < now - STOP_ASKING_AFTER and attempt.state != AttemptState.AUTHORISED:
        attempt.ask_next_at = None
    attempt.times_asked = min(attempt.times_asked + 1, 1000)
    attempt.save(update_fields=["asked_at", "ask_next_at", "times_asked", "updated_at"])


def _lock_attempt(attempt_id: UUID) -> PaymentAttempt:
    """An attempt changes only under the lock of its payment."""
    payment_id = PaymentAttempt.objects.values_list("payment_id", flat=True).get(pk=attempt_id)
    payment = lock_one(Rank.PAYMENT, Payment.objects.filter(pk=payment_id))
    attempt = PaymentAttempt.objects.get(pk=attempt_id)
    attempt.payment = payment
    return attempt


def _learn_about_live_attempt(actor: Actor, payment_id: UUID) -> None:
    """A payer who comes back after a decline needs a new page, even if the company's message was lost."""
    with bind(actor.business_id):
        live = PaymentAttempt.objects.filter(payment_id=payment_id, state=AttemptState.REDIRECTED).first()
        is_open = live is not None and Payment.objects.filter(pk=payment_id, state=PaymentState.OPEN).exists()
    if live is not None and is_open:
        refresh_attempt(actor, attempt_id=live.pk)


def _is_being_opened(attempt: PaymentAttempt) -> bool:
    """Its call may be in flight: the company would say it knows of no such session."""
    return attempt.state == AttemptState.STARTED and attempt.created_at > clock.now() - ASK_AFTER[0]


def _session_request(actor: Actor, attempt: PaymentAttempt) -> SessionRequest:
    with bind(actor.business_id):
        business_id = require_business_id()
        payment = Payment.objects.select_related("business").get(pk=attempt.payment_id)
        known = ensure_account(attempt.provider)
    adapter = get_provider(attempt.provider)
    account = open_account(business_id, attempt.provider, purpose="open a payment session")
    path = reverse("payments:webhook", args=[attempt.provider, business_id])
    return SessionRequest(
        key=attempt.pk,
        business_id=business_id,
        business_name=payment.business.name,
        reference=payment.reference,
        amount=payment.amount,
        currency=payment.currency,
        return_url=payment.return_url,
        webhook_url=settings.PUBLIC_BASE_URL.rstrip("/") + path,
        webhook_secret=current_secret(known) if adapter.makes_secret else "",
        expires_at=payment.expires_at,
        account=account,
        reserves=payment.reserves,
    )


def _refuse_inside_use_case() -> None:
    if current_work() is not None:
        raise RuntimeError("A payment company is never called inside a use case: locks would be held.")
