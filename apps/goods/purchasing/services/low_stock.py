"""Low stock becomes draft orders."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.inventory.models import StockAlert
from apps.goods.inventory.services import note_ordered
from apps.goods.purchasing.drafts import LineDraft, OrderDraft
from apps.goods.purchasing.low_stock import ToOrder, list_to_order
from apps.goods.purchasing.models import PurchaseOrder
from apps.goods.purchasing.policies import WRITE
from apps.goods.purchasing.services.orders import MOST_LINES, draft_order
from apps.kernel import locks
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict
from apps.kernel.limits import narrow
from apps.kernel.locks import Rank
from apps.kernel.use_cases import use_case


@dataclass(frozen=True, slots=True)
class DraftedLow:
    """The numbers of the drafts that were written, and how many alerts are left to be looked at by hand."""

    numbers: list[str]
    left: int


@use_case(permission=WRITE, idempotent=True, audits=("purchasing.drafted", "stock.alert_acknowledged"))
def draft_low_stock(actor: Actor, *, key: str | None = None) -> DraftedLow:
    """Write a draft for each supplier and location over what is low there, and note that it is taken care of.

    Open alerts that the actor may see, while they are locked, so that two who click at once do not order twice. Goods
    without a supplier, from one in another currency, or of which enough is coming are left. Raises `Conflict` when
    nothing can be ordered.
    """
    visible = narrow(StockAlert.objects.filter(state=StockAlert.State.OPEN), actor.limit)
    alerts: list[StockAlert] = locks.lock(Rank.STOCK, visible)
    low = list_to_order(alerts)
    if not low.wanted:
        raise Conflict(
            _("Nothing that runs low can be ordered like this."),
            code="nothing_to_order",
            remedy=_("Name a supplier of the items, or write an order by hand."),
        )
    groups: dict[tuple[UUID, UUID], list[ToOrder]] = defaultdict(list)
    for one in low.wanted:
        groups[one.item.supplier_id, one.alert.location_id].append(one)
    for group in groups.values():
        note = _("Draft order at %(name)s") % {"name": group[0].item.supplier.name}
        note_ordered(actor, alert_ids=[one.alert.pk for one in group[:MOST_LINES]], note=note)
    orders: list[PurchaseOrder] = [
        draft_order(
            actor,
            supplier_id=supplier_id,
            draft=OrderDraft(
                lines=[
                    LineDraft(variant_id=one.item.variant_id, quantity=one.quantity)
                    for one in group[:MOST_LINES]
                ],
                location_id=location_id,
            ),
        )
        for (supplier_id, location_id), group in sorted(groups.items())
    ]
    over = sum(max(0, len(group) - MOST_LINES) for group in groups.values())
    return DraftedLow([order.number for order in orders], len(low.left) + over)
