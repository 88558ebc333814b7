"""What pricing does: totals (pure), price lists, taxes."""

from .competing import note_competitor_prices, remove_competitor_price
from .entries import remove_entries, set_entries
from .history import note_prices
from .keeping import refresh_kept_prices
from .lists import change_list, save_list, use_list
from .showing import save_display_rate
from .taxes import save_customer_tax, save_tax_item, save_zone, use_zone
from .totals import price_lines

__all__ = [
    "change_list",
    "note_competitor_prices",
    "note_prices",
    "price_lines",
    "refresh_kept_prices",
    "remove_competitor_price",
    "remove_entries",
    "save_customer_tax",
    "save_display_rate",
    "save_list",
    "save_tax_item",
    "save_zone",
    "set_entries",
    "use_list",
    "use_zone",
]
