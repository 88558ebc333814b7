"""Every write of receivables."""

from .opening import open_receivable, take_credit_note
from .paying import record_payment, reverse_payment
from .reminding import remind, set_cadence

__all__ = [
    "open_receivable",
    "record_payment",
    "remind",
    "reverse_payment",
    "set_cadence",
    "take_credit_note",
]
