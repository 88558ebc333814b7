"""Every write of checkout."""

from apps.selling.checkout.services.carts import (
    add_to_cart,
    keep_attribution,
    merge_carts,
    remember_details,
    remove_item,
    set_quantity,
)
from apps.selling.checkout.services.changing import change_own_order
from apps.selling.checkout.services.codes import drop_code, put_code
from apps.selling.checkout.services.filling import fill_cart
from apps.selling.checkout.services.keeping import Cut, keep_available
from apps.selling.checkout.services.leaving import drop_old, note_abandoned
from apps.selling.checkout.services.links import end_link, find_link, follow_link, make_link
from apps.selling.checkout.services.quick import put_list
from apps.selling.checkout.services.quoting import quote_cart, quote_with_carriers
from apps.selling.checkout.services.recovering import come_back, remind_of_cart
from apps.selling.checkout.services.submitting import ON_ACCOUNT, submit_checkout

__all__ = [
    "ON_ACCOUNT",
    "Cut",
    "add_to_cart",
    "change_own_order",
    "come_back",
    "drop_code",
    "drop_old",
    "end_link",
    "fill_cart",
    "find_link",
    "follow_link",
    "keep_attribution",
    "keep_available",
    "make_link",
    "merge_carts",
    "note_abandoned",
    "put_code",
    "put_list",
    "quote_cart",
    "quote_with_carriers",
    "remember_details",
    "remind_of_cart",
    "remove_item",
    "set_quantity",
    "submit_checkout",
]
