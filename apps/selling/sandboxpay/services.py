"""Every write of the company. Sessions and refunds asked for twice under one reference are made once."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case

from .models import SandboxEvent, SandboxRefund, SandboxSession
from .tasks import wake_delivery

State = SandboxSession.State
SESSION_LIFE = dt.timedelta(minutes=30)
LONGEST_LIFE = dt.timedelta(days=7)
RESERVED_FOR = dt.timedelta(days=7)
SLOW_PAYMENT_TAKES = dt.timedelta(minutes=1)
# Ends in 13 cents: the company refuses to refund it, so that a shop can see what it does then.
REFUSED_REFUND_ENDING = Decimal("0.13")
COMPANY = Actor.system("sandbox-pay", None)


@use_case(unaudited="somebody else's system, played for demonstration")
def open_session(
    actor: Actor,
    *,
    merchant: str,
    merchant_name: str,
    reference: str,
    description: str,
    amount: Decimal,
    currency: str,
    return_url: str,
    webhook_url: str,
    webhook_secret: str,
    expires_at: dt.datetime | None,
    reserves: bool = False,
) -> SandboxSession:
    """Make a payment page, or return the one made under this reference (`Conflict` for another amount)."""
    now = clock.now()
    latest = now + LONGEST_LIFE
    session, _made = SandboxSession.objects.get_or_create(
        merchant=merchant,
        reference=reference,
        defaults={
            "merchant_name": merchant_name,
            "description": description,
            "amount": amount,
            "currency": currency,
            "return_url": return_url,
            "webhook_url": webhook_url,
            "webhook_secret": webhook_secret,
            "reserves": reserves,
            "expires_at": min(expires_at or now + SESSION_LIFE, latest),
        },
    )
    if (session.amount, session.currency) != (amount, currency):
        raise Conflict("This reference was used for another amount.")
    return session


@use_case(unaudited="somebody else's system, played for demonstration")
def pay(actor: Actor, *, session_id: UUID, copies: int = 1) -> SandboxSession:
    """The payer pays; the shop is told `copies` times (0: never)."""
    session = _lock_open(session_id)
    _complete(session, copies)
    return session


@use_case(unaudited="somebody else's system, played for demonstration")
def pay_slowly(actor: Actor, *, session_id: UUID) -> SandboxSession:
    """The payer pays, and the money takes a minute to come."""
    session = _lock_open(session_id)
    session.state, session.completes_at = State.PROCESSING, clock.now() + SLOW_PAYMENT_TAKES
    session.save(update_fields=["state", "completes_at", "updated_at"])
    return session


@use_case(unaudited="somebody else's system, played for demonstration")
def decline(actor: Actor, *, session_id: UUID) -> SandboxSession:
    """The payer's card is declined: this page is over, the shop may open another."""
    session = _lock_open(session_id)
    session.state = State.DECLINED
    session.save(update_fields=["state", "updated_at"])
    _tell(session, "payment.declined", reason="The card was declined (test).")
    return session


@use_case(unaudited="somebody else's system, played for demonstration")
def forge(actor: Actor, *, session_id: UUID) -> SandboxSession:
    """Somebody without the secret tells the shop that this was paid. It was not: the page stays open."""
    session = _lock_open(session_id)
    session.forgeries += 1
    session.save(update_fields=["forgeries", "updated_at"])
    _tell(session, "payment.captured", forged=True, capture=f"cap_{new_id().hex}")
    return session


@use_case(unaudited="somebody else's system, played for demonstration")
def close_session(actor: Actor, *, merchant: str, reference: str) -> SandboxSession:
    """The shop takes the page away. One that was paid, or is being paid, stays as it is."""
    session = lock_one(Rank.ROOT, SandboxSession.objects.filter(merchant=merchant, reference=reference))
    settle_time(session)
    if session.state == State.OPEN:
        session.state = State.CANCELLED
        session.save(update_fields=["state", "updated_at"])
    elif session.state == State.RESERVED:
        _release(session)
    return session


@use_case(unaudited="somebody else's system, played for demonstration")
def take(actor: Actor, *, merchant: str, reference: str, amount: Decimal) -> SandboxSession:
    """The shop takes reserved money, once; what it leaves is free again."""
    session = lock_one(Rank.ROOT, SandboxSession.objects.filter(merchant=merchant, reference=reference))
    settle_time(session)
    if session.state == State.PAID and session.taken_amount == amount:
        return session
    if session.state != State.RESERVED:
        raise Conflict("There is nothing to take in this session.")
    if not 0 < amount <= session.amount:
        raise InvalidInput("More than is reserved.")
    session.taken_amount = amount
    session.save(update_fields=["taken_amount", "updated_at"])
    _complete(session, copies=1)
    return session


@use_case(unaudited="somebody else's system, played for demonstration")
def look_at(
    actor: Actor, *, session_id: UUID | None = None, merchant: str = "", reference: str = ""
) -> SandboxSession:
    """A session as it stands now: slow money may have come, its time may be over. Raises `NotFound`."""
    wanted = Q(pk=session_id) if session_id else Q(merchant=merchant, reference=reference)
    session = lock_one(Rank.ROOT, SandboxSession.objects.filter(wanted))
    settle_time(session)
    return session


