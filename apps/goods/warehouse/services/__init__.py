"""Every write of the warehouse, one paper a file."""

from apps.goods.warehouse.services.transfers import (
    cancel_transfer,
    receive_transfer,
    request_transfer,
    ship_transfer,
)

__all__ = ["cancel_transfer", "receive_transfer", "request_transfer", "ship_transfer"]
