"""Who may do what with delivery."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.limits import Limit, limit_rows, narrow
from apps.kernel.permissions import declare
from apps.selling.orders.models import Order

READ = declare("shipping.read", _("See delivery rates"))
MANAGE = declare("shipping.manage", _("Change delivery rates and carriers"))
PACK = "orders.fulfil"


@limit_rows("shipping.shipment")
def of_orders_within_limit(limit: Limit) -> Q:
    """Shipments of orders within the limit."""
    return Q(Exists(narrow(Order.objects.filter(pk=OuterRef("order_id")), limit)))


@limit_rows("shipping.shipmentevent")
def of_shipments_within_limit(limit: Limit) -> Q:
    """What carriers say of them."""
    return Q(Exists(narrow(Order.objects.filter(pk=OuterRef("shipment__order_id")), limit)))


@limit_rows("shipping.picklist")
def at_own_locations(limit: Limit) -> Q:
    """Pick lists of one's own locations."""
    if limit.location_ids is None:
        return Q()
    return Q(location_id__in=limit.location_ids)


@limit_rows("shipping.pickline")
def of_own_lists(limit: Limit) -> Q:
    """Their lines."""
    if limit.location_ids is None:
        return Q()
    return Q(pick_list__location_id__in=limit.location_ids)
