"""What orders listen to: payments, and their own news for the mails to the buyer.

Each mail's template gets `order`, `lines` and `track_path`, and what is named at its handler.
"""

from __future__ import annotations

import zoneinfo
from typing import Any

from django.utils import formats, translation

from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe
from apps.kernel.money import ZERO
from apps.people.customers.services import remember_address
from apps.platform.notifications.services import queue_email, queue_worded
from apps.selling.payments.events import (
    DisputeChanged,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentEvent,
    PaymentFailed,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentReleased,
)
from apps.selling.payments.selectors import hand_terms, list_payments_of, tender_of

from .discounts import discount_summands
from .drafts import Address
from .events import (
    BuyerAnswered,
    FulfilmentShipped,
    GoodsArrived,
    OrderAmended,
    OrderPlaced,
    OrderRefunded,
    PaymentRecorded,
    PaymentReminded,
)
from .later import waiting_of, waiting_words
from .models import Fulfilment, FulfilmentLine, Order, OrderLine, OrderVersion, TimelineEntry
from .pages import order_path
from .services import (
    make_gift_cards,
    mark_delivered,
    note_dispute,
    note_payment_failed,
    note_refund_paid_out,
    note_refund_refused,
    note_released,
    note_reserved,
    record_payment,
)
from .sold import said_of
from .states import OrderState, PaymentState
from .tenders import CREDIT, credit_rows
from .versions import say_change
from .waiting_handlers import settle_order

OWNER_TYPE = "order"


def _is_ours(event: PaymentEvent) -> bool:
    return event.owner_type == OWNER_TYPE


@subscribe(PaymentCaptured, name="orders.record_payment")
def on_captured(event: PaymentCaptured, envelope: Envelope) -> None:
    """Credit the capture to its order."""
    if _is_ours(event):
        record_payment(
            Actor.system("payments", event.business_id, envelope.request_id),
            order_id=event.owner_id,
            payment_id=event.payment_id,
            capture_id=event.capture_id,
            amount=event.amount,
            provider=event.provider,
            tender=tender_of(event.provider),
            currency=event.currency,
        )


@subscribe(PaymentAuthorised, name="orders.note_reserved")
def on_authorised(event: PaymentAuthorised, envelope: Envelope) -> None:
    """Confirm the order: its money is reserved."""
    if _is_ours(event):
        note_reserved(
            Actor.system("payments", event.business_id, envelope.request_id),
            order_id=event.owner_id,
            payment_id=event.payment_id,
            amount=event.amount,
            provider=event.provider,
        )


@subscribe(PaymentReleased, name="orders.note_released")
def on_released(event: PaymentReleased, envelope: Envelope) -> None:
    """The order has no money any more."""
    if _is_ours(event):
        note_released(
            Actor.system("payments", event.business_id, envelope.request_id),
            order_id=event.owner_id,
            payment_id=event.payment_id,
            amount=event.amount,
        )


@subscribe(PaymentFailed, name="orders.note_payment_failed")
def on_payment_failed(event: PaymentFailed, envelope: Envelope) -> None:
    """Let staff see that the buyer tried."""
    if _is_ours(event):
        system = Actor.system("payments", event.business_id, envelope.request_id)
        note_payment_failed(system, order_id=event.owner_id, reason=event.reason)


@subscribe(PaymentRefunded, name="orders.note_refund_paid_out")
def on_refunded(event: PaymentRefunded, envelope: Envelope) -> None:
    """Tick off the part of the order's refund that this was."""
    if _is_ours(event):
        note_refund_paid_out(
            Actor.system("payments", event.business_id, envelope.request_id),
            order_id=event.owner_id,
            payment_refund_id=event.refund_id,
            amount=event.amount,
        )


@subscribe(PaymentRefundFailed, name="orders.note_refund_refused")
def on_refund_refused(event: PaymentRefundFailed, envelope: Envelope) -> None:
    """Let who looks at the order see that the buyer still waits for money."""
    if _is_ours(event):
        note_refund_refused(
            Actor.system("payments", event.business_id, envelope.request_id),
            order_id=event.owner_id,
            amount=event.amount,
            reason=event.reason,
        )


@subscribe(DisputeChanged, name="orders.note_dispute")
def on_disputed(event: DisputeChanged, envelope: Envelope) -> None:
    """Let who looks at the order see that its money may be taken back."""
    if _is_ours(event):
        note_dispute(
            Actor.system("payments", event.business_id, envelope.request_id),
            order_id=event.owner_id,
            word=str(envelope.id),
            state=event.state,
            amount=event.amount,
            reason=event.reason,
        )


