"""A circuit breaker: a company that does not answer is left alone for a while, so that buyers do not wait on
it.

Each process keeps its own count. Closed: calls pass. Open: calls are refused at once. After the pause one
call is let through; if it succeeds the circuit closes, else the pause begins again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .base import ProviderUnavailable


class Circuit:
    """Around every call to one company. Only `ProviderUnavailable` counts: a refusal is an answer."""

    def __init__(
        self,
        *,
        failures: int = 5,
        pause_seconds: float = 30.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowed = failures
        self._pause = pause_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_again_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether a call would be refused now."""
        with self._lock:
            return self._failures >= self._allowed and self._monotonic() < self._closed_again_at

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Run one call, or raise `ProviderUnavailable` without calling."""
        self._enter()
        try:
            yield
        except ProviderUnavailable:
            self._count_failure()
            raise
        else:
            self.reset()

    def reset(self) -> None:
        """Forget the failures."""
        with self._lock:
            self._failures = 0

    def _enter(self) -> None:
        with self._lock:
            if self._failures < self._allowed:
                return
            if self._monotonic() < self._closed_again_at:
                raise ProviderUnavailable(code="provider_circuit_open")
            # The one trial call: others stay out until it is over or the pause has passed again.
            self._closed_again_at = self._monotonic() + self._pause

    def _count_failure(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= self._allowed:
                self._closed_again_at = self._monotonic() + self._pause
