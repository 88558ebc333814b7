"""Reading the wanted items, with all that pricing them needs, in one query for any number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from uuid import UUID, uuid4

from django.db.models import QuerySet

from apps.goods.catalog.amounts import FIELDS
from apps.goods.inventory.selectors import STORE, Available, availability
from apps.kernel import tenancy
from apps.kernel.prepared import Prepared
from apps.kernel.tenancy import across
from apps.selling.promotions.selectors import find_across_live

from .models import CartItem

_FIELDS = (
    "quantity",
    "group",
    "group__seller",
    "group__cart",
    "variant__title",
    "variant__sku",
    "variant__price",
    "variant__compare_at_price",
    "variant__cost",
    "variant__taxable",
    "variant__weight_grams",
    "variant__track_stock",
    "variant__is_kit",
    "variant__unit",
    *(f"variant__{name}" for name in FIELDS),
    "variant__published",
    "variant__active",
    "variant__business_id",
    "variant__product__title",
    "variant__product__slug",
    "variant__product__status",
    "variant__product__published",
    "variant__product__business_id",
    *(f"variant__product__{name}" for name in FIELDS),
    "pack__name",
    "pack__sku",
    "pack__quantity",
    "pack__price",
    "pack__sold",
    "pack__active",
    "pack__variant",
    # What the cart's small pictures are made of; a column left out here is a query for each line.
    "variant__product__product_type",
    "variant__product__tags",
    "variant__product__cover__image",
    "variant__product__cover__renditions",
)


def list_items(cart_id: UUID) -> QuerySet[CartItem]:
    """The items of a cart in the order of sellers, then as they were put in; evaluated by `read_items`."""
    items: QuerySet[CartItem] = CartItem.objects.filter(group__cart_id=cart_id)
    wanted = items.select_related("group__seller", "variant__product__cover", "pack").only(*_FIELDS)
    # Asked along, so that the cart of a shop without promotions costs no query more.
    wanted = wanted.annotate(
        has_promotions=find_across_live("group__seller_id"),
        has_codes=find_across_live("group__seller_id", with_code=True),
    )
    return wanted.order_by("group__seller_id", "id")


ITEMS_OF_CART = Prepared(list_items, uuid4())
"""`list_items` for the paths that everybody walks."""


@across("checkout.sellers")
def read_items(cart_id: UUID) -> list[CartItem]:
    """The items of a cart of the bound business; the goods may be of other sellers, whose rows are crossed to."""
    return ITEMS_OF_CART.fetch(cart_id)


def has_promotions(items: Iterable[CartItem]) -> bool:
    """Whether the seller of these items has any promotion that has not been ended."""
    return any(item.has_promotions for item in items)  # type: ignore[attr-defined]


def has_codes(items: Iterable[CartItem]) -> bool:
    """Whether it makes sense to ask for a code."""
    return any(item.has_codes for item in items)  # type: ignore[attr-defined]


def is_shown(item: CartItem) -> bool:
    """Whether the store still sells it."""
    if item.pack is not None and not (item.pack.active and item.pack.sold):
        return False
    return item.variant.active and item.variant.published and item.variant.product.visible


def pieces_of(items: Iterable[CartItem]) -> Counter[UUID]:
    """Stock units that are wanted of each variant: single ones and packs of it together."""
    wanted: Counter[UUID] = Counter()
    for item in items:
        wanted[item.variant_id] += item.stock_pieces
    return wanted


def stock_of(items: Sequence[CartItem]) -> dict[UUID, Available]:
    """What the sellers of these items, in the order of `read_items`, can promise of each variant; one query a seller.

    Each is asked as itself: the stock of another seller is hidden from the store whose pages are open, and goods of
    which nothing is known would count as goods whose stock nobody counts.
    """
    known: dict[UUID, Available] = {}
    for seller_id, theirs in groupby(items, key=lambda item: item.group.seller_id):
        with tenancy.bind(seller_id):
            known |= availability({item.variant_id for item in theirs}, channel=STORE)
    return known
