"""Purchasing for programs."""

from __future__ import annotations

from rest_framework.routers import BaseRouter

from apps.goods.purchasing.supplier_api import SupplierViewSet


def register(router: BaseRouter) -> None:
    """Mount purchasing."""
    router.register("suppliers", SupplierViewSet, basename="supplier")
