"""What members are told about orders."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.kernel.actors import Actor
from apps.kernel.events import Envelope, subscribe
from apps.kernel.money import format_money
from apps.platform.alerts.kinds import Kind, declare_kind
from apps.platform.alerts.services import notify_members

from .events import ChangeAsked, OrderEvent, OrderWithdrawn, PaymentRecorded, PaymentReserved
from .models import Order
from .states import PaymentState

PAID = declare_kind(
    "order_paid", gettext_lazy("An order is paid"), permission="orders.read", icon="shopping_bag"
)


BUYER = declare_kind(
    "order_buyer",
    gettext_lazy("A buyer cancels an order or asks for a change"),
    permission="orders.read",
    icon="contact_support",
)


@subscribe(PaymentRecorded, name="orders.alert_paid")
def on_paid(event: PaymentRecorded, envelope: Envelope) -> None:
    """Tell who sees the order, once, when it is paid in full."""
    if event.payment_state != PaymentState.PAID:
        return
    _tell(event, envelope, _("Order %(number)s is paid: %(total)s"), once="paid")


@subscribe(PaymentReserved, name="orders.alert_reserved")
def on_reserved(event: PaymentReserved, envelope: Envelope) -> None:
    """Tell who sees the order that it can be sent: its money is reserved. When it is taken nobody is told again."""
    _tell(event, envelope, _("Order %(number)s can be sent: %(total)s is reserved"), once="paid")


@subscribe(OrderWithdrawn, name="orders.alert_withdrawn")
def on_withdrawn(event: OrderWithdrawn, envelope: Envelope) -> None:
    """Tell who sees the order that nothing is to be packed for it any more."""
    _tell(event, envelope, _("The buyer cancelled order %(number)s: %(total)s"), kind=BUYER, once="withdrawn")


@subscribe(ChangeAsked, name="orders.alert_change_asked")
def on_change_asked(event: ChangeAsked, envelope: Envelope) -> None:
    """Tell who sees the order, each time."""
    words = _("The buyer asks for a change of order %(number)s")
    _tell(event, envelope, words, kind=BUYER, once=f"asked:{envelope.id}")


def _tell(event: OrderEvent, envelope: Envelope, words: str, *, once: str, kind: Kind = PAID) -> None:
    order = Order.objects.get(pk=event.order_id)
    total = format_money(order.total, order.currency, "en")
    notify_members(
        Actor.system("orders", event.business_id, envelope.request_id),
        kind=kind,
        title=words % {"number": order.number, "total": total},
        text=str(order.get_channel_display()),  # no name: alerts outlive an erasure
        link=f"/admin/orders/order/{order.pk}/",
        dedupe_key=f"order-{once}:{order.pk}",
        about=order,
        happened_at=envelope.occurred_at,
    )
