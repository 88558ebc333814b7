"""The lines of an order into a cart once more: packs as packs, the rest as pieces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from apps.goods.catalog.models import Pack
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError, OutOfStock
from apps.selling.checkout.models import MAX_QUANTITY, Cart
from apps.selling.checkout.services import add_to_cart, fill_cart
from apps.selling.orders.models import OrderLine


@dataclass(slots=True)
class Again:
    """The cart, if anything could be put into it; titles of what is not sold any more, and of what fewer are left."""

    cart: Cart | None = None
    gone: list[str] = field(default_factory=list)
    fewer: list[tuple[str, int]] = field(default_factory=list)


def put_again(actor: Actor, *, cart_token: str | None, lines: Sequence[OrderLine]) -> Again:
    """Put what was ordered into the cart, as far as it is sold. A pack that is sold no more becomes its pieces."""
    packs = _packs_of(lines)
    again = Again()
    pieces: Counter[UUID] = Counter()
    titles: dict[UUID, str] = {}
    for line in lines:
        if line.pk not in packs:
            pieces[line.variant_id] += line.pieces
            titles[line.variant_id] = line.title
    if pieces:
        wanted = {pk: min(quantity, MAX_QUANTITY) for pk, quantity in pieces.items()}
        filled = fill_cart(actor, cart_token=cart_token, wanted=wanted)
        again.cart = filled.cart
        again.gone += [titles[pk] for pk, had in filled.short.items() if not had]
        again.fewer += [(titles[pk], had) for pk, had in filled.short.items() if had]
    for line in lines:
        if line.pk not in packs:
            continue
        token = again.cart.cookie_value if again.cart is not None else cart_token
        had, cart = _put(actor, token, line, packs[line.pk])
        again.cart = cart or again.cart
        if not had:
            again.gone.append(line.title)
        elif had < line.quantity:
            again.fewer.append((line.title, had))
    return again


def _packs_of(lines: Sequence[OrderLine]) -> dict[UUID, Pack]:
    """The pack of each line that is sold by the same name with as many in it. One query, none without packs."""
    named = [line for line in lines if line.pack_name]
    if not named:
        return {}
    sold = Pack.objects.filter(variant__in=[line.variant_id for line in named], active=True, sold=True)
    by_name = {(pack.variant_id, pack.name, pack.quantity): pack for pack in sold}
    found = {line.pk: by_name.get((line.variant_id, line.pack_name, line.pack_quantity)) for line in named}
    return {pk: pack for pk, pack in found.items() if pack is not None}


def _put(actor: Actor, token: str | None, line: OrderLine, pack: Pack) -> tuple[int, Cart | None]:
    """Add the packs, or as many as are left; returns how many. Each try is a transaction of its own."""
    wanted = line.quantity
    for _try in range(2):
        try:
            cart = add_to_cart(
                actor, cart_token=token, variant_id=line.variant_id, quantity=wanted, pack_id=pack.pk
            )
        except OutOfStock as error:
            left = sum(row["available"] - row["requested"] for row in error.context.get("lines", ()))
            wanted += left // pack.quantity
            if wanted < 1:
                return 0, None
        except DomainError:
            return 0, None
        else:
            return wanted, cart
    return 0, None
