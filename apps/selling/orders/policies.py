"""Who may do what with orders."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.goods.inventory.selectors import promised_at
from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused
from apps.kernel.limits import Limit, limit_rows, narrow
from apps.kernel.permissions import declare
from apps.people.customers.policies import keeps
from apps.platform.approvals.caps import declare_cap
from apps.platform.businesses.models import Location
from apps.platform.fields.kinds import takes_fields
from apps.selling.payments.models import Payment

from .models import Order
from .states import BUYER, MAY_LEAVE, SYSTEM, TO_SEND, WAITING, OrderState, PaymentState, Transition

declare("orders.read", _("See orders"))
declare("orders.place", _("Place orders for buyers"))
declare("orders.confirm", _("Confirm orders"))
APPROVE = "orders.approve"
declare(APPROVE, _("Approve orders over a company's credit limit"))
declare_cap(
    APPROVE,
    _("Let an order go over its company's credit limit, alone"),
    _(
        "Bounds by how much the company is over its limit with the order, and asks a second person for one's own."
    ),
    # Owners and administrators decide beyond it; nobody below a manager approves at all.
    shipped={"manager": Decimal(1000)},
)
declare("orders.cancel", _("Cancel orders"))
declare("orders.fulfil", _("Send orders"))
declare("orders.refund", _("Refund orders"))
declare_cap(
    "orders.refund",
    _("Give back of one order, alone"),
    _("What was given back of the order before counts too, and so does cancelling a paid one."),
    shipped={"support": Decimal(100)},
)
declare("orders.take_money", _("Record cash and bank transfers received"))
declare("orders.amend", _("Change placed orders"))
declare("orders.price", _("Set prices and discounts of one's own on orders and quotes"))
declare("orders.note", _("Write notes on orders"))
takes_fields("orders.order", _("Orders"), read="orders.read", change="orders.note", on_documents=True)
declare("deliveries.read", _("See parcels that are to be handed over"))
declare("deliveries.deliver", _("Hand parcels over"))


OWNER_TYPE = "order"
UNSETTLED = (PaymentState.UNPAID, PaymentState.PART_PAID)


@limit_rows("orders.order")
def within_limit(limit: Limit) -> Q:
    """Orders that one of the limit's locations fulfils, and, for own customers only, those of these customers.

    A location fulfils what it has promised stock to; goods whose stock is not counted leave the default location.
    """
    wanted = Q()
    if limit.location_ids is not None:
        here = promised_at(OWNER_TYPE, OuterRef("pk"), limit.location_ids)
        anywhere = promised_at(OWNER_TYPE, OuterRef("pk"))
        default = Location.objects.filter(is_default=True, pk__in=limit.location_ids)
        wanted &= Q(Exists(here)) | (~Q(Exists(anywhere)) & Q(Exists(default)))
    if limit.customers_of is not None:
        wanted &= keeps(limit.customers_of, "customer_id")
    return wanted


@limit_rows(
    "orders.orderline",
    "orders.fulfilment",
    "orders.orderrefund",
    "orders.orderpayment",
    "orders.timelineentry",
    "orders.waitingline",
    "orders.orderversion",
)
def of_orders_within_limit(limit: Limit) -> Q:
    """What belongs to orders within the limit."""
    return Q(Exists(narrow(Order.objects.filter(pk=OuterRef("order_id")), limit)))


@limit_rows("payments.payment")
def payments_within_limit(limit: Limit) -> Q:
    """Money for orders within the limit. The rule stands here because payments do not know orders."""
    order = narrow(Order.objects.filter(pk=OuterRef("owner_id")), limit)
    return Q(Exists(order), owner_type=OWNER_TYPE)


@limit_rows("promotions.appliedpromotion")
def promotions_within_limit(limit: Limit) -> Q:
    """What promotions took off orders within the limit; promotions do not know orders either."""
    order = narrow(Order.objects.filter(pk=OuterRef("owner_id")), limit)
    return Q(Exists(order), owner_type=OWNER_TYPE)


@limit_rows(
    "payments.paymentattempt",
    "payments.capture",
    "payments.dispute",
    "payments.refund",
    "payments.webhookreceipt",
)
def of_payments_within_limit(limit: Limit) -> Q:
    """What belongs to payments within the limit."""
    return Q(Exists(narrow(Payment.objects.filter(pk=OuterRef("payment_id")), limit)))


def can_place(actor: Actor) -> bool:
    """Visitors order for themselves; staff and programs need the permission."""
    return actor.kind in {"guest", "customer"} or actor.may("orders.place")


def can_take(actor: Actor, row: Transition) -> bool:
    """Whether the actor may take this row of a state table."""
    if row.permission == BUYER:
        return can_place(actor)
    if row.permission == SYSTEM:
        return actor.kind == "system"
    return actor.may(row.permission)


def check_place(actor: Actor) -> None:
    """Refuse the actor who may not place orders."""
    if not can_place(actor):
        raise PermissionRefused()


def check_system(actor: Actor) -> None:
    """Refuse everybody but the product's own jobs and subscribers."""
    if actor.kind != "system":
        raise PermissionRefused()


