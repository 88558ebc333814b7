"""What goes into the services that write many products at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.goods.catalog.drafts import PictureDraft, VariantDraft
from apps.goods.catalog.models import Product, Variant

PRODUCT_FIELDS = frozenset(
    {
        "title", "subtitle", "description_html", "vendor_name", "product_type", "tags", "category_id", "seo_title",
        "seo_description", "status", "published", "strain", "thc_min", "thc_max", "thc_unit", "cbd_min",
        "cbd_max", "cbd_unit",
    }
)  # fmt: skip
VARIANT_FIELDS = frozenset(
    {
        "sku", "barcode", "price", "compare_at_price", "cost", "weight_grams", "length_mm", "width_mm", "height_mm",
        "track_stock", "backorder_limit", "taxable",
        "unit", "shown_unit", "content_amount", "content_unit", "order_min", "order_max", "order_step",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ProductDraft:
    """A product to be made. `picture_keys` names the variant a picture belongs to by its option values."""

    slug: str
    title: str
    variants: Sequence[VariantDraft]
    options: Sequence[str] = ()
    fields: dict[str, Any] = field(default_factory=dict)
    status: str = Product.Status.DRAFT
    published: bool = False
    pictures: Sequence[tuple[PictureDraft, tuple[str, ...] | None]] = ()


@dataclass(slots=True)
class VariantChange:
    """New values of a variant. With `expected` a field is changed only while it still has that value."""

    variant_id: UUID
    fields: dict[str, Any]
    expected: dict[str, Any] | None = None


@dataclass(slots=True)
class ProductChange:
    """New values of a product and its variants, what is added to it, and what it is expected to be."""

    product_id: UUID
    fields: dict[str, Any] = field(default_factory=dict)
    variants: list[VariantChange] = field(default_factory=list)
    new_variants: list[VariantDraft] = field(default_factory=list)
    pictures: Sequence[tuple[PictureDraft, tuple[str, ...] | None]] = ()
    expected: dict[str, Any] | None = None


@dataclass(slots=True)
class Kept:
    """A value that was left as somebody else set it meanwhile."""

    product: Product
    variant: Variant | None
    field: str
    now: Any


@dataclass(slots=True)
class Changed:
    """What became of one product: fields before and after, the same of variants, what was added, what was left."""

    product: Product
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    variants: list[tuple[Variant, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    added: list[Variant] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    picture_ids: list[UUID] = field(default_factory=list)
