"""What members are told about stock."""

from __future__ import annotations

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.goods.inventory.events import AdjustmentRequested, LotRecalled, StockLow
from apps.goods.inventory.models import Adjustment, Lot, StockBalance
from apps.kernel.actors import Actor, say_who
from apps.kernel.events import Envelope, subscribe
from apps.platform.alerts.kinds import declare_kind
from apps.platform.alerts.services import notify_members

LOW = declare_kind(
    "stock_low", gettext_lazy("Stock runs low"), permission="stock.read", icon="production_quantity_limits"
)


APPROVALS = declare_kind(
    "stock_approval", gettext_lazy("Stock waits for approval"), permission="stock.approve", icon="fact_check"
)


@subscribe(AdjustmentRequested, name="inventory.alert_approval")
def on_requested(event: AdjustmentRequested, envelope: Envelope) -> None:
    """Tell who may approve; whoever asked for it hears it too and cannot decide."""
    waiting = Adjustment.objects.select_related("location").filter(pk=event.adjustment_id).first()
    if waiting is None:
        return
    notify_members(
        Actor.system("inventory", event.business_id, envelope.request_id),
        kind=APPROVALS,
        title=_("Adjustment %(number)s waits for approval") % {"number": event.number},
        text=f"{waiting.location.name} · {say_who(waiting.requested_by_label)}",
        link=f"/admin/inventory/adjustment/{waiting.pk}/",
        dedupe_key=f"adjustment:{envelope.id}",
        about=waiting,
        happened_at=envelope.occurred_at,
    )


RECALLS = declare_kind(
    "lot_recalled", gettext_lazy("A lot was recalled"), permission="stock.read", icon="report"
)
EXPIRING = declare_kind(
    "lot_expiring", gettext_lazy("Goods expire soon"), permission="stock.read", icon="event_busy"
)


@subscribe(LotRecalled, name="inventory.alert_recall")
def on_recall(event: LotRecalled, envelope: Envelope) -> None:
    """Tell everybody who works with stock: pieces may stand on a counter or in a van."""
    lot = Lot.objects.select_related("variant__product").filter(pk=event.lot_id).first()
    if lot is None:
        return
    notify_members(
        Actor.system("inventory", event.business_id, envelope.request_id),
        kind=RECALLS,
        title=_("Lot %(lot)s of %(goods)s is recalled") % {"lot": lot.code, "goods": lot.variant},
        text=event.reason,
        link=f"/admin/inventory/lot/{lot.pk}/",
        dedupe_key=f"recall:{envelope.id}",
        about=lot,
        happened_at=envelope.occurred_at,
    )


def tell_expiring(actor: Actor, lot: Lot, *, days: int, left: int, pieces: int) -> None:
    """Tell that a lot expires within `days`: once for each of the warnings, however often it is looked for."""
    notify_members(
        actor,
        kind=EXPIRING,
        title=_("%(count)s pieces of %(goods)s expire in %(left)s days")
        % {"count": pieces, "goods": lot.variant, "left": left},
        text=_("Lot %(lot)s, last day %(day)s")
        % {"lot": lot.code, "day": formats.date_format(lot.expires_on) if lot.expires_on else "–"},
        link=f"/admin/inventory/lot/{lot.pk}/",
        dedupe_key=f"expiring:{lot.pk}:{lot.expires_on}:{days}",
        about=lot,
    )


@subscribe(StockLow, name="inventory.alert_low")
def on_low(event: StockLow, envelope: Envelope) -> None:
    """Tell who sees the place's stock; each fall to the warning level is a new reason."""
    known = StockBalance.objects.select_related("variant__product", "location")
    balance = known.filter(variant_id=event.variant_id, location_id=event.location_id).first()
    if balance is None:
        return
    words = {
        "goods": str(balance.variant),
        "count": event.available,
    }
    notify_members(
        Actor.system("inventory", event.business_id, envelope.request_id),
        kind=LOW,
        title=_("%(goods)s runs low: %(count)s left") % words,
        text=balance.location.name,
        link=f"/admin/catalog/product/{balance.variant.product_id}/",
        dedupe_key=f"stock-low:{envelope.id}",
        about=balance,
        happened_at=envelope.occurred_at,
    )