def can_fulfil(actor: Actor, order: Order) -> bool:
    """Whether goods of this order may leave now: confirmed, paid for, and something is left to send."""
    return (
        actor.may("orders.fulfil")
        and order.state == OrderState.CONFIRMED
        and order.payment_state in MAY_LEAVE
        and order.fulfilment_state in TO_SEND
    )


def can_take_reserved(actor: Actor, order: Order) -> bool:
    """Whether money that is reserved for this order may be taken by hand."""
    return actor.may("orders.take_money") and order.payment_state == PaymentState.AUTHORISED


def can_send(actor: Actor, order: Order) -> bool:
    """Whether goods may leave now, or as soon as the money that is reserved for them is taken."""
    if order.payment_state != PaymentState.AUTHORISED:
        return can_fulfil(actor, order)
    return (
        actor.may("orders.fulfil")
        and order.state == OrderState.CONFIRMED
        and order.fulfilment_state in TO_SEND
    )


def has_waiting(order: Order) -> bool:
    """Whether goods of this order have yet to be sent, paid for or not."""
    return order.state in (OrderState.PLACED, OrderState.CONFIRMED) and order.fulfilment_state in WAITING


def can_fulfil_later(actor: Actor, order: Order) -> bool:
    """Whether the actor may say from where goods of this order are to be sent."""
    return actor.may("orders.fulfil") and has_waiting(order)


def can_approve(actor: Actor, order: Order) -> bool:
    """Whether this order waits for somebody who lets its company go over the limit, and the actor may be that."""
    return actor.may(APPROVE) and order.needs_approval


def can_cancel(actor: Actor, order: Order) -> bool:
    """Whether the order, or what is left of it, may be cancelled."""
    return actor.may("orders.cancel") and has_waiting(order)


def can_take_money(actor: Actor, order: Order) -> bool:
    """Whether money for this order may be recorded by hand: it is not paid yet."""
    return (
        actor.may("orders.take_money")
        and order.state in (OrderState.PLACED, OrderState.CONFIRMED)
        and order.payment_state in UNSETTLED
    )


def can_amend(actor: Actor, order: Order) -> bool:
    """Whether what was promised may be changed: something waits, and its money is neither back nor only reserved."""
    settled = order.payment_state not in (PaymentState.REFUNDED, PaymentState.AUTHORISED)
    return actor.may("orders.amend") and has_waiting(order) and settled


def can_refund(actor: Actor, order: Order) -> bool:
    """Whether money of this order may be given back by hand; of one that is part paid, for what was sent."""
    has_sold = order.payment_state == PaymentState.PART_PAID and order.recognised_total > order.returned_total
    is_open = order.payment_state in MAY_LEAVE or has_sold
    return actor.may("orders.refund") and is_open and order.refundable > 0


def can_ask_for_money(actor: Actor, order: Order) -> bool:
    """Whether the buyer may be reminded of what she still owes for this order."""
    is_open = order.state in (OrderState.PLACED, OrderState.CONFIRMED) and order.payment_state in UNSETTLED
    return actor.may("orders.take_money") and is_open and bool(order.email) and order.outstanding > 0
