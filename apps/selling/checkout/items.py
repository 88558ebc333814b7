"""Reading the wanted items, with all that pricing them needs, in one query for any number."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db.models import QuerySet

from apps.kernel.prepared import Prepared

from .models import CartItem

_FIELDS = (
    "quantity",
    "group",
    "group__seller",
    "variant__title",
    "variant__sku",
    "variant__price",
    "variant__compare_at_price",
    "variant__cost",
    "variant__taxable",
    "variant__track_stock",
    "variant__published",
    "variant__active",
    "variant__business_id",
    "variant__product__title",
    "variant__product__slug",
    "variant__product__status",
    "variant__product__published",
    "variant__product__business_id",
)


def list_items(cart_id: UUID) -> QuerySet[CartItem]:
    """The items of a cart in the order of sellers, then as they were put in."""
    items: QuerySet[CartItem] = CartItem.objects.filter(group__cart_id=cart_id)
    return (
        items.select_related("group__seller", "variant__product")
        .only(*_FIELDS)
        .order_by("group__seller_id", "id")
    )


ITEMS_OF_CART = Prepared(list_items, uuid4())
"""`list_items` for the paths that everybody walks."""


def is_shown(item: CartItem) -> bool:
    """Whether the store still sells it."""
    return item.variant.active and item.variant.published and item.variant.product.visible
