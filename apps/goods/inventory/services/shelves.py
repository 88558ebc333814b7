"""Locking balances, and working on what was read after locking.

A `Shelf` is a locked balance with the running numbers of the use case: services take from and put on shelves,
then `write_movements` tells the ledger, and the database moves the balances. Rules in docs/stock.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.goods.inventory.events import StockBack, StockLow
from apps.goods.inventory.models import (
    DEFAULT_WARN_AT,
    StockBalance,
    StockMovement,
    StockRules,
    Tracking,
    Valuation,
)
from apps.goods.inventory.services.layers import Layer, look_at_layers, worth_of_newest
from apps.goods.inventory.services.piles import Pile, look_at_lots
from apps.kernel import locks
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, OutOfStock
from apps.kernel.events import publish
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank
from apps.kernel.money import ZERO, round_money
from apps.kernel.prepared import insert
from apps.kernel.tenancy import require_business_id
from apps.platform.businesses.models import Location

# More than this in one line is a slip of the finger or an attack; sums stay far inside 32 bits.
LARGEST_QUANTITY = 10_000_000

K = TypeVar("K")


class Shelf:
    """A locked balance, or the empty place where one will be, with its running numbers."""

    __slots__ = (
        "backorder_limit", "corrections", "currency", "is_default", "is_fifo", "layers", "location_id",
        "on_hand", "piles", "reserved", "sellable_before", "tracking", "unit_cost_hint", "value", "variant_id",
        "warn_at",
    )  # fmt: skip

    def __init__(self, variant: Variant, location: Location, currency: str, row: StockBalance | None) -> None:
        self.variant_id: UUID = variant.pk
        self.location_id: UUID = location.pk
        self.is_default: bool = location.is_default
        self.currency = currency
        self.unit_cost_hint: Decimal = variant.cost or ZERO
        self.on_hand: int = row.on_hand if row else 0
        self.reserved: int = row.reserved if row else 0
        self.value: Decimal = row.value if row else ZERO
        own_limit = variant.backorder_limit if location.is_default else 0
        self.backorder_limit: int = row.backorder_limit if row else own_limit
        self.corrections: int = row.corrections if row else 0
        self.warn_at: int = row.warn_at if row else DEFAULT_WARN_AT
        self.sellable_before = self.available
        # Both are read with the row or the variant; where neither was asked for (a promise), neither matters.
        self.tracking: str = getattr(row, "tracking", "") or getattr(variant, "tracking", "") or ""
        self.is_fifo: bool = getattr(row, "valuation", "") == Valuation.FIFO
        self.piles: dict[UUID, Pile] = {}
        self.layers: list[Layer] = []

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved

    @property
    def sellable(self) -> int:
        return self.on_hand - self.reserved + self.backorder_limit

    def cost_of(self, quantity: int) -> Decimal:
        """What `quantity` units cost, by average or first in first out; all of the value goes with the last unit.

        Units that are not there yet (a backorder that left) are counted at the variant's own cost.
        """
        if quantity <= 0 or self.on_hand <= 0:
            return round_money(self.unit_cost_hint * quantity, self.currency)
        if quantity < self.on_hand:
            if self.is_fifo:
                return self.value - worth_of_newest(self.layers, self.on_hand - quantity, self.currency)
            return round_money(self.value * quantity / self.on_hand, self.currency)
        return self.value + round_money(self.unit_cost_hint * (quantity - self.on_hand), self.currency)

    def move(self, *, on_hand: int = 0, reserved: int = 0, value: Decimal = ZERO) -> None:
        self.on_hand += on_hand
        self.reserved += reserved
        self.value += value
        if on_hand > 0 and self.is_fifo:
            self.layers.insert(0, (on_hand, value))


def distinct_ids(ids: Iterable[UUID]) -> list[UUID]:
    """Each id once, as a list: a generator would be empty when it is read the second time."""
    return sorted(set(ids))


def lock_balances(
    variant_ids: Iterable[UUID], *, even_closed: bool = False, **places: Any
) -> list[StockBalance]:
    """Lock the balances of the variants in primary-key order, in one query; at active locations, or at all."""
    wanted = distinct_ids(variant_ids)
    if not even_closed:
        places["location__active"] = True
    rows = balances_of(wanted).filter(**places)
    return locks.lock(Rank.STOCK, rows.annotate(tracking=_tracking("variant_id"), valuation=_valuation()))


def balances_of(variant_ids: list[UUID]) -> QuerySet[StockBalance]:
    """The balances of the variants with all that a promise needs, in one statement."""
    rows: QuerySet[StockBalance] = (
        StockBalance.objects.filter(variant_id__any_of=variant_ids)
        .select_related("variant", "location", "business")
        .only(
            "variant_id",
            "location_id",
            "business_id",
            "on_hand",
            "reserved",
            "value",
            "backorder_limit",
            "low_stock_threshold",
            "corrections",
            "last_counted_at",
            "variant__track_stock",
            "variant__cost",
            "variant__backorder_limit",
            "location__is_default",
            "business__currency",
        )
    )
    return rows


def _tracking(variant: str) -> Subquery:
    """How a variant is told apart, as a part of the query that reads it."""
    return Subquery(Tracking.objects.filter(variant=OuterRef(variant)).order_by().values("mode"))


def _valuation() -> Subquery:
    return Subquery(StockRules.objects.order_by().values("valuation"))


def with_tracking(variants: QuerySet[Variant]) -> Any:
    """The variants with `tracking`: how they are told apart, or None."""
    return variants.annotate(tracking=_tracking("pk"))


def lock_shelves(variant_ids: Iterable[UUID], location: Location, currency: str) -> dict[UUID, Shelf]:
    """The shelves of counted variants at one location by variant; places without a balance yet are empty.

    Raises `NotFound` for a variant that is not this business's, `InvalidInput` for one whose stock is not counted.
    """
    wanted = distinct_ids(variant_ids)
    variants = {variant.pk: variant for variant in with_tracking(Variant.objects.filter(pk__in=wanted))}
    for variant_id in wanted:
        if variant_id not in variants:
            raise NotFound(variant_id=variant_id)
        if not variants[variant_id].track_stock:
            raise InvalidInput(code="stock_not_counted", variant_id=variant_id)
    rows = {row.variant_id: row for row in lock_balances(wanted, location_id=location.pk)}
    return look_at(
        {
            variant_id: Shelf(variants[variant_id], location, currency, rows.get(variant_id))
            for variant_id in wanted
        }
    )


def look_at(shelves: dict[K, Shelf]) -> dict[K, Shelf]:
    """Read what lies on locked shelves in more detail, where it matters: lots, and what their pieces came for."""
    look_at_lots(shelves.values())
    look_at_layers(shelves.values())
    return shelves


def movement(actor: Actor, shelf: Shelf, reason: str, **facts: Any) -> StockMovement:
    """A movement of a shelf, to be written with `write_movements`."""
    return StockMovement(
        id=new_id(),
        business_id=require_business_id(),
        variant_id=shelf.variant_id,
        location_id=shelf.location_id,
        reason=reason,
        actor_label=actor.label[:200],
        **facts,
    )


def write_movements(movements: list[StockMovement], shelves: Iterable[Shelf]) -> None:
    """Add the facts to the ledger in one statement and tell which shelves ran low, or no longer are.

    The services have decided before; if the database still refuses, a constraint has caught what they missed.
    """
    if not movements:
        return
    try:
        insert(movements)
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
        if name == "inventory_balance_never_oversold":
            raise OutOfStock(lines=[]) from error
        if name == "inventory_lotbalance_serial_in_one_place":
            raise Conflict(
                _("One of these serial numbers lies somewhere already."), code="serial_twice"
            ) from error
        if name == "inventory_movement_names_lot":
            # Who waited for the switch read the goods as they were before it.
            raise Conflict(
                _("These goods have just begun to be told apart by lot. Please try again."),
                code="tracking_began",
            ) from error
        if name.startswith(("inventory_balance_", "inventory_lotbalance_", "inventory_movement_")):
            raise Conflict(code="stock_refused", constraint=name) from error
        raise
    for shelf in shelves:
        if shelf.available <= shelf.warn_at < shelf.sellable_before:
            publish(
                StockLow(
                    business_id=require_business_id(),
                    variant_id=shelf.variant_id,
                    location_id=shelf.location_id,
                    available=shelf.available,
                    threshold=shelf.warn_at,
                )
            )
        elif shelf.sellable_before <= shelf.warn_at < shelf.available:
            publish(
                StockBack(
                    business_id=require_business_id(),
                    variant_id=shelf.variant_id,
                    location_id=shelf.location_id,
                    available=shelf.available,
                )
            )
