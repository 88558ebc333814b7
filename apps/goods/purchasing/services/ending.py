"""Nothing more is expected: closed with what came, or cancelled before anything did."""

from __future__ import annotations

from uuid import UUID

from apps.goods.purchasing.events import OrderEnded
from apps.goods.purchasing.models import PurchaseLine, PurchaseOrder, PurchaseStep
from apps.goods.purchasing.policies import WRITE
from apps.goods.purchasing.services import checking
from apps.goods.purchasing.services.orders import enter, lock_order
from apps.goods.purchasing.states import move
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.events import publish
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case


@use_case(permission=WRITE, audits="purchasing.closed")
def close_order(actor: Actor, *, order_id: UUID, reason: str = "") -> PurchaseOrder:
    """End an order with what has come; the rest is expected no more. Raises `WrongState`, `NotFound`."""
    reason = checking.line_of_text(reason, "reason", 500)
    order = lock_order(actor, order_id)
    move(order, "close")
    order.closed_at = clock.now()
    order.save(update_fields=["state", "closed_at", "updated_at"])
    missing = sum(line.open_quantity for line in PurchaseLine.objects.filter(order=order))
    enter(actor, order, PurchaseStep.Kind.CLOSED, reason)
    _tell(order, "closed")
    audit.record(actor, "purchasing.closed", order, after={"missing": missing}, reason=reason)
    return order


@use_case(permission=WRITE, audits="purchasing.cancelled")
def cancel_order(actor: Actor, *, order_id: UUID, reason: str) -> PurchaseOrder:
    """Take an order back of which nothing has come. The supplier is told by people. Raises `WrongState`."""
    reason = checking.required_text(reason, "reason", 500)
    order = lock_order(actor, order_id)
    move(order, "cancel")
    order.cancelled_at = clock.now()
    order.save(update_fields=["state", "cancelled_at", "updated_at"])
    enter(actor, order, PurchaseStep.Kind.CANCELLED, reason)
    _tell(order, "cancelled")
    audit.record(actor, "purchasing.cancelled", order, reason=reason)
    return order


def _tell(order: PurchaseOrder, how: str) -> None:
    publish(OrderEnded(business_id=require_business_id(), order_id=order.pk, number=order.number, how=how))
