"""Tables of purchasing, one aggregate a file."""

from .orders import OrderState, PurchaseLine, PurchaseOrder, PurchaseStep, PurchaseVersion
from .receipts import (
    ChargeBasis,
    ChargeKind,
    GoodsReceipt,
    GoodsReceiptLine,
    LandedCost,
    RejectReason,
)
from .rules import PurchaseRules
from .suppliers import Supplier, SupplierAddress, SupplierContact, SupplierItem, SupplierNote

__all__ = [
    "ChargeBasis",
    "ChargeKind",
    "GoodsReceipt",
    "GoodsReceiptLine",
    "LandedCost",
    "OrderState",
    "PurchaseLine",
    "PurchaseOrder",
    "PurchaseRules",
    "PurchaseStep",
    "PurchaseVersion",
    "RejectReason",
    "Supplier",
    "SupplierAddress",
    "SupplierContact",
    "SupplierItem",
    "SupplierNote",
]
