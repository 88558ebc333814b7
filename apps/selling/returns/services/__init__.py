"""Every write of returns."""

from .asking import request_return, withdraw_return
from .deciding import approve_return, refuse_return
from .exchanging import note_exchange_failed, place_exchange
from .photos import MOST_PHOTOS, add_photos, look_at_photos
from .receiving import receive_return
from .ruling import set_return_rules
from .settling import settle_return

__all__ = [
    "MOST_PHOTOS",
    "add_photos",
    "approve_return",
    "look_at_photos",
    "note_exchange_failed",
    "place_exchange",
    "receive_return",
    "refuse_return",
    "request_return",
    "set_return_rules",
    "settle_return",
    "withdraw_return",
]
