"""Every write of the stock ledger, one verb a file."""

from apps.goods.inventory.services.adjusting import adjust_stock
from apps.goods.inventory.services.allocating import (
    drop_allocation,
    reallocate_stock,
    set_allocation,
    set_sites,
)
from apps.goods.inventory.services.approving import (
    approve_adjustment,
    post_count,
    propose_adjustment,
    reject_adjustment,
    set_quantities,
    set_stock_limits,
)
from apps.goods.inventory.services.closing import close_stock_days
from apps.goods.inventory.services.kits import make_kit
from apps.goods.inventory.services.leaving import consume_stock, return_stock
from apps.goods.inventory.services.lots import (
    block_lot,
    change_lot,
    open_lot,
    recall_lot,
    withhold_expired,
)
from apps.goods.inventory.services.moving import land_stock, send_stock
from apps.goods.inventory.services.receiving import receive_stock
from apps.goods.inventory.services.reserving import release_stock, reserve_stock
from apps.goods.inventory.services.rules import follow_backorder_limit, set_warning_level
from apps.goods.inventory.services.tracking import choose_tracking
from apps.goods.inventory.services.valuing import choose_valuation
from apps.goods.inventory.services.watching import (
    acknowledge_alert,
    note_ordered,
    resolve_alert,
    settle_alerts,
)

__all__ = [
    "acknowledge_alert",
    "adjust_stock",
    "approve_adjustment",
    "block_lot",
    "change_lot",
    "choose_tracking",
    "choose_valuation",
    "close_stock_days",
    "consume_stock",
    "drop_allocation",
    "follow_backorder_limit",
    "land_stock",
    "make_kit",
    "note_ordered",
    "open_lot",
    "post_count",
    "propose_adjustment",
    "reallocate_stock",
    "recall_lot",
    "receive_stock",
    "reject_adjustment",
    "release_stock",
    "reserve_stock",
    "resolve_alert",
    "return_stock",
    "send_stock",
    "set_allocation",
    "set_quantities",
    "set_sites",
    "set_stock_limits",
    "set_warning_level",
    "settle_alerts",
    "withhold_expired",
]
