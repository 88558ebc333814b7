"""Every write of the ledger."""

from .accounts import add_account, create_chart, deactivate_account, reactivate_account, rename_account
from .manual import ManualLine, post_manual_entry, reverse_entry
from .posting import post_entries, post_entry

__all__ = [
    "ManualLine",
    "add_account",
    "create_chart",
    "deactivate_account",
    "post_entries",
    "post_entry",
    "post_manual_entry",
    "reactivate_account",
    "rename_account",
    "reverse_entry",
]
