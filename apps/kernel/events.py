"""Events: typed, versioned facts that a context tells to whoever stands above it.

An event is a frozen dataclass with a stable name. `publish` inside a use case writes it to the outbox together
with one delivery per subscriber, in the transaction of the work: told exactly when it happened, or not at all.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db import transaction
from pydantic import TypeAdapter, ValidationError

from . import clock, tenancy
from .actors import Actor
from .ids import new_id
from .models import Delivery, OutboxEvent
from .prepared import insert
from .work import Work, current_work


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events. `business_id` is the tenant whose fact it is."""

    name: ClassVar[str] = ""
    version: ClassVar[int] = 0
    business_id: UUID

    @property
    def owner(self) -> str:
        """The aggregate whose events keep their order, such as `order:<id>`."""
        return f"business:{self.business_id}"


@dataclasses.dataclass(frozen=True, slots=True)
class Envelope:
    """What surrounds an event on its way: its id is the key of everything done because of it."""

    id: UUID
    occurred_at: dt.datetime
    attempt: int
    request_id: str


class BadPayload(ValueError):
    """A payload does not fit its event's fields. Names the fields and never their values."""

    def __init__(self, name: str, version: int, error: ValidationError) -> None:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']) or 'payload'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False, include_context=False)
        )
        super().__init__(f"{name} v{version} does not fit its fields: {faults}")


E = TypeVar("E", bound=Event)
Handler = Callable[[Any, Envelope], None]

_events: dict[tuple[str, int], type[Event]] = {}
_subscribers: dict[str, dict[str, Handler]] = {}
_adapters: dict[type[Event], TypeAdapter[Any]] = {}


def event(name: str, *, version: int = 1) -> Callable[[type[E]], type[E]]:
    """Register a dataclass as the event `name` of `version`."""

    def register(kind: type[E]) -> type[E]:
        known = _events.get((name, version))
        if known is not None and known.__qualname__ != kind.__qualname__:
            raise RuntimeError(f"Event {name} v{version} is defined twice.")
        kind.name, kind.version = name, version
        _events[name, version] = kind
        return kind

    return register


def subscribe(
    kind: type[E], *, name: str
) -> Callable[[Callable[[E, Envelope], None]], Callable[[E, Envelope], None]]:
    """Have the function called with each event of `kind`; `name` (`ledger.post_sale`) must never change."""

    def register(handler: Callable[[E, Envelope], None]) -> Callable[[E, Envelope], None]:
        handlers = _subscribers.setdefault(kind.name, {})
        known = handlers.get(name)
        if known is not None and known.__qualname__ != handler.__qualname__:
            raise RuntimeError(f"Subscriber {name} is defined twice.")
        handlers[name] = handler
        return handler

    return register


def registered_events() -> dict[tuple[str, int], type[Event]]:
    """All known events by name and version."""
    return dict(_events)


def handlers_of(event_name: str) -> dict[str, Handler]:
    """The subscribers of an event by their names."""
    return _subscribers.get(event_name, {})


@contextmanager
def muted(prefix: str) -> Iterator[None]:
    """Publish to all subscribers but those whose name starts with `prefix`, within the block (demo data)."""
    taken: list[tuple[str, str, Handler]] = []
    for event_name, handlers in _subscribers.items():
        taken.extend((event_name, name, handlers[name]) for name in handlers if name.startswith(prefix))
    for event_name, name, _handler in taken:
        del _subscribers[event_name][name]
    try:
        yield
    finally:
        for event_name, name, handler in taken:
            _subscribers[event_name][name] = handler


def adapter_of(kind: type[Event]) -> TypeAdapter[Any]:
    """The translator of one kind of event, made once: making it costs a hundred uses."""
    adapter = _adapters.get(kind)
    if adapter is None:
        adapter = _adapters[kind] = TypeAdapter(kind)
    return adapter


def to_payload(fact: Event) -> dict[str, Any]:
    """The fields of an event as JSON: amounts and ids as strings. Raises `BadPayload` for what no reader could take.

    Read again at once by the same schema that the delivery uses: a fact of the wrong type must fail where it is told,
    with the work that tells it, and not hours later at every subscriber.
    """
    adapter = adapter_of(type(fact))
    payload: dict[str, Any] = adapter.dump_python(fact, mode="json", warnings=False)
    _read(adapter, fact.name, fact.version, payload)
    return payload


def from_payload(name: str, version: int, payload: dict[str, Any]) -> Event:
    """The event again, with its types.

    Raises LookupError for an unknown name or version, `BadPayload` for fields that do not fit.
    """
    kind = _events.get((name, version))
    if kind is None:
        raise LookupError(f"No event {name} v{version} is known here.")
    fact: Event = _read(adapter_of(kind), name, version, payload)
    return fact


def _read(adapter: TypeAdapter[Any], name: str, version: int, payload: dict[str, Any]) -> Any:
    try:
        return adapter.validate_python(payload)
    except ValidationError as error:
        # Without the cause: it quotes what was sent.
        raise BadPayload(name, version, error) from None


def publish(fact: Event) -> None:
    """Tell a fact. It is written at the end of the running use case, in its transaction."""
    work = current_work()
    if work is None:
        raise RuntimeError("publish() belongs inside a use case")
    if not type(fact).name:
        raise RuntimeError(f"{type(fact).__name__} is not registered with @event")
    work.events.append(fact)


def write_outbox(work: Work) -> None:
    """Write the gathered events and their deliveries: at most two queries a business for any number of them."""
    if not work.events:
        return
    rows: list[OutboxEvent] = []
    deliveries: list[Delivery] = []
    actor: Actor = work.actor
    moment = clock.now()
    for fact in work.events:
        row = OutboxEvent(
            id=new_id(),
            business_id=fact.business_id,
            name=fact.name,
            version=fact.version,
            owner=fact.owner,
            payload=to_payload(fact),
            occurred_at=moment,
            request_id=actor.request_id,
            actor_label=actor.label[:200],
        )
        rows.append(row)
        deliveries.extend(
            Delivery(
                event=row,
                business_id=fact.business_id,
                subscriber=subscriber,
                owner=fact.owner,
                available_at=moment,
            )
            for subscriber in handlers_of(fact.name)
        )
    for business_id in dict.fromkeys(row.business_id for row in rows):
        with tenancy.bind(business_id):
            insert([row for row in rows if row.business_id == business_id])
            insert([row for row in deliveries if row.business_id == business_id])
    if deliveries:
        from .wake import wake_dispatcher

        transaction.on_commit(wake_dispatcher)
