"""Filling a cart. No stock is touched; what is short is refused here and reserved at submission."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.goods.catalog.amounts import FIELDS, rule_of
from apps.goods.catalog.models import Pack, Variant
from apps.goods.inventory.selectors import STORE, availability
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, OutOfStock, PermissionRefused
from apps.kernel.locks import Rank, lock, lock_prepared, to_lock
from apps.kernel.prepared import Prepared
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_note
from apps.selling.checkout.attribution import read_attribution
from apps.selling.checkout.models import MAX_ITEMS, MAX_QUANTITY, Cart, CartGroup, CartItem
from apps.selling.checkout.policies import can_shop
from apps.selling.checkout.tokens import new_token, read_token
from apps.selling.promotions.applying import MOST_CODES

DETAIL_FIELDS = {
    "name": 120, "phone": 32, "line1": 120, "line2": 120, "city": 80, "region": 80, "postcode": 20, "country": 2,
    "note": 2000, "reminder": 3,
}  # fmt: skip


@use_case(idempotent=True, unaudited="a visitor's cart, before anything is agreed")
def add_to_cart(
    actor: Actor,
    *,
    cart_token: str | None,
    variant_id: UUID,
    quantity: int = 1,
    pack_id: UUID | None = None,
    user_id: UUID | None = None,
    key: str | None = None,
) -> Cart:
    """Put pieces of a variant, or packs of it, into the cart behind the signed `cart_token`, or into a new one.

    The same few queries for every size of cart. Raises `NotFound` for what the store does not sell,
    `InvalidInput` for a quantity that cannot be meant or in which it is not sold, `OutOfStock` when fewer can
    be sold; the cart stays as it was.
    """
    check_may_shop(actor)
    check_quantity(quantity)
    variant = _get_shown_variant(variant_id)
    cart = open_cart(cart_token, user_id)
    group = group_of(cart, variant)
    pack = _get_sold_pack(variant, pack_id) if pack_id else None
    total = _add(cart, group, variant, pack, quantity)
    check_rule(variant, total)
    _check_available(variant, total)
    if CartItem.objects.filter(group__cart=cart).count() > MAX_ITEMS:
        raise InvalidInput(
            _("A cart holds at most %(most)s different items.") % {"most": MAX_ITEMS}, code="cart_full"
        )
    return cart


def _add(cart: Cart, group: CartGroup, variant: Variant, pack: Pack | None, quantity: int) -> int:
    """The pieces of the variant that are wanted now, in all its packs. Whoever changes an item holds the cart, so
    reading before writing is safe."""
    items = list(CartItem.objects.filter(group=group, variant=variant).select_related("pack"))
    item = next((one for one in items if one.pack_id == (pack.pk if pack else None)), None)
    if item is None:
        item = CartItem(
            business_id=cart.business_id, group=group, variant=variant, pack=pack, quantity=quantity
        )
        item.save(force_insert=True)
        items.append(item)
    else:
        item.quantity = check_quantity(item.quantity + quantity)
        item.save(update_fields=["quantity", "updated_at"])
    return sum(one.stock_pieces for one in items)


def _get_sold_pack(variant: Variant, pack_id: UUID) -> Pack:
    pack: Pack | None = Pack.objects.filter(pk=pack_id, variant=variant, active=True, sold=True).first()
    if pack is None:
        raise NotFound(_("This pack is not sold here any more."), code="item_not_sold")
    return pack


def count_pieces(cart: Cart) -> int:
    """How many pieces lie in a cart."""
    found = CartItem.objects.filter(group__cart=cart).aggregate(pieces=Sum("quantity"))
    return found["pieces"] or 0


def check_quantity(quantity: int) -> int:
    """A whole number from 1 to 999."""
    if isinstance(quantity, bool) or not isinstance(quantity, int) or not 1 <= quantity <= MAX_QUANTITY:
        message = _("Enter a whole number from 1 to %(most)s.") % {"most": MAX_QUANTITY}
        raise InvalidInput(message, code="quantity_out_of_bounds", fields={"quantity": [message]})
    return quantity


def check_rule(variant: Variant, quantity: int) -> None:
    """Refuse a quantity in which the product is not sold."""
    rule = rule_of(variant)
    if not rule.allows(quantity):
        raise InvalidInput(
            rule.words,
            code="quantity_rule",
            fields={"quantity": [rule.words]},
            kept=_("Your cart is as it was."),
        )


def check_may_shop(actor: Actor) -> None:
    """Refuse who may not shop."""
    if not can_shop(actor):
        raise PermissionRefused()


def shown_variants(variant_ids: Collection[UUID]) -> QuerySet[Variant]:
    """The variants with what tells whether the store shows them."""
    fields = ("title", "track_stock", "is_kit", "published", "active", "business_id", "unit", *FIELDS)
    of_product = ("product__status", "product__published", *(f"product__{name}" for name in FIELDS))
    return Variant.objects.filter(pk__in=variant_ids).select_related("product").only(*fields, *of_product)


_SHOWN: Prepared[Variant] = Prepared(lambda variant_id: shown_variants([variant_id]), uuid4())


def is_shown(variant: Variant) -> bool:
    """Whether the store sells it today."""
    return bool(variant.active and variant.published and variant.product.visible)


def _get_shown_variant(variant_id: UUID) -> Variant:
    variant = _SHOWN.first(variant_id)
    if variant is None or not is_shown(variant):
        raise NotFound(_("This item is not sold here any more."), code="item_not_sold")
    return variant


def _check_available(variant: Variant, total: int) -> None:
    if not variant.track_stock and not variant.is_kit:
        return
    free = availability([variant.pk], channel=STORE).get(variant.pk)
    if free is not None and free.covers(total):
        return
    sellable = (free.sellable if free is not None else 0) or 0
    lines = [{"variant_id": variant.pk, "requested": total, "available": max(0, sellable)}]
    if sellable <= 0:
        raise OutOfStock(_("This item is sold out."), code="sold_out", lines=lines)
    message = ngettext("Only %(count)s is left.", "Only %(count)s are left.", sellable) % {"count": sellable}
    raise OutOfStock(message, fields={"quantity": [message]}, kept=_("Your cart is as it was."), lines=lines)


def lock_cart(cart_token: str | None) -> Cart | None:
    """The active cart behind a signed token, locked; None for a forged, foreign or finished one."""
    token = read_token(cart_token)
    if token is None:
        return None
    rows = lock_prepared(Rank.ROOT, _OPEN_CART, token)
    return rows[0] if rows else None


_OPEN_CART: Prepared[Cart] = Prepared(
    lambda token: to_lock(Cart.objects.filter(token=token, state=Cart.State.ACTIVE)), "a token"
)


def open_cart(cart_token: str | None, user_id: UUID | None) -> Cart:
    """The cart behind the token or of the user, locked; else a new one."""
    cart = lock_cart(cart_token)
    if cart is None and user_id is not None:
        rows = lock(Rank.ROOT, Cart.objects.filter(user_id=user_id, state=Cart.State.ACTIVE))
        cart = rows[0] if rows else None
    if cart is None:
        return Cart.objects.create(token=new_token(), user_id=user_id)
    cart.save(update_fields=["updated_at"])
    return cart


def group_of(cart: Cart, variant: Variant) -> CartGroup:
    """The cart's group for the seller of this variant."""
    group: CartGroup
    group, _created = CartGroup.objects.get_or_create(
        cart=cart, seller_id=variant.business_id, defaults={"business_id": cart.business_id}
    )
    return group


