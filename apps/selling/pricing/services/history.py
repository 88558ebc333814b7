"""Every change of what the store asks is kept, whatever made it: a new price, a list, a sale that began or ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal
from uuid import UUID

from apps.goods.catalog.models import Variant
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.selectors import get_business
from apps.selling.pricing.models import PricePoint
from apps.selling.pricing.resolving import shown_prices

CHUNK = 500


@use_case(unaudited="follows from prices and lists, whose changes are entered")
def note_prices(
    actor: Actor,
    *,
    product_ids: Collection[UUID] | None = None,
    at: dt.datetime | None = None,
    before: Mapping[UUID, Decimal] | None = None,
) -> int:
    """Keep what the store asks a stranger now for the variants of these products, or of all; by the product only.

    Nothing is written where nothing changed. Of a variant that has no history the price `before` (else its own)
    is kept first, so that what a sale began from is known. Returns how many points were written.
    """
    if actor.kind != "system":
        raise PermissionRefused()
    moment, written = at or clock.now(), 0
    business = get_business(require_business_id())
    # What was made later is of a later moment: an event that is delivered again must not begin its history.
    variants = Variant.objects.filter(active=True, created_at__lte=moment).order_by("pk")
    if product_ids is not None:
        variants = variants.filter(product_id__in=product_ids)
    rows = list(variants.values_list("pk", "product_id", "price", "compare_at_price", "created_at"))
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        shown = shown_prices(business, {row[1] for row in chunk}, buyer=None, at=moment)
        asked = {one.variant_id: (one.price.unit_price, one.price.compare_at) for one in shown}
        last = {
            point.variant_id: point
            for point in PricePoint.objects.filter(variant_id__in=[row[0] for row in chunk])
            .order_by("variant_id", "-since", "-pk")
            .distinct("variant_id")
        }
        points = []
        for pk, _product, base, compare_at, made in chunk:
            price, was = asked.get(pk, (base, compare_at))
            was = was if was is not None and was > price else None
            known = last.get(pk)
            if known is None:
                first = (before or {}).get(pk, base)
                points.append(PricePoint(variant_id=pk, price=first, since=min(made, moment)))
                known = points[-1]
            if (known.price, known.was) != (price, was):
                points.append(PricePoint(variant_id=pk, price=price, was=was, since=max(moment, known.since)))
        PricePoint.objects.bulk_create(points)
        written += len(points)
    return written
