"""Every write of orders, one verb a file."""

from apps.selling.orders.services.amending import amend_order
from apps.selling.orders.services.bulk import BulkResult, run_bulk, tag_order
from apps.selling.orders.services.deciding import decide_order, nudge_order, retry_order
from apps.selling.orders.services.delivering import hand_over, mark_delivered
from apps.selling.orders.services.ending import cancel_order, expire_order
from apps.selling.orders.services.fulfilling import fulfil_order
from apps.selling.orders.services.noting import add_note
from apps.selling.orders.services.paying import (
    confirm_order,
    note_payment_failed,
    note_refund_paid_out,
    note_refund_refused,
    record_payment,
)
from apps.selling.orders.services.placing import place_drafts, place_order
from apps.selling.orders.services.reallocating import reallocate_order
from apps.selling.orders.services.refunding import refund_order

__all__ = [
    "BulkResult",
    "add_note",
    "amend_order",
    "cancel_order",
    "confirm_order",
    "decide_order",
    "expire_order",
    "fulfil_order",
    "hand_over",
    "mark_delivered",
    "note_payment_failed",
    "note_refund_paid_out",
    "note_refund_refused",
    "nudge_order",
    "place_drafts",
    "place_order",
    "reallocate_order",
    "record_payment",
    "refund_order",
    "retry_order",
    "run_bulk",
    "tag_order",
]
