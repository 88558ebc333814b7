"""Delivering the outbox: several dispatchers at once, order kept per owner, failures parked without harm.

One delivery is one transaction: the subscriber's effects and the mark "delivered" are committed together, so a
dispatcher killed at any moment leaves the effect once or not yet. A delivery waits while an earlier one of the
same owner and subscriber is pending; others pass. See docs/outbox.md.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import random
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from . import clock, prepared, rounds, tenancy, trace
from .actors import Actor
from .events import BadPayload, Envelope, from_payload, handlers_of
from .models import Delivery, OutboxEvent
from .scrub import scrub_text
from .use_cases import unit_of_work

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 12
LONGEST_PAUSE_SECONDS = 3600
DIED = "Whoever delivered it was gone before it had ended: killed from outside, out of memory, or by what was called."

_HEAD_OF_OWNER = """
    d.state = 'pending' AND d.available_at <= %s AND NOT EXISTS (
        SELECT 1 FROM kernel_delivery earlier
        WHERE earlier.state = 'pending' AND earlier.subscriber = d.subscriber
            AND earlier.owner = d.owner AND earlier.id < d.id)
"""
_DUE = f"""
    SELECT d.id, d.business_id, d.is_suspect FROM kernel_delivery d
    WHERE (%s::uuid IS NULL OR d.business_id = %s::uuid) AND {_HEAD_OF_OWNER} ORDER BY d.id LIMIT %s
"""  # noqa: S608
_CLAIM = f"""
    SELECT d.subscriber, d.attempts, event.id, event.business_id, event.name, event.version, event.payload,
        event.occurred_at, event.request_id
    FROM kernel_delivery d JOIN kernel_outboxevent event ON event.id = d.event_id
    WHERE d.id = %s AND {_HEAD_OF_OWNER} FOR UPDATE OF d SKIP LOCKED
"""  # noqa: S608
_DELIVERED = """
    UPDATE kernel_delivery SET state = 'done', done_at = %s, attempts = attempts + 1, last_error = '' WHERE id = %s
    RETURNING id
"""

# What was delivered lies here for a month; neither half looks at it.
_DEPTH = """
    SELECT pending.n, pending.since, (
        SELECT count(*) FROM kernel_delivery
        WHERE state = 'dead' AND (%s::uuid IS NULL OR business_id = %s::uuid))
    FROM (
        SELECT count(*) AS n, min(event.occurred_at) AS since
        FROM kernel_delivery d JOIN kernel_outboxevent event ON event.id = d.event_id
        WHERE d.state = 'pending' AND (%s::uuid IS NULL OR d.business_id = %s::uuid)) pending
