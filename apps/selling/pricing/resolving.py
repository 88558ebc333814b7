"""What things cost for somebody, somewhere, now: read in one statement for any number of lines.

A business that never had a price list costs no statement: `Business.has_price_lists` is read with the business.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.goods.catalog.models import Pack, Variant
from apps.goods.catalog.units import PIECE
from apps.kernel import tenancy
from apps.kernel.money import round_money
from apps.kernel.prepared import select
from apps.platform.businesses.channels import Channel
from apps.platform.businesses.models import Business

from .choosing import (
    CATEGORY,
    COLLECTION,
    EVERYTHING,
    PRODUCT,
    VARIANT,
    Candidate,
    ResolvedPrice,
    choose,
    in_packs,
)

STOREFRONT = Channel.STOREFRONT.value


@dataclass(frozen=True, slots=True)
class Want:
    """A quantity of a variant, or of one of its packs: then `quantity` counts packs."""

    line_id: Hashable
    variant: Variant
    quantity: int
    pack: Pack | None = None

    @property
    def pieces(self) -> int:
        return self.quantity * (self.pack.quantity if self.pack else 1)


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys, as far as she is known. `user_id` is whoever has signed in: the customer of this user, or of the
    user's confirmed e-mail address. `email` is believed: only staff and programs may give it.
    """

    customer_id: UUID | None = None
    user_id: UUID | None = None
    email: str = ""
    tags: tuple[str, ...] = ()
    tier: str = ""


@dataclass(frozen=True, slots=True)
class ShownVariant:
    """A variant that the store sells, with its price for this visitor."""

    variant_id: UUID
    product_id: UUID
    position: int
    price: ResolvedPrice
    base: Decimal
    candidates: Sequence[Candidate] = ()
    # In which unit stock and prices are kept, and in which one they are shown; empty: the same.
    unit: str = PIECE
    shown_unit: str = ""


def resolve(
    seller: Business, wants: Sequence[Want], *, channel: str, buyer: Buyer | None, at: dt.datetime
) -> list[ResolvedPrice]:
    """The price of each of `wants`, in their order. One statement, none for a business without price lists.

    Lines of one variant count together for quantity breaks. Amounts are in the seller's currency and tax mode.
    """
    found: dict[UUID, list[Candidate]] = {}
    if wants and seller.has_price_lists:
        rows = _read(_OF_VARIANTS, seller, {want.variant.pk for want in wants}, channel, buyer, at)
        for row in rows:
            _note(found, row)
    pieces: dict[UUID, int] = {}
    for want in wants:
        pieces[want.variant.pk] = pieces.get(want.variant.pk, 0) + want.pieces
    return [
        _price(want, found.get(want.variant.pk, ()), seller.currency, pieces[want.variant.pk])
        for want in wants
    ]


def _price(want: Want, candidates: Sequence[Candidate], currency: str, breaks_at: int) -> ResolvedPrice:
    variant, pack = want.variant, want.pack
    price = choose(
        variant.price, variant.compare_at_price, candidates, quantity=want.pieces, currency=currency,
        breaks_at=breaks_at,
    )  # fmt: skip
    if pack is None:
        return price
    return in_packs(price, size=pack.quantity, own=pack.price, quantity=want.quantity, currency=currency)


def shown_prices(
    seller: Business,
    product_ids: Collection[UUID],
    *,
    buyer: Buyer | None,
    at: dt.datetime,
    channel: str = STOREFRONT,
) -> list[ShownVariant]:
    """What one piece of each variant that the store sells of these products costs; one statement.

    Empty for a business without price lists: there the kept prices are right already.
    """
    if not product_ids or not seller.has_price_lists:
        return []
    found: dict[UUID, list[Candidate]] = {}
    facts: dict[UUID, tuple[UUID, int, Decimal, Decimal | None, str, str]] = {}
    for row in _read(_OF_PRODUCTS, seller, set(product_ids), channel, buyer, at):
        facts[row[0]] = (*row[1:5], *row[14:16])
        _note(found, row)
    return [
        ShownVariant(
            pk,
            product_id,
            position,
            choose(base, was, found.get(pk, ()), quantity=1, currency=seller.currency),
            base,
            found.get(pk, ()),
            unit,
            shown_unit,
        )
        for pk, (product_id, position, base, was, unit, shown_unit) in facts.items()
    ]


def cheaper_by_quantity(shown: ShownVariant, currency: str) -> tuple[tuple[int, Decimal], ...]:
    """From how many pieces on each costs less, and what it costs then."""
    found: list[tuple[int, Decimal]] = []
    least = shown.price.unit_price
    for quantity in sorted({one.min_quantity for one in shown.candidates if one.min_quantity > 1}):
        price = choose(shown.base, None, shown.candidates, quantity=quantity, currency=currency)
        each = round_money((price.unit_price * quantity - price.line_discount) / quantity, currency)
        if each < least:
            found.append((quantity, each))
            least = each
    return tuple(found)


def breaks_of(
    seller: Business, variant: Variant, *, channel: str, buyer: Buyer | None, at: dt.datetime
) -> list[int]:
    """The quantities from which another price might hold, smallest first; one statement."""
    if not seller.has_price_lists:
        return []
    rows = _read(_OF_VARIANTS, seller, {variant.pk}, channel, buyer, at)
    return sorted({row[12] for row in rows if row[5] is not None and row[12] > 1})


