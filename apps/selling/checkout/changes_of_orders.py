"""What a buyer's own change of an order would come to, before the shop has taken the order on.

Prices of an order stay when it changes. So that nobody orders a hundred at the price of a hundred and keeps two, or
keeps a free delivery that fewer goods would not have had, a change by the buyer is held to what the store asks now.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Pack
from apps.kernel import clock
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.money import round_money
from apps.selling.orders.amendments import AmendmentDraft, AmendmentPlan, LineChange, plan_amendment
from apps.selling.orders.buying import can_change
from apps.selling.orders.models import Order, OrderLine
from apps.selling.orders.services.terms import check_least
from apps.selling.pricing.resolving import Buyer, Want, resolve
from apps.selling.shipping.ways import ways_of_amendment


def lines_to_change(order: Order) -> list[OrderLine]:
    """Its lines with their goods."""
    lines = OrderLine.objects.filter(order=order).select_related("variant__product")
    return list(lines.order_by("position"))


def draft_of(order: Order, lines: Sequence[OrderLine], quantities: Mapping[UUID, int]) -> AmendmentDraft:
    """The amendment that a buyer's quantities (by line, 0 takes one off) make, delivery as it would be charged now.

    Raises `WrongState` for an order that she may not change, or that would be empty; `InvalidInput` for quantities that
    cannot be meant, whose price depends on how many there are, or below the company's least order.
    """
    if not can_change(order):
        raise WrongState(
            _("This order can no longer be changed here."),
            code="orders.change_refused",
            remedy=_("Ask the shop for the change."),
        )
    draft = AmendmentDraft(quantities=quantities)
    plan = plan_amendment(order, lines, draft)
    _check_prices(order, plan)
    if order.company is not None:
        check_least(order.company, plan.total - plan.shipping.gross, order.currency)
    return replace(draft, shipping=_delivery(order, plan))


def plan_own_change(
    order: Order, lines: Sequence[OrderLine], quantities: Mapping[UUID, int]
) -> AmendmentPlan:
    """What the order would come to; raises as `draft_of`."""
    return plan_amendment(order, lines, draft_of(order, lines, quantities))


def _delivery(order: Order, plan: AmendmentPlan) -> Decimal | None:
    """What the way of delivery that was chosen costs for the goods as they would be; None: it stays as it is."""
    if not order.shipping_name:
        return None
    price = next((price for name, price in ways_of_amendment(plan) if name == order.shipping_name), None)
    if price is not None:
        return price
    if any(one.pieces > 0 for one in plan.changed):
        raise InvalidInput(
            _("“%(way)s” does not carry more of it. Ask the shop for the change.")
            % {"way": order.shipping_name},
            code="orders.delivery_refused",
        )
    return None


def _check_prices(order: Order, plan: AmendmentPlan) -> None:
    """Refuse quantities at which the goods cost otherwise; two queries where there are price lists, else none."""
    packs = _packs([one.line for one in plan.lines])
    before = _amounts(order, [(one.line, one.line.quantity) for one in plan.lines], packs)
    after = _amounts(order, [(one.line, one.quantity) for one in plan.kept], packs)
    wrong = {
        f"line_{one.line.pk}": [
            _("%(title)s: its price depends on how many you take. Ask the shop for the change.")
            % {"title": one.line.title}
        ]
        for one in plan.kept
        if not _is_same_price(one, before.get(one.line.pk), after.get(one.line.pk))
    }
    if wrong:
        message = " ".join(words for many in wrong.values() for words in many)
        raise InvalidInput(message, code="orders.price_by_quantity", fields=wrong)


def _is_same_price(one: LineChange, before: Decimal | None, after: Decimal | None) -> bool:
    """Fewer must not cost more apiece than what was ordered would now; more must cost what the store asks for them."""
    if before is None or after is None:
        return not one.pieces
    if one.pieces > 0:
        return after == one.subtotal - one.discount
    return after * one.line.quantity <= before * one.quantity


def _amounts(
    order: Order, wanted: Sequence[tuple[OrderLine, int]], packs: Mapping[Hashable, Pack]
) -> dict[UUID, Decimal]:
    """What the store asks for so many of each line now, all of them together; without packs that are sold no more."""
    wants = [
        Want(line.pk, line.variant, count, packs.get(_pack_key(line)))
        for line, count in wanted
        if not line.pack_name or _pack_key(line) in packs
    ]
    buyer = Buyer(customer_id=order.customer_id)
    found = (
        resolve(order.business, wants, channel=order.channel, buyer=buyer, at=clock.now()) if wants else []
    )
    return {
        want.line_id: round_money(price.unit_price * want.quantity, order.currency) - price.line_discount
        for want, price in zip(wants, found, strict=True)
        if isinstance(want.line_id, UUID)
    }


def _packs(lines: Sequence[OrderLine]) -> dict[Hashable, Pack]:
    """The packs that lines were sold in, by what the lines kept of them; no query without any."""
    wanted = {line.variant_id for line in lines if line.pack_name}
    if not wanted:
        return {}
    found = Pack.objects.filter(variant_id__in=wanted, active=True, sold=True)
    return {(pack.variant_id, pack.name, pack.quantity): pack for pack in found}


def _pack_key(line: OrderLine) -> Hashable:
    return line.variant_id, line.pack_name, line.pack_quantity
