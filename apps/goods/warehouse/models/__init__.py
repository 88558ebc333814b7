"""Transfers and counts."""

from apps.goods.warehouse.models.counts import CountLine, CountScan, StockCount
from apps.goods.warehouse.models.transfers import Transfer, TransferLine, TransferRules, TransferStep

__all__ = [
    "CountLine",
    "CountScan",
    "StockCount",
    "Transfer",
    "TransferLine",
    "TransferRules",
    "TransferStep",
]