def require_cart(cart_token: str | None) -> Cart:
    """The open cart behind the token, locked; raises `NotFound`."""
    cart = lock_cart(cart_token)
    if cart is None:
        raise NotFound(_("This cart is not open any more."), code="cart_not_found")
    return cart


@use_case(unaudited="a visitor's cart, before anything is agreed")
def set_quantity(actor: Actor, *, cart_token: str, item_id: UUID, quantity: int) -> Cart:
    """Change how many of an item are wanted; 0 takes it out. Raises as `add_to_cart`."""
    check_may_shop(actor)
    if quantity == 0:
        return remove_item(actor, cart_token=cart_token, item_id=item_id)
    check_quantity(quantity)
    cart = require_cart(cart_token)
    # The single ones and the packs of its variant: they share one rule and one shelf.
    kin = CartItem.objects.filter(
        group__cart=cart, variant__in=CartItem.objects.filter(pk=item_id, group__cart=cart).values("variant")
    )
    items = list(kin.select_related("variant__product", "pack"))
    item = next((one for one in items if one.pk == item_id), None)
    if item is None:
        raise NotFound()
    is_more, item.quantity = quantity > item.quantity, quantity
    total = sum(one.stock_pieces for one in items)
    check_rule(item.variant, total)
    # Fewer pieces are always welcome, also when not even those can be had: the cart page says so.
    if is_more:
        _check_available(item.variant, total)
    item.save(update_fields=["quantity", "updated_at"])
    cart.save(update_fields=["updated_at"])
    return cart


