"""Purchasing for programs."""

from __future__ import annotations

from rest_framework.routers import BaseRouter

from apps.goods.purchasing.order_api import PurchaseOrderViewSet
from apps.goods.purchasing.receipt_api import GoodsReceiptViewSet
from apps.goods.purchasing.supplier_api import SupplierViewSet


def register(router: BaseRouter) -> None:
    """Mount purchasing."""
    router.register("suppliers", SupplierViewSet, basename="supplier")
    router.register("purchase-orders", PurchaseOrderViewSet, basename="purchase-order")
    router.register("goods-receipts", GoodsReceiptViewSet, basename="goods-receipt")
