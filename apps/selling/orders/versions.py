"""An order's versions as plain facts: what was promised, and what differs from the version before."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.goods.catalog.sold import Counting, counting_of
from apps.goods.catalog.units import amount_words
from apps.kernel.money import format_money

from .amendments import AmendmentPlan
from .models import Order, OrderLine, OrderVersion
from .sold import counting_of_line

_LINE = (
    "variant_id", "product_title", "variant_title", "sku", "pack_name", "pack_quantity", "quantity", "unit_price",
    "tax_rate", "subtotal", "discount", "net", "tax", "gross",
)  # fmt: skip
_TOTALS = (
    "subtotal", "discount_total", "shipping_net", "shipping_tax", "shipping_total", "tax_total", "total", "tax_note",
)  # fmt: skip


def snapshot_of(order: Order, lines: Sequence[OrderLine]) -> dict[str, Any]:
    """All that was promised; amounts and ids as text, so that it never reads differently."""
    return {
        "currency": order.currency,
        "tax_inclusive": order.tax_inclusive,
        "totals": {name: _plain(getattr(order, name)) for name in _TOTALS},
        "lines": [
            {"line_id": str(line.pk), **{name: _plain(getattr(line, name)) for name in _LINE}}
            for line in lines
        ],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value if isinstance(value, int) else str(value)


def changes_of(order: Order, plan: AmendmentPlan) -> list[dict[str, Any]]:
    """What differs, line by line, before the plan is written: `amount` with tax. Reads the lines' variants."""
    rows = [
        {
            "what": "quantity" if one.quantity else "removed",
            "line_id": str(one.line.pk),
            "title": one.line.title,
            "before": one.line.quantity,
            "after": one.quantity,
            "amount": _plain(one.difference),
            **_measured(counting_of_line(one.line), one.line.quantity, one.quantity),
        }
        for one in plan.changed
    ]
    rows += [
        {
            "what": "added",
            "line_id": str(item.line_id),
            "title": " · ".join(
                part
                for part in (item.product_title, item.variant.title, item.pack.name if item.pack else "")
                if part
            ),
            "before": 0,
            "after": priced.quantity,
            "amount": _plain(priced.gross),
            **_measured(counting_of(item.variant, packed=item.pack is not None), 0, priced.quantity),
        }
        for item, priced in zip(plan.items, plan.priced, strict=True)
    ]
    if plan.shipping.gross != order.shipping_total:
        rows.append(
            {
                "what": "delivery",
                "title": "",
                "before": _plain(order.shipping_total),
                "after": _plain(plan.shipping.gross),
                "amount": _plain(plan.shipping.gross - order.shipping_total),
            }
        )
    return rows


def _measured(counting: Counting, before: int, after: int) -> dict[str, str]:
    """Of what is measured both quantities in the unit in which it is sold, for `say_change`."""
    if not counting.unit:
        return {}
    return {
        "unit": counting.unit,
        "before_shown": counting.plain(before),
        "after_shown": counting.plain(after),
    }


def say_change(change: dict[str, Any], currency: str) -> str:
    """A change in words: `Mug: 2 instead of 3`, `Linen: 0.5 m instead of 1 m`."""
    if change["what"] == "delivery":
        return _("Delivery: %(after)s instead of %(before)s") % {
            "after": format_money(Decimal(change["after"]), currency),
            "before": format_money(Decimal(change["before"]), currency),
        }
    words = {
        "quantity": _("%(title)s: %(after)s instead of %(before)s"),
        "removed": _("%(title)s: taken off (%(before)s)"),
        "added": _("%(title)s: added (%(after)s)"),
    }
    if unit := change.get("unit"):
        said = {name: amount_words(Decimal(change[f"{name}_shown"]), unit) for name in ("before", "after")}
        return words[change["what"]] % {**change, **said}
    return words[change["what"]] % change


def list_versions(order: Order) -> list[OrderVersion]:
    """The chain, newest first; none while nothing was changed. One query."""
    return list(OrderVersion.objects.filter(order=order).order_by("-number"))
