"""What pricing does: totals (pure), price lists, taxes."""

from .entries import remove_entries, set_entries
from .history import note_prices
from .keeping import refresh_kept_prices
from .lists import save_list, use_list
from .taxes import save_customer_tax, save_tax_item, save_zone, use_zone
from .totals import price_lines

__all__ = [
    "note_prices",
    "price_lines",
    "refresh_kept_prices",
    "remove_entries",
    "save_customer_tax",
    "save_list",
    "save_tax_item",
    "save_zone",
    "set_entries",
    "use_list",
    "use_zone",
]
