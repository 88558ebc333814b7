"""Settings of a business."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.kernel import audit, clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.events import publish
from apps.kernel.use_cases import use_case
from apps.platform.businesses.events import BusinessChanged
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import forget_cached_businesses
from apps.platform.businesses.services.locking import lock_business

# The currency is missing on purpose: amounts already written down would change their meaning.
CHANGEABLE = frozenset(
    {
        "name",
        "slug",
        "trade",
        "tax_inclusive",
        "tax_rate",
        "tax_name",
        "tax_number",
        "tax_rounding",
        "tax_by_origin",
        "time_zone",
        "language",
        "country",
        "line1",
        "line2",
        "city",
        "region",
        "postcode",
        "email",
        "phone",
        "unpaid_minutes",
        "orders_closed",
        "closed_words",
        "order_prefix",
        "accent_colour",
        "logo",
        "banner",
    }
)


@use_case(permission="business.change", audits="business.changed")
def change_settings(actor: Actor, /, **changes: Any) -> Business:
    """Change settings of the actor's business; unknown fields and the currency are refused.

    Raises `InvalidInput` with the fields at fault. Event: `identity.business_changed`.
    """
    if unknown := set(changes) - CHANGEABLE:
        raise InvalidInput(fields={name: [_("This cannot be changed.")] for name in sorted(unknown)})
    business = lock_business()
    before = {name: getattr(business, name) for name in changes}
    for name, value in changes.items():
        setattr(business, name, value)
    check_business(business)
    changed = [name for name in changes if before[name] != getattr(business, name)]
    if not changed:
        return business
    business.save(update_fields=[*changed, "updated_at"])
    forget_cached_businesses()
    audit.record(
        actor,
        "business.changed",
        business,
        before={name: _plain(before[name]) for name in changed},
        after={name: _plain(getattr(business, name)) for name in changed},
    )
    publish(BusinessChanged(business_id=business.pk, fields=sorted(changed)))
    return business


FEATURES = frozenset({"has_price_lists", "has_tax_rules", "has_display_rates"})


@use_case(unaudited="follows from the first price list, tax zone or display rate, which is entered")
def note_feature(actor: Actor, *, name: str) -> None:
    """Remember with the business that it uses something, so that others ask nothing for it. Never taken back: a
    list that is added while the last one goes would be overlooked.
    """
    if name not in FEATURES:
        raise ValueError(f"unknown feature {name!r}")
    mine = Business.objects.filter(pk=tenancy.require_business_id())
    if mine.filter(**{name: False}).update(**{name: True, "updated_at": clock.now()}):
        forget_cached_businesses()


def check_business(business: Business) -> None:
    """Raise `InvalidInput` for settings that cannot be meant."""
    wrong: dict[str, list[Any]] = {}
    try:
        business.full_clean(validate_constraints=False)
    except ValidationError as error:
        wrong.update(error.message_dict)
    if business.tax_rate is not None and not 0 <= business.tax_rate < 1:
        wrong["tax_rate"] = [_("The tax rate lies between 0 and 99.99 per cent.")]
    if business.time_zone not in available_timezones():
        wrong["time_zone"] = [_("Choose a time zone such as Europe/London.")]
    if business.unpaid_minutes is not None and business.unpaid_minutes < 5:
        wrong["unpaid_minutes"] = [_("Give buyers at least five minutes to pay.")]
    if wrong:
        raise InvalidInput(fields=wrong)


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | str) or value is None else str(value)
