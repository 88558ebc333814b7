"""Where a buyer came from: a signed token in an address, with little in it and an end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext as _

from apps.kernel import clock
from apps.kernel.errors import InvalidInput

FIELDS = ("source", "medium", "campaign", "partner")
LONGEST_WORD = 60
LONGEST = 600
LONGEST_LIFE = dt.timedelta(days=400)
USUAL_LIFE = dt.timedelta(days=90)
_signer = Signer(salt="checkout.attribution")


def clean_attribution(given: Mapping[str, str]) -> dict[str, str]:
    """The known parts without empty ones; raises `InvalidInput` naming what is unknown or too long."""
    wrong: dict[str, list[str]] = {}
    kept = {}
    for name, value in given.items():
        text = " ".join(str(value).split())
        if name not in FIELDS:
            wrong[name] = [_("Only source, medium, campaign and partner are kept.")]
        elif len(text) > LONGEST_WORD or not text.isprintable():
            wrong[name] = [_("At most 60 printable characters.")]
        elif text:
            kept[name] = text
    if wrong:
        raise InvalidInput(fields=wrong)
    return kept


def sign_attribution(given: Mapping[str, str], *, expires_at: dt.datetime | None = None) -> str:
    """A token for an address. Raises `InvalidInput` for what cannot be kept."""
    now = clock.now()
    ends = expires_at or now + USUAL_LIFE
    if not now < ends <= now + LONGEST_LIFE:
        raise InvalidInput(fields={"expires_at": [_("Choose a moment within the next 400 days.")]})
    return _signer.sign_object({**clean_attribution(given), "ends": int(ends.timestamp())})


def read_attribution(token: str | None) -> dict[str, str]:
    """What a token says; empty for one that is forged, over or too long. Costs no query."""
    if not token or len(token) > LONGEST:
        return {}
    try:
        said = _signer.unsign_object(token)
        ends = int(said.pop("ends"))
        known = clean_attribution(said)
    except (BadSignature, InvalidInput, KeyError, TypeError, ValueError, AttributeError):
        return {}
    return known if ends > clock.now().timestamp() else {}
