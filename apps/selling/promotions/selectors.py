"""Reads of promotions for staff, and the mark that saves a query where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Now

from apps.goods.catalog.models import Brand, Category, Collection, Product, Variant
from apps.kernel.errors import NotFound
from apps.kernel.money import ZERO

from .models import AppliedPromotion, Promotion, PromotionCode

MOST_NAMES = 50
ENDED = Q(ended_at__isnull=False) | Q(ends_at__lte=Now())
PAUSED = Q(paused_at__isnull=False) & ~ENDED
SCHEDULED = Q(starts_at__gt=Now(), paused_at=None) & ~ENDED
RUNNING = Q(paused_at=None) & ~ENDED & ~Q(starts_at__gt=Now())


def find_across_live(seller: str, *, with_code: bool = False) -> Exists:
    """For a query with a column `seller`: whether that business has a promotion that has not been ended.

    It rides along with the cart's items, so a shop without promotions asks nothing. The caller crosses to sellers.
    """
    live = Promotion.unscoped.filter(business_id=OuterRef(seller), ended_at=None)
    return Exists(live.filter(needs_code=True) if with_code else live)


def is_any_live() -> Exists:
    """For a query of the bound business: whether it has a promotion that has not been ended."""
    return Exists(Promotion.objects.filter(ended_at=None))


def get_promotion(promotion_id: UUID) -> Promotion:
    """One promotion of the bound business; raises `NotFound`."""
    found: Promotion | None = Promotion.objects.filter(pk=promotion_id).first()
    if found is None:
        raise NotFound()
    return found


def list_promotions() -> QuerySet[Promotion]:
    """All of the bound business, in the order in which they are looked at."""
    rows: QuerySet[Promotion] = Promotion.objects.order_by("priority", "id")
    return rows


def list_codes(promotion_id: UUID) -> QuerySet[PromotionCode]:
    """The codes of a promotion, oldest first."""
    rows: QuerySet[PromotionCode] = PromotionCode.objects.filter(promotion_id=promotion_id).order_by("id")
    return rows


def names_of_goods(promotion: Promotion) -> list[str]:
    """What was chosen, by name; one query for each kind of thing that was."""
    names: list[str] = []
    chosen = (
        (promotion.products, Product, "title"),
        (promotion.variants, Variant, "sku"),
        (promotion.categories, Category, "name"),
        (promotion.collections, Collection, "name"),
        (promotion.brands, Brand, "name"),
    )
    for keys, model, column in chosen:
        if keys:
            rows = model.objects.filter(pk__in=keys).order_by(column, "pk")  # type: ignore[attr-defined]
            names += [name or "?" for name in rows.values_list(column, flat=True)[:MOST_NAMES]]
    return names


@dataclass(frozen=True, slots=True)
class Usage:
    """What a promotion brought: orders that kept it, what they came to, what it took off."""

    orders: int
    given_back: int
    revenue: Decimal
    discount: Decimal
    codes: int
    codes_used: int


def usage_of(promotion: Promotion) -> Usage:
    """The figures of one promotion; two queries."""
    kept = Q(released_at=None)
    sums = AppliedPromotion.objects.filter(promotion=promotion).aggregate(
        orders=Count("pk", filter=kept),
        given_back=Count("pk", filter=~kept),
        revenue=Sum("revenue", filter=kept),
        discount=Sum("amount", filter=kept),
    )
    codes = PromotionCode.objects.filter(promotion=promotion).aggregate(
        codes=Count("pk"), codes_used=Count("pk", filter=Q(used__gt=0))
    )
    return Usage(
        sums["orders"], sums["given_back"], sums["revenue"] or ZERO, sums["discount"] or ZERO, **codes
    )
