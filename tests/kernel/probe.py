"""Services, events and a counting effect that the kernel's own tests act with."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, Event, event, publish, subscribe
from apps.kernel.models import SeriesCounter
from apps.kernel.permissions import declare
from apps.kernel.series import next_number
from apps.kernel.use_cases import use_case

declare("probe.write", "Write a probe")


@event("probe.counted", version=1)
@dataclasses.dataclass(frozen=True, kw_only=True)
class Counted(Event):
    subject: UUID
    step: int
    amount: Decimal = Decimal("0.00")

    @property
    def owner(self) -> str:
        return f"probe:{self.subject}"


received: list[tuple[str, UUID, int]] = []
fail_on: set[tuple[str, int]] = set()


@subscribe(Counted, name="probe.first")
def first(fact: Counted, envelope: Envelope) -> None:
    _take("first", fact)


@subscribe(Counted, name="probe.second")
def second(fact: Counted, envelope: Envelope) -> None:
    _take("second", fact)


def _take(subscriber: str, fact: Counted) -> None:
    next_number(f"{subscriber}:{fact.subject}:{fact.step}"[:60])
    if (subscriber, fact.step) in fail_on:
        raise RuntimeError(f"{subscriber} cannot take step {fact.step}")
    received.append((subscriber, fact.subject, fact.step))


@use_case(permission="probe.write", idempotent=True)
def count(
    actor: Actor, *, subject: UUID, step: int, fail: bool = False, key: str | None = None
) -> dict[str, Any]:
    number = next_number("probe")
    audit.record(actor, "probe.counted", after={"step": step, "number": number})
    publish(Counted(business_id=actor.business_id, subject=subject, step=step, amount=Decimal("1.50")))
    if fail:
        raise RuntimeError("failed after writing")
    return {"number": number, "step": step}


def counter(name: str, business_id: UUID) -> int:
    row = SeriesCounter.objects.filter(business_id=business_id, name=name).first()
    return row.last_number if row else 0


def at_once(workers: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(index)` in so many threads that start together, each with its own connection."""
    barrier = threading.Barrier(workers)
    results: list[Any] = [None] * workers

    def run(index: int) -> None:
        try:
            barrier.wait()
            results[index] = work(index)
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results
