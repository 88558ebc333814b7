"""How often codes may be typed: by one network, and in one shop by all who type them."""

from __future__ import annotations

from django.conf import settings

from apps.kernel import rates
from apps.kernel.tenancy import require_business_id


def note_guess(network: str = "") -> None:
    """Count a code that is about to be looked up, before it is known whether it is one.

    Counted for the shop as well, so that many addresses together cannot try out cards; `network` is left out where the
    page has counted it. Raises `RateLimited`.
    """
    for scope, who in (("gift_card", network), ("gift_cards", str(require_business_id()))):
        rate = settings.STORE_RATES.get(scope)
        if rate and who:
            rates.spend(f"store.{scope}", who, rate)
