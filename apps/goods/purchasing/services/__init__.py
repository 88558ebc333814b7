"""Every write of purchasing."""

from .approving import amend_order, approve_order, send_back_order, submit_order
from .ending import cancel_order, close_order
from .low_stock import draft_low_stock
from .orders import change_order, draft_order
from .papers import read_paper
from .receiving import receive_goods
from .reordering import draft_proposals
from .rules import set_rules
from .sending import send_order
from .suppliers import (
    add_address,
    add_contact,
    add_supplier,
    archive_supplier,
    log_note,
    remove_address,
    remove_contact,
    remove_items,
    restore_supplier,
    set_items,
    update_supplier,
)

__all__ = [
    "add_address",
    "add_contact",
    "add_supplier",
    "amend_order",
    "approve_order",
    "archive_supplier",
    "cancel_order",
    "change_order",
    "close_order",
    "draft_low_stock",
    "draft_order",
    "draft_proposals",
    "log_note",
    "read_paper",
    "receive_goods",
    "remove_address",
    "remove_contact",
    "remove_items",
    "restore_supplier",
    "send_back_order",
    "send_order",
    "set_items",
    "set_rules",
    "submit_order",
    "update_supplier",
]
