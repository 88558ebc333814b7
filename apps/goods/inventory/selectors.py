"""Reads of stock. What a store page needs comes in one query for any number of variants or products."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, UUIDField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce

from apps.goods.catalog.models import KitPart, Product, Variant
from apps.goods.inventory.hints import with_hint
from apps.goods.inventory.incoming import with_incoming
from apps.goods.inventory.models import (
    DEFAULT_WARN_AT,
    Lot,
    LotBalance,
    Reservation,
    StockAlert,
    StockBalance,
    StockMovement,
    Tracking,
)
from apps.kernel.limits import current_limit
from apps.kernel.prepared import select
from apps.kernel.tenancy import across, require_business_id
from apps.platform.businesses.channels import Channel
from apps.platform.businesses.models import Location

# The channel of the store's own pages.
STORE = Channel.STOREFRONT.value
# The open locations that may send the orders of a channel: as `allocation.rank` says, for the channel or for all.
_SERVING = """
SELECT serving.id
  FROM businesses_location serving
  LEFT JOIN LATERAL (
       SELECT policy.way, policy.places, policy.only_listed, policy.location_id, single.active AS open
         FROM inventory_allocationpolicy policy LEFT JOIN businesses_location single ON single.id = policy.location_id
        WHERE policy.business_id = serving.business_id AND policy.channel IN (%s, '')
        ORDER BY policy.channel DESC LIMIT 1
       ) chosen ON true
 WHERE serving.business_id = %s AND serving.active
   AND CASE WHEN chosen.way = 'fixed' THEN NOT chosen.open OR serving.id = chosen.location_id
            WHEN chosen.only_listed AND cardinality(chosen.places) > 0 THEN serving.id = ANY(chosen.places)
            ELSE true END
"""
# Written out, because every store page asks it and the ORM takes longer to build than the database to answer.
_AVAILABLE = """
SELECT {group}, v.track_stock, v.backorder_limit,
       sum(greatest(b.on_hand - b.reserved, 0)),
       sum(b.backorder_limit + least(b.on_hand - b.reserved, 0))
  FROM catalog_variant v
  LEFT JOIN (inventory_stockbalance b JOIN businesses_location l ON l.id = b.location_id AND l.active{places})
    ON b.variant_id = v.id
 WHERE v.business_id = %s AND {chosen} AND NOT v.is_kit
 GROUP BY v.id
UNION ALL
SELECT {group}, bool_or(part.tracked), 0,
       min(part.there / k.quantity) FILTER (WHERE part.tracked),
       min(greatest(part.there + part.beyond, 0) / k.quantity) FILTER (WHERE part.tracked)
           - min(part.there / k.quantity) FILTER (WHERE part.tracked)
  FROM catalog_variant v
  JOIN catalog_kitpart k ON k.kit_id = v.id
  JOIN LATERAL (
       SELECT p.track_stock AS tracked, coalesce(sum(greatest(b.on_hand - b.reserved, 0)), 0) AS there,
              coalesce(sum(b.backorder_limit + least(b.on_hand - b.reserved, 0)), p.backorder_limit) AS beyond
         FROM catalog_variant p
         LEFT JOIN (inventory_stockbalance b JOIN businesses_location l ON l.id = b.location_id AND l.active{places})
           ON b.variant_id = p.id
        WHERE p.id = k.part_id
        GROUP BY p.id
       ) part ON true
 WHERE v.business_id = %s AND {chosen} AND v.is_kit
 GROUP BY v.id
