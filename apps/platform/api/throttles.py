"""How often somebody may call: counted in the cache, so that all processes count together.

The count is a sliding window of two fixed ones: each call is one atomic increment, where a list of moments
(read, append, write back) lets parallel callers through. With REDIS_URL the cache is shared; without it every
process counts its own callers, which is right for one process and generous for more.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.kernel import clock

from .addresses import address_of

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_rate(rate: str) -> tuple[int, int]:
    """`20/min` as (20, 60)."""
    number, _slash, period = rate.partition("/")
    return int(number), SECONDS[period.strip()[0]]


class WindowThrottle(BaseThrottle):
    """Allows `settings.API_THROTTLES[scope]`; a scope without a rate is not limited."""

    scope = ""

    def key(self, request: Request, view: Any) -> str | None:
        """Who is counted; None is not."""
        raise NotImplementedError

    def scope_of(self, request: Request) -> str:
        """Which of the rates holds."""
        return self.scope

    def allow_request(self, request: Request, view: Any) -> bool:
        rate = settings.API_THROTTLES.get(self.scope_of(request))
        who = self.key(request, view) if rate else None
        if rate is None or who is None:
            return True
        limit, period = parse_rate(rate)
        moment = clock.now().timestamp()
        window = int(moment // period)
        elapsed = moment % period
        name = f"throttle:{self.scope_of(request)}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
        count = _increment(f"{name}:{window}", 2 * period)
        before = cache.get(f"{name}:{window - 1}", 0)
        self._seconds = period - elapsed
        used = count + before * (1 - elapsed / period)
        # Told to the caller with the answer, so that a program can slow down before it is refused.
        request.rate_limit = (limit, max(0, math.floor(limit - used)), math.ceil(self._seconds), period)  # type: ignore[attr-defined]
        return bool(used <= limit)

    def wait(self) -> float:
        return max(1.0, self._seconds)


class CallerThrottle(WindowThrottle):
    """A signed-in caller in one business; each API key is a caller of its own."""

    scope = "caller"

    def scope_of(self, request: Request) -> str:
        actor = getattr(request, "actor", None)
        return "key" if actor is not None and actor.kind == "api_key" else self.scope

    def key(self, request: Request, view: Any) -> str | None:
        actor = getattr(request, "actor", None)
        return f"{actor.id}:{actor.business_id}" if actor and actor.id else None


class StoreThrottle(WindowThrottle):
    """Anybody at the public store endpoints, by address."""

    scope = "store"

    def key(self, request: Request, view: Any) -> str | None:
        return address_of(request)


class CheckoutThrottle(StoreThrottle):
    """Submitting a checkout is counted apart: it reserves stock."""

    scope = "checkout"


class SignInThrottle(WindowThrottle):
    """Attempts from one address."""

    scope = "sign_in"

    def key(self, request: Request, view: Any) -> str | None:
        return address_of(request)


class AccountThrottle(WindowThrottle):
    """Attempts on one account, from wherever they come."""

    scope = "sign_in_account"

    def key(self, request: Request, view: Any) -> str | None:
        data = request.data
        email = data.get("email") if isinstance(data, dict) else None
        return email.strip().lower() if isinstance(email, str) else None


def rate_headers(request: Any) -> Iterator[tuple[str, str]]:
    """How much may still be asked, as the IETF's draft of RateLimit headers writes it."""
    counted = getattr(request, "rate_limit", None)
    if counted is not None:
        limit, left, seconds, period = counted
        yield "RateLimit-Policy", f"{limit};w={period}"
        yield "RateLimit-Limit", str(limit)
        yield "RateLimit-Remaining", str(left)
        yield "RateLimit-Reset", str(seconds)


def _increment(key: str, seconds: int) -> int:
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key)
    except ValueError:  # thrown out between the two calls by a full cache
        cache.set(key, 1, seconds)
        return 1
