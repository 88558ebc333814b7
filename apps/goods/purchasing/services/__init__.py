"""Every write of purchasing."""

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
    "archive_supplier",
    "log_note",
    "remove_address",
    "remove_contact",
    "remove_items",
    "restore_supplier",
    "set_items",
    "update_supplier",
]
