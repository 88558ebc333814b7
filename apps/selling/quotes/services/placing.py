"""A quote becomes an order: once, by the one way into orders."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.inventory.lines import Owner
from apps.goods.inventory.policies import check_work_at
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, StaleQuote, WrongState
from apps.kernel.events import publish
from apps.kernel.locks import Rank, lock_one
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_text
from apps.platform.businesses.selectors import get_business
from apps.selling.orders.drafts import Address, Contact, OrderDraft
from apps.selling.orders.models import Order
from apps.selling.orders.policies import can_place
from apps.selling.orders.services import place_drafts
from apps.selling.orders.services.terms import account_of
from apps.selling.payments.services import request_payment
from apps.selling.quotes.events import QuoteAskedAgain, QuotePlaced
from apps.selling.quotes.models import Quote, QuoteState
from apps.selling.quotes.pricing import CHANNEL, PricedQuote, price_quote
from apps.selling.quotes.services.writing import address_of, check_state, lines_of, lock_quote

OWNER_TYPE = "order"
_PLACED = ("customers.added", "customers.updated", "orders.placed", "quotes.placed")


@use_case(idempotent=True, audits=_PLACED)
def accept_quote(
    actor: Actor,
    *,
    quote_id: UUID,
    expected_total: Decimal,
    contact: Contact,
    address: Address,
    quantities: Mapping[UUID, int] | None = None,
    rate_id: UUID | None = None,
    po_number: str = "",
    provider: str = "sandbox",
    return_url: str = "",
    key: str | None = None,
) -> Order:
    """The buyer takes the offer: an order is placed as in the store, and its payment is asked for.

    Whoever holds the link may do so; a quote that was ordered gives its order again. `quantities` by line count where
    staff allowed it. `{token}` in `return_url` becomes the order's. Raises `StaleQuote` when it comes to another amount
    than the `expected_total` that was shown, `WrongState` when its time is over or it is not open, `OutOfStock`,
    `InvalidInput`, `NotFound`.
    """
    quote: Quote = lock_one(Rank.ROOT, Quote.objects.filter(pk=quote_id))
    if quote.order_id:
        return Order.objects.get(pk=quote.order_id)
    if quote.is_over:
        raise WrongState(_("This offer is over."), code="quote_over", remedy=_("Ask the shop for a new one."))
    check_state(quote, QuoteState.SENT)
    if quantities and not quote.may_change:
        raise InvalidInput(_("The quantities of this offer are fixed."), code="quote_fixed")
    contact, address = contact.cleaned(email_required=True), address.required()
    business = get_business(require_business_id())
    now = price_quote(
        quote,
        lines_of(quote),
        seller=business,
        quantities=quantities,
        rate_id=rate_id,
        place=(address.country, address.region, address.postcode),
    )
    if quote.shipping_price is None and now.rate is None:
        message = _("Choose a way of delivery.") if now.offers else _("We do not deliver to this country.")
        raise InvalidInput(message, code="no_delivery", fields={"rate": [message]})
    if now.totals.total != expected_total or (now.rate and now.rate.is_over):
        raise StaleQuote(
            _("The total has changed since you last looked."),
            remedy=_("Please look at the new total and confirm again."),
            total_before=expected_total,
            total_now=now.totals.total,
            currency=quote.currency,
        )
    number = clean_text(po_number, 60, "po_number") or quote.po_number
    order = _place(actor, quote, now, contact, address, number, by_buyer=True)
    _ask_for_payment(actor, order, provider, return_url)
    return order


@use_case(permission="orders.place", idempotent=True, audits=_PLACED)
def place_quote(
    actor: Actor,
    *,
    quote_id: UUID,
    rate_id: UUID | None = None,
    location_id: UUID | None = None,
    provider: str = "",
    return_url: str = "",
    on_account: bool = False,
    key: str | None = None,
) -> Order:
    """Staff place the order of a quote: a draft at today's prices, a sent one as it was agreed, also after its day.

    It is taken from `location_id`, else as the business chose. With `provider` its payment is asked for, and the
    order's page leads there; `on_account` puts it on the account of the buyer's company, which waits for approval over
    its limit. Raises as `accept_quote`, `PermissionRefused` for a location that is not the actor's.
    """
    if location_id is not None:
        check_work_at(actor, location_id)
    quote = lock_quote(actor, quote_id)
    if quote.order_id:
        return Order.objects.get(pk=quote.order_id)
    check_state(quote, QuoteState.DRAFT, QuoteState.SENT)
    now = price_quote(quote, lines_of(quote), seller=get_business(require_business_id()), rate_id=rate_id)
    contact = Contact(email=quote.email, phone=quote.phone, name=quote.name)
    order = _place(
        actor,
        quote,
        now,
        contact,
        address_of(quote),
        quote.po_number,
        location_id,
        by_buyer=False,
        on_account=on_account,
    )
    if provider and not on_account:
        _ask_for_payment(actor, order, provider, return_url)
    return order


def _place(
    actor: Actor,
    quote: Quote,
    now: PricedQuote,
    contact: Contact,
    address: Address,
    po_number: str,
    location_id: UUID | None = None,
    *,
    by_buyer: bool,
    on_account: bool = False,
) -> Order:
    if not can_place(actor):
        raise NotFound()
    draft = OrderDraft(
        seller=now.seller,
        items=now.items,
        totals=now.totals,
        taxes=now.taxes,
        promotions=now.applied,
        contact=contact,
        address=address,
        shipping_name=now.shipping_name,
        channel=CHANNEL,
        language=quote.language,
        location_id=location_id,
        po_number=po_number,
        company_id=account_of(contact) if on_account else None,
    )
    (order,) = place_drafts(actor, drafts=[draft])
    quote.order, quote.state, quote.total = order, QuoteState.PLACED, order.total
    quote.po_number = po_number
    quote.customer_id = quote.customer_id or order.customer_id
    quote.save(update_fields=["order", "state", "total", "po_number", "customer", "updated_at"])
    publish(
        QuotePlaced(
            business_id=order.seller_id,
            quote_id=quote.pk,
            number=quote.number,
            order_id=order.pk,
            by_buyer=by_buyer,
        )
    )
    audit.record(actor, "quotes.placed", quote, after={"order": order.number, "total": order.total})
    return order


def _ask_for_payment(actor: Actor, order: Order, provider: str, return_url: str) -> None:
    if order.total:
        request_payment(
            actor.within(order.seller_id),
            owner=Owner(OWNER_TYPE, order.pk),
            reference=order.number,
            amount=order.total,
            currency=order.currency,
            provider=provider,
            return_url=return_url.replace("{token}", order.public_token),
            expires_at=order.expires_at,
        )


@use_case(unaudited="a wish of the buyer, kept on the quote and told to staff")
def ask_again(actor: Actor, *, quote_id: UUID) -> Quote:
    """The buyer wants an offer anew whose time is over, or that was taken back: staff see it among what waits.

    Asking twice changes nothing. Publishes `quotes.asked_again`. Raises `WrongState` for one that is open or ordered.
    """
    quote: Quote = lock_one(Rank.ROOT, Quote.objects.filter(pk=quote_id))
    if not (quote.is_over or quote.state == QuoteState.WITHDRAWN):
        raise WrongState(_("This offer is not over."), code="quote_not_over")
    if quote.asked_again_at is None:
        quote.asked_again_at = clock.now()
        quote.save(update_fields=["asked_again_at", "updated_at"])
        publish(QuoteAskedAgain(business_id=require_business_id(), quote_id=quote.pk, number=quote.number))
    return quote
