"""Which taxes hold for a delivery: by class of the goods, place and customer, read in one statement.

A business that never set up anything but its standard rate costs no statement and pays that rate, as it always did.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.kernel import clock, tenancy
from apps.kernel.money import ZERO, allocate
from apps.kernel.prepared import select
from apps.platform.businesses.models import Business

from .resolving import BUYER_SQL, Buyer

UNTAXED = frozenset({"zero", "exempt"})
STANDARD = "standard"


@dataclass(frozen=True, slots=True)
class Component:
    """One of the taxes that are charged together: `rate` is a fraction."""

    name: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class TaxAnswer:
    """Rates in the order of the variants. `components` say what they are made of; empty where there is one tax of the
    business's own name. `note` stands on papers: why nothing is charged.
    """

    rates: list[Decimal]
    shipping_rate: Decimal
    exempt: bool = False
    name: str = ""
    components: list[tuple[Component, ...]] = field(default_factory=list)
    shipping_components: tuple[Component, ...] = ()
    codes: list[str] = field(default_factory=list)
    note: str = ""

    def parts_of(self, index: int, tax: Decimal, currency: str) -> list[dict[str, str]]:
        """The tax of a line as its components, to the last cent; empty where there is one of the usual name."""
        return parts(self.components[index], tax, currency) if self.components else []

    def shipping_parts(self, tax: Decimal, currency: str) -> list[dict[str, str]]:
        """The tax of the delivery as its components."""
        return parts(self.shipping_components, tax, currency)


def parts(components: Sequence[Component], tax: Decimal, currency: str) -> list[dict[str, str]]:
    """`tax` shared out by rate; the parts sum to it."""
    if not components:
        return []
    shares = allocate(tax, [one.rate for one in components], currency) if tax else [ZERO] * len(components)
    return [
        {"name": one.name, "rate": f"{one.rate.normalize():f}", "tax": str(share)}
        for one, share in zip(components, shares, strict=True)
    ]


def rates_for(
    seller: Business,
    variants: Sequence[Variant],
    *,
    country: str,
    region: str,
    buyer: Buyer | None,
) -> TaxAnswer:
    """The taxes of these goods delivered to `country` and `region`, for a buyer; at most one statement."""
    plain = [seller.tax_rate if variant.taxable else ZERO for variant in variants]
    if not seller.has_tax_rules or not variants:
        return TaxAnswer(plain, seller.tax_rate)
    if seller.tax_by_origin or not country:
        country, region = seller.country, seller.region
    found = _read(seller, variants, country, region, buyer or Buyer())
    if note := _relief(seller, found, country, clock.today(seller.time_zone)):
        nothing = [ZERO] * len(variants)
        return TaxAnswer(nothing, ZERO, exempt=True, note=note, codes=found.codes(variants))
    taxes = [found.taxes_of(seller, variant) for variant in variants]
    shipping = found.taxes_of_class(seller, found.shipping_class)
    # One tax of the usual name is said once, as ever; anything else is named part by part.
    is_usual = all(
        len(each) < 2 and all(one.name == seller.tax_name for one in each) for each in (*taxes, shipping)
    )
    return TaxAnswer(
        rates=[sum((one.rate for one in each), ZERO) for each in taxes],
        shipping_rate=sum((one.rate for one in shipping), ZERO),
        name=found.zone,
        components=[] if is_usual else taxes,
        shipping_components=() if is_usual else shipping,
        codes=found.codes(variants),
    )


@dataclass(slots=True)
class _Found:
    """What the statement read, sorted."""

    zone: str = ""
    shipping_class: str = STANDARD
    reverse_charge: bool = False
    classes: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    rates: dict[str, list[Component]] = field(default_factory=dict)
    tax_number: str = ""
    certificate: str = ""
    exempt: bool = False
    valid: tuple[dt.date | None, dt.date | None] = (None, None)

    def taxes_of(self, seller: Business, variant: Variant) -> tuple[Component, ...]:
        return self.taxes_of_class(seller, self.classes[variant.pk][0]) if variant.taxable else ()

    def taxes_of_class(self, seller: Business, tax_class: str) -> tuple[Component, ...]:
        """Nothing for what is zero-rated or exempt. A class without a rate of its own pays the standard one."""
        if tax_class in UNTAXED:
            return ()
        if not self.zone:
            return (Component(seller.tax_name, seller.tax_rate),)
        return tuple(self.rates.get(tax_class) or self.rates.get(STANDARD) or ())

    def codes(self, variants: Sequence[Variant]) -> list[str]:
        return [self.classes[variant.pk][1] for variant in variants]


def _relief(seller: Business, found: _Found, country: str, today: dt.date) -> str:
    """Why this buyer pays no tax here, in words; empty when she pays."""
    start, end = found.valid
    if found.exempt and (start is None or start <= today) and (end is None or today <= end):
        return _("Exempt from tax, certificate %(number)s.") % {"number": found.certificate}
    if found.reverse_charge and found.tax_number and country != seller.country:
        facts = {"tax": seller.tax_name, "number": found.tax_number}
        return _("Reverse charge: the recipient is liable for %(tax)s. Tax number %(number)s.") % facts
    return ""


def _read(seller: Business, variants: Sequence[Variant], country: str, region: str, buyer: Buyer) -> _Found:
    parameters = {
        "business": seller.pk, "ids": list({variant.pk for variant in variants}), "country": country.upper(),
        "region": region.strip().lower(), "customer": buyer.customer_id, "user": buyer.user_id,
        "email": buyer.email.strip().lower(),
    }  # fmt: skip
    found = _Found()
    with tenancy.bind(seller.pk):
        rows = select(_STATEMENT, parameters)
    for kind, pk, one, two, rate, is_set, first, last in rows:
        if kind == "item":
            found.classes[pk] = (one, two)
        elif kind == "zone":
            found.zone, found.shipping_class, found.reverse_charge = two, one, is_set
        elif kind == "rate":
            found.rates.setdefault(one, []).append(Component(two, rate))
        else:
            found.tax_number, found.certificate, found.exempt = one, two, is_set
            found.valid = (first, last)
    return found


# The nearest zone: of the region, of the country, of everywhere else.
_STATEMENT = f"""
WITH buyer AS ({BUYER_SQL}), zone AS (
    SELECT z.* FROM pricing_taxzone z
    WHERE z.business_id = %(business)s AND z.active AND (
        z.country = '' OR (z.country = %(country)s::text AND (
            z.regions = '{{}}' OR %(region)s::text = ANY(z.regions)))
    )
    ORDER BY z.country = '', z.regions = '{{}}', z.name LIMIT 1
)
SELECT 'item', v.id, coalesce(own.tax_class, whole.tax_class, 'standard')::text,
    coalesce(nullif(own.hsn, ''), whole.hsn, '')::text, NULL::numeric, NULL::boolean, NULL::date, NULL::date
FROM catalog_variant v
LEFT JOIN pricing_taxitem own ON own.variant_id = v.id
LEFT JOIN pricing_taxitem whole ON whole.product_id = v.product_id
WHERE v.business_id = %(business)s AND v.id = ANY(%(ids)s::uuid[])
UNION ALL
SELECT 'zone', zone.id, zone.shipping_class, zone.name, NULL, zone.reverse_charge, NULL, NULL FROM zone
UNION ALL
(SELECT 'rate', r.id, r.tax_class, r.name, r.rate, NULL, NULL, NULL
FROM zone JOIN pricing_taxrate r ON r.zone_id = zone.id ORDER BY r.position, r.id)
UNION ALL
SELECT 'papers', t.id, t.tax_number, t.certificate, NULL, t.exempt, t.valid_from, t.valid_to
FROM pricing_customertax t JOIN buyer ON buyer.id = t.customer_id
"""  # noqa: S608 - put together from constants alone
