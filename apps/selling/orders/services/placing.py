"""Placing orders: the one way into the table, for the store, staff, programs and demo data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Pack, Variant
from apps.goods.inventory.lines import Owner, ReserveLine
from apps.goods.inventory.nearness import Destination
from apps.goods.inventory.services import reserve_stock
from apps.kernel import audit, clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, OutOfStock
from apps.kernel.events import publish
from apps.kernel.ids import new_id
from apps.kernel.money import ZERO
from apps.kernel.prepared import insert
from apps.kernel.series import rising_number
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.channels import Channel
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import get_business
from apps.selling.credit.services import hold
from apps.selling.orders.drafts import Address, Contact, DraftItem, LineDraft, OrderDraft, ShippingDraft
from apps.selling.orders.events import OrderConfirmed, OrderPlaced
from apps.selling.orders.models import Order, TimelineEntry
from apps.selling.orders.policies import check_place
from apps.selling.orders.services.building import build_lines, build_order
from apps.selling.orders.services.checking import check_channels, check_quantities
from apps.selling.orders.services.moves import move
from apps.selling.orders.services.promoting import discounts_of, take_uses
from apps.selling.orders.services.spending import spend_credit
from apps.selling.orders.services.terms import account_of, hold_terms, put_on_account
from apps.selling.orders.states import Axis, OrderState
from apps.selling.orders.timeline import entry
from apps.selling.pricing.choosing import ResolvedPrice, Step
from apps.selling.pricing.lines import PriceLine, rounding_of
from apps.selling.pricing.resolving import Buyer, Want, resolve
from apps.selling.pricing.services import price_lines
from apps.selling.pricing.taxes import rates_for
from apps.selling.promotions.applying import Applied
from apps.selling.promotions.selectors import is_any_live

FIRST_NUMBER = 1001
MAX_LINES = 500
OWNER_TYPE = "order"


@use_case(
    permission="orders.place",
    idempotent=True,
    audits=(
        "customers.added",
        "customers.updated",
        "orders.confirmed",
        "orders.payment_recorded",
        "orders.placed",
    ),
)
def place_order(
    actor: Actor,
    *,
    lines: Sequence[LineDraft],
    contact: Contact,
    address: Address | None = None,
    shipping: ShippingDraft | None = None,
    channel: str = Channel.API,
    checkout_id: UUID | None = None,
    expires_at: dt.datetime | None = None,
    note: str = "",
    language: str = "",
    order_discount: Decimal = ZERO,
    location_id: UUID | None = None,
    credit_ids: Sequence[UUID] = (),
    most_credit: Decimal | None = None,
    po_number: str = "",
    codes: Sequence[str] = (),
    with_promotions: bool = True,
    on_account: bool = False,
    believes_email: bool = True,
    key: str | None = None,
) -> Order:
    """Place an order for a buyer and reserve its stock; what staff, programs and demo data call.

    Prices are what this customer pays on this channel unless a line names one (the customer of the contact's e-mail
    only where `believes_email`: a visitor may type anybody's); promotions and `codes` take off it what
    they take off a cart (`with_promotions` off: nothing). Without `expires_at` the order is kept
    for the business's `unpaid_minutes`. It is taken from `location_id`, a line from its own, else as the business
    chose. `credit_ids` pay for it, up to `most_credit`; `on_account` puts it on the account of the customer's company.
    Publishes `orders.placed`; an order over nothing, or on account within the limit, is confirmed at once. Raises
    `InvalidInput` (also for a quantity in which something is not sold), `NotFound` for a foreign variant or pack,
    `OutOfStock` with the lines that are short, `StaleQuote` for a promotion just used up.
    """
    seller = get_business(require_business_id())
    items = items_of(lines)
    buyer = Buyer(email=contact.email if believes_email else "", user_id=contact.user_id)
    prices = prices_of(seller, items, lines, channel, buyer)
    place = (address.country, address.region) if address and address.country else ("", "")
    taxes = rates_for(
        seller, [item.variant for item in items], country=place[0], region=place[1], buyer=buyer
    )
    promoted = Applied(seller.currency)
    if with_promotions:
        promoted = discounts_of(actor, seller, items, lines, prices, contact, place[0], channel, codes)
    off = promoted.line_discounts
    totals = price_lines(
        [
            PriceLine(
                line_id=item.line_id,
                quantity=line.quantity,
                unit_price=price.unit_price,
                tax_rate=tax_rate,
                taxable=item.variant.taxable,
                discount=price.line_discount + off.get(item.line_id, ZERO),
            )
            for item, line, price, tax_rate in zip(items, lines, prices, taxes.rates, strict=True)
        ],
        currency=seller.currency,
        tax_inclusive=seller.tax_inclusive,
        shipping=shipping.price if shipping else ZERO,
        shipping_tax_rate=_shipping_rate(shipping, taxes.shipping_rate),
        rounding=rounding_of(seller),
        order_discount=order_discount,
    )
    draft = OrderDraft(
        seller=seller,
        items=items,
        totals=totals,
        taxes=taxes,
        contact=contact.cleaned(),
        address=(address or Address()).cleaned(),
        shipping_name=shipping.name if shipping else "",
        channel=channel,
        checkout_id=checkout_id,
        expires_at=expires_at,
        note=note,
        language=language,
        location_id=location_id,
        credit=hold(
            actor,
            account_ids=credit_ids,
            total=totals.total if most_credit is None else min(totals.total, most_credit),
            currency=totals.currency,
        )
        if credit_ids
        else (),
        po_number=po_number,
        promotions=[one for one in promoted.applied if one.shares],
        company_id=account_of(contact) if on_account else None,
    )
    return place_drafts(actor, drafts=[draft])[0]


def _shipping_rate(shipping: ShippingDraft | None, standard: Decimal) -> Decimal:
    if shipping is None:
        return ZERO
    return standard if shipping.tax_rate is None else shipping.tax_rate


def prices_of(
    seller: Business, items: Sequence[DraftItem], lines: Sequence[LineDraft], channel: str, buyer: Buyer
) -> list[ResolvedPrice]:
    """The price of each line: what it names itself is taken as it is, without a discount for its quantity."""
    open_lines = [
        Want(item.line_id, item.variant, line.quantity, item.pack)
        for item, line in zip(items, lines, strict=True)
        if line.unit_price is None
    ]
    found = resolve(seller, open_lines, channel=channel, buyer=buyer, at=clock.now())
    resolved = dict(zip((want.line_id for want in open_lines), found, strict=True))
    return [
        resolved[item.line_id]
        if line.unit_price is None
        else ResolvedPrice(line.unit_price, None, ZERO, (Step("line", "", line.unit_price, won=True),))
        for item, line in zip(items, lines, strict=True)
    ]


def items_of(lines: Sequence[LineDraft]) -> list[DraftItem]:
    """The goods of these lines, each with the id its line will have; raises `NotFound`, `InvalidInput`."""
    if not lines:
        raise InvalidInput(_("An order needs at least one item."), code="no_lines")
    if len(lines) > MAX_LINES:
        raise InvalidInput(
            _("An order has at most %(most)s lines.") % {"most": MAX_LINES}, code="too_many_lines"
        )
    wanted = {line.variant_id for line in lines}
    variants: dict[UUID, Variant] = {
        variant.pk: variant
        for variant in Variant.objects.filter(pk__in=wanted)
        .select_related("product")
        .annotate(has_promotions=is_any_live())
    }
    if missing := wanted - variants.keys():
        raise NotFound(variant_ids=sorted(missing))
    packs = _packs(lines)
    chosen = [(variants[line.variant_id], line) for line in lines]
    return [
        DraftItem(
            line_id=new_id(),
            variant=variant,
            product_title=variant.product.title,
            pack=packs[line.pack_id] if line.pack_id else None,
            location_id=line.location_id,
        )
        for variant, line in chosen
    ]


def _packs(lines: Sequence[LineDraft]) -> dict[UUID, Pack]:
    """The packs that lines name, each of the line's own variant; none without one."""
    wanted = {line.pack_id: line.variant_id for line in lines if line.pack_id}
    if not wanted:
        return {}
    found = {pack.pk: pack for pack in Pack.objects.filter(pk__in=wanted, active=True)}
    strange = [
        pk for pk, variant_id in wanted.items() if pk not in found or found[pk].variant_id != variant_id
    ]
    if strange:
        raise NotFound(pack_ids=sorted(strange))
    return found


@use_case(audits=("orders.confirmed", "orders.payment_recorded", "orders.placed", "orders.refunded"))
def place_drafts(actor: Actor, *, drafts: Sequence[OrderDraft]) -> list[Order]:
    """Place one order for each draft, whose prices the server has made: at most one draft for each seller.

    Stock of all sellers is reserved before the first number is taken, in the order of sellers and balances, so that two
    checkouts never wait for each other in a circle; uses of promotions are consumed when all else is done. The number
    of queries does not depend on the number of lines. Publishes `orders.placed` for each. Raises `OutOfStock`,
    `StaleQuote` for a promotion that was used up meanwhile, `PermissionRefused`.
    """
    check_place(actor)
    check_channels(drafts)
    check_quantities(drafts)
    moment = clock.now()
    in_order = sorted(drafts, key=lambda draft: draft.seller.pk)
    placed: list[tuple[OrderDraft, Order]] = []
    held = hold_terms(in_order)
    for draft in in_order:
        with tenancy.bind(draft.seller.pk):
            order = build_order(actor.within(draft.seller.pk), draft, moment)
            if id(draft) in held:
                put_on_account(order, *held[id(draft)])
            take_uses(actor.within(draft.seller.pk), order, draft.promotions, draft.trials)
        placed.append((draft, order))
    _reserve_all(actor, placed)
    for draft, order in placed:
        with tenancy.bind(draft.seller.pk):
            order.number = f"{draft.seller.order_prefix}{rising_number(OWNER_TYPE, first=FIRST_NUMBER)}"
            _write(actor.within(draft.seller.pk), draft, order)
    for draft, order in placed:
        _tell(actor.within(draft.seller.pk), order)
        if draft.credit:
            with tenancy.bind(draft.seller.pk):
                spend_credit(actor.within(draft.seller.pk), order, draft.credit)
    by_id = {id(draft): order for draft, order in placed}
    return [by_id[id(draft)] for draft in drafts]


def _reserve_all(actor: Actor, placed: Sequence[tuple[OrderDraft, Order]]) -> None:
    """Reserve for every seller, or for none: one refusal names what is short at all of them, not at the first alone."""
    short: list[OutOfStock] = []
    for draft, order in placed:
        try:
            with tenancy.bind(draft.seller.pk):
                _reserve(actor.within(draft.seller.pk), draft, order)
        except OutOfStock as error:
            short.append(error)
    if len(short) > 1:
        raise OutOfStock(lines=[line for error in short for line in error.context.get("lines", ())])
    if short:
        raise short[0]


def _reserve(actor: Actor, draft: OrderDraft, order: Order) -> None:
    reserve_stock(
        actor,
        owner=Owner(OWNER_TYPE, order.pk),
        lines=[
            ReserveLine(
                item.line_id,
                item.variant.pk,
                priced.quantity,
                is_kit=item.variant.is_kit,
                pack_size=item.pack_quantity,
                location_id=item.location_id,
            )
            for item, priced in zip(draft.items, draft.totals.lines, strict=True)
        ],
        location_id=draft.location_id,
        expires_at=order.expires_at,
        channel=draft.channel,
        to=Destination(order.ship_country, order.ship_region, order.ship_postcode, order.ship_city),
    )


def _write(actor: Actor, draft: OrderDraft, order: Order) -> None:
    """Three statements for any number of lines, under the seller's own binding."""
    entries: list[TimelineEntry] = [entry(actor, order, "placed", amount=order.total)]
    order.placed_by_id = actor.id if actor.kind == "user" else None
    if not order.total and not order.is_on_account:
        # Nothing to pay: no payment will ever come to confirm it.
        move(order, Axis.PAYMENT, "receive_all")
        move(order, Axis.ORDER, "confirm")
        order.paid_at = order.placed_at
        entries.append(entry(actor, order, "confirmed"))
    elif order.needs_approval:
        entries.append(entry(actor, order, "over_limit", is_public=False, amount=order.over_limit_by))
    elif order.is_on_account:
        move(order, Axis.ORDER, "confirm")
        entries.append(entry(actor, order, "confirmed"))
    insert([order])
    insert(build_lines(draft, order))
    insert(entries)


def _tell(actor: Actor, order: Order) -> None:
    publish(
        OrderPlaced(
            business_id=order.seller_id,
            order_id=order.pk,
            number=order.number,
            checkout_id=order.checkout_id,
            customer_id=order.customer_id,
            channel=order.channel,
            currency=order.currency,
            total=order.total,
        )
    )
    if order.state == OrderState.CONFIRMED:
        publish(OrderConfirmed(business_id=order.seller_id, order_id=order.pk, number=order.number))
    audit.record(actor, "orders.placed", order, after={"number": order.number, "total": order.total})
