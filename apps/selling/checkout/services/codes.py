"""Codes in a cart: kept as typed; what they do is said with the cart and with each quote."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.use_cases import use_case
from apps.selling.checkout.models import Cart
from apps.selling.checkout.services.carts import check_may_shop, require_cart
from apps.selling.credit.selectors import find_by_code
from apps.selling.promotions.applying import MOST_CODES, clean_code


@use_case(unaudited="a visitor's cart, before anything is agreed")
def put_code(actor: Actor, *, cart_token: str, code: str) -> Cart:
    """Keep a code with the cart; one that is there already changes nothing. Whether it works the cart's page says.

    Raises `InvalidInput` for an empty one and for a sixth, `NotFound` for a closed cart.
    """
    check_may_shop(actor)
    cart = require_cart(cart_token)
    wanted = clean_code(code)
    if not wanted:
        message = _("Type the code first.")
        raise InvalidInput(message, fields={"code": [message]})
    if wanted in cart.codes:
        return cart
    if find_by_code(code) is not None:
        # A card's code is a secret, and the cart would keep it in clear.
        message = _("This is a gift card: it is used on the checkout page.")
        raise InvalidInput(message, code="code_is_card", fields={"code": [message]})
    if len(cart.codes) >= MOST_CODES:
        message = _("A cart takes at most %(most)s codes. Remove one first.") % {"most": MOST_CODES}
        raise InvalidInput(message, fields={"code": [message]})
    cart.codes = [*cart.codes, wanted]
    cart.save(update_fields=["codes", "updated_at"])
    return cart


@use_case(unaudited="a visitor's cart, before anything is agreed")
def drop_code(actor: Actor, *, cart_token: str, code: str) -> Cart:
    """Take a code out; one that is gone already changes nothing. Raises `NotFound` for a closed cart."""
    check_may_shop(actor)
    cart = require_cart(cart_token)
    rest = [one for one in cart.codes if one != clean_code(code)]
    if rest != cart.codes:
        cart.codes = rest
        cart.save(update_fields=["codes", "updated_at"])
    return cart
