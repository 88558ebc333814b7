"""What the demo knows of others: competitors' prices over time, rates of other currencies, a test that runs."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

from apps.goods.catalog.models import Variant
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.kernel.money import round_money
from apps.selling.pricing.competitors import CompetitorDraft
from apps.selling.pricing.services import note_competitor_prices, save_display_rate
from apps.selling.promotions.drafts import PromotionDraft
from apps.selling.promotions.models import TestArm
from apps.selling.promotions.services import add_promotion, note_buyers, note_orders, start_test
from apps.selling.promotions.trials import part_of
from apps.selling.promotions.values import Trial
from monidesk.demo.shops import Shop

COMPETITORS = ("Northfield Market", "Brook & Vale", "Everyday Supply")
# About, and kept by hand: what is shown is a guide.
RATES = {
    "GBP": {"USD": "1.27", "EUR": "1.19"}, "EUR": {"USD": "1.08", "GBP": "0.84"}, "NGN": {"USD": "0.00064"},
    "INR": {"USD": "0.0119"}, "KES": {"USD": "0.0077"}, "USD": {"EUR": "0.93"},
}  # fmt: skip
BUYERS = 240


def fill(actor: Actor, shop: Shop) -> None:
    """After the promotions, whose pages it fills."""
    chance = random.Random(f"rivals {shop.currency}")
    today = clock.today("UTC")
    _prices(actor, shop, chance, today)
    for currency, rate in RATES.get(shop.currency, {}).items():
        save_display_rate(
            actor,
            currency=currency,
            rate=Decimal(rate),
            source="Our bank's morning rate",
            day=today - dt.timedelta(2),
        )
    _test(actor, shop, chance)


def _prices(actor: Actor, shop: Shop, chance: random.Random, today: dt.date) -> None:
    variants = Variant.objects.filter(product__published=True, active=True, price__gt=0).order_by(
        "-price", "product__title", "position"
    )[:14]
    for weeks, source in ((9, "file"), (4, "file"), (1, "api")):
        drafts = []
        for variant in variants:
            for name in COMPETITORS:
                if chance.random() < 0.3:
                    continue
                factor = Decimal(chance.randint(86, 116)) / 100
                price = round_money(variant.price * factor, shop.currency)
                day = today - dt.timedelta(weeks=weeks, days=chance.randint(0, 3))
                drafts.append(CompetitorDraft(variant.pk, name, price, shop.currency, day))
        note_competitor_prices(actor, drafts=drafts, source=source)


def _test(actor: Actor, shop: Shop, chance: random.Random) -> None:
    """Of large baskets only, so that it changes no total that a visitor is likely to see."""
    large = Decimal({"NGN": 100_000, "JPY": 30_000, "INR": 16_000, "KES": 26_000}.get(shop.currency, 200))
    post = PromotionDraft(
        name="Large orders: free delivery", kind="delivery", minimum_amount=large, priority=40
    )
    less = PromotionDraft(
        name="Large orders: 5 % less", kind="percent", value=Decimal(5), minimum_amount=large, priority=40
    )
    versions = [add_promotion(actor, draft=draft).pk for draft in (post, less)]
    test = start_test(actor, name="What moves large orders", promotion_ids=versions, with_nothing=True)
    arms = list(TestArm.objects.filter(test=test).order_by("position"))
    for _number in range(BUYERS):
        unit = str(new_id())
        part = part_of(test.seed, unit)
        arm = next(arm for arm in arms if arm.first <= part < arm.last)
        trial = Trial(test.pk, arm.pk, unit)
        note_buyers(actor, trials=[trial])
        if chance.random() < (0.42, 0.36, 0.31)[arm.position - 1]:
            revenue = round_money(large * Decimal(chance.randint(30, 160)) / 100, shop.currency)
            taken = revenue * Decimal("0.05") if arm.position == 2 and revenue >= large else Decimal(0)
            note_orders(
                actor,
                trials=[trial],
                order_id=new_id(),
                revenue=revenue,
                discount=round_money(taken, shop.currency),
            )
