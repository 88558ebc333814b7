"""What returns listen to: their own news for the buyer's mails, and what an exchange still needs."""

from __future__ import annotations

from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError
from apps.kernel.events import Envelope, subscribe
from apps.kernel.web import sentence
from apps.platform.notifications.services import queue_email
from apps.selling.orders.handlers import mail_context
from apps.selling.orders.models import Order
from apps.selling.orders.sold import said_of

from .events import ReturnDecided, ReturnEvent, ReturnRequested, ReturnSettled
from .models import Wish
from .selectors import get_return, lines_of_return
from .services import note_exchange_failed, place_exchange


@subscribe(ReturnRequested, name="returns.mail_requested")
def on_requested(event: ReturnRequested, envelope: Envelope) -> None:
    """Tell the buyer that we have it, or, when the shop entered it, how to send it."""
    _mail(event, "return_requested" if event.by_buyer else "return_decided", envelope)


@subscribe(ReturnDecided, name="returns.mail_decided")
def on_decided(event: ReturnDecided, envelope: Envelope) -> None:
    """Tell the buyer yes, with instructions, or no, with the reason."""
    _mail(event, "return_decided", envelope)


@subscribe(ReturnSettled, name="returns.place_exchange")
def on_settled(event: ReturnSettled, envelope: Envelope) -> None:
    """Place the order of an exchange; what cannot be had leaves the buyer the credit."""
    if event.how != Wish.EXCHANGE:
        return
    system = Actor.system("returns", event.business_id, envelope.request_id)
    try:
        place_exchange(system, settlement_id=event.settlement_id)
    except DomainError as error:
        note_exchange_failed(system, settlement_id=event.settlement_id, problem=sentence(error))


def _mail(event: ReturnEvent, template: str, envelope: Envelope) -> None:
    order = Order.objects.select_related("business").get(pk=event.order_id)
    if not order.email:
        return
    row = get_return(event.return_id)
    facts = {
        "number": row.number,
        "state": row.state,
        "wish": str(row.get_wish_display()),
        "words": row.words,
        "lines": [
            {
                "title": line.order_line.title,
                "quantity": line.quantity,
                **said_of(line.order_line, order, line.quantity),
            }
            for line in lines_of_return(row)
        ],
    }
    queue_email(
        Actor.system("returns", order.business_id, envelope.request_id),
        to=order.email,
        template=template,
        context={**mail_context(order), "back": facts},
        dedupe_key=f"{template}:{envelope.id}",
        language=order.language,
    )
