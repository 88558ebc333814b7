"""The stock ledger, its balances and promises; and what waits for somebody's approval."""

from apps.goods.inventory.models.alerts import StockAlert
from apps.goods.inventory.models.allocation import (
    SITE_FIELDS,
    AllocationPolicy,
    AllocationSplit,
    AllocationWay,
    PlaceSite,
)
from apps.goods.inventory.models.approvals import Adjustment, AdjustmentLine, StockRules, Valuation
from apps.goods.inventory.models.days import StockDay, StockFlow, StockSnapshot
from apps.goods.inventory.models.ledger import (
    CORRECTING,
    DEFAULT_WARN_AT,
    AdjustReason,
    Reservation,
    StockBalance,
    StockMovement,
)
from apps.goods.inventory.models.lots import UNMARKED, Lot, LotBalance, Tracking

__all__ = [
    "CORRECTING",
    "DEFAULT_WARN_AT",
    "SITE_FIELDS",
    "UNMARKED",
    "AdjustReason",
    "Adjustment",
    "AdjustmentLine",
    "AllocationPolicy",
    "AllocationSplit",
    "AllocationWay",
    "Lot",
    "LotBalance",
    "PlaceSite",
    "Reservation",
    "StockAlert",
    "StockBalance",
    "StockDay",
    "StockFlow",
    "StockMovement",
    "StockRules",
    "StockSnapshot",
    "Tracking",
    "Valuation",
]
