"""Every write of checkout."""

from apps.selling.checkout.services.carts import (
    add_to_cart,
    merge_carts,
    remember_details,
    remove_item,
    set_quantity,
)
from apps.selling.checkout.services.codes import drop_code, put_code
from apps.selling.checkout.services.filling import fill_cart
from apps.selling.checkout.services.leaving import drop_old, note_abandoned
from apps.selling.checkout.services.quoting import quote_cart
from apps.selling.checkout.services.submitting import submit_checkout

__all__ = [
    "add_to_cart",
    "drop_code",
    "drop_old",
    "fill_cart",
    "merge_carts",
    "note_abandoned",
    "put_code",
    "quote_cart",
    "remember_details",
    "remove_item",
    "set_quantity",
    "submit_checkout",
]