"""


@dataclass(frozen=True, slots=True)
class Available:
    """What can be sold: `quantity` units that are there, and `backorder` units beyond them."""

    quantity: int
    tracked: bool
    backorder: int = 0

    @property
    def sellable(self) -> int | None:
        """Units that may be promised; None when stock is not counted, so any number may."""
        return self.quantity + self.backorder if self.tracked else None

    def covers(self, quantity: int) -> bool:
        return not self.tracked or self.quantity + self.backorder >= quantity

    @property
    def sold_out(self) -> bool:
        return not self.covers(1)


def availability(variant_ids: Iterable[UUID], *, channel: str = "") -> dict[UUID, Available]:
    """What can be sold of each variant of the bound business over its active locations, in one query.

    With a `channel` over those that may send its orders, as the business's policy says: what an order of it could
    get. A foreign or unknown variant is absent from the answer. The number is a hint for people: `reserve_stock`
    decides under lock.
    """
    return _available("v.id", "v.id = ANY(%s)", list(variant_ids), channel)


def shown_availability(product_id: UUID) -> dict[UUID, Available]:
    """What the store can sell of each shown variant of one product, in one query that the database plans once."""
    return _available("v.id", "v.product_id = %s AND v.active AND v.published", product_id, STORE)


def product_availability(product_ids: Iterable[UUID]) -> dict[UUID, Available]:
    """What the store can sell of each product, all its shown variants together, in one query."""
    return _available(
        "v.product_id", "v.product_id = ANY(%s) AND v.active AND v.published", list(product_ids), STORE
    )


def on_hand_of(variant_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many pieces of each lie at the locations that may be seen; what never lay anywhere is absent."""
    lying = StockBalance.objects.exclude(location__kind=Location.Kind.TRANSIT)
    rows = lying.filter(variant_id__in=list(variant_ids)).order_by().values_list("variant_id")
    return dict(rows.annotate(pieces=Sum("on_hand")))


def has_moved(variant_id: UUID) -> bool:
    """Whether the ledger has numbers of this variant, in the unit it is kept in."""
    return bool(StockMovement.objects.filter(variant_id=variant_id).exists())


def tracking_of(variant_ids: Iterable[UUID]) -> dict[UUID, str]:
    """How these variants are told apart; those that are not are absent. One query."""
    rows = Tracking.objects.filter(variant_id__in=list(variant_ids))
    return dict(rows.values_list("variant_id", "mode"))


def lots_to_choose(variant_ids: Iterable[UUID]) -> dict[UUID, list[LotBalance]]:
    """Lots of each variant with pieces that may leave, the first to expire first. One query."""
    rows = (
        LotBalance.objects.filter(
            variant_id__in=list(variant_ids),
            on_hand__gt=F("withheld"),
            lot__state="open",
            location__active=True,
        )
        .select_related("lot", "location")
        .order_by(F("lot__expires_on").asc(nulls_last=True), "lot__received_on", "lot_id")
    )
    found: dict[UUID, list[LotBalance]] = {}
    for row in rows:
        found.setdefault(row.variant_id, []).append(row)
    return found


@across("tasks.due")
def list_across_businesses_with_lots() -> list[UUID]:
    """Businesses that tell goods apart, or have."""
    return list(Lot.unscoped.order_by("business_id").values_list("business_id", flat=True).distinct())


@across("tasks.due")
def list_across_businesses_with_stock() -> list[UUID]:
    """Businesses that have, or had, anything in stock."""
    return list(
        StockBalance.unscoped.order_by("business_id").values_list("business_id", flat=True).distinct()
    )


def in_stock_products(products: QuerySet[Product]) -> QuerySet[Product]:
    """Those of the products of which at least one unit can be sold: the store's "in stock" filter."""
    return products.filter(can_be_sold())


def can_be_sold() -> Q:
    """Whether the store can sell at least one unit of a product: the catalogue's filters and rules ask it, too."""
    serving = RawSQL(_SERVING, (STORE, require_business_id()), output_field=UUIDField())  # noqa: S611
    on_shelf = StockBalance.objects.filter(
        variant=OuterRef("pk"), location__in=serving, on_hand__gt=F("reserved") - F("backorder_limit")
    )
    free = (
        StockBalance.objects.filter(variant=OuterRef("part"), location__in=serving)
        .order_by()
        .values("variant")
        .annotate(free=Sum(F("on_hand") - F("reserved") + F("backorder_limit")))
        .values("free")
    )
    # A kit can be sold while none of its parts is short.
    short = (
        KitPart.objects.filter(kit=OuterRef("pk"), part__track_stock=True)
        .alias(
            free=Coalesce(
                Subquery(free, output_field=IntegerField()),
                Cast("part__backorder_limit", IntegerField()),
            )
        )
        .filter(free__lt=F("quantity"))
    )
    sellable = Variant.objects.filter(product=OuterRef("pk"), active=True, published=True).filter(
        Q(is_kit=False, track_stock=False) | Exists(on_shelf) | (Q(is_kit=True) & ~Exists(short))
    )
    return Q(Exists(sellable))


