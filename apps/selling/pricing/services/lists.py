"""Writing price lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.text import clean_text
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound
from apps.kernel.events import publish
from apps.kernel.locks import Rank, lock_one
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.people.customers.models import Customer
from apps.platform.businesses.services import note_feature
from apps.selling.pricing import policies
from apps.selling.pricing.channels import CHANNELS
from apps.selling.pricing.events import PriceListsChanged
from apps.selling.pricing.models import KeptPrices, Level, PriceList

MOST_LISTS = 500
_OF_ONE = {Level.CONTRACT, Level.CUSTOMER}
_CHOSEN = (
    "name", "level", "customer_id", "segment", "channels", "reference", "priority", "valid_from", "valid_to",
)  # fmt: skip


@use_case(permission=policies.MANAGE, idempotent=True, audits="pricing.list_saved")
def save_list(
    actor: Actor,
    *,
    name: str,
    level: str,
    customer_id: UUID | None = None,
    segment: str = "",
    channels: Sequence[str] = (),
    reference: str = "",
    priority: int = 0,
    valid_from: dt.datetime | None = None,
    valid_to: dt.datetime | None = None,
    key: str | None = None,
) -> PriceList:
    """Add a price list. In force from `valid_from` on and before `valid_to`; without channels on all of them.

    Raises `InvalidInput` at the field at fault, `Conflict` for a taken name. Event: `pricing.lists_changed`.
    """
    if PriceList.objects.count() >= MOST_LISTS:
        raise Conflict(_("There are at most %(most)s price lists.") % {"most": MOST_LISTS})
    given = {
        "name": name, "level": level, "customer_id": customer_id, "segment": segment, "channels": channels,
        "reference": reference, "priority": priority, "valid_from": valid_from, "valid_to": valid_to,
    }  # fmt: skip
    return _write(actor, PriceList(), given, before=None)


@use_case(permission=policies.MANAGE, audits="pricing.list_saved")
def change_list(actor: Actor, *, list_id: UUID, changes: Mapping[str, Any]) -> PriceList:
    """Change a price list; its level stays. `changes` are new values by the names of `save_list`; what is left out
    stays as it stands under the lock, so that nobody who renames a list lets one that was ended run on.

    Raises as `save_list`, and `NotFound`. Event: `pricing.lists_changed`.
    """
    row: PriceList = lock_one(Rank.ROOT, PriceList.objects.filter(pk=list_id))
    before = {field: getattr(row, field) for field in _CHOSEN}
    return _write(actor, row, before | dict(changes), before=before)


def _write(
    actor: Actor, row: PriceList, given: Mapping[str, Any], *, before: dict[str, Any] | None
) -> PriceList:
    level = given["level"]
    values = {
        "name": clean_text(given["name"], "name", 80),
        "level": level,
        "customer_id": given["customer_id"] if level in _OF_ONE else None,
        "segment": clean_text(given["segment"], "segment", 40) if level == Level.SEGMENT else "",
        "channels": [channel for channel in CHANNELS if channel in given["channels"]],
        "reference": clean_text(given["reference"], "reference", 60),
        "priority": given["priority"],
        "valid_from": given["valid_from"],
        "valid_to": given["valid_to"],
    }
    _check(values, given["channels"], "" if before is None else before["level"])
    if PriceList.objects.filter(name=values["name"]).exclude(pk=row.pk).exists():
        message = _("Another price list has this name.")
        raise Conflict(message, code="price_list_name_taken", fields={"name": [message]})
    for field, value in values.items():
        setattr(row, field, value)
    row.save()
    note_feature(actor, name="has_price_lists")
    tell(actor)
    audit.record(actor, "pricing.list_saved", row, before=before, after=values)
    return row


@use_case(permission=policies.MANAGE, audits="pricing.list_used")
def use_list(actor: Actor, *, list_id: UUID, active: bool) -> PriceList:
    """Take a list out of use, or into use again. Event: `pricing.lists_changed`."""
    row = lock_one(Rank.ROOT, PriceList.objects.filter(pk=list_id))
    if row.active != active:
        row.active = active
        row.save(update_fields=["active", "updated_at"])
        tell(actor)
        audit.record(actor, "pricing.list_used", row, after={"active": active})
    return row


def tell(actor: Actor) -> None:
    """Prices changed: the kept ones are stale until somebody has worked them out again.

    Comes before the entry in the trail: its chain must not wait for who works them out.
    """
    business_id = require_business_id()
    if not KeptPrices.objects.update(is_stale=True):
        KeptPrices.objects.bulk_create(
            [KeptPrices(business_id=business_id, kept_until=clock.now())], ignore_conflicts=True
        )
    publish(PriceListsChanged(business_id=business_id))


def _check(values: dict[str, Any], channels: Sequence[str], level_before: str) -> None:
    wrong: dict[str, list[Any]] = {}
    level = values["level"]
    if not values["name"]:
        wrong["name"] = [_("Give it a name.")]
    if level not in Level.values:
        wrong["level"] = [_("Choose one of the levels.")]
    elif level_before and level != level_before:
        wrong["level"] = [_("The level stays as it is. Add another list.")]
    if level in _OF_ONE and values["customer_id"] is None:
        wrong["customer_id"] = [_("Choose the customer.")]
    elif level in _OF_ONE and not Customer.objects.filter(pk=values["customer_id"]).exists():
        raise NotFound(_("This customer is not known."))
    if level == Level.SEGMENT and not values["segment"]:
        wrong["segment"] = [_("Name the tag that these customers have.")]
    if level == Level.CHANNEL and not values["channels"]:
        wrong["channels"] = [_("Choose at least one.")]
    if unknown := sorted(set(channels) - CHANNELS.keys()):
        wrong["channels"] = [_("Not a channel: %(names)s.") % {"names": ", ".join(unknown)[:80]}]
    if not isinstance(values["priority"], int) or not -1000 <= values["priority"] <= 1000:
        wrong["priority"] = [_("A priority is between -1000 and 1000.")]
    start, end = values["valid_from"], values["valid_to"]
    if start is not None and end is not None and start >= end:
        wrong["valid_to"] = [_("The end comes after the beginning.")]
    if wrong:
        raise InvalidInput(fields=wrong)
