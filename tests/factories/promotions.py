"""Promotions, made through the services."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.selling.promotions.drafts import PromotionDraft
from apps.selling.promotions.models import Promotion
from apps.selling.promotions.services import add_promotion


def make_promotion(
    business: Business, kind: str = "percent", value: str | None = "10", *, code: str = "", **fields: Any
) -> Promotion:
    """A running promotion, 10 % off everything unless said otherwise."""
    values = {"name": "Ten off", **fields}
    draft = PromotionDraft(kind=kind, value=None if value is None else Decimal(value), **values)
    return add_promotion(Actor.system("factory", business.pk), draft=draft, code=code)
