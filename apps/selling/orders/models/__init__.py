"""The tables of orders: one file an aggregate part."""

from .fulfilment import Fulfilment, FulfilmentLine
from .line import OrderLine
from .order import Order
from .settlement import OrderPayment, OrderRefund, OrderRefundLine, Tender
from .timeline import TimelineEntry
from .version import OrderVersion
from .waiting import LaterKind, LaterSale, WaitingLine

__all__ = [
    "Fulfilment",
    "FulfilmentLine",
    "LaterKind",
    "LaterSale",
    "Order",
    "OrderLine",
    "OrderPayment",
    "OrderRefund",
    "OrderRefundLine",
    "OrderVersion",
    "Tender",
    "TimelineEntry",
    "WaitingLine",
]
