"""The roles every business starts with. Patterns are kept, so that a later feature joins the right roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class ShippedRole:
    code: str
    name: Any
    permissions: tuple[str, ...]


_SELL = ("orders.*", "fulfilments.*", "checkout.*", "carts.*", "customers.*", "quotes.*")
_SEE_GOODS = (
    "products.read",
    "catalog.read",
    "stock.read",
    "inventory.read",
    "pricing.read",
    "shipping.read",
)
_SEE_HOUSE = ("business.read", "locations.read")

SHIPPED_ROLES: tuple[ShippedRole, ...] = (
    ShippedRole("owner", _("Owner"), ("*",)),
    ShippedRole(
        "admin",
        _("Administrator"),
        (
            *_SELL,
            "products.*",
            "catalog.*",
            "pricing.*",
            "stock.*",
            "inventory.*",
            "imports.*",
            "payments.*",
            "shipping.*",
            "ledger.*",
            "invoices.*",
            "invoicing.*",
            "documents.*",
            "notifications.*",
            "business.read",
            "business.change",
            "locations.*",
            "team.*",
            "roles.*",
            "audit.read",
            "platform.operate",
            "api.*",
        ),
    ),
    ShippedRole(
        "manager",
        _("Manager"),
        (
            *_SELL,
            "products.*",
            "catalog.*",
            "pricing.*",
            "stock.*",
            "inventory.*",
            "imports.*",
            "payments.read",
            "payments.refund",
            "payments.reconcile",
            "shipping.*",
            "ledger.read",
            "invoices.read",
            "invoicing.read",
            "documents.read",
            "notifications.*",
            *_SEE_HOUSE,
            "team.read",
            "audit.read",
        ),
    ),
    ShippedRole(
        "sales",
        _("Sales"),
        (
            "orders.read",
            "orders.place",
            "orders.create",
            "orders.confirm",
            "orders.cancel",
            "orders.note",
            "fulfilments.read",
            "carts.*",
            "checkout.*",
            "customers.*",
            "quotes.*",
            "payments.read",
            "documents.read",
            "invoices.read",
            "invoicing.read",
            *_SEE_GOODS,
            *_SEE_HOUSE,
        ),
    ),
    ShippedRole(
        "cashier",
        _("Cashier"),
        (
            "orders.read",
            "orders.place",
            "orders.create",
            "customers.read",
            "customers.record",
            *_SEE_GOODS,
            *_SEE_HOUSE,
        ),
    ),
    ShippedRole(
        "stock_keeper",
        _("Stock keeper"),
        (
            "stock.*",
            "inventory.*",
            "products.read",
            "catalog.read",
            "orders.read",
            "orders.fulfil",
            "orders.fulfill",
            "fulfilments.*",
            "imports.read",
            *_SEE_HOUSE,
        ),
    ),
    ShippedRole(
        "buyer",
        _("Buyer"),
        ("purchasing.*", "suppliers.*", "stock.receive", "inventory.receive", *_SEE_GOODS, *_SEE_HOUSE),
    ),
    ShippedRole(
        "accountant",
        _("Accountant"),
        (
            "ledger.*",
            "invoices.*",
            "invoicing.*",
            "documents.*",
            "payments.read",
            "payments.reconcile",
            "orders.read",
            "customers.read",
            "audit.read",
            *_SEE_GOODS,
            *_SEE_HOUSE,
        ),
    ),
    ShippedRole(
        "marketer",
        _("Marketer"),
        ("products.*", "catalog.*", "campaigns.*", "customers.read", "orders.read", *_SEE_GOODS, *_SEE_HOUSE),
    ),
    ShippedRole(
        "support",
        _("Support"),
        (
            "orders.read",
            "orders.note",
            "orders.cancel",
            "orders.refund",
            "fulfilments.read",
            "customers.*",
            "payments.read",
            "documents.read",
            "invoices.read",
            "invoicing.read",
            "notifications.read",
            "notifications.send",
            *_SEE_GOODS,
            *_SEE_HOUSE,
        ),
    ),
    ShippedRole("analyst", _("Analyst"), ("*.read",)),
    ShippedRole("delivery_agent", _("Delivery agent"), ("deliveries.*",)),
)