@use_case(unaudited="a visitor's cart, before anything is agreed")
def remove_item(actor: Actor, *, cart_token: str, item_id: UUID) -> Cart:
    """Take an item out; one that is gone already changes nothing. Raises `NotFound` for a closed cart."""
    check_may_shop(actor)
    cart = require_cart(cart_token)
    CartItem.objects.filter(pk=item_id, group__cart=cart).delete()
    CartGroup.objects.filter(cart=cart, items=None).delete()
    cart.save(update_fields=["updated_at"])
    return cart


@use_case(unaudited="a visitor's cart, before anything is agreed")
def remember_details(
    actor: Actor,
    *,
    cart_token: str,
    email: str = "",
    details: dict[str, Any] | None = None,
    rate_id: UUID | None = None,
) -> Cart:
    """Keep what was typed on the checkout page, valid or not, so that nothing typed is lost."""
    check_may_shop(actor)
    cart = require_cart(cart_token)
    typed = {name: _typed((details or {}).get(name, ""), most) for name, most in DETAIL_FIELDS.items()}
    cart.details = {name: text for name, text in typed.items() if text}
    cart.email = _typed(email, 254)
    cart.rate_id = rate_id
    cart.save(update_fields=["details", "email", "rate_id", "updated_at"])
    return cart


@use_case(unaudited="a visitor's cart, before anything is agreed")
def keep_attribution(actor: Actor, *, cart_token: str, token: str) -> Cart:
    """Keep where the visitor came from, as a signed token says it; the first word stays.

    Raises `InvalidInput` for a token that is forged or over, `NotFound` for a closed cart.
    """
    check_may_shop(actor)
    said = read_attribution(token)
    if not said:
        message = _("This mark is not known or is over.")
        raise InvalidInput(message, code="attribution_not_known", fields={"token": [message]})
    cart = require_cart(cart_token)
    if not cart.attribution:
        cart.attribution = said
        cart.save(update_fields=["attribution", "updated_at"])
    return cart


def _typed(value: Any, longest: int) -> str:
    return clean_note(str(value))[:longest]


@use_case(unaudited="a visitor's cart, before anything is agreed")
def merge_carts(actor: Actor, *, cart_token: str | None, user_id: UUID) -> Cart | None:
    """At sign-in: the guest's cart becomes the user's, or its items join the cart she already has.

    Quantities add up to at most 999. Returns the user's cart, None when there is neither. Two windows signing
    in at once end with one cart.
    """
    check_may_shop(actor)
    token = read_token(cart_token) or ""
    own_or_guest = Cart.objects.filter(state=Cart.State.ACTIVE)
    rows = lock(Rank.ROOT, own_or_guest.filter(user_id=user_id) | own_or_guest.filter(token=token))
    own = next((cart for cart in rows if cart.user_id == user_id), None)
    guest = next((cart for cart in rows if cart.token == token and cart.user_id is None), None)
    if guest is None:
        return own
    if own is None:
        guest.user_id = user_id
        guest.save(update_fields=["user", "updated_at"])
        return guest
    _move_items(guest, own)
    own.codes = list(dict.fromkeys([*own.codes, *guest.codes]))[:MOST_CODES]
    guest.state = Cart.State.MERGED
    guest.save(update_fields=["state", "updated_at"])
    own.save(update_fields=["codes", "updated_at"])
    return own


_MERGE_GROUPS = """
    INSERT INTO checkout_cartgroup (id, created_at, updated_at, business_id, cart_id, seller_id)
    SELECT gen_random_uuid(), now(), now(), business_id, %(own)s, seller_id
      FROM checkout_cartgroup WHERE cart_id = %(guest)s
    ON CONFLICT (cart_id, seller_id) DO NOTHING
"""
_MERGE_ITEMS = """
    INSERT INTO checkout_cartitem AS item
        (id, created_at, updated_at, business_id, group_id, variant_id, pack_id, quantity)
    SELECT gen_random_uuid(), now(), now(), wanted.business_id, target.id, wanted.variant_id, wanted.pack_id,
           wanted.quantity
      FROM checkout_cartitem wanted
      JOIN checkout_cartgroup source ON source.id = wanted.group_id AND source.cart_id = %(guest)s
      JOIN checkout_cartgroup target ON target.cart_id = %(own)s AND target.seller_id = source.seller_id
     ORDER BY wanted.id
    ON CONFLICT (group_id, variant_id, pack_id) DO UPDATE
        SET quantity = LEAST(item.quantity + EXCLUDED.quantity, %(most)s), updated_at = EXCLUDED.updated_at
"""


def _move_items(guest: Cart, own: Cart) -> None:
    ids: dict[str, Any] = {"guest": guest.pk, "own": own.pk, "most": MAX_QUANTITY}
    with connection.cursor() as cursor:
        cursor.execute(_MERGE_GROUPS, ids)
        cursor.execute(_MERGE_ITEMS, ids)
