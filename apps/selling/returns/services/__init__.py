"""Every write of returns."""

from .asking import request_return, withdraw_return
from .deciding import approve_return, refuse_return
from .exchanging import note_exchange_failed, place_exchange
from .receiving import receive_return
from .ruling import set_return_rules
from .settling import settle_return

__all__ = [
    "approve_return",
    "note_exchange_failed",
    "place_exchange",
    "receive_return",
    "refuse_return",
    "request_return",
    "set_return_rules",
    "settle_return",
    "withdraw_return",
]
