"""How many failed sign-ins are free, and how long the next one waits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.crypto import salted_hmac

from apps.platform.accounts.models import SignInGuard

FORGOTTEN_AFTER = dt.timedelta(hours=24)


@dataclass(frozen=True)
class Limit:
    """So many failures are free; the next waits `first`, each further one twice as long, up to `longest`."""

    free: int
    first: dt.timedelta
    longest: dt.timedelta

    def pause(self, failures: int) -> dt.timedelta | None:
        """How long to wait after so many failures in a row; None while they are free."""
        over = failures - self.free
        return None if over < 0 else min(self.first * 2 ** min(over, 20), self.longest)


# A person mistypes a few times; an office of fifty people behind one address mistypes more often.
LIMITS = {
    SignInGuard.Scope.ACCOUNT: Limit(5, dt.timedelta(minutes=1), dt.timedelta(hours=24)),
    SignInGuard.Scope.ADDRESS: Limit(40, dt.timedelta(minutes=1), dt.timedelta(hours=6)),
}


def account_digest(email: str) -> str:
    """What stands for an e-mail address in the guards."""
    return salted_hmac("accounts.guard", email.strip().lower(), algorithm="sha256").hexdigest()
