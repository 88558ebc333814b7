"""The stock ledger, its balances and promises; and what waits for somebody's approval."""

from apps.goods.inventory.models.approvals import Adjustment, AdjustmentLine, StockRules
from apps.goods.inventory.models.ledger import (
    CORRECTING,
    DEFAULT_WARN_AT,
    AdjustReason,
    Reservation,
    StockBalance,
    StockMovement,
)

__all__ = [
    "CORRECTING",
    "DEFAULT_WARN_AT",
    "AdjustReason",
    "Adjustment",
    "AdjustmentLine",
    "Reservation",
    "StockBalance",
    "StockMovement",
    "StockRules",
]
