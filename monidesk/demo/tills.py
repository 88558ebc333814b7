"""The demo can be paid by bank transfer, and has a link to a checkout."""

from __future__ import annotations

from apps.goods.catalog.models import Variant
from apps.kernel.actors import Actor
from apps.selling.checkout.services import make_link
from apps.selling.payments.services import offer_provider, set_up_provider
from monidesk.demo.shops import Shop


def fill(actor: Actor, shop: Shop) -> None:
    """After the year of trade: the sales of then were paid at the company."""
    words = f"{shop.name}\nAccount 0000 0000, Sample Bank\nThis is a demo: please send nothing."
    set_up_provider(actor, provider="bank_transfer", values={"words": words, "days": "7"}, secrets={})
    offer_provider(actor, provider="bank_transfer", active=True)
    sold = Variant.objects.filter(active=True, published=True, is_kit=False, product__order_min=1)
    goods = list(sold.order_by("-product__min_price", "product__title", "position")[:2])
    if goods:
        make_link(
            actor,
            lines=[(variant.pk, 1) for variant in goods],
            name="Autumn letter",
            attribution={"source": "letter", "campaign": "autumn"},
        )
