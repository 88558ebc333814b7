"""Submitting a cart: every group becomes an order, once, however often it is submitted.

Lock order: key, cart, credit, coupon, stock, audit. The number of statements does not depend on the lines. A buyer may
agree that sellers who can deliver do so without one who cannot: see `parting`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db.models import F, FilteredRelation, Q, QuerySet
from django.utils.translation import gettext as _

from apps.goods.inventory.lines import Owner
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, PermissionRefused, StaleQuote
from apps.kernel.events import publish
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank, lock_prepared, to_lock
from apps.kernel.money import ZERO
from apps.kernel.prepared import Prepared, insert, update
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.people.customers.selectors import company_of_user
from apps.platform.businesses.channels import Channel
from apps.platform.businesses.closing import refuse_closed
from apps.platform.businesses.selectors import get_business
from apps.selling.checkout.changes import list_changes
from apps.selling.checkout.crediting import hold_credit
from apps.selling.checkout.events import CheckoutCompleted
from apps.selling.checkout.items import read_items
from apps.selling.checkout.models import Cart, Checkout
from apps.selling.checkout.policies import can_shop
from apps.selling.checkout.pricing import (
    Claim,
    PricedGroup,
    fingerprint_of,
    price_cart,
    say_postcode_needed,
    total_of,
)
from apps.selling.checkout.services.links import use_link
from apps.selling.checkout.services.parting import Left, part_cart, part_groups, place_groups
from apps.selling.credit.services import forget_choices
from apps.selling.orders.drafts import Address, Contact, DraftItem, OrderDraft
from apps.selling.orders.models import Order
from apps.selling.payments.selectors import hand_terms
from apps.selling.payments.services import request_payment
from apps.selling.promotions.values import Buyer

# The way of paying that no payment company is asked for: see `place_drafts`.
ON_ACCOUNT = "on_account"


@use_case(
    idempotent=True,
    audits=(
        "customers.added",
        "customers.updated",
        "orders.confirmed",
        "orders.payment_recorded",
        "orders.placed",
    ),
)
def submit_checkout(
    actor: Actor,
    *,
    cart_id: UUID,
    quote_id: UUID,
    contact: Contact,
    address: Address,
    rate_id: UUID | None = None,
    provider: str = "sandbox",
    return_url: str = "",
    note: str = "",
    language: str = "",
    channel: str = Channel.STOREFRONT.value,
    user_id: UUID | None = None,
    credit_ids: Sequence[UUID] = (),
    credit_agreed: Decimal | None = None,
    on_account_of: UUID | None = None,
    po_number: str = "",
    partial: bool = False,
    key: str | None = None,
) -> Checkout:
    """Place the orders of a cart under the quote the buyer agreed to, reserve stock, ask for the payments.

    A cart that was submitted before gives its checkout again, with or without a key. `{token}` in `return_url`
    becomes each order's secret token; `user_id` is who has signed in and pays her own prices.
    `credit_ids` are gift cards and store credit, found by their codes or by the sign-in, that pay for the order of this
    store as far as they go; `credit_agreed` is what the buyer was shown that they pay.
    With the provider `on_account` the company pays its invoice for which the person `on_account_of`, who has signed in,
    buys at this store; `po_number` is the buyer's own order number.
    With `partial` the sellers that can deliver their whole part do so although another cannot: what was left, and why,
    is in `Checkout.left`, stays in the same cart, and is neither charged nor paid from a card.
    Publishes `orders.placed` for each order and `checkout.completed`.
    Raises `InvalidInput` naming the fields at fault, `StaleQuote` with `changes`, `total_before` and `total_now` when
    the quote is over or anything agreed to has changed, `Conflict` when credit pays another amount now
    (`credit_changed`) or no orders are taken (`orders_closed`), `OutOfStock` naming the items, `NotFound`. Every
    refusal leaves the cart as it was.
    """
    if not can_shop(actor):
        raise PermissionRefused()
    cart = _lock_with_quote(cart_id, quote_id)
    if cart.state == Cart.State.CONVERTED:
        done: Checkout = Checkout.objects.get(cart_id=cart.pk)
        return done
    if cart.state != Cart.State.ACTIVE:
        raise NotFound(_("This cart is not open any more."), code="cart_not_found")
    contact, address = _clean(contact, address)
    items = read_items(cart.pk)
    if not items:
        raise InvalidInput(_("Your cart is empty."), code="cart_empty")
    buyer = Buyer(email=contact.email, user_id=user_id or contact.user_id or cart.user_id)
    claim = Claim(cart.codes, buyer, channel)
    groups = price_cart(
        items,
        country=address.country,
        region=address.region,
        postcode=address.postcode,
        rate_id=rate_id,
        claim=claim,
    )
    able, left = part_groups(groups) if partial and len(groups) > 1 else (groups, [])
    if not able:
        able, left = groups, []
    _check_open(able)
    _check_agreed(cart, groups, able)
    _check_delivery(able)
    expires_at = _time_to_pay(provider, able)
    company_id = _account(provider, on_account_of, groups)
    checkout_id = new_id()
    held = hold_credit(actor, groups, credit_ids, credit_agreed)
    if cart.link_id:
        use_link(cart.link_id)

    def draft_of(group: PricedGroup) -> OrderDraft:
        return _draft(
            group,
            contact,
            address,
            checkout_id=checkout_id,
            note=note,
            language=language,
            channel=channel,
            expires_at=expires_at,
            attribution=cart.attribution,
            company_id=company_id,
            po_number=po_number,
            credit=held.get(group.seller.pk, ()),
        )

    orders, short = place_groups(actor, able, draft_of, partial=partial)
    if held.keys() & {order.seller_id for order in orders}:
        forget_choices(Owner("cart", cart.pk))
    return _complete(actor, cart, checkout_id, orders, [*left, *short], provider, return_url)


def _lock_with_quote(cart_id: UUID, quote_id: UUID) -> Cart:
    """The cart, locked, with the quote beside it in the same query. A quote is never changed."""
    found = lock_prepared(Rank.ROOT, _CART_WITH_QUOTE, cart_id, quote_id)
    if not found:
        raise NotFound()
    return found[0]


def _cart_with_quote(cart_id: UUID, quote_id: UUID) -> QuerySet[Cart]:
    wanted = FilteredRelation("quotes", condition=Q(quotes__pk=quote_id))
    return to_lock(
        Cart.objects.filter(pk=cart_id)
        .annotate(wanted=wanted)
        .annotate(
            quote_expires_at=F("wanted__expires_at"),
            quote_fingerprint=F("wanted__fingerprint"),
            quote_snapshot=F("wanted__snapshot"),
            quote_total=F("wanted__total"),
        )
    )


_CART_WITH_QUOTE = Prepared(_cart_with_quote, uuid4(), uuid4())


def _clean(contact: Contact, address: Address) -> tuple[Contact, Address]:
    """Both cleaned; one refusal names the fields of both."""
    problems: dict[str, list[Any]] = {}
    try:
        contact = contact.cleaned(email_required=True)
    except InvalidInput as error:
        problems |= error.fields
    try:
        address = address.required()
    except InvalidInput as error:
        problems |= error.fields
    if problems:
        raise InvalidInput(
            _("Some details are missing or not valid."), fields=problems, kept=_("Your cart is as it was.")
        )
    return contact, address


def _check_agreed(cart: Any, groups: list[PricedGroup], able: list[PricedGroup]) -> None:
    """Refuse other terms than those agreed to, for the whole cart; what is gone may stay behind with its seller."""
    if cart.quote_snapshot is None:
        raise NotFound(_("This quote is not known."), code="quote_not_found")
    # A carrier's price that has run out is looked at once more, like a quote that has.
    is_over = clock.now() >= cart.quote_expires_at or any(one.rate and one.rate.is_over for one in groups)
    if (
        not is_over
        and fingerprint_of(groups) == cart.quote_fingerprint
        and not any(group.gone for group in able)
    ):
        return
    changes = list_changes(cart.quote_snapshot, groups)
    message = (
        _("Prices or availability have changed since you last looked.")
        if changes
        else _("Your quote is older than 15 minutes.")
    )
    raise StaleQuote(
        message,
        kept=_("Your cart and your details are kept."),
        remedy=_("Please look at the new total and confirm again."),
        changes=changes,
        total_before=cart.quote_total,
        total_now=total_of(groups),
        currency=groups[0].seller.currency,
    )


def _check_open(groups: list[PricedGroup]) -> None:
    """Sellers that take no orders right now, and the store itself, which no other seller's goods open."""
    store_id = require_business_id()
    sellers = {group.seller.pk: group.seller for group in groups}
    for seller in (*sellers.values(), *(() if store_id in sellers else (get_business(store_id),))):
        refuse_closed(seller)


