"""The tables of orders: one file an aggregate part."""

from .fulfilment import Fulfilment, FulfilmentLine
from .line import OrderLine
from .order import Order
from .settlement import OrderPayment, OrderRefund, OrderRefundLine
from .timeline import TimelineEntry
from .version import OrderVersion

__all__ = [
    "Fulfilment",
    "FulfilmentLine",
    "Order",
    "OrderLine",
    "OrderPayment",
    "OrderRefund",
    "OrderRefundLine",
    "OrderVersion",
    "TimelineEntry",
]
