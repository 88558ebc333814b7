"""Currencies the store shows besides: a rate that staff keep, with where it is from and of which day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from babel.numbers import list_currencies
from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_note
from apps.platform.businesses.selectors import get_business
from apps.platform.businesses.services import note_feature
from apps.selling.pricing import policies
from apps.selling.pricing.models import DisplayRate

MOST_SHOWN = 3
LARGEST_RATE = Decimal(1_000_000)


@use_case(permission=policies.MANAGE, idempotent=True, audits="pricing.display_rate_saved")
def save_display_rate(
    actor: Actor,
    *,
    currency: str,
    rate: Decimal,
    source: str,
    day: dt.date,
    active: bool = True,
    key: str | None = None,
) -> DisplayRate:
    """Keep what one unit of the business's currency is worth in `currency`, or write it anew.

    It is a guide for buyers: nothing is ever charged by it. Raises `InvalidInput`, also for a fourth one that is shown.
    """
    business = get_business(require_business_id())
    values: dict[str, Any] = {
        "rate": rate,
        "source": clean_note(source).strip(),
        "day": day,
        "active": active,
    }
    wrong: dict[str, list[Any]] = {}
    if currency not in list_currencies() or currency == business.currency:
        wrong["currency"] = [_("Choose another currency than your own.")]
    if not rate.is_finite() or not 0 < rate <= LARGEST_RATE:
        wrong["rate"] = [_("A number above zero.")]
    if not 1 <= len(values["source"]) <= 80:
        wrong["source"] = [_("Say where the rate is from: a bank, a newspaper.")]
    if day > clock.today(business.time_zone):
        wrong["day"] = [_("This day is yet to come.")]
    others = DisplayRate.objects.filter(active=True).exclude(currency=currency).count()
    if active and others >= MOST_SHOWN:
        wrong["active"] = [_("At most %(most)s are shown at once.") % {"most": MOST_SHOWN}]
    if wrong:
        raise InvalidInput(fields=wrong)
    note_feature(actor, name="has_display_rates")
    row, _made = DisplayRate.objects.update_or_create(currency=currency, defaults=values)
    audit.record(actor, "pricing.display_rate_saved", row, after={"currency": currency, **values})
    return row
