"""What a payout file can say. The headings are those of Stripe, PayPal, Paystack and Razorpay, best first."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.goods.imports.columns import Field

FIELDS: tuple[Field, ...] = (
    Field(
        "line",
        _("Number of the line"),
        ("balance_transaction_id", "Transaction ID", "entity_id", "Transaction reference", "id", "Line"),
        required=True,
    ),
    Field("provider", _("Payment company"), ("Payment company", "Provider"), required=True, constant=True),
    Field("type", _("Kind"), ("reporting_category", "Type", "Kind", "Transaction type"), required=True, constant=True),
    Field(
        "reference",
        _("Number of the payment at the company"),
        ("payment_intent_id", "charge_id", "source_id", "source", "Reference Txn ID", "payment_id", "Reference"),
    ),
    Field("other_reference", _("Another number of it"), ("source_id", "charge_id", "Invoice Number", "order_receipt",
          "Order ID", "Merchant reference")),
    Field("payout", _("Payout"), ("automatic_payout_id", "payout_id", "settlement_id", "Settlement ID", "transfer")),
    Field(
        "occurred_at",
        _("Date and time"),
        ("created_utc", "created", "available_on_utc", "Date", "created_at", "Paid at", "Transaction date",
         "settled_at"),
        required=True,
    ),
    Field("time", _("Time, when it has a column of its own"), ("Time",)),
    Field("time_zone", _("Time zone"), ("Timezone", "Time zone"), constant=True),
    Field("date_order", _("Order of day and month (dmy or mdy)"), ("Date order",), constant=True),
    Field("gross", _("Amount"), ("gross", "amount", "Gross amount", "Amount")),
    Field("credit", _("Amount that came, in a column of its own"), ("credit",)),
    Field("debit", _("Amount that went, in a column of its own"), ("debit",)),
    Field("fee", _("Fee"), ("fee", "fees", "Fee", "Transaction fees", "Fee amount")),
    Field("fee_tax", _("Tax on the fee, when the fee is without it"), ("fee_tax", "Fee tax", "VAT on fee")),
    Field("fee_sign", _("Fees are written as (plus or minus)"), ("Fee sign",), constant=True),
    Field("currency", _("Currency"), ("currency", "Currency"), constant=True),
)  # fmt: skip