def promised_at(
    owner_type: str, owner_id: Any, location_ids: Iterable[UUID] | None = None
) -> QuerySet[Reservation]:
    """Promises of stock to an owner, at these locations or at any; for `Exists`, with `owner_id` an `OuterRef`."""
    promises = Reservation.objects.filter(owner_type=owner_type, owner_id=owner_id)
    if location_ids is None:
        return promises.filter(location__isnull=False)
    return promises.filter(location_id__in=location_ids)


def contents_of(owner_type: str, owner_id: UUID) -> dict[UUID, list[tuple[int, Variant]]]:
    """What kits among an owner's lines are made of, by line, as they were promised: pieces in one kit, and of what."""
    rows = Reservation.objects.filter(owner_type=owner_type, owner_id=owner_id)
    found: dict[UUID, dict[UUID, tuple[int, Variant]]] = {}
    for row in rows.select_related("variant__product").order_by("pk"):
        found.setdefault(row.line_id, {})[row.variant_id] = (row.per_unit, row.variant)
    return {line_id: list(parts.values()) for line_id, parts in found.items()}


def list_promises(owner_type: str, owner_id: UUID) -> list[Reservation]:
    """All that was promised to an owner, with goods and locations, as it was promised; one query."""
    rows = Reservation.objects.filter(owner_type=owner_type, owner_id=owner_id)
    return list(rows.select_related("variant__product", "location").order_by("pk"))


def list_balances(variant_ids: Iterable[UUID]) -> QuerySet[Any]:
    """Balances of the variants with their locations and what is coming there, the default one first."""
    return (
        with_incoming(StockBalance.objects.filter(variant_id__in=list(variant_ids)))
        .select_related("variant", "location")
        .order_by("variant__position", "variant_id", "-location__is_default", "location__name")
    )


def list_low_stock() -> QuerySet[StockBalance]:
    """Balances at or below their warning level, of counted variants of products not archived; emptiest first."""
    rows: Any = _low(StockBalance.objects.all())
    low: QuerySet[StockBalance] = rows.select_related("variant__product", "location").order_by("free", "pk")
    return low


def list_alerts() -> Any:
    """Alerts of low stock with what is left now, what is coming and from whom it is bought. One query."""
    return with_alert_facts(StockAlert.objects.all())


def with_alert_facts(alerts: QuerySet[StockAlert]) -> Any:
    """The alerts with `left_now`, `incoming` and `bought_from`; left now is None where no balance is left."""
    left = StockBalance.objects.filter(
        variant=OuterRef("variant_id"), location=OuterRef("location_id")
    ).values(free=F("on_hand") - F("reserved"))
    rows: Any = alerts.annotate(left_now=Subquery(left, output_field=IntegerField()))
    return with_hint(with_incoming(rows))


@across("metrics.gauges")
def find_across_low_stock_count(most: int = 10_000) -> int:
    """How many balances of all businesses together are low; stops counting at `most`."""
    return _low(StockBalance.unscoped.all()).order_by()[:most].count()


def _low(balances: QuerySet[StockBalance]) -> Any:
    return balances.annotate(
        free=F("on_hand") - F("reserved"), level=Coalesce("low_stock_threshold", Value(DEFAULT_WARN_AT))
    ).filter(
        free__lte=F("level"),
        location__active=True,
        variant__active=True,
        variant__track_stock=True,
        variant__product__status=Product.Status.ACTIVE,
    )


def list_movements(variant_ids: Iterable[UUID] | None = None) -> QuerySet[StockMovement]:
    """The ledger, newest first, with variants, products and locations."""
    movements = StockMovement.objects.select_related("variant__product", "location").order_by("-id")
    return movements if variant_ids is None else movements.filter(variant_id__in=list(variant_ids))


