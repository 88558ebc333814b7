"""Every write of the warehouse, one paper a file."""

from apps.goods.warehouse.services.agreeing import set_transfer_rules
from apps.goods.warehouse.services.closing import approve_count, cancel_count, finish_count, reopen_count
from apps.goods.warehouse.services.counting import open_count, record_scan
from apps.goods.warehouse.services.transfers import (
    approve_transfer,
    cancel_transfer,
    receive_transfer,
    request_transfer,
    ship_transfer,
)

__all__ = [
    "approve_count",
    "approve_transfer",
    "cancel_count",
    "cancel_transfer",
    "finish_count",
    "open_count",
    "receive_transfer",
    "record_scan",
    "reopen_count",
    "request_transfer",
    "set_transfer_rules",
    "ship_transfer",
]
