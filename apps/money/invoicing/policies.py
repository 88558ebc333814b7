"""Who may read the papers."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.kernel.limits import Limit, limit_rows, narrow
from apps.kernel.permissions import declare
from apps.selling.orders.models import Order

declare("documents.read", _("See and download receipts, invoices and credit notes"))


@limit_rows("invoicing.document")
def papers_within_limit(limit: Limit) -> Q:
    """Receipts, invoices and credit notes of orders within the limit."""
    return Q(Exists(narrow(Order.objects.filter(pk=OuterRef("order_id")), limit)))
