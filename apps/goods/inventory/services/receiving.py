"""Goods come in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.inventory.events import ReceivedLine, StockReceived
from apps.goods.inventory.lines import StockLine
from apps.goods.inventory.models import StockMovement
from apps.goods.inventory.services.arriving import share_out, sort_arrivals
from apps.goods.inventory.services.moments import checked_moment
from apps.goods.inventory.services.places import get_place
from apps.goods.inventory.services.shelves import LARGEST_QUANTITY, lock_shelves, movement, write_movements
from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.events import publish
from apps.kernel.ids import new_id
from apps.kernel.money import LARGEST, ZERO, round_money
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case


@use_case(permission="stock.receive", idempotent=True, audits="stock.received")
def receive_stock(
    actor: Actor,
    *,
    location_id: UUID,
    lines: Sequence[StockLine],
    reference_type: str = "",
    reference_id: UUID | None = None,
    note: str = "",
    occurred_at: dt.datetime | None = None,
    key: str | None = None,
) -> list[StockMovement]:
    """Put units on the shelves of a location: on hand and value rise.

    Quantities are whole units, `unit_cost` is in the business's currency (none: the variant's own cost). The
    value of a line is what it says itself, else quantity × unit cost, rounded once. Goods that are told apart name
    their lots or serial numbers; what comes into a blocked or recalled lot is withheld at once. Publishes
    `inventory.stock_received`. Raises `InvalidInput` for quantities or costs that cannot be meant, `NotFound` for a
    foreign variant or location, `PermissionRefused` outside the actor's locations. Source: MODEL, stock verbs.
    """
    lines = list(lines)
    _check(lines)
    location, currency = get_place(actor, location_id)
    shelves = lock_shelves((line.variant_id for line in lines), location, currency)
    receipt_id, at = new_id(), checked_moment(occurred_at)
    arrivals = sort_arrivals(lines, shelves)
    movements, received = [], []
    for line, parts in zip(lines, arrivals, strict=True):
        shelf = shelves[line.variant_id]
        unit_cost = shelf.unit_cost_hint if line.unit_cost is None else line.unit_cost
        # A unit cost of four places cannot say every value: of 10,000 pieces it would lose up to half a pound.
        value = round_money(unit_cost * line.quantity, currency) if line.value is None else line.value
        for lot_id, units, held, worth in share_out(shelf, parts, line.quantity, value):
            shelf.move(on_hand=units, reserved=held, value=worth)
            movements.append(
                movement(
                    actor,
                    shelf,
                    StockMovement.Reason.RECEIVE,
                    lot_id=lot_id,
                    on_hand_delta=units,
                    reserved_delta=held,
                    value_delta=worth,
                    unit_cost=unit_cost,
                    reference_type=reference_type or "receipt",
                    reference_id=reference_id or receipt_id,
                    note=note[:500],
                    occurred_at=at,
                )
            )
        received.append(
            ReceivedLine(variant_id=line.variant_id, quantity=line.quantity, unit_cost=unit_cost, value=value)
        )
    write_movements(movements, shelves.values())
    value = sum((line.value for line in received), ZERO)
    publish(
        StockReceived(
            business_id=require_business_id(),
            receipt_id=receipt_id,
            location_id=location.pk,
            value=value,
            currency=currency,
            lines=received,
            reference_type=reference_type,
            reference_id=reference_id,
        )
    )
    units = sum(line.quantity for line in lines)
    audit.record(actor, "stock.received", location, after={"units": units, "value": value}, reason=note)
    return movements


def _check(lines: list[StockLine]) -> None:
    if not lines:
        raise InvalidInput(_("Nothing was received: enter a quantity for at least one item."))
    for line in lines:
        if not 0 < line.quantity <= LARGEST_QUANTITY:
            raise InvalidInput(
                fields={
                    "quantity": [_("Enter a whole number from 1 to %(most)s.") % {"most": LARGEST_QUANTITY}]
                }
            )
        if line.unit_cost is not None and not (line.unit_cost.is_finite() and 0 <= line.unit_cost <= LARGEST):
            raise InvalidInput(fields={"unit_cost": [_("A cost is zero or more.")]})
        if line.value is not None and not (line.value.is_finite() and 0 <= line.value <= LARGEST):
            raise InvalidInput(fields={"value": [_("A value is zero or more.")]})
