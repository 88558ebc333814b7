"""Every write of orders, one verb a file."""

from apps.selling.orders.services.carding import make_gift_cards
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
from apps.selling.orders.services.spending import pay_by_credit

__all__ = [
    "add_note",
    "cancel_order",
    "confirm_order",
    "expire_order",
    "fulfil_order",
    "hand_over",
    "make_gift_cards",
    "mark_delivered",
    "note_payment_failed",
    "note_refund_paid_out",
    "note_refund_refused",
    "pay_by_credit",
    "place_drafts",
    "place_order",
    "reallocate_order",
    "record_payment",
    "refund_order",
]
