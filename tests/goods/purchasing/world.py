"""Suppliers and orders for tests, made through the services."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from apps.goods.catalog.models import Variant
from apps.goods.purchasing import services
from apps.goods.purchasing.drafts import LineDraft, OrderDraft, SupplierDraft
from apps.goods.purchasing.models import PurchaseLine, PurchaseOrder, Supplier
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business

D = Decimal


def make_supplier(business: Business, **facts: Any) -> Supplier:
    """A supplier in the business's currency unless another is named."""
    draft = SupplierDraft(**{"name": "Mill Pottery", **facts})
    return services.add_supplier(Actor.system("tests", business.pk), draft=draft)


def write_order(
    business: Business,
    supplier: Supplier,
    lines: Sequence[tuple[Variant, int, str]],
    *,
    actor: Actor | None = None,
    **facts: Any,
) -> PurchaseOrder:
    """A draft of (variant, quantity, unit cost)."""
    drafts = [LineDraft(variant_id=v.pk, quantity=count, unit_cost=D(cost)) for v, count, cost in lines]
    return services.draft_order(
        actor or Actor.system("tests", business.pk),
        supplier_id=supplier.pk,
        draft=OrderDraft(lines=drafts, **facts),
    )


def send(order: PurchaseOrder, email: str = "") -> PurchaseOrder:
    """Submit, approve and send."""
    actor = Actor.system("tests", order.business_id)
    services.submit_order(actor, order_id=order.pk)
    services.approve_order(actor, order_id=order.pk)
    return services.send_order(actor, order_id=order.pk, email=email)


def sent_order(
    business: Business,
    lines: Sequence[tuple[Variant, int, str]],
    supplier: Supplier | None = None,
    **facts: Any,
) -> PurchaseOrder:
    """An order on its way."""
    return send(write_order(business, supplier or make_supplier(business), lines, **facts))


def lines_of(order: PurchaseOrder) -> list[PurchaseLine]:
    """The order's lines as they stand now."""
    with tenancy.bind(order.business_id):
        return list(PurchaseLine.objects.filter(order=order).order_by("position"))


def tolerate(business: Business, percent: str, limit: str = "0") -> None:
    """Set the over-receipt tolerance and the approval limit."""
    services.set_rules(
        Actor.system("tests", business.pk), over_receipt_percent=D(percent), approval_limit=D(limit),
        demand_weeks=12, cover_weeks=4, service_factor=D("1.65"),
    )  # fmt: skip
