"""Notes of the staff on an order."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound
from apps.kernel.limits import is_visible
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_note
from apps.selling.orders.models import Order, TimelineEntry
from apps.selling.orders.services.telling import enter

LONGEST_NOTE = 2000


@use_case(permission="orders.note", idempotent=True, audits="orders.noted")
def add_note(actor: Actor, *, order_id: UUID, text: str, key: str | None = None) -> TimelineEntry:
    """Write a note on the order's timeline that only staff see. Raises `InvalidInput`, `NotFound`."""
    text = clean_note(text)
    if not text or len(text) > LONGEST_NOTE:
        message = _("Write a note of 1 to %(most)s characters.") % {"most": LONGEST_NOTE}
        raise InvalidInput(message, fields={"text": [message]})
    order: Order | None = Order.objects.filter(pk=order_id).first()
    if order is None or not is_visible(order, actor.limit):
        raise NotFound()
    audit.record(actor, "orders.noted", order)
    return enter(actor, order, "note", is_public=False, text=text)
