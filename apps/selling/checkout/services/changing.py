"""A buyer changes her order herself, before the shop has taken it on."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict
from apps.kernel.use_cases import use_case
from apps.selling.checkout.changes_of_orders import draft_of, lines_to_change
from apps.selling.orders.amendments import plan_amendment
from apps.selling.orders.buying import check_buyer, check_own
from apps.selling.orders.models import OrderVersion
from apps.selling.orders.services import amend_order
from apps.selling.orders.services.moves import lock_order


@use_case(
    idempotent=True,
    audits=("orders.amended", "orders.closed", "orders.confirmed", "orders.refunded", "payments.cancelled"),
)
def change_own_order(
    actor: Actor,
    *,
    order_id: UUID,
    quantities: Mapping[UUID, int],
    expected_total: Decimal,
    user_id: UUID | None = None,
    key: str | None = None,
) -> OrderVersion:
    """Make the next version of an order with other quantities (by line); see `draft_of` for what is refused.

    `expected_total` is what the buyer saw that it comes to; another raises `Conflict` (`orders.total_changed`).
    `user_id` is who has signed in: a company's order needs one who buys for it. Stock, payment and the company's limit
    follow as with every amendment: an order that no longer goes over the limit is taken on.
    """
    check_own(actor, "orders.amend")
    order = lock_order(order_id)
    check_buyer(order, user_id)
    lines = lines_to_change(order)
    draft = draft_of(order, lines, quantities)
    total = plan_amendment(order, lines, draft).total
    if total != expected_total:
        raise Conflict(
            _("The order would come to another amount now."),
            code="orders.total_changed",
            remedy=_("Look at the new total and confirm it."),
            total=total,
        )
    # The buyer has no role here: what she may was asked above.
    by_buyer = Actor.system("buyer", order.seller_id, actor.request_id)
    return amend_order(by_buyer, order_id=order.pk, draft=draft, version=order.version)
