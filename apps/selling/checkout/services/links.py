"""Links that open a checkout with goods in it: made by staff and programs, followed by anybody who has one."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import F, Q
from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, WrongState
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_text
from apps.selling.checkout import policies
from apps.selling.checkout.attribution import clean_attribution
from apps.selling.checkout.models import MAX_QUANTITY, Cart, CheckoutLink
from apps.selling.promotions.applying import MOST_CODES

from .carts import check_may_shop, check_quantity, lock_cart
from .filling import fill_cart

MOST_LINES = 100


@use_case(permission=policies.LINK, idempotent=True, audits="checkout.link_made")
def make_link(
    actor: Actor,
    *,
    lines: Sequence[tuple[UUID, int]],
    name: str = "",
    codes: Sequence[str] = (),
    attribution: Mapping[str, str] | None = None,
    expires_at: dt.datetime | None = None,
    most_uses: int | None = None,
    key: str | None = None,
) -> CheckoutLink:
    """Make a link to a checkout with these goods (variant, pieces), codes and marks of where the buyer came from.

    It works until `expires_at` and for `most_uses` orders, without either for ever. Raises `InvalidInput`,
    `NotFound` for a variant that the business does not have.
    """
    if not 1 <= len(lines) <= MOST_LINES:
        raise InvalidInput(fields={"lines": [_("Name 1 to %(most)s goods.") % {"most": MOST_LINES}]})
    wanted: dict[UUID, int] = {}
    for variant_id, quantity in lines:
        wanted[variant_id] = check_quantity(wanted.get(variant_id, 0) + quantity)
    if Variant.objects.filter(pk__in=wanted, active=True).count() != len(wanted):
        raise NotFound(_("One of these goods is not sold here."), code="item_not_sold")
    if expires_at is not None and expires_at <= clock.now():
        raise InvalidInput(fields={"expires_at": [_("Choose a moment that is still to come.")]})
    if most_uses is not None and not 1 <= most_uses <= 1_000_000:
        raise InvalidInput(fields={"most_uses": [_("Enter a whole number of one or more.")]})
    link: CheckoutLink = CheckoutLink.objects.create(
        name=clean_text(name, 80, "name"),
        token=secrets.token_urlsafe(12),
        lines=[{"variant_id": str(pk), "quantity": quantity} for pk, quantity in wanted.items()],
        codes=_clean_codes(codes),
        attribution=clean_attribution(attribution or {}),
        expires_at=expires_at,
        most_uses=most_uses,
    )
    audit.record(actor, "checkout.link_made", link, after={"name": link.name, "goods": len(wanted)})
    return link


@use_case(permission=policies.LINK, audits="checkout.link_ended")
def end_link(actor: Actor, *, link_id: UUID) -> CheckoutLink:
    """End a link: who opens it now is told so. Carts that it has filled stay. Raises `WrongState`, `NotFound`."""
    link = lock_one(Rank.ROOT, CheckoutLink.objects.filter(pk=link_id))
    if link.ended_at:
        raise WrongState(_("This link has been ended already."), code="link_ended")
    link.ended_at = clock.now()
    link.save(update_fields=["ended_at", "updated_at"])
    audit.record(actor, "checkout.link_ended", link)
    return link


def find_link(token: str) -> CheckoutLink | None:
    """A link of the bound store that works now."""
    link: CheckoutLink | None = CheckoutLink.objects.filter(token=token).first() if token else None
    return link if link is not None and link.works_at(clock.now()) else None


@use_case(unaudited="a visitor's cart, before anything is agreed")
def follow_link(
    actor: Actor, *, token: str, cart_token: str | None, user_id: UUID | None = None
) -> tuple[Cart, int]:
    """Put the goods of a link into the visitor's cart, once, beside what lies there; returns it and how many
    kinds could not be put in whole. Raises `NotFound` for a link that does not work (any more), `Conflict` when
    nothing of it can be bought."""
    check_may_shop(actor)
    link = find_link(token)
    if link is None:
        raise NotFound(_("This link is over. Please ask for a new one."), code="link_over")
    there = lock_cart(cart_token)
    if there is not None and there.link_id == link.pk:
        return there, 0
    wanted = {UUID(line["variant_id"]): min(MAX_QUANTITY, int(line["quantity"])) for line in link.lines}
    filled = fill_cart(actor, cart_token=cart_token, wanted=wanted, user_id=user_id)
    if filled.cart is None:
        raise Conflict(_("The goods of this link are sold out."), code="sold_out")
    cart = filled.cart
    cart.link = link
    cart.codes = list(dict.fromkeys([*link.codes, *cart.codes]))[:MOST_CODES]
    cart.attribution = {**cart.attribution, **link.attribution}
    cart.save(update_fields=["link", "codes", "attribution", "updated_at"])
    return cart, len(filled.short)


def use_link(link_id: UUID) -> None:
    """Count an order that was placed by a link, in its transaction; raises `Conflict` when it is used up or over."""
    now = clock.now()
    working = CheckoutLink.objects.filter(pk=link_id, ended_at=None).filter(
        Q(expires_at=None) | Q(expires_at__gt=now), Q(most_uses=None) | Q(most_uses__gt=F("uses"))
    )
    if not working.update(uses=F("uses") + 1, updated_at=now):
        raise Conflict(
            _("The link you came by is over."),
            code="link_over",
            kept=_("Your cart and your details are kept."),
            remedy=_("Please ask the shop for a new link."),
        )


def _clean_codes(codes: Sequence[str]) -> list[str]:
    kept = [clean_text(code, 40, "codes").upper() for code in codes if code.strip()]
    if len(kept) > MOST_CODES:
        raise InvalidInput(fields={"codes": [_("At most %(most)s codes.") % {"most": MOST_CODES}]})
    return list(dict.fromkeys(kept))
