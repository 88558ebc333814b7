"""What goes into the catalogue services, and the checks of single values."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.text import clean_text
from apps.goods.catalog.units import PIECE, UNITS, can_show
from apps.kernel.errors import InvalidInput

# A price above this is a slip of the finger; it also keeps quantity × price inside the columns.
LARGEST_PRICE = Decimal("999999999")
LARGEST_WEIGHT = 100_000_000
LARGEST_SIDE = 20_000
SIDES = ("length_mm", "width_mm", "height_mm")
LARGEST_BACKORDER = 1_000_000
FOUR_PLACES = Decimal("0.0001")
LARGEST_CONTENTS = Decimal(100_000_000)
MOST_VARIANTS = 2000


class Unset:
    """Stands for "leave it as it is" where None means something."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Any = Unset()


@dataclass(frozen=True, kw_only=True)
class VariantDraft:
    """A variant to be made. Amounts are in the business's currency; `option_values` in the order of options."""

    price: Decimal
    option_values: list[str] = field(default_factory=list)
    sku: str = ""
    barcode: str = ""
    compare_at_price: Decimal | None = None
    cost: Decimal | None = None
    weight_grams: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    track_stock: bool = True
    backorder_limit: int = 0
    taxable: bool = True
    published: bool = True
    unit: str = PIECE
    shown_unit: str = ""
    content_amount: Decimal | None = None
    content_unit: str = ""
    order_min: int | None = None
    order_max: int | None = None
    order_step: int | None = None


@dataclass(frozen=True, kw_only=True)
class PackDraft:
    """So many stock units under a name. With `pack_id` the pack that is there is changed. Without a price: quantity ×
    the variant's."""

    name: str
    quantity: int
    barcode: str = ""
    sku: str = ""
    price: Decimal | None = None
    sold: bool = False
    for_purchasing: bool = False
    pack_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class PictureDraft:
    """A picture known by its address only: a drawn one is shown until somebody uploads."""

    source_url: str
    alt: str = ""
    position: int = 1
    variant_id: UUID | None = None


def checked_variant(draft: VariantDraft) -> dict[str, Any]:
    """The fields of a variant, each checked; raises `InvalidInput` naming the field."""
    values = {item.name: checked_value(item.name, getattr(draft, item.name)) for item in fields(draft)}
    check_measures(values)
    check_sides(values)
    if values["order_min"] is None and (values["order_step"] or values["order_max"]):
        values["order_min"] = values["order_step"] or 1
    if values["order_min"] is not None:
        values["order_step"] = values["order_step"] or 1
    return values


def sides_words(thing: Any) -> str:
    """`300 × 200 × 100`; nothing when the size is not known."""
    return (
        " × ".join(str(getattr(thing, name)) for name in SIDES)
        if all(getattr(thing, n) for n in SIDES)
        else ""
    )


def check_sides(values: dict[str, Any]) -> None:
    """Refuse a thing with a length and no height: what is not known as a whole says nothing about parcels."""
    lacking = [name for name in SIDES if not values[name]]
    if lacking and len(lacking) < len(SIDES):
        raise InvalidInput(
            fields={name: [_("Enter length, width and height, or none of them.")] for name in lacking}
        )


def check_measures(values: dict[str, Any]) -> None:
    """Refuse units that do not belong together: shown in another dimension, contents without their unit."""
    shown, amount, unit = values["shown_unit"], values["content_amount"], values["content_unit"]
    if shown and not can_show(values["unit"], shown):
        message = _("%(stock)s cannot be shown in %(shown)s.")
        names = {"stock": UNITS[values["unit"]].name, "shown": UNITS[shown].name}
        raise InvalidInput(fields={"shown_unit": [message % names]})
    if (amount is None) != (not unit):
        field = "content_amount" if amount is None else "content_unit"
        raise InvalidInput(fields={field: [_("Enter how much is in it, and its unit.")]})


def checked_value(name: str, value: Any) -> Any:
    """One field of a variant, checked and cleaned."""
    if name in {"price", "compare_at_price", "cost"}:
        return checked_amount(value, name, required=name == "price")
    if name in {"sku", "barcode"}:
        return clean_text(value or "", name, 120)
    if name == "option_values":
        return [clean_text(text, name, 255) for text in value]
    if name in {"unit", "shown_unit", "content_unit"}:
        return checked_unit(value, name)
    if name == "content_amount":
        return _checked_contents(value)
    if name in {"order_min", "order_max", "order_step"}:
        largest = LARGEST_BACKORDER if name == "order_max" else 999
        return None if value is None else checked_count(value, name, largest, least=1)
    if name in SIDES:
        return checked_count(value, name, LARGEST_SIDE)
    if name in {"weight_grams", "backorder_limit"}:
        return checked_count(value, name, LARGEST_WEIGHT if name == "weight_grams" else LARGEST_BACKORDER)
    return bool(value)


def checked_unit(value: Any, name: str) -> str:
    """The code of a unit of the list; empty where that means none."""
    code = str(value or "").strip().lower()
    if not code and name == "unit":
        return PIECE
    if code and code not in UNITS:
        raise InvalidInput(fields={name: [_("Choose a unit from the list.")]})
    return code


def _checked_contents(value: Any) -> Decimal | None:
    if value is None:
        return None
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 < value < LARGEST_CONTENTS:
        raise InvalidInput(fields={"content_amount": [_("Enter an amount above zero.")]})
    if (rounded := value.quantize(Decimal("0.001"))) != value:
        raise InvalidInput(fields={"content_amount": [_("Use at most three places.")]})
    return rounded


def checked_amount(value: Decimal | None, name: str, *, required: bool) -> Decimal | None:
    """An amount of zero or more with four places; raises `InvalidInput`."""
    if value is None:
        if required:
            raise InvalidInput(fields={name: [_("Enter an amount.")]})
        return None
    if not isinstance(value, Decimal) or not value.is_finite() or value < 0:
        raise InvalidInput(fields={name: [_("Enter an amount of zero or more.")]})
    if value > LARGEST_PRICE:
        raise InvalidInput(fields={name: [_("This is more than %(most)s.") % {"most": f"{LARGEST_PRICE:,}"}]})
    return value.quantize(FOUR_PLACES)


def checked_count(value: Any, name: str, most: int, *, least: int = 0) -> int:
    """A whole number from `least` to `most`; raises `InvalidInput`."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        message = _("Enter a whole number from %(least)s to %(most)s.") % {"least": least, "most": most}
        raise InvalidInput(fields={name: [message]})
    return value