@use_case(unaudited="somebody else's system, played for demonstration")
def refund(
    actor: Actor, *, merchant: str, session_id: UUID, reference: str, amount: Decimal, currency: str
) -> SandboxRefund:
    """Send money back, once per reference. Amounts that end in .13 are refused, for tests."""
    session = lock_one(Rank.ROOT, SandboxSession.objects.filter(pk=session_id, merchant=merchant))
    if existing := SandboxRefund.objects.filter(session=session, reference=reference).first():
        if existing.amount != amount:
            raise Conflict("This reference was used for another amount.")
        return existing
    if session.state != State.PAID or currency != session.currency:
        raise Conflict("There is nothing to refund in this session.")
    if not 0 < amount <= (session.taken_amount or session.amount) - session.refunded_amount:
        raise InvalidInput("The refund is larger than what is left of the payment.")
    is_refused = amount % 1 == REFUSED_REFUND_ENDING
    made = SandboxRefund.objects.create(
        session=session,
        reference=reference,
        amount=amount,
        state=SandboxRefund.State.FAILED if is_refused else SandboxRefund.State.SUCCEEDED,
        reason="The bank refused the refund (test)." if is_refused else "",
    )
    if not is_refused:
        session.refunded_amount += amount
        session.save(update_fields=["refunded_amount", "updated_at"])
    _tell(
        session,
        "refund.failed" if is_refused else "refund.succeeded",
        reference=reference,
        amount=str(amount),
        capture=str(made.pk),
        reason=made.reason,
    )
    return made


@use_case(unaudited="somebody else's system, played for demonstration")
def complete_slow_payments(actor: Actor) -> int:
    """Let the slow money come that is due."""
    due = SandboxSession.objects.filter(state=State.PROCESSING, completes_at__lte=clock.now())
    ids = list(due.order_by("pk").values_list("pk", flat=True)[:100])
    for session_id in ids:
        settle_time(lock_one(Rank.ROOT, SandboxSession.objects.filter(pk=session_id)))
    return len(ids)


def settle_time(session: SandboxSession) -> None:
    """Apply what the clock has done to a locked session."""
    now = clock.now()
    if session.state == State.PROCESSING and session.completes_at is not None and session.completes_at <= now:
        _complete(session, copies=1)
    elif session.state == State.RESERVED and session.lapses_at is not None and session.lapses_at <= now:
        _release(session)
    elif session.state == State.OPEN and session.expires_at <= now:
        session.state = State.EXPIRED
        session.save(update_fields=["state", "updated_at"])


def claim_event(event_id: UUID, lease: dt.timedelta) -> SandboxEvent | None:
    """Take one due message for sending, or None when another worker has it. One conditional UPDATE."""
    now = clock.now()
    free = SandboxEvent.objects.filter(pk=event_id, state=SandboxEvent.State.PENDING, due_at__lte=now)
    free = free.exclude(leased_until__gt=now)
    if not free.update(leased_until=now + lease, attempts=F("attempts") + 1):
        return None
    return SandboxEvent.objects.select_related("session").get(pk=event_id)


def _lock_open(session_id: UUID) -> SandboxSession:
    session = lock_one(Rank.ROOT, SandboxSession.objects.filter(pk=session_id))
    settle_time(session)
    if session.state != State.OPEN:
        raise Conflict("This payment page is over.", code="session_over")
    return session


def _release(session: SandboxSession) -> None:
    session.state = State.RELEASED
    session.save(update_fields=["state", "updated_at"])
    _tell(session, "payment.released", reason="The reserved money is free again (test).")


def _complete(session: SandboxSession, copies: int) -> None:
    if session.reserves and session.state != State.RESERVED:
        session.state, session.completes_at = State.RESERVED, None
        session.lapses_at = clock.now() + RESERVED_FOR
        session.save(update_fields=["state", "lapses_at", "completes_at", "updated_at"])
        lapses = session.lapses_at.isoformat()
        _tell(session, "payment.reserved", copies=copies, capture=f"res_{session.pk.hex}", lapses_at=lapses)
        return
    session.state, session.paid_at, session.completes_at = State.PAID, clock.now(), None
    session.save(update_fields=["state", "paid_at", "completes_at", "updated_at"])
    _tell(session, "payment.captured", copies=copies, capture=f"cap_{session.pk.hex}")


def _tell(session: SandboxSession, kind: str, *, copies: int = 1, forged: bool = False, **data: Any) -> None:
    """Write the message; the same event id and the same bytes for every copy and every retry."""
    now = clock.now()
    content = {
        "type": kind,
        "timestamp": now.isoformat(),
        "data": {
            "session": str(session.pk),
            "reference": session.reference,
            "amount": str(session.taken_amount or session.amount),
            "currency": session.currency,
            **data,
        },
    }
    event_id = f"evt_{new_id().hex}"
    SandboxEvent.objects.bulk_create(
        SandboxEvent(
            session=session,
            event_id=event_id,
            kind=kind,
            body=json.dumps(content),
            forged=forged,
            due_at=now,
        )
        for _copy in range(copies)
    )
    if copies:
        transaction.on_commit(wake_delivery)