def _check_delivery(groups: list[PricedGroup]) -> None:
    without = [group for group in groups if group.rate is None]
    if any(group.missing.postcode for group in without):
        message = say_postcode_needed()
        raise InvalidInput(message, code="postcode_needed", fields={"postcode": [message]})
    if without:
        message = _("We do not deliver to this country.")
        raise InvalidInput(message, code="no_delivery", fields={"country": [message]})


def _time_to_pay(provider: str, groups: list[PricedGroup]) -> dt.datetime | None:
    """Until when an order that is paid by hand is kept; None, without a query, for a payment company's."""
    terms = hand_terms(provider)
    if terms is None:
        return None
    rates = {str(group.rate.rate_id) for group in groups if group.rate}
    if terms.deliveries is not None and not rates <= terms.deliveries:
        message = _("%(way)s is not possible with this way of delivery.") % {"way": terms.name}
        raise InvalidInput(message, code="delivery_without_this_payment", fields={"provider": [message]})
    return clock.now() + dt.timedelta(days=terms.days)


def _account(provider: str, user_id: UUID | None, groups: list[PricedGroup]) -> UUID | None:
    """Whose account it goes on, which is with one shop; None, without a query, when it is paid otherwise."""
    if provider != ON_ACCOUNT:
        return None
    company = company_of_user(user_id)
    if (
        company is None
        or company.terms_days is None
        or {one.seller.pk for one in groups} != {company.business_id}
    ):
        message = _("This order cannot go on account.")
        raise InvalidInput(message, code="no_account", fields={"provider": [message]})
    return company.pk


