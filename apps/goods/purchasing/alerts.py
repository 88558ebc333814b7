"""What members are told about purchasing."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.goods.purchasing.events import OrderSubmitted
from apps.goods.purchasing.models import PurchaseOrder
from apps.goods.purchasing.policies import APPROVE
from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe
from apps.kernel.money import format_money
from apps.platform.alerts.kinds import declare_kind
from apps.platform.alerts.services import notify_members

WAITS = declare_kind(
    "purchase_waits",
    gettext_lazy("A purchase order waits for approval"),
    permission=APPROVE,
    icon="approval",
)


@subscribe(OrderSubmitted, name="purchasing.alert_waiting")
def on_submitted(event: OrderSubmitted, envelope: Envelope) -> None:
    """Tell who may approve and see the order; each time it is submitted is a new reason."""
    order = PurchaseOrder.objects.select_related("supplier").filter(pk=event.order_id).first()
    if order is None:
        return
    notify_members(
        Actor.system("purchasing", event.business_id, envelope.request_id),
        kind=WAITS,
        title=_("%(number)s waits for approval: %(amount)s")
        % {"number": event.number, "amount": format_money(event.base_total, event.currency)},
        text=order.supplier.name,
        link=f"/admin/purchasing/purchaseorder/{order.pk}/",
        dedupe_key=f"purchase-waits:{envelope.id}",
        about=order,
        happened_at=envelope.occurred_at,
    )
