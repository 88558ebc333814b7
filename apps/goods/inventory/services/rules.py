"""Warning levels and backorder limits of balances."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.goods.inventory.models import StockBalance
from apps.goods.inventory.services.places import get_place
from apps.goods.inventory.services.shelves import LARGEST_QUANTITY
from apps.goods.inventory.services.watching import settle_alerts
from apps.kernel import audit, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound
from apps.kernel.locks import Rank
from apps.kernel.use_cases import use_case


@use_case(permission="stock.rules", audits="stock.warning_set")
def set_warning_level(
    actor: Actor, *, variant_id: UUID, location_id: UUID | None = None, threshold: int | None
) -> StockBalance:
    """Warn when `threshold` or fewer units of a variant can be sold at a location; None: the usual level."""
    if threshold is not None and not 0 <= threshold <= LARGEST_QUANTITY:
        raise InvalidInput(fields={"threshold": [_("Enter a whole number of zero or more.")]})
    location, _currency = get_place(actor, location_id)
    variant = Variant.objects.filter(pk=variant_id).first()
    if variant is None:
        raise NotFound()
    limit = variant.backorder_limit if location.is_default else 0
    StockBalance.objects.bulk_create(
        [StockBalance(variant=variant, location=location, backorder_limit=limit)], ignore_conflicts=True
    )
    balance = locks.lock_one(Rank.STOCK, StockBalance.objects.filter(variant=variant, location=location))
    if balance.low_stock_threshold != threshold:
        before = {"warn_at": balance.low_stock_threshold}
        balance.low_stock_threshold = threshold
        balance.save(update_fields=["low_stock_threshold", "updated_at"])
        audit.record(actor, "stock.warning_set", variant, before=before, after={"warn_at": threshold})
        settle_alerts(actor, places=[(variant.pk, location.pk)])
    return balance


@use_case(unaudited="follows a change of the variant, which is entered")
def follow_backorder_limit(actor: Actor, *, variant_id: UUID, backorder_limit: int) -> None:
    """Bring the default location's balance to the variant's limit, but never below what is promised already."""
    rows = StockBalance.objects.filter(variant_id=variant_id, location__is_default=True)
    for balance in locks.lock(Rank.STOCK, rows):
        promised = max(0, balance.reserved - balance.on_hand, -balance.on_hand)
        balance.backorder_limit = max(backorder_limit, promised)
        balance.save(update_fields=["backorder_limit", "updated_at"])
