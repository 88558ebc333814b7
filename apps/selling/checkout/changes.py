"""What differs between the quote a buyer saw and the cart as it is now."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.kernel.money import ZERO

from .models import CartItem
from .pricing import PricedGroup


def list_changes(snapshot: dict[str, Any], groups: list[PricedGroup]) -> list[dict[str, Any]]:
    """What differs between a quote and now: price, quantity, gone, added, delivery, tax; amounts as decimals."""
    before = {
        (line["variant_id"], line.get("pack_id")): line
        for group in snapshot["groups"]
        for line in group["lines"]
    }
    changes: list[dict[str, Any]] = []

    def note(what: str, variant_id: str | None, title: str, old: Any, new: Any) -> None:
        changes.append({"variant_id": variant_id, "title": title, "what": what, "before": old, "after": new})

    for group in groups:
        for item in group.gone:
            note("gone", str(item.variant_id), item.variant.product.title, item.quantity, 0)
            before.pop(_key(item), None)
        for item, line in zip(group.items, group.totals.lines, strict=True):
            old = before.pop(_key(item), None)
            title = item.variant.product.title
            if old is None:
                note("added", str(item.variant_id), title, 0, item.quantity)
                continue
            if Decimal(old["unit_price"]) != line.unit_price:
                note("price", str(item.variant_id), title, Decimal(old["unit_price"]), line.unit_price)
            if old["quantity"] != item.quantity:
                note("quantity", str(item.variant_id), title, old["quantity"], item.quantity)
    for (variant_id, _pack), old in before.items():
        note("removed", variant_id, old["title"], old["quantity"], 0)
    _note_sums(snapshot, groups, note)
    return changes


def _key(item: CartItem) -> tuple[str, str | None]:
    return str(item.variant_id), str(item.pack_id) if item.pack_id else None


def _note_sums(snapshot: dict[str, Any], groups: list[PricedGroup], note: Any) -> None:
    inclusive = snapshot["tax_inclusive"]
    shipping = sum(
        (one.totals.shipping_gross if inclusive else one.totals.shipping_net for one in groups), ZERO
    )
    tax = sum((one.totals.tax for one in groups), ZERO)
    if Decimal(snapshot["shipping"]) != shipping:
        note("shipping", None, _("Delivery"), Decimal(snapshot["shipping"]), shipping)
    discount = sum((one.totals.discount for one in groups), ZERO)
    if Decimal(snapshot["discount"]) != discount:
        note("discount", None, _("Discount"), Decimal(snapshot["discount"]), discount)
    if Decimal(snapshot["tax"]) != tax:
        note("tax", None, snapshot["tax_name"], Decimal(snapshot["tax"]), tax)
