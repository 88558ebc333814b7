"""The one mail about a cart that was left behind, to who agreed to it, and the way back."""

from __future__ import annotations

from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from apps.goods.catalog.sold import as_sold
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound, PermissionRefused
from apps.kernel.locks import Rank, lock, lock_one
from apps.kernel.money import ZERO
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.people.customers.models import Customer
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import get_business
from apps.platform.notifications.services import queue_email
from apps.selling.checkout.items import read_items
from apps.selling.checkout.models import Cart, CartItem
from apps.selling.checkout.tokens import read_recovery, sign_recovery
from apps.selling.orders.models import Order

CONSENT = "reminder"


@use_case(unaudited="the message is kept itself; the cart says when it was sent")
def remind_of_cart(actor: Actor, *, cart_id: UUID) -> bool:
    """Queue the mail with the way back to a cart, once for each cart; by the product itself only.

    Only to who asked for it on the checkout page or has agreed to hear from the business, and to nobody who has
    ordered since, whatever the cart. Returns whether a mail was queued.
    """
    if actor.kind != "system":
        raise PermissionRefused()
    rows = lock(Rank.ROOT, Cart.objects.filter(pk=cart_id, state=Cart.State.ACTIVE, reminded_at=None))
    if not rows or not rows[0].email or not has_agreed(rows[0]) or _has_ordered(rows[0]):
        return False
    cart = rows[0]
    items = read_items(cart.pk)
    if not items:
        return False
    business = get_business(require_business_id())
    cart.reminded_at = clock.now()
    cart.save(update_fields=["reminded_at"])  # not updated_at: nobody has touched it
    queue_email(
        actor,
        to=cart.email,
        template="cart_left",
        context={
            "name": str(cart.details.get("name") or ""),
            "lines": [
                {
                    "title": f"{item.variant.product.title} {item.choice}".strip(),
                    "quantity": item.quantity,
                    "sold": _measured(item, business),
                }
                for item in items[:20]
            ],
            "path": f"/store/{business.slug}/cart/back/{sign_recovery(cart.token)}/",
        },
        dedupe_key=f"cart-left:{cart.pk}",
        language=business.language,
        is_marketing=True,
    )
    return True


def _measured(item: CartItem, business: Business) -> str:
    """`0.5 m` of what is sold by measure; empty for what is counted."""
    with translation.override(business.language):
        sold = as_sold(item.variant, item.quantity, ZERO, business.currency, packed=item.pack_id is not None)
        return sold.words if sold.unit else ""


def has_agreed(cart: Cart) -> bool:
    """Whether the visitor asked for a reminder, or is a customer who wants to hear from the business."""
    if cart.details.get(CONSENT):
        return True
    return bool(Customer.objects.filter(email__iexact=cart.email, accepts_marketing=True).exists())


def _has_ordered(cart: Cart) -> bool:
    return bool(Order.objects.filter(email__iexact=cart.email, placed_at__gte=cart.created_at).exists())


@use_case(unaudited="a visitor's cart, before anything is agreed")
def come_back(actor: Actor, *, signed: str) -> Cart:
    """The cart behind the link of a reminder; notes the first time. Raises `NotFound` for one that is over."""
    token = read_recovery(signed)
    if token is None:
        raise NotFound(_("This link is over."), code="cart_not_found")
    cart = lock_one(Rank.ROOT, Cart.objects.filter(token=token, state=Cart.State.ACTIVE))
    if cart.recovered_at is None:
        cart.recovered_at = clock.now()
        cart.save(update_fields=["recovered_at", "updated_at"])
    return cart