def _note(found: dict[UUID, list[Candidate]], row: Any) -> None:
    if row[5] is not None:
        found.setdefault(row[0], []).append(_candidate(*row[5:14]))


def _candidate(
    level: str,
    name: str,
    priority: int,
    nearness: int,
    kind: str,
    price: Any,
    percent: Any,
    least: int,
    entry: UUID,
) -> Candidate:
    return Candidate(level, name, priority, nearness, kind, price, percent, least, str(entry))


def _read(
    sql: str, seller: Business, ids: set[UUID], channel: str, buyer: Buyer | None, at: dt.datetime
) -> list[Any]:
    buyer = buyer or Buyer()
    own = [tag.lower() for tag in (*buyer.tags, buyer.tier) if tag]
    parameters = {
        "business": seller.pk, "ids": list(ids), "channel": channel, "at": at, "customer": buyer.customer_id,
        "user": buyer.user_id, "email": buyer.email.strip().lower(), "tags": own,
    }  # fmt: skip
    with tenancy.bind(seller.pk):
        return select(sql, parameters)


# Who somebody is. An e-mail address that a user has confirmed speaks for the customer who has it.
BUYER_SQL = """
    SELECT c.id, c.tags FROM customers_customer c
    WHERE c.business_id = %(business)s AND (
        c.id = %(customer)s::uuid OR c.user_id = %(user)s::uuid OR (c.email = %(email)s::text AND c.email <> '')
        OR c.email IN (
            SELECT lower(a.email) FROM account_emailaddress a WHERE a.user_id = %(user)s::uuid AND a.verified
        )
    )
    ORDER BY c.id = %(customer)s::uuid DESC NULLS LAST, c.user_id = %(user)s::uuid DESC NULLS LAST, c.id LIMIT 1
"""
_COLUMNS = "e.id, e.price_list_id, e.kind, e.price, e.percent, e.min_quantity"
_STATEMENT = f"""
WITH wanted AS (
    SELECT v.id, v.product_id, v.position, v.price, v.compare_at_price, v.unit, v.shown_unit, p.category_id
    FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
    WHERE v.business_id = %(business)s AND {{wanted}}
), buyer AS ({BUYER_SQL}), lists AS (
    SELECT l.id, l.level, l.name, l.priority
    FROM pricing_pricelist l LEFT JOIN buyer b ON true
    WHERE l.business_id = %(business)s AND l.active
        AND (l.valid_from IS NULL OR l.valid_from <= %(at)s)
        AND (l.valid_to IS NULL OR %(at)s < l.valid_to)
        AND (l.channels = '{{{{}}}}' OR %(channel)s::text = ANY(l.channels))
        AND (
            l.level IN ('channel', 'sale')
            OR (l.level IN ('contract', 'customer') AND l.customer_id = b.id)
            OR (l.level = 'segment' AND (
                lower(l.segment) = ANY(%(tags)s::text[])
                OR lower(l.segment) IN (SELECT lower(tag) FROM unnest(b.tags) tag)
            ))
        )
), matches AS (
    SELECT w.id AS variant_id, {VARIANT} AS nearness, {_COLUMNS}
    FROM wanted w JOIN pricing_pricelistentry e ON e.variant_id = w.id
    UNION ALL
    SELECT w.id, {PRODUCT}, {_COLUMNS} FROM wanted w JOIN pricing_pricelistentry e ON e.product_id = w.product_id
    UNION ALL
    SELECT w.id, {COLLECTION}, {_COLUMNS} FROM wanted w
    JOIN catalog_collectionitem i ON i.product_id = w.product_id
    JOIN pricing_pricelistentry e ON e.collection_id = i.collection_id
    UNION ALL
    SELECT w.id, {CATEGORY} + least(above.depth, 999), {_COLUMNS} FROM wanted w
    JOIN catalog_category own ON own.id = w.category_id
    JOIN catalog_category above ON above.business_id = %(business)s
        AND (above.id = own.id OR starts_with(own.path, above.path || '/'))
    JOIN pricing_pricelistentry e ON e.category_id = above.id
    UNION ALL
    SELECT w.id, {EVERYTHING}, {_COLUMNS} FROM wanted w CROSS JOIN pricing_pricelistentry e
    WHERE e.business_id = %(business)s AND e.variant_id IS NULL AND e.product_id IS NULL
        AND e.category_id IS NULL AND e.collection_id IS NULL
), priced AS (
    SELECT m.variant_id, l.level, l.name, l.priority, m.nearness, m.kind, m.price, m.percent, m.min_quantity, m.id
    FROM matches m JOIN lists l ON l.id = m.price_list_id
)
SELECT w.id, w.product_id, w.position, w.price, w.compare_at_price, m.level, m.name, m.priority, m.nearness, m.kind,
    m.price, m.percent, m.min_quantity, m.id, w.unit, w.shown_unit
FROM wanted w LEFT JOIN priced m ON m.variant_id = w.id
"""  # noqa: S608 - put together from constants alone
_OF_VARIANTS = _STATEMENT.format(wanted="v.id = ANY(%(ids)s::uuid[])")
# What the store shows of a product: as `catalog.services.summaries` has it, all active ones where none is published.
_OF_PRODUCTS = _STATEMENT.format(
    wanted="""v.product_id = ANY(%(ids)s::uuid[]) AND v.active AND (v.published OR NOT EXISTS (
        SELECT 1 FROM catalog_variant o WHERE o.product_id = v.product_id AND o.active AND o.published))"""
)
