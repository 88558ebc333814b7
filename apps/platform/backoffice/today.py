"""The Today page's questions, answered by whoever stands above: apps register functions of the actor."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from apps.kernel.actors import Actor

log = logging.getLogger(__name__)

Tone = Literal["", "good", "warn", "bad", "info"]


@dataclass(frozen=True, kw_only=True)
class Card:
    """One figure; `url` leads to the rows behind it, `note` says what it is compared with."""

    label: Any
    value: Any
    url: str = ""
    note: Any = ""
    change: str = ""
    tone: Tone = ""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A sentence of what waits, ending in a verb that is a link."""

    text: Any
    verb: Any
    url: str
    tone: Tone = ""


@dataclass(frozen=True, kw_only=True)
class Check:
    """Whether something about the money is right."""

    text: Any
    is_right: bool
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class RunningOut:
    """Something there is little left of."""

    name: Any
    detail: Any
    url: str = ""


@dataclass(frozen=True)
class Source:
    """A registered function with the permission its answers need."""

    function: Callable[[Actor], Any]
    permission: str | None
    order: int


@dataclass
class Answers:
    """What the registered functions said; `failed` counts those that could not be asked."""

    entries: list[Any] = field(default_factory=list)
    failed: int = 0


_cards: list[Source] = []
_waiting: list[Source] = []
_checks: list[Source] = []
_running_out: list[Source] = []


def _registrar(sources: list[Source]) -> Callable[..., Any]:
    def register(
        function: Callable[[Actor], Any] | None = None, *, permission: str | None = None, order: int = 100
    ) -> Any:
        def add(function: Callable[[Actor], Any]) -> Callable[[Actor], Any]:
            sources.append(Source(function, permission, order))
            sources.sort(key=lambda source: source.order)
            return function

        return add(function) if function is not None else add

    return register


register_card = _registrar(_cards)
register_waiting = _registrar(_waiting)
register_check = _registrar(_checks)
register_running_out = _registrar(_running_out)


def answers(actor: Actor) -> dict[str, Answers]:
    """The four questions answered for the actor, each only by what his role may see."""
    return {
        "cards": _ask(_cards, actor),
        "waiting": _ask(_waiting, actor),
        "checks": _ask(_checks, actor),
        "running_out": _ask(_running_out, actor),
    }


def _ask(sources: Iterable[Source], actor: Actor) -> Answers:
    found = Answers()
    for source in sources:
        if source.permission is not None and not actor.may(source.permission):
            continue
        try:
            said = source.function(actor)
        except Exception:  # one broken figure must not hide the others
            log.exception("today_source_failed", extra={"source": source.function.__qualname__})
            found.failed += 1
            continue
        if said is None:
            continue
        found.entries.extend(said if isinstance(said, list | tuple) else [said])
    return found
