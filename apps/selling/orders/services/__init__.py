"""Every write of orders, one verb a file."""

from apps.selling.orders.services.amending import amend_order
from apps.selling.orders.services.bulk import BulkResult, run_bulk, tag_order
from apps.selling.orders.services.buying import answer_buyer, ask_for_change, withdraw_order
from apps.selling.orders.services.carding import make_gift_cards
from apps.selling.orders.services.deciding import decide_order, nudge_order, retry_order
from apps.selling.orders.services.delivering import hand_over, mark_delivered
from apps.selling.orders.services.ending import cancel_order, expire_order
from apps.selling.orders.services.fulfilling import fulfil_order
from apps.selling.orders.services.holding import (
    hold_order,
    mark_ready,
    note_on_its_way,
    release_order,
    unpack_order,
)
from apps.selling.orders.services.noting import add_note
from apps.selling.orders.services.paying import (
    confirm_order,
    note_dispute,
    note_payment_failed,
    note_refund_paid_out,
    note_refund_refused,
    record_payment,
)
from apps.selling.orders.services.placing import place_drafts, place_order
from apps.selling.orders.services.reallocating import reallocate_order
from apps.selling.orders.services.receiving import record_money
from apps.selling.orders.services.refunding import refund_order
from apps.selling.orders.services.reminding import ask_for_payment, remind_of_payment
from apps.selling.orders.services.reserving import (
    note_released,
    note_reserved,
    send_order,
    take_reserved,
    take_to_send,
)
from apps.selling.orders.services.settling import note_settled
from apps.selling.orders.services.spending import pay_by_credit
from apps.selling.orders.services.terms import approve_order, refuse_order
from apps.selling.orders.services.waiting import end_later, sell_later, settle_waiting

__all__ = [
    "BulkResult",
    "add_note",
    "amend_order",
    "answer_buyer",
    "approve_order",
    "ask_for_change",
    "ask_for_payment",
    "cancel_order",
    "confirm_order",
    "decide_order",
    "end_later",
    "expire_order",
    "fulfil_order",
    "hand_over",
    "hold_order",
    "make_gift_cards",
    "mark_delivered",
    "mark_ready",
    "note_dispute",
    "note_on_its_way",
    "note_payment_failed",
    "note_refund_paid_out",
    "note_refund_refused",
    "note_released",
    "note_reserved",
    "note_settled",
    "nudge_order",
    "pay_by_credit",
    "place_drafts",
    "place_order",
    "reallocate_order",
    "record_money",
    "record_payment",
    "refund_order",
    "refuse_order",
    "release_order",
    "remind_of_payment",
    "retry_order",
    "run_bulk",
    "sell_later",
    "send_order",
    "settle_waiting",
    "tag_order",
    "take_reserved",
    "take_to_send",
    "unpack_order",
    "withdraw_order",
]
