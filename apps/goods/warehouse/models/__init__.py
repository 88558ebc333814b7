"""Transfers and counts."""

from apps.goods.warehouse.models.transfers import Transfer, TransferLine, TransferStep

__all__ = ["Transfer", "TransferLine", "TransferStep"]
