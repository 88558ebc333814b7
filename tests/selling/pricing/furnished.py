"""Price lists of each kind and taxes, for whoever looks at pages."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from apps.goods.catalog.models import Product, Variant
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.people.customers.models import Customer
from apps.selling.pricing.competitors import CompetitorDraft
from apps.selling.pricing.models import PriceList
from apps.selling.pricing.services import (
    note_competitor_prices,
    save_customer_tax,
    save_display_rate,
    save_list,
    save_tax_item,
    save_zone,
    set_entries,
    use_list,
    use_zone,
)
from apps.selling.pricing.services.entries import EntryDraft
from apps.selling.pricing.services.taxes import RateDraft


def furnish_prices(actor: Actor, marker: str = "House") -> PriceList:
    """A wholesale list with breaks, a contract, a sale out of use; two tax zones, a class, a certificate.

    Nothing that changes what strangers pay: other tests know their prices. The business is bound.
    """
    product = Product.objects.order_by("pk")[0]
    variant = Variant.objects.filter(product=product).order_by("position")[0]
    customer = Customer.objects.order_by("pk")[0]
    trade = save_list(actor, name=f"{marker} wholesale", level="channel", channels=["wholesale"], priority=1)
    set_entries(
        actor,
        list_id=trade.pk,
        entries=[
            EntryDraft(variant_id=variant.pk, price=Decimal("9.5")),
            EntryDraft(variant_id=variant.pk, price=Decimal("8.75"), min_quantity=10),
            EntryDraft(product_id=product.pk, kind="percent", percent=Decimal(15)),
            EntryDraft(kind="volume", percent=Decimal(5), min_quantity=20),
        ],
    )
    now = clock.now()
    contract = save_list(
        actor, name=f"{marker} contract", level="contract", customer_id=customer.pk, reference=f"{marker} 7",
        channels=["wholesale"], valid_from=now - dt.timedelta(days=30), valid_to=now + dt.timedelta(days=300),
    )  # fmt: skip
    set_entries(actor, list_id=contract.pk, entries=[EntryDraft(variant_id=variant.pk, price=Decimal(8))])
    sale = save_list(actor, name=f"{marker} sale", level="sale", valid_to=now)
    set_entries(actor, list_id=sale.pk, entries=[EntryDraft(kind="percent", percent=Decimal(20))])
    use_list(actor, list_id=sale.pk, active=False)
    rates = [RateDraft("CGST", Decimal("0.09")), RateDraft("SGST", Decimal("0.09"))]
    save_zone(actor, name=f"{marker} Karnataka", country="IN", regions=["KA"], rates=rates)
    old = save_zone(actor, name=f"{marker} old", country="IM", rates=rates[:1])
    use_zone(actor, zone_id=old.pk, active=False)
    save_tax_item(actor, product_id=product.pk, tax_class="standard", hsn="6912")
    save_tax_item(actor, variant_id=variant.pk, tax_class="standard")
    save_customer_tax(actor, customer_id=customer.pk, tax_number=f"{marker}-9")
    drafts = [
        CompetitorDraft(
            variant.pk, f"{marker} rival", Decimal(price), "GBP", clock.today("UTC") - dt.timedelta(days)
        )
        for price, days in (("9.99", 30), ("8.50", 2))
    ]
    note_competitor_prices(actor, drafts=drafts, source="typed")
    save_display_rate(
        actor,
        currency="JPY",
        rate=Decimal("190"),
        source=f"{marker} bank",
        day=clock.today("UTC") - dt.timedelta(90),
    )
    return trade
