"""Keeping with products the price range that the store shows, for sorting and filtering lists.

Pages and carts never rely on it: they resolve prices at the moment they are asked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from apps.goods.catalog.models import Product
from apps.goods.catalog.packs import as_shown
from apps.goods.catalog.services.summaries import keep_shown_prices
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.locks import Rank, lock
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.selectors import get_business
from apps.selling.pricing.models import KeptPrices, PriceList
from apps.selling.pricing.resolving import ShownVariant, shown_prices

CHUNK = 500
# A change that was not committed yet when we looked is found by the next look.
OVERLAP = dt.timedelta(minutes=2)


@use_case(unaudited="worked out from price lists, whose changes are entered")
def refresh_kept_prices(actor: Actor) -> int:
    """Bring the kept price ranges up to this moment: of all products where lists changed, began or ended, else of those
    that were changed meanwhile. Returns how many differed; few statements when nothing did.
    """
    found = lock(Rank.ROOT, KeptPrices.objects.filter(business_id=require_business_id()))
    if not found:
        return 0
    kept, now = found[0], clock.now()
    business = get_business(require_business_id())
    products = Product.objects.order_by("pk")
    if not (kept.is_stale or _has_boundary(kept.kept_until, now)):
        products = products.filter(updated_at__gt=kept.kept_until - OVERLAP)
    ids = list(products.values_list("pk", flat=True))
    changed = 0
    for start in range(0, len(ids), CHUNK):
        shown = shown_prices(business, ids[start : start + CHUNK], buyer=None, at=now)
        changed += keep_shown_prices(ranges_of(shown))
    kept.kept_until, kept.is_stale = now, False
    kept.save(update_fields=["kept_until", "is_stale", "updated_at"])
    return changed


def _has_boundary(since: dt.datetime, until: dt.datetime) -> bool:
    return PriceList.objects.filter(
        Q(valid_from__gt=since, valid_from__lte=until) | Q(valid_to__gt=since, valid_to__lte=until)
    ).exists()


def ranges_of(shown: Iterable[ShownVariant]) -> dict[UUID, tuple[Decimal, Decimal, Decimal | None]]:
    """Lowest, highest and the cheapest variant's former price, by product; of what is measured those of one shown unit,
    as the catalogue keeps them."""
    by_product: dict[UUID, list[ShownVariant]] = {}
    for one in shown:
        by_product.setdefault(one.product_id, []).append(one)
    ranges = {}
    for pk, variants in by_product.items():
        asked = [
            (as_shown(one.price.unit_price, one.unit, one.shown_unit), one.position, one) for one in variants
        ]
        lowest, _position, cheapest = min(asked, key=lambda row: row[:2])
        was = cheapest.price.compare_at if cheapest.price.is_reduced else None
        before = None if was is None else as_shown(was, cheapest.unit, cheapest.shown_unit)
        ranges[pk] = (lowest, max(row[0] for row in asked), before)
    return ranges
