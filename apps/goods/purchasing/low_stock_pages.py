"""The button on the page of low stock that writes draft orders."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.goods.inventory.models import StockAlert
from apps.goods.inventory.page_parts import full_name
from apps.goods.purchasing.low_stock import list_to_order
from apps.goods.purchasing.policies import WRITE
from apps.goods.purchasing.services import draft_low_stock
from apps.goods.purchasing.services.low_stock import DraftedLow
from apps.kernel.actors import Actor
from apps.platform.backoffice.verbs import Verb

SHOWN = 20


class DraftLowStock(Verb):
    name = "draft-orders"
    label = _("Draft orders for what is low")
    submit_label = _("Write draft orders")
    permission = WRITE
    icon = "shopping_cart"

    def explain(self, actor: Actor, obj: Any) -> list[Any]:
        open_ones = StockAlert.objects.filter(state=StockAlert.State.OPEN).select_related("variant__product")
        low = list_to_order(list(open_ones))
        lines = [
            _now("%(count)s × %(item)s from %(supplier)s")
            % {
                "count": one.quantity,
                "item": full_name(one.item.variant),
                "supplier": one.item.supplier.name,
            }
            for one in low.wanted[:SHOWN]
        ]
        if len(low.wanted) > SHOWN:
            lines.append(_now("… and %(count)s more.") % {"count": len(low.wanted) - SHOWN})
        if not low.wanted:
            lines.append(_now("Nothing that runs low has a supplier from whom it could be ordered now."))
        if low.left:
            lines.append(_left(len(low.left)))
        return [
            *lines,
            _now("One draft for each supplier and location, up to twice the warning level, in whole packs."),
            _now("Drafts can be changed before they are submitted."),
        ]

    def perform(self, actor: Actor, obj: Any, data: dict[str, Any], key: str) -> Any:
        return draft_low_stock(actor, key=key)

    def success(self, obj: Any, result: DraftedLow) -> Any:
        done = _now("Drafted: %(numbers)s.") % {"numbers": ", ".join(result.numbers)}
        return f"{done} {_left(result.left)}" if result.left else done

    def success_url(self, obj: Any, result: Any) -> str | None:
        return reverse("admin:inventory_stockalert_changelist")


def _left(count: int) -> str:
    return ngettext(
        "%(count)s item is left: it has no supplier in your currency, or enough of it is coming.",
        "%(count)s items are left: they have no supplier in your currency, or enough of them is coming.",
        count,
    ) % {"count": count}
