"""By which cost goods leave: the moving average, or first in first out; and the change from one to the other."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.inventory.events import AdjustedLine, StockAdjusted
from apps.goods.inventory.models import StockBalance, StockMovement, StockRules, Valuation
from apps.goods.inventory.services.layers import read_layers, worth_of_newest
from apps.goods.inventory.services.shelves import Shelf, lock_balances, movement, write_movements
from apps.kernel import audit, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.events import publish
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank
from apps.kernel.money import ZERO
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Location

REVALUED = "revaluation"


@use_case(permission="stock.limits", idempotent=True, audits="stock.valuation_set")
def choose_valuation(actor: Actor, *, method: str, key: str | None = None) -> StockRules:
    """Let goods leave by average cost or first in first out, from now on.

    To first in first out all that lies anywhere is brought to what its newest arrivals came for: one adjustment a
    location, told by `inventory.stock_adjusted`, so the books follow to the cent. To the average nothing changes its
    value: the average of what lies there is what it is worth. Past days stay as they were said.
    """
    if method not in Valuation.values:
        raise InvalidInput(fields={"method": [_("Choose one of the ways.")]})
    StockRules.objects.bulk_create([StockRules()], ignore_conflicts=True)
    rules = locks.lock_one(Rank.ROOT, StockRules.objects.all())
    if rules.valuation == method:
        return rules
    before = {"method": rules.valuation}
    change = _revalue(actor) if method == Valuation.FIFO else ZERO
    rules.valuation = method
    rules.save(update_fields=["valuation", "updated_at"])
    audit.record(
        actor, "stock.valuation_set", rules, before=before, after={"method": method, "value": change}
    )
    return rules


def _revalue(actor: Actor) -> Decimal:
    wanted = StockBalance.objects.exclude(on_hand=0, value=0).values_list("variant_id", flat=True)
    rows = lock_balances(set(wanted), even_closed=True)
    shelves = {
        (row.variant_id, row.location_id): Shelf(row.variant, row.location, row.business.currency, row)
        for row in rows
        if row.on_hand > 0 and row.location.kind != Location.Kind.TRANSIT
    }
    layers = read_layers({place: shelf.on_hand for place, shelf in shelves.items()})
    movements: list[StockMovement] = []
    by_place: dict[UUID, tuple[UUID, list[AdjustedLine]]] = {}
    currency = ""
    for place, shelf in shelves.items():
        currency = shelf.currency
        delta = worth_of_newest(layers[place], shelf.on_hand, shelf.currency) - shelf.value
        if not delta:
            continue
        adjustment_id, lines = by_place.setdefault(shelf.location_id, (new_id(), []))
        lines.append(AdjustedLine(variant_id=shelf.variant_id, delta=0, value_delta=delta))
        movements.append(
            movement(
                actor, shelf, StockMovement.Reason.ADJUST, value_delta=delta, reason_code=REVALUED,
                reference_type="adjustment", reference_id=adjustment_id,
            )
        )  # fmt: skip
    write_movements(movements, ())
    for location_id, (adjustment_id, lines) in by_place.items():
        publish(
            StockAdjusted(
                business_id=require_business_id(),
                adjustment_id=adjustment_id,
                location_id=location_id,
                value_delta=sum((line.value_delta for line in lines), ZERO),
                currency=currency,
                reason_code=REVALUED,
                lines=lines,
            )
        )
    return sum((line.value_delta for _id, lines in by_place.values() for line in lines), ZERO)
