"""An order and its lines in memory, made of what was priced."""

from __future__ import annotations

import datetime as dt
import secrets

from apps.kernel.actors import Actor
from apps.people.customers.addresses import clean_note, clean_text
from apps.people.customers.services import record_customer
from apps.selling.orders.drafts import OrderDraft
from apps.selling.orders.models import Order, OrderLine
from apps.selling.orders.services.moves import move
from apps.selling.orders.services.promoting import snapshot_of
from apps.selling.orders.states import Axis

LONGEST_NOTE = 2000


def build_order(actor: Actor, draft: OrderDraft, moment: dt.datetime) -> Order:
    """The order in memory, placed; what it comes to is taken from the draft, never summed again."""
    totals, contact, address = draft.totals, draft.contact, draft.address
    customer = None
    if contact.email:
        customer = record_customer(
            actor,
            email=contact.email,
            name=contact.name or address.name,
            phone=contact.phone,
            user_id=contact.user_id,
            accepts_marketing=contact.accepts_marketing,
        )
    placed_at = draft.placed_at or moment
    order = Order(
        business_id=draft.seller.pk,
        currency=totals.currency,
        channel=draft.channel,
        customer=customer,
        checkout_id=draft.checkout_id,
        attribution=dict(draft.attribution),
        public_token=secrets.token_urlsafe(32),
        language=clean_note(draft.language)[:16] or draft.seller.language,
        email=contact.email,
        phone=contact.phone,
        ship_name=address.name or contact.name,
        ship_line1=address.line1,
        ship_line2=address.line2,
        ship_city=address.city,
        ship_region=address.region,
        ship_postcode=address.postcode,
        ship_country=address.country,
        shipping_name=draft.shipping_name[:120],
        note=clean_note(draft.note)[:LONGEST_NOTE],
        po_number=clean_text(draft.po_number, 60, "po_number"),
        tax_inclusive=totals.tax_inclusive,
        tax_note=draft.taxes.note if draft.taxes else "",
        shipping_tax_parts=draft.taxes.shipping_parts(totals.shipping_tax, totals.currency)
        if draft.taxes
        else [],
        subtotal=totals.subtotal,
        discount_total=totals.discount,
        shipping_net=totals.shipping_net,
        shipping_tax=totals.shipping_tax,
        shipping_total=totals.shipping_gross,
        tax_total=totals.tax,
        total=totals.total,
        promotions=snapshot_of(draft.promotions),
        placed_at=placed_at,
        expires_at=draft.expires_at or placed_at + dt.timedelta(minutes=draft.seller.unpaid_minutes),
    )
    move(order, Axis.ORDER, "place")
    return order


def build_lines(draft: OrderDraft, order: Order) -> list[OrderLine]:
    """The lines in memory, with their snapshots of item, price, cost and tax."""
    return [
        OrderLine(
            id=item.line_id,
            business_id=order.business_id,
            order=order,
            position=position,
            variant=item.variant,
            product_title=item.product_title,
            variant_title=item.variant.title,
            sku=(item.pack.sku if item.pack else "") or item.variant.sku,
            pack_name=item.pack.name if item.pack else "",
            pack_quantity=item.pack_quantity,
            quantity=priced.quantity,
            unit_price=priced.unit_price,
            tax_rate=priced.tax_rate,
            subtotal=priced.subtotal,
            discount=priced.discount,
            net=priced.net,
            tax=priced.tax,
            gross=priced.gross,
            unit_cost=None if item.variant.cost is None else item.variant.cost * item.pack_quantity,
            tax_parts=draft.taxes.parts_of(position - 1, priced.tax, order.currency) if draft.taxes else [],
            hsn=draft.taxes.codes[position - 1] if draft.taxes and draft.taxes.codes else "",
        )
        for position, (item, priced) in enumerate(zip(draft.items, draft.totals.lines, strict=True), start=1)
    ]
