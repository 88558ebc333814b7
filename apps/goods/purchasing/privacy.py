"""Purchasing tells of people at suppliers, and of members who ordered, approved and received."""

from django.utils.translation import gettext_lazy as _

from apps.kernel.privacy import Kept, impersonal, personal

_RECORD = Kept(_("Who did what is part of the business's record."), years=10)

personal(
    "purchasing.supplier", "name", "tax_number", "note",
    title=_("Suppliers"),
    erasure=Kept(_("Whom goods were bought from is part of the books."), years=10),
)  # fmt: skip
impersonal("purchasing.supplier", "code", "currency", "website", because="a company's")
personal(
    "purchasing.suppliercontact", "name", "job", "email", "phone",
    title=_("People at suppliers"),
    erasure=Kept(_("Business contacts stay until somebody takes them off the supplier's page.")),
)  # fmt: skip
personal(
    "purchasing.supplieraddress", "line1", "line2", "city", "region", "postcode",
    title=_("Suppliers' addresses"),
    erasure=Kept(_("Business addresses stay until somebody takes them off the supplier's page.")),
)  # fmt: skip
impersonal("purchasing.supplieraddress", "country", because="a country names nobody")
personal(
    "purchasing.suppliernote", "text", "actor_label", title=_("What was said with suppliers"), erasure=_RECORD
)
impersonal("purchasing.supplieritem", "supplier_sku", because="an item")
impersonal("purchasing.purchaseorder", "number", "currency", because="a number, a currency")
personal("purchasing.purchaseorder", "note", "approved_by", title=_("Purchase orders"), erasure=_RECORD)
impersonal("purchasing.purchaseline", "title", "sku", "supplier_sku", "pack_name", because="an item")
personal(
    "purchasing.purchaseversion", "snapshot", "approved_by", "sent_to", "file",
    title=_("Purchase orders as they were sent"), erasure=_RECORD,
)  # fmt: skip
impersonal("purchasing.purchaseversion", "token", "sha256", because="a key, a checksum")
personal("purchasing.purchasestep", "detail", "actor_label", title=_("Who ordered what"), erasure=_RECORD)
impersonal("purchasing.goodsreceipt", "number", "delivery_note", because="numbers of papers")
personal("purchasing.goodsreceipt", "note", "actor_label", title=_("Who received goods"), erasure=_RECORD)
