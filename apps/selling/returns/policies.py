"""Who may do what with returns."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.limits import Limit, limit_rows, narrow
from apps.kernel.permissions import declare
from apps.selling.orders.models import Order

from .models import GoodsReturn

READ = declare("returns.read", _("See returns"))
DECIDE = declare("returns.decide", _("Start, approve and refuse returns"))
RECEIVE = declare("returns.receive", _("Receive what comes back"))
RULES = declare("returns.rules", _("Say what the shop takes back"), whole_business=True)


@limit_rows("returns.goodsreturn")
def of_orders_within_limit(limit: Limit) -> Q:
    """Returns of orders within the limit."""
    return Q(Exists(narrow(Order.objects.filter(pk=OuterRef("order_id")), limit)))


@limit_rows("returns.returnline", "returns.returnsettlement")
def of_returns_within_limit(limit: Limit) -> Q:
    """What belongs to such returns."""
    return Q(Exists(narrow(GoodsReturn.objects.filter(pk=OuterRef("goods_return_id")), limit)))
