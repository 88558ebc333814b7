"""What becomes of carts that nobody comes back to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused
from apps.kernel.events import publish
from apps.kernel.locks import Rank, lock
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.selling.checkout.events import CartAbandoned
from apps.selling.checkout.models import Cart, Quote

from .carts import count_pieces

IDLE_AFTER = dt.timedelta(hours=4)


@use_case(unaudited="an observation; the event is kept")
def note_abandoned(actor: Actor, *, cart_id: UUID) -> bool:
    """Note that the visitor has left a cart with goods and an e-mail address behind, once for each time.

    The cart stays open: whoever comes back finds it. Publishes `checkout.cart_abandoned`. Returns whether it
    was noted; the visitor may have come back meanwhile.
    """
    if actor.kind != "system":
        raise PermissionRefused()
    rows = lock(Rank.ROOT, Cart.objects.filter(pk=cart_id, state=Cart.State.ACTIVE))
    now = clock.now()
    if not rows or not rows[0].is_left_behind(now - IDLE_AFTER):
        return False
    cart = rows[0]
    pieces = count_pieces(cart)
    cart.abandoned_at = now
    cart.save(update_fields=["abandoned_at"])  # not updated_at: nobody has touched it
    if pieces:
        publish(CartAbandoned(business_id=require_business_id(), cart_id=cart.pk, pieces=pieces))
    return bool(pieces)


@use_case(unaudited="quotes that ran out and carts that nobody can open")
def drop_old(
    actor: Actor, *, quote_ids: Collection[UUID], cart_ids: Collection[UUID], untouched_since: dt.datetime
) -> None:
    """Drop quotes and carts of the bound business, with what lies in the carts.

    Kept is a cart that was ordered, or that somebody has touched since it was found to be old.
    """
    if actor.kind != "system":
        raise PermissionRefused()
    Quote.objects.filter(pk__in=quote_ids).delete()
    old = Cart.objects.filter(pk__in=cart_ids, updated_at__lt=untouched_since).exclude(
        state=Cart.State.CONVERTED
    )
    Cart.objects.filter(pk__in=[cart.pk for cart in lock(Rank.ROOT, old)]).delete()
