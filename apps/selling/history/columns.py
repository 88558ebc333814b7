"""What a file of invoice lines can say, and the headings it is known by."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.goods.imports.columns import Field

FIELDS: tuple[Field, ...] = (
    Field(
        "invoice",
        _("Invoice number"),
        ("Invoice no", "Invoice number", "Invoice", "Order number", "Order no", "Document number", "Name",
         "Rechnungsnummer", "Factura"),
        required=True,
    ),
    Field(
        "placed_at",
        _("Date and time"),
        ("Invoice date", "Date", "Order date", "Created at", "Placed at", "Document date", "Datum", "Fecha"),
        required=True,
    ),
    Field("time_zone", _("Time zone"), ("Time zone", "Timezone"), constant=True),
    Field("date_order", _("Order of day and month (dmy or mdy)"), ("Date order",), constant=True),
    Field("customer", _("Number of the customer"), ("Customer id", "Customer no", "Customer number", "Account")),
    Field("customer_name", _("Name of the customer"), ("Customer name", "Customer", "Billing name", "Kunde")),
    Field("customer_email", _("E-mail of the customer"), ("Customer email", "Email", "E-mail")),
    Field("country", _("Country"), ("Country", "Shipping country", "Billing country", "Land"), constant=True),
    Field(
        "sku",
        _("Product code"),
        ("Stock code", "SKU", "Product code", "Item code", "Lineitem sku", "Article number", "Code",
         "Artikelnummer"),
    ),
    Field(
        "description",
        _("Description"),
        ("Description", "Lineitem name", "Item", "Product", "Title", "Bezeichnung"),
    ),
    Field("quantity", _("Quantity"), ("Quantity", "Lineitem quantity", "Qty", "Units", "Menge"), required=True,
          constant=True),
    Field("price", _("Price of one"), ("Unit price", "Price", "Lineitem price", "Preis"), required=True),
    Field("tax_rate", _("Tax rate in per cent"), ("Tax rate", "VAT rate", "VAT", "Tax %"), constant=True),
    Field("prices_include_tax", _("Prices include tax (yes or no)"), ("Prices include tax",), constant=True),
    Field("currency", _("Currency"), ("Currency", "Currency code"), constant=True),
    Field("cancelled", _("Mark of cancelled papers"), ("Cancelled", "Canceled", "Cancelled at")),
)  # fmt: skip