@subscribe(OrderPlaced, name="orders.remember_address")
def on_placed_remember(event: OrderPlaced, envelope: Envelope) -> None:
    """Keep the delivery address with the customer, away from the checkout's own transaction."""
    order = Order.objects.get(pk=event.order_id)
    if order.customer_id and order.ship_line1:
        remember_address(
            Actor.system("orders", event.business_id, envelope.request_id),
            customer_id=order.customer_id,
            address=Address(
                name=order.ship_name,
                line1=order.ship_line1,
                line2=order.ship_line2,
                city=order.ship_city,
                region=order.ship_region,
                postcode=order.ship_postcode,
                country=order.ship_country,
            ),
        )


@subscribe(OrderPlaced, name="orders.mail_placed")
def on_placed(event: OrderPlaced, envelope: Envelope) -> None:
    """Mail `order_placed`; what has to come first is known before it is said.

    `by_hand` has way, words and days when the buyer pays in cash or by transfer.
    """
    settle_order(event.order_id, event.business_id, envelope.request_id)
    _mail(event.order_id, "order_placed", envelope, by_hand=_by_hand(event.order_id))


@subscribe(PaymentRecorded, name="orders.mail_paid")
def on_paid(event: PaymentRecorded, envelope: Envelope) -> None:
    """Mail `order_paid` with `amount`, once the order is paid in full."""
    if event.payment_state == PaymentState.PAID:
        _mail(event.order_id, "order_paid", envelope, amount=event.amount)


@subscribe(PaymentRecorded, name="orders.make_gift_cards")
def on_paid_make_cards(event: PaymentRecorded, envelope: Envelope) -> None:
    """What was paid and is sold as a gift card becomes one."""
    if event.payment_state == PaymentState.PAID:
        system = Actor.system("orders", event.business_id, envelope.request_id)
        make_gift_cards(system, order_id=event.order_id)


@subscribe(FulfilmentShipped, name="orders.deliver_gift_cards")
def on_cards_shipped(event: FulfilmentShipped, envelope: Envelope) -> None:
    """What is mailed has arrived."""
    if _is_cards_alone(event):
        system = Actor.system("orders", event.business_id, envelope.request_id)
        mark_delivered(system, order_id=event.order_id, fulfilment_id=event.fulfilment_id)


def _is_cards_alone(event: FulfilmentShipped) -> bool:
    return bool(event.voucher_net) and event.voucher_net == event.lines_net


@subscribe(FulfilmentShipped, name="orders.mail_shipped")
def on_shipped(event: FulfilmentShipped, envelope: Envelope) -> None:
    """Mail `order_shipped` with `parcel`: number, carrier, tracking_number, tracking_url, lines, is_last."""
    if _is_cards_alone(event):
        return  # gift cards: their own mail has the code
    parcel = Fulfilment.objects.get(pk=event.fulfilment_id)
    pieces = FulfilmentLine.objects.filter(fulfilment=parcel)
    pieces = pieces.select_related("order_line__variant", "order_line__order").order_by(
        "order_line__position"
    )
    facts = {
        "number": parcel.number,
        "carrier": parcel.carrier,
        "tracking_number": parcel.tracking_number,
        "tracking_url": parcel.tracking_url,
        "is_last": event.is_last,
        "lines": [
            {
                "title": piece.order_line.title,
                "quantity": piece.quantity,
                **said_of(piece.order_line, piece.order_line.order, piece.quantity),
            }
            for piece in pieces
        ],
    }
    _mail(event.order_id, "order_shipped", envelope, parcel=facts)


@subscribe(GoodsArrived, name="orders.mail_arrived")
def on_arrived(event: GoodsArrived, envelope: Envelope) -> None:
    """Mail `order_goods_arrived` with `items`, by e-mail alone."""
    order = Order.objects.select_related("business").get(pk=event.order_id)
    if order.email:
        queue_email(
            Actor.system("orders", order.business_id, envelope.request_id),
            to=order.email,
            template="order_goods_arrived",
            context=mail_context(order) | {"items": event.items},
            dedupe_key=f"order_goods_arrived:{envelope.id}",
            language=order.language,
        )


@subscribe(OrderRefunded, name="orders.mail_refunded")
def on_order_refunded(event: OrderRefunded, envelope: Envelope) -> None:
    """Mail `order_refunded` with `refund`: amount, reason."""
    credit = sum((event.tenders.get(tender, ZERO) for tender in CREDIT), ZERO)
    facts = {
        "amount": event.amount, "reason": event.reason, "credit": credit, "rest": event.amount - credit
    }  # fmt: skip
    _mail(event.order_id, "order_refunded", envelope, refund=facts)


