"""Telling the supplier: a mail with the link to the order's PDF, kept as it was sent."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.goods.catalog.text import clean_text
from apps.goods.purchasing.events import OrderSent
from apps.goods.purchasing.models import PurchaseOrder, PurchaseStep
from apps.goods.purchasing.policies import READ, WRITE
from apps.goods.purchasing.services import checking
from apps.goods.purchasing.services.approving import current_version
from apps.goods.purchasing.services.orders import enter, lock_order
from apps.goods.purchasing.states import move
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.events import publish
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.notifications.services import queue_email


@use_case(permission=WRITE, idempotent=True, audits="purchasing.sent")
def send_order(
    actor: Actor, *, order_id: UUID, email: str = "", message: str = "", key: str | None = None
) -> PurchaseOrder:
    """Send an approved order: from now on its goods are incoming.

    With `email` a mail is queued with the link to the PDF of the approved version; without, somebody has told the
    supplier otherwise. Publishes `purchasing.order_sent`. Raises `WrongState`, `InvalidInput`, `NotFound`.
    """
    address = checking.email_of(email)
    words = clean_text(message, "message", 2000)
    order = lock_order(actor, order_id)
    move(order, "send")
    version = current_version(order)
    order.sent_at = version.sent_at = clock.now()
    version.sent_to = address
    version.save(update_fields=["sent_at", "sent_to"])
    order.save(update_fields=["state", "sent_at", "updated_at"])
    if address:
        queue_email(
            actor,
            to=address,
            template="purchase_order",
            context={
                "number": order.number,
                "version": version.number,
                "supplier": order.supplier.name,
                "message": words,
                "expected_on": order.expected_on,
                "paper_path": reverse("purchasing:paper", args=[version.token]),
            },
            dedupe_key=f"purchase-order:{version.pk}",
            words_for=READ,
        )
    enter(actor, order, PurchaseStep.Kind.SENT, address or _("told otherwise than by mail"))
    publish(
        OrderSent(
            business_id=require_business_id(),
            order_id=order.pk,
            number=order.number,
            supplier_id=order.supplier_id,
            location_id=order.location_id,
        )
    )
    audit.record(actor, "purchasing.sent", order, after={"version": version.number, "by mail": bool(address)})
    return order
