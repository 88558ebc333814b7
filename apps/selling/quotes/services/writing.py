"""Writing quotes: drafts, their lines and what they come to. No stock is touched."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.limits import is_visible
from apps.kernel.locks import Rank, lock_one
from apps.kernel.money import LARGEST, ZERO, round_money
from apps.kernel.series import rising_number
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_note, clean_text
from apps.people.customers.models import Customer
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import get_business
from apps.selling.orders.drafts import Address, Contact, LineDraft
from apps.selling.orders.services.placing import items_of
from apps.selling.promotions.applying import MOST_CODES, clean_code
from apps.selling.quotes.drafts import QuoteDraft
from apps.selling.quotes.models import Quote, QuoteLine, QuoteState
from apps.selling.quotes.policies import WRITE
from apps.selling.quotes.pricing import MOST_PIECES, PricedQuote, price_quote, price_with_carriers

LONGEST_NOTE = 2000
PRICE = "orders.price"


@use_case(permission=WRITE, idempotent=True, audits="quotes.written")
def write_quote(actor: Actor, *, draft: QuoteDraft, key: str | None = None) -> Quote:
    """Write a draft order. Raises `NotFound` for a foreign customer, variant or pack, `InvalidInput` for what cannot
    be meant, `PermissionRefused` for prices of one's own without `orders.price`."""
    business = get_business(require_business_id())
    quote = Quote(
        business_id=business.pk,
        number=f"Q-{rising_number('quote', first=1):05d}",
        currency=business.currency,
        language=business.language,
        written_by=actor.label[:200],
    )
    _write(actor, quote, draft, business)
    audit.record(actor, "quotes.written", quote, after={"number": quote.number, "total": quote.total})
    return quote


@use_case(permission=WRITE, audits="quotes.changed")
def change_quote(actor: Actor, *, quote_id: UUID, draft: QuoteDraft) -> Quote:
    """Write a quote anew. One that was sent becomes a draft of the next version; its link says so meanwhile.

    Raises as `write_quote`, and `WrongState` for one that is ordered or withdrawn.
    """
    quote = lock_quote(actor, quote_id)
    check_state(quote, QuoteState.DRAFT, QuoteState.SENT)
    before = {"version": quote.version, "total": quote.total}
    if quote.state == QuoteState.SENT:
        quote.version += 1
        quote.state = QuoteState.DRAFT
    QuoteLine.objects.filter(quote=quote).delete()
    _write(actor, quote, draft, get_business(require_business_id()))
    audit.record(
        actor, "quotes.changed", quote, before=before, after={"version": quote.version, "total": quote.total}
    )
    return quote


@use_case(permission=WRITE, idempotent=True, audits="quotes.written")
def duplicate_quote(actor: Actor, *, quote_id: UUID, key: str | None = None) -> Quote:
    """A new draft with the same lines at today's prices, whatever became of the first. Prices of one's own stay, for
    who may set them. Raises as `write_quote`."""
    source = Quote.objects.filter(pk=quote_id).first()
    if source is None or not is_visible(source, actor.limit):
        raise NotFound()
    return write_quote(actor, draft=draft_of(source))


def draft_of(quote: Quote) -> QuoteDraft:
    """The quote as it would be written again, without its day."""
    return QuoteDraft(
        lines=[
            LineDraft(line.variant_id, line.quantity, line.unit_price, line.pack_id)
            for line in lines_of(quote)
        ],
        customer_id=quote.customer_id,
        contact=Contact(email=quote.email, phone=quote.phone, name=quote.name),
        address=address_of(quote),
        codes=quote.codes,
        order_discount=quote.order_discount,
        shipping_name=quote.shipping_name,
        shipping_price=quote.shipping_price,
        note=quote.note,
        po_number=quote.po_number,
        may_change=quote.may_change,
    )


def address_of(quote: Quote) -> Address:
    """Where it would be delivered to."""
    return Address(
        name=quote.name,
        line1=quote.line1,
        line2=quote.line2,
        city=quote.city,
        region=quote.region,
        postcode=quote.postcode,
        country=quote.country,
    )


