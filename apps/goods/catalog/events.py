"""What the catalogue tells."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from apps.kernel.events import Event, event


@dataclass(frozen=True, kw_only=True)
class ProductEvent(Event):
    product_id: UUID

    @property
    def owner(self) -> str:
        return f"product:{self.product_id}"


@event("catalog.product_published", version=1)
@dataclass(frozen=True, kw_only=True)
class ProductPublished(ProductEvent):
    """The store shows the product from now on."""


@event("catalog.product_unpublished", version=1)
@dataclass(frozen=True, kw_only=True)
class ProductUnpublished(ProductEvent):
    """The store no longer shows the product: taken back, made a draft or archived."""


@event("catalog.price_changed", version=1)
@dataclass(frozen=True, kw_only=True)
class PriceChanged(ProductEvent):
    """The price of a variant changed, in the business's currency."""

    variant_id: UUID
    old_price: Decimal
    new_price: Decimal
    currency: str


@event("catalog.backorder_limit_changed", version=1)
@dataclass(frozen=True, kw_only=True)
class BackorderLimitChanged(ProductEvent):
    """More or fewer units of a variant may be promised beyond what is in stock."""

    variant_id: UUID
    backorder_limit: int


@event("catalog.brand_changed", version=1)
@dataclass(frozen=True, kw_only=True)
class BrandChanged(Event):
    """A brand has another name, address or description; its products carry the name."""

    brand_id: UUID
    brand_name: str

    @property
    def owner(self) -> str:
        return f"brand:{self.brand_id}"


@event("catalog.collection_changed", version=1)
@dataclass(frozen=True, kw_only=True)
class CollectionChanged(Event):
    """A collection was added or changed, or its products were."""

    collection_id: UUID
    published: bool

    @property
    def owner(self) -> str:
        return f"collection:{self.collection_id}"
