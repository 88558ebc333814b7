"""What businesses may say in their own words about an order, and the values they may name."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.kernel.money import format_money
from apps.platform.notifications.wording import MessageEvent, Value, declare_event

_ORDER = {
    "order_number": Value(_("Order number"), "1042"),
    "name": Value(_("Buyer's name"), "Bea Buyer"),
    "total": Value(_("Total of the order"), "£36.00"),
    "items": Value(_("What was ordered"), "2 × Stoneware mug, 1 × Linen shirt"),
    "order_link": Value(_("Address of the order's page"), "https://shop.example/store/harbour/track/…/"),
}
_AMOUNT = {"amount": Value(_("Amount of this payment"), "£36.00")}
_PARCEL = {
    "carrier": Value(_("Carrier"), "Royal Mail"),
    "tracking_number": Value(_("Tracking number"), "AB123456789GB"),
    "tracking_link": Value(
        _("Address where the parcel is followed"), "https://carrier.example/AB123456789GB"
    ),
}
_REFUND = {
    "amount": Value(_("Amount that goes back"), "£18.00"),
    "reason": Value(_("Reason"), "Chipped rim"),
}

_AMENDMENT = {
    "amount": Value(_("What is still to be paid"), "£12.00"),
    "reason": Value(_("Reason"), "Asked on the phone"),
    "changes": Value(_("What was changed"), "Stoneware mug: 3 instead of 2"),
}


def _texts(context: Mapping[str, Any], language: str) -> dict[str, str]:
    order = context["order"]

    def money(amount: Decimal) -> str:
        return format_money(amount, order["currency"], language)

    said = {
        "order_number": str(order["number"]),
        "name": order["name"],
        "total": money(order["total"]),
        "items": ", ".join(f"{line['quantity']} × {line['title']}" for line in context["lines"]),
        "order_link": f"{settings.PUBLIC_BASE_URL}{context['track_path']}",
    }
    if "amount" in context:
        said["amount"] = money(context["amount"])
    if parcel := context.get("parcel"):
        said["carrier"] = parcel["carrier"]
        said["tracking_number"] = parcel["tracking_number"]
        said["tracking_link"] = parcel["tracking_url"]
    if refund := context.get("refund"):
        said["amount"], said["reason"] = money(refund["amount"]), refund["reason"]
    if amendment := context.get("amendment"):
        said["amount"], said["reason"] = money(amendment["owed"]), amendment["reason"]
        said["changes"] = ", ".join(amendment["changes"])
    return said


for _key, _label, _more in (
    ("order_placed", _("Order received"), {}),
    ("order_paid", _("Order paid"), _AMOUNT),
    ("order_shipped", _("Parcel sent"), _PARCEL),
    ("order_refunded", _("Money goes back"), _REFUND),
    ("order_amended", _("Order changed"), _AMENDMENT),
):
    declare_event(MessageEvent(_key, _label, {**_ORDER, **_more}, _texts))
