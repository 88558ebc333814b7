"""Gift cards that an order bought."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel.actors import Actor
from apps.kernel.money import allocate
from apps.kernel.use_cases import use_case
from apps.selling.credit.selectors import gift_months
from apps.selling.credit.services import make_card
from apps.selling.orders.models import Fulfilment, FulfilmentLine, Order
from apps.selling.orders.policies import check_system
from apps.selling.orders.services.fulfilling import fulfil_order
from apps.selling.orders.services.moves import lines_of, lock_order
from apps.selling.orders.services.telling import enter
from apps.selling.orders.states import OrderState, PaymentState

OWNER_TYPE = "order"


@use_case(audits=("credit.sold", "orders.fulfilled"))
def make_gift_cards(actor: Actor, *, order_id: UUID) -> Fulfilment | None:
    """Make the cards that a paid order bought, and send them; by the product itself only.

    Each piece becomes a card worth what was paid for it. Returns what was sent; None when there is nothing to make,
    a second time too.
    """
    check_system(actor)
    order = Order.objects.get(pk=order_id)
    cards = gift_months(order.lines.values_list("variant_id", flat=True))
    if not cards:
        return None
    order = lock_order(order_id)
    wanted = [
        (line.pk, line.waiting_quantity)
        for line in lines_of(order)
        if line.variant_id in cards and line.waiting_quantity
    ]
    if not wanted or order.state != OrderState.CONFIRMED or order.payment_state != PaymentState.PAID:
        return None
    sent: Fulfilment = fulfil_order(actor, order_id=order_id, lines=wanted, carrier=_("By e-mail"))
    made = 0
    for part in FulfilmentLine.objects.filter(fulfilment=sent).select_related("order_line"):
        line = part.order_line
        worths = allocate(part.net, [Decimal(1)] * part.quantity, order.currency)
        for piece, worth in enumerate(worths, start=line.fulfilled_quantity - part.quantity + 1):
            card = make_card(
                actor,
                amount=worth,
                currency=order.currency,
                line_id=line.pk,
                piece=piece,
                owner_type=OWNER_TYPE,
                owner_id=order.pk,
                reference=order.number,
                customer_id=order.customer_id,
                recipient_name=order.ship_name,
                recipient_email=order.email,
                months=cards[line.variant_id],
                language=order.language,
            )
            made += card is not None
    enter(actor, order, "gift_cards_sent", pieces=made)
    return sent
