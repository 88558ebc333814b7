"""The public store for programs: browse, fill a cart, check out, follow the order. Nobody signs in."""

from __future__ import annotations

from rest_framework.routers import BaseRouter

from .buying import StoreCheckoutViewSet
from .links import CheckoutLinkViewSet
from .products import StoreProductViewSet

STORE = r"stores/(?P<store>[a-zA-Z0-9_-]{1,63})"


def register(router: BaseRouter) -> None:
    """Mount the public store."""
    router.register("checkout-links", CheckoutLinkViewSet, basename="checkout-link")
    router.register(f"{STORE}/products", StoreProductViewSet, basename="store-product")
    router.register(STORE, StoreCheckoutViewSet, basename="store")