def _draft(
    group: PricedGroup, contact: Contact, address: Address, *, checkout_id: UUID, **facts: Any
) -> OrderDraft:
    line_ids: dict[Hashable, UUID] = {item.pk: new_id() for item in group.items}
    return OrderDraft(
        seller=group.seller,
        items=[
            DraftItem(
                line_id=line_ids[item.pk],
                variant=item.variant,
                product_title=item.variant.product.title,
                pack=item.pack,
            )
            for item in group.items
        ],
        promotions=[
            replace(one, shares={line_ids[item_id]: share for item_id, share in one.shares.items()})
            for one in group.promotions.applied
        ],
        trials=group.promotions.trials,
        totals=group.totals,
        taxes=group.taxes,
        contact=contact,
        address=address,
        shipping_name=group.rate.name if group.rate else "",
        # Who comes for it comes to one place: it must lie there.
        location_id=group.rate.pickup_id if group.rate else None,
        checkout_id=checkout_id,
        **facts,
    )


def _complete(
    actor: Actor,
    cart: Cart,
    checkout_id: UUID,
    orders: list[Order],
    left: list[Left],
    provider: str,
    return_url: str,
) -> Checkout:
    if left:
        cart = part_cart(cart, checkout_id, [order.seller_id for order in orders])
    else:
        cart.state = Cart.State.CONVERTED
        cart.checkout_id = checkout_id
        update(cart, ["state", "checkout_id", "updated_at"])
    checkout = Checkout(
        id=checkout_id,
        cart=cart,
        currency=orders[0].currency,
        total=sum((order.total for order in orders), ZERO),
        orders=[*(_place_for_payment(actor, order, provider, return_url) for order in orders), *left],
    )
    insert([checkout])
    publish(
        CheckoutCompleted(
            business_id=require_business_id(),
            checkout_id=checkout_id,
            cart_id=cart.pk,
            order_ids=[order.pk for order in orders],
            total=checkout.total,
            currency=checkout.currency,
            channel=orders[0].channel,
            subtotal=sum((order.subtotal for order in orders), ZERO),
            discount=sum((order.discount_total for order in orders), ZERO),
            shipping=sum((order.shipping_total for order in orders), ZERO),
            tax=sum((order.tax_total for order in orders), ZERO),
            attribution=cart.attribution,
        )
    )
    return checkout


def _place_for_payment(actor: Actor, order: Order, provider: str, return_url: str) -> dict[str, Any]:
    """What the buyer needs to go on with one order; its payment is asked for unless it costs nothing."""
    payment = None
    if order.outstanding:
        payment = request_payment(
            actor.within(order.seller_id),
            owner=Owner("order", order.pk),
            reference=order.number,
            amount=order.outstanding,
            currency=order.currency,
            provider=provider,
            return_url=return_url.replace("{token}", order.public_token),
            expires_at=order.expires_at,
        )
    return {
        "order_id": str(order.pk),
        "number": order.number,
        "token": order.public_token,
        "business_id": str(order.business_id),
        "total": str(order.total),
        "credit": str(ZERO if order.is_on_account else order.total - order.outstanding),
        "payment_id": str(payment.pk) if payment else None,
    }
