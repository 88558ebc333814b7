"""Circuit breakers: a company that does not answer is left alone for a while, so that nobody waits on it.

Closed: calls pass, and a healthy company costs one read a call and no write. After some silences in a row it opens:
calls are refused at once. When the pause is over one call is let through; an answer closes the circuit, silence
begins the pause again. The count is one for all processes: it stands in the database, and each step is one
statement, so that two workers cannot both be the one that tries.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection
from django.db.models import Q, QuerySet

from . import clock
from .models import CircuitState

# A circuit that nobody has tried again for so long says nothing of today.
FORGOTTEN_AFTER = dt.timedelta(days=1)
# A trial may take this long before the pause is begun anew: until then the company counts as silent.
_TRIAL = dt.timedelta(minutes=2)
_COUNT = """
    INSERT INTO kernel_circuitstate AS known (name, failures, opened_at, open_until, changed_at)
    VALUES (%(name)s, 1, CASE WHEN %(allowed)s <= 1 THEN %(now)s::timestamptz END,
        CASE WHEN %(allowed)s <= 1 THEN %(until)s::timestamptz END, %(now)s)
    ON CONFLICT (name) DO UPDATE SET
        failures = known.failures + 1,
        opened_at = CASE WHEN known.failures + 1 >= %(allowed)s THEN coalesce(known.opened_at, %(now)s) END,
        open_until = CASE WHEN known.failures + 1 >= %(allowed)s THEN %(until)s::timestamptz END,
        changed_at = %(now)s
"""


class CircuitOpen(Exception):
    """The company is left alone; `until` is when it is asked again."""

    def __init__(self, name: str, until: dt.datetime) -> None:
        super().__init__(name)
        self.until = until


class Circuit:
    """Around every call to one company. Only `silence` counts: a refusal is an answer."""

    def __init__(
        self,
        name: str,
        *,
        silence: type[Exception],
        failures: int = 5,
        pause_seconds: float = 30.0,
        refusal: Callable[[CircuitOpen], Exception] | None = None,
    ) -> None:
        self.name = name
        self._silence = silence
        self._allowed = failures
        self._pause = dt.timedelta(seconds=pause_seconds)
        self._refusal = refusal or (lambda cause: cause)

    @property
    def is_open(self) -> bool:
        """Whether a call would be refused now."""
        known = self._rows().first()
        return known is not None and known.open_until is not None and clock.now() < known.open_until

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Run one call, or raise `CircuitOpen` (or what `refusal` makes of it) without calling."""
        if (ahead := _ahead.get()) is not None:
            with ahead.watch(self):
                yield
            return
        was_silent, _trial = self._enter()
        try:
            yield
        except self._silence:
            self._count()
            raise
        except Exception:
            self._answered(was_silent)
            raise
        self._answered(was_silent)

    def reset(self) -> None:
        """Forget the failures."""
        self._rows().delete()

    def _enter(self) -> tuple[bool, dt.datetime | None]:
        """Whether it was silent before; and, if this is the one trial call, until when others stay out."""
        known = self._rows().first()
        if known is None or known.open_until is None:
            return known is not None, None
        now = clock.now()
        # The one trial call: others stay out until it is over or the pause has passed again.
        until = now + self._pause
        mine = self._rows().filter(open_until__lte=now).update(open_until=until, changed_at=now)
        if not mine:
            raise self._refusal(CircuitOpen(self.name, max(known.open_until, now)))
        return True, until

    def _answered(self, was_silent: bool) -> None:
        if was_silent:
            self.reset()

    def _count(self) -> None:
        now = clock.now()
        with connection.cursor() as cursor:
            cursor.execute(
                _COUNT, {"name": self.name, "allowed": self._allowed, "now": now, "until": now + self._pause}
            )

    def _rows(self) -> QuerySet[CircuitState]:
        return CircuitState.objects.filter(name=self.name)


_ahead: ContextVar[Ahead | None] = ContextVar("circuit_asked_ahead", default=None)


class Ahead:
    """A circuit asked before its calls and told after them, for calls in a thread that takes no connection.

    Made and told (`tell`) where the database is; between, the calls are made within `apart`. Being made raises as
    `guard` does when the circuit is open.
    """

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self._was_silent, self._trial = circuit._enter()
        self._silences: list[bool] = []

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Have calls under the circuit within this block noted here, and nothing asked of the database."""
        token = _ahead.set(self)
        try:
            yield
        finally:
            _ahead.reset(token)

    @contextmanager
    def watch(self, circuit: Circuit) -> Iterator[None]:
        """Note whether one call was answered."""
        if circuit.name != self.circuit.name:
            raise RuntimeError(f"{circuit.name} was not asked before")
        try:
            yield
        except circuit._silence:
            self._silences.append(True)
            raise
        except Exception:
            self._silences.append(False)
            raise
        self._silences.append(False)

    def tell(self, *, is_given_up: bool = False) -> None:
        """Tell the circuit what was noted; `is_given_up`: of the last call nothing was heard in time."""
        noted = [*self._silences, *([True] if is_given_up else [])]
        if not noted and self._trial is not None:
            # The one trial call was not made after all: it is the next caller's.
            self.circuit._rows().filter(open_until=self._trial).update(open_until=clock.now())
        for silent in noted:
            if silent:
                self.circuit._count()
            else:
                self.circuit._answered(self._was_silent)
            self._was_silent = silent


def list_open(prefix: str = "") -> QuerySet[CircuitState]:
    """Companies that are left alone now or are just being tried again, silent for longest first."""
    lately = Q(open_until__gt=clock.now() - _TRIAL)
    return CircuitState.objects.filter(lately, name__startswith=prefix).order_by("opened_at", "name")


def forget_old_circuits() -> int:
    """Drop what nobody has asked about for a day; returns how many."""
    old = CircuitState.objects.filter(changed_at__lt=clock.now() - FORGOTTEN_AFTER)
    return old.delete()[0]
