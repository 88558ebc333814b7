"""The accounts that every business starts with, and which of them only events may touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from .models import AccountKind


@dataclass(frozen=True, slots=True)
class ShippedAccount:
    """One account of the shipped chart."""

    key: str
    code: str
    name: Any
    kind: str


SHIPPED_CHART = (
    ShippedAccount("bank", "1000", _("Bank"), AccountKind.ASSET),
    ShippedAccount("cash", "1010", _("Cash"), AccountKind.ASSET),
    ShippedAccount("provider_clearing", "1050", _("Payment provider clearing"), AccountKind.ASSET),
    ShippedAccount("receivables", "1100", _("Receivables"), AccountKind.ASSET),
    ShippedAccount("inventory", "1200", _("Inventory"), AccountKind.ASSET),
    ShippedAccount("grni", "2000", _("Goods received, not invoiced"), AccountKind.LIABILITY),
    ShippedAccount("customer_deposits", "2100", _("Customer deposits"), AccountKind.LIABILITY),
    ShippedAccount("gift_card_liability", "2150", _("Gift cards not spent yet"), AccountKind.LIABILITY),
    ShippedAccount("store_credit_liability", "2160", _("Store credit of customers"), AccountKind.LIABILITY),
    ShippedAccount("tax_payable", "2200", _("Tax payable"), AccountKind.LIABILITY),
    ShippedAccount("opening_equity", "3000", _("Opening equity"), AccountKind.EQUITY),
    ShippedAccount("sales_revenue", "4000", _("Sales revenue"), AccountKind.INCOME),
    ShippedAccount("shipping_income", "4050", _("Shipping income"), AccountKind.INCOME),
    ShippedAccount("sales_returns", "4100", _("Sales returns"), AccountKind.INCOME),
    ShippedAccount("breakage_income", "4200", _("Gift cards never spent"), AccountKind.INCOME),
    ShippedAccount("cost_of_goods_sold", "5000", _("Cost of goods sold"), AccountKind.EXPENSE),
    ShippedAccount("inventory_shrinkage", "5100", _("Inventory shrinkage"), AccountKind.EXPENSE),
    ShippedAccount("provider_fees", "5200", _("Payment provider fees"), AccountKind.EXPENSE),
    ShippedAccount("credit_given", "5320", _("Gift cards and credit given away"), AccountKind.EXPENSE),
    ShippedAccount("disputes", "5210", _("Disputed payments"), AccountKind.EXPENSE),
    ShippedAccount("bad_debts", "5300", _("Bad debts"), AccountKind.EXPENSE),
    ShippedAccount("rounding", "5900", _("Rounding differences"), AccountKind.EXPENSE),
)

# These repeat the stock ledger, the orders, what companies owe and the cards to the cent; an entry by hand would part
# them for ever.
CONTROL_KEYS = frozenset(
    {"inventory", "receivables", "customer_deposits", "gift_card_liability", "store_credit_liability"}
)
