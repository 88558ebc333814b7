"""Purchasing in the back office; each module registers its own pages."""

from typing import Any

from apps.goods.inventory.models import StockAlert
from apps.platform.backoffice.sites import site

from . import (
    low_stock_pages,
    order_pages,
    receipt_pages,
    reorder_pages,
    report_pages,
    supplier_pages,
    variant_pages,
)
from .models import Supplier

__all__ = [
    "low_stock_pages",
    "order_pages",
    "receipt_pages",
    "reorder_pages",
    "report_pages",
    "supplier_pages",
    "variant_pages",
]

# Reordering's button stands on the supplier's page, which it builds upon. On the page that is registered: what a
# page begins with was copied when it was made.
_suppliers: Any = site._registry[Supplier]
_suppliers.verbs = [reorder_pages.DraftProposals, *_suppliers.verbs]
_alerts: Any = site._registry[StockAlert]
_alerts.list_verbs = [low_stock_pages.DraftLowStock]
