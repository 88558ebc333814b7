"""Who may buy, approve and see what it costs, and of which locations."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.goods.purchasing.models import GoodsReceipt, PurchaseOrder
from apps.kernel.actors import Actor
from apps.kernel.limits import Limit, limit_rows, narrow
from apps.kernel.permissions import declare
from apps.platform.fields.kinds import takes_fields

SUPPLIERS_READ = declare("suppliers.read", _("See suppliers, their people and costs"))
SUPPLIERS_WRITE = declare("suppliers.write", _("Add and change suppliers"))
READ = declare("purchasing.read", _("See purchase orders and deliveries"))
WRITE = declare("purchasing.write", _("Write, send, close and cancel purchase orders"))
APPROVE = declare("purchasing.approve", _("Approve purchase orders up to the limit"))
APPROVE_ANY = declare("purchasing.approve_any", _("Approve purchase orders of any amount"))
RULES = declare("purchasing.rules", _("Set approval limit and tolerance"), whole_business=True)

takes_fields("purchasing.supplier", _("Suppliers"), read=SUPPLIERS_READ, change=SUPPLIERS_WRITE)
takes_fields("purchasing.goodsreceipt", _("Goods receipts"), read=READ, change="stock.receive")
takes_fields("purchasing.purchaseorder", _("Purchase orders"), read=READ, change=WRITE, on_documents=True)


@limit_rows("purchasing.purchaseorder")
def delivered_at_own_locations(limit: Limit) -> Q:
    """Orders that come to the limit's locations."""
    return Q() if limit.location_ids is None else Q(location_id__in=limit.location_ids)


@limit_rows("purchasing.purchaseline", "purchasing.purchaseversion", "purchasing.purchasestep")
def of_orders_within_limit(limit: Limit) -> Q:
    """What belongs to orders within the limit."""
    return Q(Exists(narrow(PurchaseOrder.objects.filter(pk=OuterRef("order_id")), limit)))


@limit_rows("purchasing.goodsreceipt")
def received_at_own_locations(limit: Limit) -> Q:
    """Deliveries that came to the limit's locations."""
    return Q() if limit.location_ids is None else Q(location_id__in=limit.location_ids)


@limit_rows("purchasing.goodsreceiptline", "purchasing.landedcost")
def of_receipts_within_limit(limit: Limit) -> Q:
    """What belongs to deliveries within the limit."""
    return Q(Exists(narrow(GoodsReceipt.objects.filter(pk=OuterRef("receipt_id")), limit)))


def can_approve(actor: Actor, order: PurchaseOrder, limit: Decimal) -> bool:
    """Up to the business's limit whoever approves, above it who may approve any amount."""
    return actor.may(APPROVE_ANY) or (actor.may(APPROVE) and order.base_total <= limit)
