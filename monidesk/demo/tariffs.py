"""Prices of the demo that are not everybody's: a wholesale list with breaks, a sale in the store, a contract."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from apps.goods.catalog.models import Product, Variant
from apps.kernel import clock, outbox
from apps.kernel.actors import Actor
from apps.kernel.tenancy import require_business_id
from apps.people.customers.models import Customer
from apps.people.customers.services import update_customer
from apps.selling.pricing.services import save_customer_tax, save_list, save_zone, set_entries
from apps.selling.pricing.services.entries import EntryDraft
from apps.selling.pricing.services.taxes import RateDraft
from monidesk.demo.shops import Shop

HALF = Decimal("0.5")
BREAKS = ((12, "3"), (48, "6"))


def fill(actor: Actor, shop: Shop) -> None:
    """After the year of trade, so that what was sold then was sold at the prices of then."""
    now = clock.now()
    shown = Product.objects.filter(published=True, compare_at_price=None).order_by("-published_at", "title")
    sold = Variant.objects.filter(product__published=True, active=True).order_by(
        "-price", "product__title", "position"
    )
    trade = save_list(actor, name="Wholesale", level="channel", channels=["wholesale"])
    entries = [EntryDraft(kind="percent", percent=Decimal(30))]
    entries += [
        EntryDraft(kind="volume", percent=Decimal(percent), min_quantity=least) for least, percent in BREAKS
    ]
    dearest = sold[0]
    entries.append(
        EntryDraft(variant_id=dearest.pk, price=_round(dearest.price * Decimal("0.6")), min_quantity=5)
    )
    set_entries(actor, list_id=trade.pk, entries=entries)
    sale = save_list(
        actor, name="Late autumn", level="sale", channels=["storefront"], valid_from=now - dt.timedelta(days=3),
        valid_to=now + dt.timedelta(days=11),
    )  # fmt: skip
    reduced = [
        EntryDraft(product_id=pk, kind="percent", percent=Decimal(20))
        for pk in shown.values_list("pk", flat=True)[:4]
    ]
    set_entries(actor, list_id=sale.pk, entries=reduced)
    coming = save_list(
        actor, name="January sale", level="sale", valid_from=now + dt.timedelta(days=40),
        valid_to=now + dt.timedelta(days=54),
    )  # fmt: skip
    set_entries(actor, list_id=coming.pk, entries=[EntryDraft(kind="percent", percent=Decimal(15))])
    _people(actor, sold[1])
    save_zone(actor, name="At home", country=shop.country, rates=[RateDraft(shop.tax_name, shop.tax_rate)])
    outbox.drain(business_id=require_business_id())


def _people(actor: Actor, variant: Variant) -> None:
    """Traders by tag, and one customer with a contract."""
    first, second = Customer.objects.exclude(email=None).order_by("email")[:2]
    for customer in (first, second):
        update_customer(actor, customer_id=customer.pk, changes={"tags": [*customer.tags, "trade"]})
    traders = save_list(actor, name="Traders", level="segment", segment="trade")
    set_entries(actor, list_id=traders.pk, entries=[EntryDraft(kind="percent", percent=Decimal(12))])
    now = clock.now()
    contract = save_list(
        actor, name=f"Contract {first.name}"[:80], level="contract", customer_id=first.pk, reference="2026-014",
        valid_from=now - dt.timedelta(days=60), valid_to=now + dt.timedelta(days=305),
    )  # fmt: skip
    price = _round(variant.price * Decimal("0.75"))
    set_entries(actor, list_id=contract.pk, entries=[EntryDraft(variant_id=variant.pk, price=price)])
    save_customer_tax(actor, customer_id=first.pk, tax_number="GB 123 4567 89")


def _round(price: Decimal) -> Decimal:
    """To the half, as shops write prices."""
    return (price / HALF).quantize(Decimal(1)) * HALF
