"""How often a store's visitors may come."""

from __future__ import annotations

import os

# An office or a school behind one address is many people; a machine that tries out cards or empties shelves is more.
DEFAULT_RATES = {
    "checkout": "60/min",
    "cart": "300/min",
    "suggest": "600/min",
    # Questions of carriers that one network, or one link, may cause in a store; a business has 120 for all.
    "carriers": "30/min",
    # Codes of gift cards: by one network, and in one shop by all who type them.
    "gift_card": "20/min",
    "gift_cards": "600/hour",
}


def store_rates() -> dict[str, str]:
    """The rates by scope: the defaults, those of STORE_RATES over them, none for "off" and in a test run."""
    given = os.environ.get("STORE_RATES", "off" if "PYTEST_VERSION" in os.environ else "").strip()
    if given.lower() == "off":
        return {}
    pairs = (part.partition("=") for part in given.split(",") if "=" in part)
    return DEFAULT_RATES | {name.strip(): rate.strip() for name, _sign, rate in pairs}
