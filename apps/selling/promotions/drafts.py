"""What a promotion is to be, before it is written: values that every door can make, and the check of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Brand, Category, Collection, Product, Variant
from apps.kernel.errors import InvalidInput
from apps.kernel.money import ZERO
from apps.people.customers.addresses import clean_note

from .models import Kind, Promotion
from .words import channel_choices

LARGEST = Decimal("9999999999")
MOST_CHOSEN = 500
SCOPES: dict[str, Any] = {
    "products": Product, "variants": Variant, "categories": Category, "collections": Collection, "brands": Brand,
    "gift_products": Product, "gift_variants": Variant,
}  # fmt: skip

OF_GOODS = ("products", "variants", "categories", "collections", "brands")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionDraft:
    """Every part of a promotion that people choose; as the columns of `Promotion`."""

    name: str
    kind: str
    value: Decimal | None = None
    each_piece: bool = False
    buy_quantity: int | None = None
    get_quantity: int | None = None
    products: Sequence[UUID] = ()
    variants: Sequence[UUID] = ()
    categories: Sequence[UUID] = ()
    collections: Sequence[UUID] = ()
    brands: Sequence[UUID] = ()
    gift_products: Sequence[UUID] = ()
    gift_variants: Sequence[UUID] = ()
    needs_code: bool = False
    minimum_amount: Decimal | None = None
    minimum_quantity: int | None = None
    customer_tags: Sequence[str] = ()
    first_order_only: bool = False
    channels: Sequence[str] = ()
    countries: Sequence[str] = ()
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    weekdays: Sequence[int] = ()
    from_time: dt.time | None = None
    to_time: dt.time | None = None
    use_limit: int | None = None
    per_customer_limit: int | None = None
    times_per_order: int | None = None
    priority: int = 100
    exclusive: bool = False
    group: str = ""

    def cleaned(self) -> dict[str, Any]:
        """The columns, checked; raises `InvalidInput` that names the parts at fault. Asks whose the goods are."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values = {
            name: list(value) if isinstance(value, list | tuple) else value for name, value in values.items()
        }
        values["name"], values["group"] = clean_note(self.name).strip(), clean_note(self.group).strip()
        wrong = _wrong(values)
        if not wrong:
            _clear(values)
            wrong = _wrong_goods(values)
        if wrong:
            raise InvalidInput(fields={name: [message] for name, message in wrong.items()})
        return values


def draft_of(promotion: Promotion) -> PromotionDraft:
    """The draft that would make this promotion again."""
    return PromotionDraft(**{field.name: getattr(promotion, field.name) for field in fields(PromotionDraft)})


def _wrong(values: dict[str, Any]) -> dict[str, Any]:
    wrong: dict[str, Any] = {}
    if not 1 <= len(values["name"]) <= 80:
        wrong["name"] = _("Give it a name of up to 80 characters: buyers read it.")
    if len(values["group"]) > 40:
        wrong["group"] = _("At most 40 characters.")
    if values["kind"] not in Kind.values:
        wrong["kind"] = _("Choose what it does.")
    else:
        wrong |= _wrong_value(values)
    minimum = values["minimum_amount"]
    if minimum is not None and not _is_amount(minimum):
        wrong["minimum_amount"] = _("An amount of zero or more.")
    for name in ("minimum_quantity", "use_limit", "per_customer_limit", "times_per_order"):
        if values[name] is not None and not 1 <= values[name] <= 1_000_000:
            wrong[name] = _("A whole number from 1 to one million.")
    if not 0 <= values["priority"] <= 1000:
        wrong["priority"] = _("A number from 0 to 1000.")
    if values["starts_at"] and values["ends_at"] and values["ends_at"] <= values["starts_at"]:
        wrong["ends_at"] = _("The end comes after the beginning.")
    if values["from_time"] and values["from_time"] == values["to_time"]:
        wrong["to_time"] = _("The hours begin and end at the same time; leave both empty for the whole day.")
    if not set(values["weekdays"]) <= set(range(1, 8)):
        wrong["weekdays"] = _("Days from 1, Monday, to 7, Sunday.")
    if not set(values["channels"]) <= {code for code, _name in channel_choices()}:
        wrong["channels"] = _("Orders do not come in this way.")
    if any(len(code) != 2 or not code.isupper() for code in values["countries"]):
        wrong["countries"] = _("Countries are codes of two letters, such as GB.")
    if any(not 1 <= len(tag) <= 40 for tag in values["customer_tags"]):
        wrong["customer_tags"] = _("A tag has up to 40 characters.")
    return wrong


def _wrong_value(values: dict[str, Any]) -> dict[str, Any]:
    kind, value = values["kind"], values["value"]
    if value is None:
        return {} if kind == Kind.DELIVERY else {"value": _("Say how much.")}
    if not _is_amount(value):
        return {"value": _("A number of zero or more.")}
    if kind in (Kind.PERCENT, Kind.GET) and not ZERO < value <= 100:
        return {"value": _("Percent are more than 0 and at most 100.")}
    if kind in (Kind.AMOUNT, Kind.DELIVERY) and not value:
        return {"value": _("An amount of more than zero.")}
    wrong: dict[str, Any] = {}
    if kind == Kind.GET:
        for name in ("buy_quantity", "get_quantity"):
            if not values[name]:
                wrong[name] = _("At least one piece.")
    if kind == Kind.BUNDLE and values["buy_quantity"] == 1:
        wrong["buy_quantity"] = _(
            "A bundle has two pieces or more; leave it empty for one of each chosen thing."
        )
    if kind == Kind.BUNDLE and not values["buy_quantity"]:
        count = len(values["products"]) + len(values["variants"])
        if count < 2 or values["categories"] or values["collections"] or values["brands"]:
            wrong["products"] = _("For one of each, choose two products or more, and nothing else.")
    return wrong


def _clear(values: dict[str, Any]) -> None:
    """What the kind does not use is not kept, so that nobody wonders about it later."""
    kind = values["kind"]
    if kind != Kind.AMOUNT:
        values["each_piece"] = False
    if kind not in (Kind.GET, Kind.BUNDLE):
        values["buy_quantity"] = values["times_per_order"] = None
    if kind != Kind.GET:
        values["get_quantity"], values["gift_products"], values["gift_variants"] = None, [], []


def _wrong_goods(values: dict[str, Any]) -> dict[str, Any]:
    """Goods of others, and goods that are gone, cannot be chosen."""
    wrong: dict[str, Any] = {}
    for name, model in SCOPES.items():
        wanted = list(dict.fromkeys(values[name]))
        values[name] = wanted
        if not wanted:
            continue
        if len(wanted) > MOST_CHOSEN:
            wrong[name] = _("At most %(most)s; choose a category instead.") % {"most": MOST_CHOSEN}
        elif model.objects.filter(pk__in=wanted).count() != len(wanted):
            wrong[name] = _("Something of this is not there any more.")
    return wrong


def _is_amount(amount: Any) -> bool:
    return isinstance(amount, Decimal) and amount.is_finite() and ZERO <= amount <= LARGEST