@across("stock.reconcile")
def list_across_broken_balances() -> list[tuple[UUID, UUID, dict[str, tuple[object, object]]]]:
    """Balances of all businesses that differ from the sum of their movements: (variant, location, differences).

    Crosses tenants on purpose: it is the check of the whole ledger.
    """
    sums = {
        (row["variant_id"], row["location_id"]): row
        for row in StockMovement.unscoped.values("variant_id", "location_id")
        .order_by()
        .annotate(on_hand=Sum("on_hand_delta"), reserved=Sum("reserved_delta"), value=Sum("value_delta"))
    }
    broken = []
    for balance in StockBalance.unscoped.iterator(chunk_size=2000):
        ledger: Any = sums.pop((balance.variant_id, balance.location_id), {})
        differences = {
            name: (getattr(balance, name), ledger.get(name, 0))
            for name in ("on_hand", "reserved", "value")
            if getattr(balance, name) != ledger.get(name, 0)
        }
        if differences:
            broken.append((balance.variant_id, balance.location_id, differences))
    for (variant_id, location_id), row in sums.items():
        broken.append((variant_id, location_id, {"on_hand": (None, row["on_hand"])}))
    return broken


@across("stock.reconcile")
def list_across_broken_lots() -> list[tuple[UUID, UUID, dict[str, tuple[object, object]]]]:
    """Lot balances of all businesses that differ from their movements, and tracked goods whose lots do not add up.

    (lot or variant, location, differences).
    """
    away = Q(reason__in=(StockMovement.Reason.CONSUME, StockMovement.Reason.HAND_OVER))
    sums = {
        (row["lot_id"], row["location_id"]): (row["on_hand"], row["withheld"])
        for row in StockMovement.unscoped.filter(lot__isnull=False)
        .order_by()
        .values("lot_id", "location_id")
        .annotate(
            on_hand=Sum("on_hand_delta"), withheld=Coalesce(Sum("reserved_delta", filter=~away), Value(0))
        )
    }
    broken: list[tuple[UUID, UUID, dict[str, tuple[object, object]]]] = []
    lying: dict[tuple[UUID, UUID], int] = {}
    for row in LotBalance.unscoped.iterator(chunk_size=2000):
        place = (row.variant_id, row.location_id)
        lying[place] = lying.get(place, 0) + row.on_hand
        ledger = sums.pop((row.lot_id, row.location_id), (0, 0))
        if (row.on_hand, row.withheld) != ledger:
            broken.append((row.lot_id, row.location_id, {"lot": ((row.on_hand, row.withheld), ledger)}))
    broken += [(lot_id, place, {"lot": (None, ledger)}) for (lot_id, place), ledger in sums.items()]
    tracked = StockBalance.unscoped.filter(variant__in=Tracking.unscoped.values("variant")).order_by()
    for variant_id, location_id, on_hand in tracked.values_list("variant_id", "location_id", "on_hand"):
        together = lying.get((variant_id, location_id), 0)
        if together != on_hand:
            broken.append((variant_id, location_id, {"lots together": (together, on_hand)}))
    return broken


def _available(group: str, chosen: str, wanted: UUID | list[UUID], channel: str) -> dict[UUID, Available]:
    """`group` and `chosen` are pieces of SQL of this module, never input."""
    found: dict[UUID, Available] = {}
    limit = current_limit()
    places = None if limit is None else limit.location_ids
    cut = "" if places is None else " AND l.id = ANY(%s)"
    asked: list[Any] = [] if places is None else [list(places)]
    if channel:
        cut += f" AND l.id = ANY(ARRAY({_SERVING}))"
        asked += [channel, require_business_id()]
    asked += [require_business_id(), wanted]
    rows = select(_AVAILABLE.format(group=group, chosen=chosen, places=cut), [*asked, *asked])
    for key, tracked, backorder_limit, there, beyond in rows:
        # Without a balance yet nothing was ever in stock, but the variant's own backorder limit holds.
        now = Available(there or 0, tracked, backorder_limit if beyond is None else max(0, beyond))
        before = found.get(key)
        if before is not None:
            now = Available(
                before.quantity + now.quantity,
                before.tracked and now.tracked,
                before.backorder + now.backorder,
            )
        found[key] = now
    return found
