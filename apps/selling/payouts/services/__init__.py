"""Every write of payouts."""

from .disputing import settle_disputes
from .recording import record_lines, withdraw_lines
from .settling import settle_line

__all__ = ["record_lines", "settle_disputes", "settle_line", "withdraw_lines"]