"""


def drain(
    *, seconds: float = 60.0, business_id: UUID | None = None, stop: Callable[[], bool] = lambda: False
) -> int:
    """Deliver until nothing is due, the time is up or `stop` says so; returns how many deliveries were tried."""
    end = time.monotonic() + seconds

    def is_over() -> bool:
        return stop() or time.monotonic() >= end

    tried = 0
    while not is_over():
        batch = dispatch_pending(limit=100, is_over=is_over, business_id=business_id)
        if not batch:
            break
        tried += batch
    return tried


def dispatch_pending(
    *, limit: int = 100, is_over: Callable[[], bool] = lambda: False, business_id: UUID | None = None
) -> int:
    """Try up to `limit` due deliveries once each; returns how many this dispatcher took."""
    _count_deaths()
    due = _find_across_due(business_id, limit)
    taken = 0
    for group in _groups(due):
        if is_over():
            break
        with rounds.in_hand([delivery_id for delivery_id, _owner, _suspect in group], alone=len(group) == 1):
            for delivery_id, owner_id, _suspect in group:
                if is_over():
                    break
                # Everything about one delivery happens under its own business, the mark "delivered" too.
                with tenancy.bind(owner_id):
                    taken += _deliver(delivery_id)
    return taken


Due = tuple[int, UUID | None, bool]


def _groups(due: list[Due]) -> Iterator[list[Due]]:
    """All that is due at once, and each alone whose dispatcher died."""
    if ordinary := [one for one in due if not one[2]]:
        yield ordinary
    yield from ([one] for one in due if one[2])


def _count_deaths() -> None:
    with tenancy.crossing("outbox.due"):
        rounds.take_over(lambda delivery_id: _note_attempt(delivery_id, DIED))


def _find_across_due(business_id: UUID | None, limit: int) -> list[Due]:
    with ExitStack() as sight:
        sight.enter_context(_sight_of(business_id))
        cursor = sight.enter_context(connection.cursor())
        cursor.execute(_DUE, [business_id, business_id, clock.now(), limit])
        return list(cursor.fetchall())


def _sight_of(business_id: UUID | None) -> AbstractContextManager[None]:
    """One business, or all of them for whoever asks about the whole queue."""
    return tenancy.bind(business_id) if business_id is not None else tenancy.crossing("outbox.due")


def deliver_together(business_id: UUID) -> int:
    """Deliver all that waits for one business, many events in one transaction, each as of its event's own moment.

    For filling a database with a past nobody else is looking at: what a year of `drain` would do, at a fraction of
    the statements. Order per owner is kept, because deliveries are called by their ids. A subscriber that fails takes
    its whole batch back and is raised: here nobody would look at a parked delivery. Returns how many were delivered.
    """
    delivered = 0
    while True:
        with tenancy.bind(business_id), transaction.atomic():
            due = list(
                Delivery.objects.select_for_update(of=("self",))
                .filter(business_id=business_id, state=Delivery.State.PENDING)
                .select_related("event")
                .order_by("pk")
            )
            for delivery in due:
                with clock.travel(delivery.event.occurred_at):
                    _call_subscriber(delivery)
            Delivery.objects.filter(pk__in=[one.pk for one in due]).update(
                state=Delivery.State.DONE,
                done_at=F("available_at"),
                attempts=F("attempts") + 1,
                last_error="",
            )
        if not due:
            return delivered
        delivered += len(due)


def _deliver(delivery_id: int) -> bool:
    """Deliver one in a transaction of its own; False when another dispatcher has it."""
    # Around the transaction: what is asked for after its commit goes on under the same request's id.
    with trace.opened(trace.Trace(delivery=delivery_id)):
        return _deliver_traced(delivery_id)


def _deliver_traced(delivery_id: int) -> bool:
    try:
        with transaction.atomic():
            claimed = prepared.select(_CLAIM, [delivery_id, clock.now()])
            if not claimed:
                return False
            _call_subscriber(_claimed(*claimed[0]))
            prepared.select(_DELIVERED, [clock.now(), delivery_id])
    except Exception as error:
        if (going_on := trace.current()) is not None:
            going_on.outcome = "error"
        _record_failure(delivery_id, error)
    return True


def _claimed(subscriber: str, attempts: int, *event: Any) -> Delivery:
    key, business_id, name, version, payload, occurred_at, request_id = event
    stored = OutboxEvent(
        id=key,
        business_id=business_id,
        name=name,
        version=version,
        payload=json.loads(payload),
        occurred_at=occurred_at,
        request_id=request_id,
    )
    return Delivery(subscriber=subscriber, attempts=attempts, event=stored)


def _call_subscriber(delivery: Delivery) -> None:
    stored = delivery.event
    going_on = trace.current()
    if going_on is not None:
        going_on.request_id, going_on.subscriber = stored.request_id, delivery.subscriber
    handler = handlers_of(stored.name).get(delivery.subscriber)
    if handler is None:
        raise LookupError(f"No subscriber {delivery.subscriber} for {stored.name} is known here.")
    fact = from_payload(stored.name, stored.version, stored.payload)
    envelope = Envelope(stored.id, stored.occurred_at, delivery.attempts + 1, stored.request_id)
    actor = Actor.system(delivery.subscriber, stored.business_id, stored.request_id)
    with unit_of_work(actor):
        handler(fact, envelope)


def _record_failure(delivery_id: int, error: Exception) -> None:
    cause = cause_of(error)
    log.warning(
        "Delivery %s failed: %s", delivery_id, scrub_text(str(error)), extra={"delivery": delivery_id}
    )
    # Fields that do not fit will fit no better later. An unknown version or subscriber may: while a new release is
    # rolled out an old dispatcher meets what only the new one knows.
    _note_attempt(delivery_id, cause, is_hopeless=isinstance(error, BadPayload))


def _note_attempt(delivery_id: int, cause: str, *, is_hopeless: bool = False) -> None:
    """Count an attempt that did not deliver: it waits for the next one, or is parked after the last."""
    with transaction.atomic():
        delivery = (
            Delivery.objects.select_for_update(skip_locked=True)
            .filter(pk=delivery_id, state=Delivery.State.PENDING)
            .first()
        )
        if delivery is None:
            return
        delivery.attempts += 1
        delivery.last_error = cause
        delivery.available_at = clock.now() + pause_after(delivery.attempts)
        delivery.is_suspect = cause == DIED
        if is_hopeless or delivery.attempts >= MAX_ATTEMPTS:
            delivery.state = Delivery.State.DEAD
        delivery.save(update_fields=["attempts", "last_error", "available_at", "state", "is_suspect"])


def cause_of(error: BaseException) -> str:
    """What went wrong and where, without the personal data that databases and checkers like to quote."""
    return scrub_text("".join(traceback.format_exception(error)[-6:]))[-4000:]


def pause_after(attempts: int) -> dt.timedelta:
    """How long to wait after the n-th failure: doubling from one second to an hour, with jitter."""
    seconds = min(LONGEST_PAUSE_SECONDS, 2 ** (attempts - 1))
    return dt.timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311


def replay(
    delivery_ids: list[int], *, business_id: UUID | None = None, subscriber: str | None = None
) -> list[Replayed]:
    """Put parked deliveries back in the queue under the same event ids; returns what was put back.

    With `subscriber` all that is parked for it joins in, with `business_id` only that business's deliveries are
    touched. Earlier parked ones of the same owner and subscriber always come along: alone, a later one would
    overtake them. Nothing is done twice: what a subscriber wrote was committed together with the mark "delivered".
    """
    with _sight_of(business_id), transaction.atomic():
        rows = list(
            parked_with(delivery_ids, business_id=business_id, subscriber=subscriber)
            .select_for_update(of=("self",))
            .order_by("pk")
        )
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=Delivery.State.PENDING, attempts=0, available_at=clock.now()
        )
    return [Replayed(row.pk, row.business_id, row.subscriber) for row in rows]


def parked_with(
    delivery_ids: list[int], *, business_id: UUID | None = None, subscriber: str | None = None
) -> QuerySet[Delivery]:
    """The parked deliveries that a replay would put back: those chosen and all earlier ones of their owners."""
    parked = Delivery.objects.filter(state=Delivery.State.DEAD)
    if business_id is not None:
        parked = parked.filter(business_id=business_id)
    chosen = Q(pk__in=delivery_ids)
    if subscriber is not None:
        chosen |= Q(subscriber=subscriber)
    later = parked.filter(
        chosen, owner=OuterRef("owner"), subscriber=OuterRef("subscriber"), pk__gt=OuterRef("pk")
    )
    # Owners are named by kind and id; two businesses could still use one word.
    return parked.filter(chosen | Exists(later.filter(business_id=OuterRef("business_id"))))


@dataclass(frozen=True, slots=True)
class Replayed:
    """A delivery that is on its way again."""

    id: int
    business_id: UUID | None
    subscriber: str


@dataclass(frozen=True, slots=True)
class Depth:
    """The state of the outbox: how much waits, how old the oldest is (seconds), how much is parked."""

    waiting: int
    oldest_seconds: float
    parked: int


def depth(business_id: UUID | None = None) -> Depth:
    """Depth and age of the outbox, of one business or of all; one query, by the partial indexes only."""
    with ExitStack() as sight:
        sight.enter_context(_sight_of(business_id))
        cursor = sight.enter_context(connection.cursor())
        cursor.execute(_DEPTH, [business_id] * 4)
        waiting, since, parked = cursor.fetchone()
    age = max(0.0, (clock.now() - since).total_seconds()) if since else 0.0
    return Depth(waiting, age, parked)
