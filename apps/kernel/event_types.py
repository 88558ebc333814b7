"""The registry of events, for reading: what is told, with which fields, by whom, to whom, and how it goes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import inspect
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from . import clock, tenancy
from .events import Event, adapter_of, handlers_of, registered_events
from .models import Delivery, OutboxEvent

COUNTED_HOURS = 24
_WORDS = {
    "uuid": _("id"),
    "date-time": _("moment"),
    "date": _("day"),
    "string": _("text"),
    "integer": _("whole number"),
    "number": _("number"),
    "boolean": _("yes or no"),
    "object": _("group"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class EventField:
    """One field of an event: its name, what it holds in words, whether it may be missing."""

    name: str
    holds: str
    is_required: bool


@dataclasses.dataclass(frozen=True, slots=True)
class EventVersion:
    """One version of an event with its fields."""

    number: int
    fields: tuple[EventField, ...]


@dataclasses.dataclass(slots=True)
class EventSubscriber:
    """Who is told, what it does, and how its deliveries stand. One the code no longer has `is_known` not."""

    name: str
    app: str
    does: str
    is_known: bool = True
    waiting: int = 0
    parked: int = 0


@dataclasses.dataclass(slots=True)
class EventType:
    """A kind of event. One that stands in the outbox and no longer in the code has no versions."""

    name: str
    says: str
    publisher: str
    versions: list[EventVersion]
    subscribers: dict[str, EventSubscriber]
    lately: int = 0

    @property
    def waiting(self) -> int:
        return sum(subscriber.waiting for subscriber in self.subscribers.values())

    @property
    def parked(self) -> int:
        return sum(subscriber.parked for subscriber in self.subscribers.values())


def list_event_types(business_id: UUID | None = None) -> list[EventType]:
    """Every event type with the figures of one business, or of all for who runs the platform; two queries."""
    found = _known()
    for name, count in _published(business_id):
        _type_of(found, name).lately = count
    for name, subscriber, waiting, parked in _undelivered(business_id):
        subscribers = _type_of(found, name).subscribers
        kept = subscribers.setdefault(subscriber, EventSubscriber(subscriber, "", "", is_known=False))
        kept.waiting, kept.parked = waiting, parked
    return [found[name] for name in sorted(found)]


def fields_of(kind: type[Event]) -> tuple[EventField, ...]:
    """The fields of an event's class, read from the schema that its payloads are checked against."""
    schema = adapter_of(kind).json_schema()
    required = schema.get("required", ())
    shared = schema.get("$defs", {})
    return tuple(
        EventField(name, _words_of(part, shared), name in required)
        for name, part in schema.get("properties", {}).items()
    )


def subscriber_does(event_name: str, subscriber: str) -> str:
    """What a subscriber does, in the words of its own first line; empty when the code no longer has it."""
    handler = handlers_of(event_name).get(subscriber)
    return _first_line(handler) if handler is not None else ""


def _known() -> dict[str, EventType]:
    found: dict[str, EventType] = {}
    for (name, number), kind in sorted(registered_events().items()):
        type_ = found.setdefault(name, EventType(name, "", "", [], {}))
        # The newest version speaks for the type.
        type_.says, type_.publisher = _first_line(kind), _app_of(kind.__module__)
        type_.versions.append(EventVersion(number, fields_of(kind)))
    for name, type_ in found.items():
        type_.subscribers = {
            subscriber: EventSubscriber(subscriber, _app_of(handler.__module__), _first_line(handler))
            for subscriber, handler in sorted(handlers_of(name).items())
        }
    return found


def _type_of(found: dict[str, EventType], name: str) -> EventType:
    return found.setdefault(name, EventType(name, "", "", [], {}))


def _published(business_id: UUID | None) -> list[tuple[str, int]]:
    rows: Any = OutboxEvent.objects.filter(occurred_at__gt=clock.now() - dt.timedelta(hours=COUNTED_HOURS))
    with sight_of(business_id):
        return list(_of(rows, business_id).values_list("name").annotate(n=Count("pk")).order_by("name"))


def _undelivered(business_id: UUID | None) -> list[tuple[str, str, int, int]]:
    states = Delivery.State
    rows: Any = Delivery.objects.filter(state__in=[states.PENDING, states.DEAD])
    counted = (
        _of(rows, business_id)
        .values_list("event__name", "subscriber")
        .annotate(waiting=Count("pk", filter=Q(state=states.PENDING)))
        .annotate(parked=Count("pk", filter=Q(state=states.DEAD)))
    )
    with sight_of(business_id):
        return list(counted.order_by("event__name", "subscriber"))


def sight_of(business_id: UUID | None) -> Any:
    """One business, or all of them for whoever runs the platform and reads figures."""
    return tenancy.bind(business_id) if business_id is not None else tenancy.crossing("outbox.counted")


def _of(rows: Any, business_id: UUID | None) -> Any:
    return rows if business_id is None else rows.filter(business_id=business_id)


def _words_of(part: dict[str, Any], shared: dict[str, Any]) -> str:
    if "anyOf" in part:
        known = [one for one in part["anyOf"] if one.get("type") != "null"]
        # Amounts travel as text, so that no digit is lost on the way, and are read from numbers as well.
        is_amount = {one.get("type") for one in known} == {"number", "string"}
        words = str(_("amount")) if is_amount else _words_of(known[0], shared)
        return str(_("%(what)s or nothing")) % {"what": words} if len(known) < len(part["anyOf"]) else words
    if "$ref" in part:
        group = shared.get(part["$ref"].rsplit("/", 1)[-1], {})
        return f"{_WORDS['object']} ({', '.join(group.get('properties', {}))})"
    if part.get("type") == "array":
        return str(_("list of: %(what)s")) % {"what": _words_of(part.get("items", {}), shared)}
    return str(_WORDS.get(part.get("format") or part.get("type", ""), _("any value")))


def _first_line(thing: Any) -> str:
    text = inspect.getdoc(thing) or ""
    line = text.splitlines()[0] if text else ""
    # A dataclass without words of its own gets its signature as a docstring, which says nothing to a person.
    return "" if line.startswith(f"{getattr(thing, '__name__', '')}(") else line


def _app_of(module: str) -> str:
    config = apps.get_containing_app_config(module)
    return str(config.verbose_name) if config is not None else module.split(".", maxsplit=1)[0]