def lock_quote(actor: Actor, quote_id: UUID) -> Quote:
    """The quote, locked; raises `NotFound`, also for one that is not the actor's to see."""
    quote: Quote = lock_one(Rank.ROOT, Quote.objects.filter(pk=quote_id))
    if not is_visible(quote, actor.limit):
        raise NotFound()
    return quote


def lines_of(quote: Quote) -> list[QuoteLine]:
    """The lines with their goods, in order; one query."""
    rows = QuoteLine.objects.filter(quote=quote).select_related("variant__product", "pack")
    return list(rows.order_by("position"))


def check_state(quote: Quote, *states: str) -> None:
    """Refuse, always in the same words, what this state does not have."""
    if quote.state not in states:
        raise WrongState(
            _("Quote %(number)s is “%(state)s”, so that is not possible now.")
            % {"number": quote.number, "state": quote.get_state_display()},
            code="quote_state_refused",
        )


def _write(actor: Actor, quote: Quote, draft: QuoteDraft, business: Business) -> None:
    own_prices = any(line.unit_price is not None for line in draft.lines)
    if own_prices or draft.order_discount:
        actor.require(PRICE)
    _check_lines(draft)
    quote.customer = _customer(actor, draft.customer_id)
    contact, address = draft.contact.cleaned(), draft.address.cleaned()
    quote.email = contact.email or (quote.customer.email or "" if quote.customer else "")
    quote.phone, quote.name = contact.phone, address.name or contact.name
    for part in ("line1", "line2", "city", "region", "postcode", "country"):
        setattr(quote, part, getattr(address, part))
    quote.codes = list(dict.fromkeys(filter(None, map(clean_code, draft.codes))))[:MOST_CODES]
    quote.order_discount = _amount(draft.order_discount, "order_discount", business)
    quote.shipping_name = clean_text(draft.shipping_name, 120, "shipping_name")
    quote.shipping_price = (
        None if draft.shipping_price is None else _amount(draft.shipping_price, "shipping_price", business)
    )
    quote.note = clean_note(draft.note)[:LONGEST_NOTE]
    quote.po_number = clean_text(draft.po_number, 60, "po_number")
    quote.may_change, quote.valid_until = draft.may_change, _until(draft.valid_until)
    goods = items_of(draft.lines)
    lines = [
        QuoteLine(
            business_id=business.pk,
            quote=quote,
            position=position,
            variant=item.variant,
            pack=item.pack,
            quantity=line.quantity,
            unit_price=line.unit_price,
        )
        for position, (item, line) in enumerate(zip(goods, draft.lines, strict=True), start=1)
    ]
    quote.total = price_quote(quote, lines, seller=business).totals.total
    quote.save()
    QuoteLine.objects.bulk_create(lines)


def _check_lines(draft: QuoteDraft) -> None:
    for line in draft.lines:
        if isinstance(line.quantity, bool) or not 0 < line.quantity <= MOST_PIECES:
            message = _("Enter a whole number of one or more.")
            raise InvalidInput(message, code="wrong_quantity", fields={"lines": [message]})
        price = line.unit_price
        if price is not None and not (price.is_finite() and ZERO <= price <= LARGEST):
            message = _("Enter a price of zero or more.")
            raise InvalidInput(message, code="wrong_price", fields={"lines": [message]})


def _customer(actor: Actor, customer_id: UUID | None) -> Customer | None:
    if customer_id is None:
        return None
    customer: Customer | None = Customer.objects.filter(pk=customer_id).first()
    if customer is None or not is_visible(customer, actor.limit):
        raise NotFound(customer_id=customer_id)
    return customer


def _amount(amount: Decimal, name: str, business: Business) -> Decimal:
    if (
        not amount.is_finite()
        or not ZERO <= amount <= LARGEST
        or round_money(amount, business.currency) != amount
    ):
        message = _("Enter an amount of zero or more.")
        raise InvalidInput(message, fields={name: [message]})
    return amount


def _until(moment: dt.datetime | None) -> dt.datetime | None:
    if moment is not None and moment <= clock.now():
        message = _("This moment is over.")
        raise InvalidInput(message, fields={"valid_until": [message]})
    return moment


def priced(quote: Quote) -> PricedQuote:
    """The quote as it comes to now, for who looks at it: carriers are asked. Not inside a use case."""
    return price_with_carriers(quote, lines_of(quote), seller=get_business(require_business_id()))
