"""The demo businesses."""

from __future__ import annotations

from monidesk.demo.harbour import HARBOUR
from monidesk.demo.juniper import JUNIPER
from monidesk.demo.shop import Item, Shop

SHOPS = (HARBOUR, JUNIPER)

__all__ = ["SHOPS", "Item", "Shop"]
