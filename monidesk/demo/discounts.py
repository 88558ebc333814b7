"""Promotions of the demo: one that applies by itself, a code for newcomers, single codes for a fair, one that is over."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from apps.goods.catalog.models import Variant
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.selling.promotions.drafts import PromotionDraft
from apps.selling.promotions.services import add_promotion, end_promotion, generate_codes
from monidesk.demo.shops import Shop


def fill(actor: Actor, shop: Shop) -> None:
    """After the year, so that what was sold then was sold at the prices of then."""
    rows = Variant.objects.filter(product__published=True, active=True, track_stock=True)
    liked = [item.title for item in sorted(shop.items, key=lambda item: -item.wanted)[:2]]
    week = rows.filter(product__title__in=liked).order_by("product__title", "position")
    products = list(dict.fromkeys(week.values_list("product_id", flat=True)))
    now, unit = clock.now(), _round_sum(shop.currency)
    _add(
        actor, name="Favourites week", kind="percent", value=Decimal(15), products=products, priority=10,
        starts_at=now - dt.timedelta(days=2), ends_at=now + dt.timedelta(days=5),
    )  # fmt: skip
    _add(
        actor, "WELCOME10", name="Welcome", kind="percent", value=Decimal(10), minimum_amount=unit * 3,
        first_order_only=True, per_customer_limit=1,
    )  # fmt: skip
    _add(actor, name="Three for two, before the holidays", kind="get", value=Decimal(100), buy_quantity=2,
         get_quantity=1, products=products, starts_at=now + dt.timedelta(days=20), exclusive=True)  # fmt: skip
    fair = _add(
        actor,
        name="Harvest fair",
        kind="amount",
        value=unit,
        needs_code=True,
        minimum_amount=unit * 5,
        use_limit=200,
    )
    generate_codes(actor, promotion_id=fair.pk, count=200, prefix="FAIR")  # type: ignore[attr-defined]
    over = _add(actor, "SUMMER", name="Summer delivery", kind="delivery", value=None, minimum_amount=unit * 4)
    end_promotion(actor, promotion_id=over.pk)  # type: ignore[attr-defined]


def _add(actor: Actor, code: str = "", **fields: object) -> object:
    return add_promotion(actor, draft=PromotionDraft(**fields), code=code)  # type: ignore[arg-type]


def _round_sum(currency: str) -> Decimal:
    return Decimal({"NGN": 5000, "JPY": 1500, "INR": 800, "KES": 1300}.get(currency, 10))
