"""The parts of the product that work by themselves, by the names they sign with."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Any] = {
    "access": _("Access for apps"),
    "accounts": _("Accounts"),
    "alerts": _("Alerts"),
    "approvals": _("Approvals"),
    "audit archives": _("Archives of the audit trail"),
    "carts": _("Carts"),
    "catalog": _("Catalogue"),
    "checkout": _("Checkout"),
    "company sign-in": _("Company sign-in"),
    "create_platform_admin": _("Setting up the platform"),
    "credit": _("Gift cards and store credit"),
    "customers": _("Customers"),
    "demo": _("Demo data"),
    "expiry": _("Orders not paid in time"),
    "garments": _("Garments"),
    "import": _("Import"),
    "import_products": _("Import"),
    "inventory": _("Stock"),
    "invitation": _("Invitation"),
    "invoicing": _("Documents"),
    "ledger": _("Books"),
    "mail": _("Mail"),
    "media": _("Files"),
    "orders": _("Orders"),
    "payments": _("Payments"),
    "payouts": _("Payouts"),
    "pricing": _("Prices"),
    "privacy": _("Privacy"),
    "purchasing": _("Purchasing"),
    "receivables": _("Companies on account"),
    "reminders": _("Reminders"),
    "returns": _("Returns"),
    "rotate_vault": _("Renewal of secrets"),
    "sandbox-pay": _("Sandbox Pay"),
    "sessions": _("Sign-ins"),
    "shipping": _("Delivery"),
    "sign-in": _("Sign-in"),
    "sign-up": _("Sign-up"),
    "tokens": _("Access for apps"),
    "unlock_person": _("Unlocking"),
    "upgrade": _("Upgrade of the product"),
    "warehouse": _("Warehouse"),
}
