"""Goods tell of nobody."""

from apps.kernel.privacy import impersonal

_GOODS = "goods on sale, written for everybody to read"
impersonal("catalog.category", "name", "slug", "path", "place", "description", because=_GOODS)
for _shelf in ("category", "brand", "collection"):
    impersonal(f"catalog.{_shelf}", "seo_title", "seo_description", because=_GOODS)
impersonal(
    "catalog.product", "title", "subtitle", "slug", "description_html", "vendor_name", "product_type", "tags",
    "seo_title", "seo_description", "search_text", because=_GOODS,
)  # fmt: skip
impersonal("catalog.productoption", "name", "values", because=_GOODS)
impersonal("catalog.variant", "title", "option_values", "sku", "barcode", because=_GOODS)
impersonal("catalog.variant", "unit", "shown_unit", "content_unit", because=_GOODS)
impersonal("catalog.pack", "name", "barcode", "sku", because=_GOODS)
impersonal("catalog.productimage", "image", "alt", "source_url", "renditions", because=_GOODS)
impersonal("catalog.product", "strain", "classification", because=_GOODS)
impersonal("catalog.licensedtrade", "classifications", because="a business's own list of words for its goods")
impersonal(
    "catalog.certificate", "lot_code", "lab", "text", "found", "reason", "decided_by",
    because="a laboratory's paper about goods, and which colleague approved it",
)  # fmt: skip
impersonal("catalog.certificateresult", "analyte", "unit", "line", because=_GOODS)
impersonal("catalog.brand", "name", "slug", "description", "logo_path", because=_GOODS)
impersonal("catalog.collection", "name", "slug", "description", "rules", because=_GOODS)
impersonal("catalog.formeraddress", "kind", "slug", because=_GOODS)
impersonal("catalog.coderule", "sku_pattern", "barcode_kind", "barcode_prefix", because=_GOODS)
impersonal("catalog.madebarcode", "code", because=_GOODS)
impersonal(
    "catalog.productversion",
    "content",
    "changed",
    "made_by",
    because="goods, and which colleague changed them",
)
impersonal(
    "catalog.productdraft", "base", "content", "token", "begun_by", "changed_by", "scheduled_by", "problem",
    because="goods, and which colleague prepares them; the key of a preview",
)  # fmt: skip
