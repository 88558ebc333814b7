"""What an entry came from, in words and as a link."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from .models import JournalEntry

SOURCE_LABELS: dict[str, Any] = {
    "capture": _("Payment"),
    "fulfilment": _("Goods sent"),
    "refund": _("Refund"),
    "stock_receipt": _("Stock received"),
    "stock_adjustment": _("Stock adjusted"),
    "credit_entry": _("Gift card or store credit"),
    "company_payment": _("Payment of a company"),
    "payout_line": _("Payout of a payment company"),
    "dispute_entry": _("Lost dispute"),
    "past_sales": _("Sales of the past"),
    "manual": _("Written by hand"),
    "journal_entry": _("Reversal"),
}
# The page that shows the fact behind an entry, by what the entry belongs to.
_OWNER_PAGES = {
    "order": "admin:orders_order_change",
    "credit": "admin:credit_creditaccount_change",
    "payment": "admin:payments_payment_change",
    "company": "admin:customers_company_change",
    "payout_line": "admin:payouts_payoutline_change",
}


def source_label(source_type: str) -> str:
    """The kind of fact an entry stands for, as a person calls it."""
    return str(SOURCE_LABELS.get(source_type, source_type.replace("_", " ")))


def source_url(entry: JournalEntry) -> str:
    """Where the fact behind an entry can be looked at; empty when it has no page of its own."""
    if entry.reverses_id is not None:
        return reverse("admin:ledger_journalentry_change", args=[entry.reverses_id])
    name = _OWNER_PAGES.get(entry.owner_type)
    if name is None or entry.owner_id is None:
        return ""
    try:
        return reverse(name, args=[entry.owner_id])
    except NoReverseMatch:
        return ""