@subscribe(OrderAmended, name="orders.mail_amended")
def on_amended(event: OrderAmended, envelope: Envelope) -> None:
    """Mail `order_amended` with `amendment`: changes in words, owed, given_back, reason."""
    made = OrderVersion.objects.get(order_id=event.order_id, number=event.version_number)
    order = Order.objects.select_related("business").get(pk=event.order_id)
    with translation.override(order.language):
        changes = [say_change(change, event.currency) for change in made.changes]
    facts = {
        "changes": changes,
        "owed": event.owed,
        "given_back": event.given_back,
        "reason": event.reason,
        "total": event.total,
    }
    _mail(event.order_id, "order_amended", envelope, amendment=facts)


@subscribe(PaymentReminded, name="orders.mail_reminded")
def on_reminded(event: PaymentReminded, envelope: Envelope) -> None:
    """Mail `order_reminded` with `until` (empty: it does not end by itself), `outstanding` and `by_hand`.

    By e-mail alone, unless it is paid by now."""
    order = Order.objects.select_related("business").get(pk=event.order_id)
    if order.email and order.outstanding and order.state in (OrderState.PLACED, OrderState.CONFIRMED):
        until = ""
        if order.state == OrderState.PLACED and order.expires_at:
            zone = zoneinfo.ZoneInfo(order.business.time_zone)
            with translation.override(order.language):
                until = formats.date_format(order.expires_at.astimezone(zone), "DATETIME_FORMAT")
        facts = {"until": until, "outstanding": order.outstanding, "by_hand": _by_hand(order.pk)}
        queue_email(
            Actor.system("orders", order.business_id, envelope.request_id),
            to=order.email,
            template="order_reminded",
            context=mail_context(order) | facts,
            dedupe_key=f"order_reminded:{envelope.id}",
            language=order.language,
        )


@subscribe(BuyerAnswered, name="orders.mail_answered")
def on_answered(event: BuyerAnswered, envelope: Envelope) -> None:
    """Mail `order_answered` with `answer`, by e-mail alone."""
    order = Order.objects.select_related("business").get(pk=event.order_id)
    written = TimelineEntry.objects.filter(pk=event.entry_id).first()
    if order.email and written is not None:
        queue_email(
            Actor.system("orders", order.business_id, envelope.request_id),
            to=order.email,
            template="order_answered",
            context=mail_context(order) | {"answer": written.data.get("text", "")},
            dedupe_key=f"order_answered:{envelope.id}",
            language=order.language,
        )


def _by_hand(order_id: Any) -> dict[str, Any] | None:
    """How the order is paid when no payment company takes the money: the mail says so."""
    for code in list_payments_of(OWNER_TYPE, order_id).values_list("provider", flat=True):
        if terms := hand_terms(code):
            return {"way": terms.name, "words": terms.words, "days": terms.days}
    return None


def _mail(order_id: Any, template: str, envelope: Envelope, **more: Any) -> None:
    order = Order.objects.select_related("business").get(pk=order_id)
    if not (order.email or order.phone):
        return
    actor = Actor.system("orders", order.business_id, envelope.request_id)
    context, key = mail_context(order) | more, f"{template}:{envelope.id}"
    if order.email:
        queue_email(
            actor,
            to=order.email,
            template=template,
            context=context,
            dedupe_key=key,
            language=order.language,
        )
    if order.phone:
        queue_worded(
            actor,
            event=template,
            to=order.phone,
            context=context,
            dedupe_key=key,
            language=order.language,
        )


def mail_context(order: Order) -> dict[str, Any]:
    """What every mail about an order may show. Amounts are decimals in `order.currency`."""
    lines = OrderLine.objects.filter(order=order).select_related("variant").order_by("position")
    # In the buyer's language: the words are made here, the mail is put together later.
    with translation.override(order.language):
        later = {line_id: waiting_words(one) for line_id, one in waiting_of(order).items()}
    return {
        "order": {
            "number": order.number,
            "currency": order.currency,
            "total": order.total,
            "subtotal": order.subtotal,
            "discount_total": order.discount_total,
            "discounts": [{"name": str(name), "amount": amount} for name, amount in discount_summands(order)],
            "shipping_total": order.shipping_total if order.tax_inclusive else order.shipping_net,
            "shipping_name": order.shipping_name,
            "tax_total": order.tax_total,
            "tax_inclusive": order.tax_inclusive,
            "paid_total": order.paid_total,
            "on_account": order.is_on_account,
            "credit": [
                {"name": name, "amount": -amount}
                for name, amount in (credit_rows(order.pk) if order.paid_total else ())
            ],
            "placed_at": order.placed_at,
            "email": order.email,
            "name": order.ship_name,
            "address": order.ship_lines,
        },
        "lines": [
            {
                "title": line.title,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                # Before discounts: these stand below, by name.
                "amount": line.subtotal,
                "later": later.get(line.pk, ""),
                **said_of(line, order),
            }
            for line in lines
        ],
        "track_path": order_path(order.business.slug, order.public_token),
    }
