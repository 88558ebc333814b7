"""How often somebody may call; counted by `kernel.rates`, for all processes together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.kernel import rates


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
        used = rates.count(f"api.{self.scope_of(request)}", who, rate)
        self._seconds = used.seconds_left
        # Told to the caller with the answer, so that a program can slow down before it is refused.
        request.rate_limit = (used.limit, used.left, math.ceil(used.seconds_left), used.period)  # type: ignore[attr-defined]
        return not used.is_over

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


class ExportThrottle(CallerThrottle):
    """Files of the whole catalogue are counted apart: each reads all of it."""

    def scope_of(self, request: Request) -> str:
        return "export"


class StoreThrottle(WindowThrottle):
    """Anybody at the public store endpoints, by address."""

    scope = "store"

    def key(self, request: Request, view: Any) -> str | None:
        return str(request.META.get("REMOTE_ADDR", ""))


class CheckoutThrottle(StoreThrottle):
    """Submitting a checkout is counted apart: it reserves stock."""

    scope = "checkout"


class SignInThrottle(WindowThrottle):
    """Attempts from one address."""

    scope = "sign_in"

    def key(self, request: Request, view: Any) -> str | None:
        return str(request.META.get("REMOTE_ADDR", ""))


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
