"""Writing taxes: zones with their rates, classes of products, papers of customers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django_countries import countries

from apps.goods.catalog.models import Product, Variant
from apps.goods.catalog.text import clean_text
from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound
from apps.kernel.locks import Rank, lock_one
from apps.kernel.money import ZERO
from apps.kernel.use_cases import use_case
from apps.people.customers.models import Customer
from apps.platform.businesses.services import note_feature
from apps.selling.pricing import policies
from apps.selling.pricing.models import CustomerTax, TaxClass, TaxItem, TaxRate, TaxZone

MOST_ZONES = 300
MOST_RATES = 20
MOST_REGIONS = 50
CHARGED = (TaxClass.STANDARD, TaxClass.REDUCED)


@dataclass(frozen=True, slots=True)
class RateDraft:
    """A tax of a zone. `rate` is a fraction: 0.09 is 9 %. Those of one class are charged together."""

    name: str
    rate: Decimal
    tax_class: str = TaxClass.STANDARD


@use_case(permission=policies.TAXES, idempotent=True, audits="pricing.zone_saved")
def save_zone(
    actor: Actor,
    *,
    name: str,
    country: str,
    regions: Sequence[str] = (),
    rates: Sequence[RateDraft] = (),
    shipping_class: str = TaxClass.STANDARD,
    reverse_charge: bool = False,
    active: bool = True,
    zone_id: UUID | None = None,
    key: str | None = None,
) -> TaxZone:
    """Add a tax zone with its rates, or write the one with `zone_id` anew. Without a country it is everywhere else.

    Orders already placed keep their taxes. Raises `InvalidInput` at the field at fault, `Conflict` for a taken name.
    """
    row = TaxZone() if zone_id is None else lock_one(Rank.ROOT, TaxZone.objects.filter(pk=zone_id))
    if zone_id is None and TaxZone.objects.count() >= MOST_ZONES:
        raise Conflict(_("There are at most %(most)s tax zones.") % {"most": MOST_ZONES})
    values = {
        "name": clean_text(name, "name", 80),
        "country": country.strip().upper(),
        "regions": sorted({clean_text(one, "regions", 80).lower() for one in regions if one.strip()}),
        "shipping_class": shipping_class,
        "reverse_charge": reverse_charge,
        "active": active,
    }
    drafts = [RateDraft(clean_text(one.name, "rates", 32), one.rate, one.tax_class) for one in rates]
    _check_zone(values, drafts)
    if TaxZone.objects.filter(name=values["name"]).exclude(pk=row.pk).exists():
        message = _("Another tax zone has this name.")
        raise Conflict(message, code="tax_zone_name_taken", fields={"name": [message]})
    before = {} if zone_id is None else _told(row)
    for field, value in values.items():
        setattr(row, field, value)
    row.save()
    TaxRate.objects.filter(zone=row).delete()
    TaxRate.objects.bulk_create(
        [
            TaxRate(zone=row, name=one.name, rate=one.rate, tax_class=one.tax_class, position=position)
            for position, one in enumerate(drafts)
        ]
    )
    note_feature(actor, name="has_tax_rules")
    audit.record(actor, "pricing.zone_saved", row, before=before or None, after=_told(row))
    return row


@use_case(permission=policies.TAXES, audits="pricing.zone_used")
def use_zone(actor: Actor, *, zone_id: UUID, active: bool) -> TaxZone:
    """Take a tax zone out of use, or into use again."""
    row = lock_one(Rank.ROOT, TaxZone.objects.filter(pk=zone_id))
    if row.active != active:
        row.active = active
        row.save(update_fields=["active", "updated_at"])
        audit.record(actor, "pricing.zone_used", row, after={"active": active})
    return row


@use_case(permission=policies.TAXES, idempotent=True, audits="pricing.tax_item_saved")
def save_tax_item(
    actor: Actor,
    *,
    tax_class: str,
    hsn: str = "",
    product_id: UUID | None = None,
    variant_id: UUID | None = None,
    key: str | None = None,
) -> TaxItem:
    """Say which class a product is taxed by, or one of its variants, and its HSN code.

    Raises `InvalidInput`, `NotFound`.
    """
    model: type[Any] = Product if variant_id is None else Variant
    lock_one(Rank.ROOT, model.objects.filter(pk=product_id if variant_id is None else variant_id))
    hsn = clean_text(hsn, "hsn", 12).replace(" ", "")
    wrong: dict[str, list[Any]] = {}
    if tax_class not in TaxClass.values:
        wrong["tax_class"] = [_("Choose one of the classes.")]
    if hsn and not (hsn.isascii() and hsn.isdigit() and len(hsn) in (4, 6, 8)):
        wrong["hsn"] = [_("An HSN code has four, six or eight digits.")]
    if wrong:
        raise InvalidInput(fields=wrong)
    if variant_id is not None:
        product_id = None
    mine = {"product": product_id} if variant_id is None else {"variant": variant_id}
    row = TaxItem.objects.filter(**mine).first()
    before = {"tax_class": row.tax_class, "hsn": row.hsn} if row else None
    row = row or TaxItem(product_id=product_id, variant_id=variant_id)
    row.tax_class, row.hsn = tax_class, hsn
    row.save()
    note_feature(actor, name="has_tax_rules")
    audit.record(
        actor, "pricing.tax_item_saved", row, before=before, after={"tax_class": tax_class, "hsn": hsn}
    )
    return row


@use_case(permission=policies.TAXES, idempotent=True, audits="pricing.customer_tax_saved")
def save_customer_tax(
    actor: Actor,
    *,
    customer_id: UUID,
    tax_number: str = "",
    exempt: bool = False,
    certificate: str = "",
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
    key: str | None = None,
) -> CustomerTax:
    """Keep what a customer has shown: a tax number, a certificate that exempts her from `valid_from` to `valid_to`,
    both included. Raises `InvalidInput`, `NotFound`.
    """
    if not Customer.objects.filter(pk=customer_id).exists():
        raise NotFound()
    values = {
        "tax_number": clean_text(tax_number, "tax_number", 40),
        "exempt": exempt,
        "certificate": clean_text(certificate, "certificate", 80),
        "valid_from": valid_from,
        "valid_to": valid_to,
    }
    if exempt and not values["certificate"]:
        raise InvalidInput(fields={"certificate": [_("Write the number of the certificate.")]})
    if valid_from is not None and valid_to is not None and valid_from > valid_to:
        raise InvalidInput(fields={"valid_to": [_("The last day is not before the first.")]})
    # The customer is locked: two people who write this down at once would each add a row.
    lock_one(Rank.ROOT, Customer.objects.filter(pk=customer_id))
    row = CustomerTax.objects.filter(customer_id=customer_id).first() or CustomerTax(customer_id=customer_id)
    before = None if row._state.adding else {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    note_feature(actor, name="has_tax_rules")
    audit.record(actor, "pricing.customer_tax_saved", row, before=before, after=values)
    return row


def _told(row: TaxZone) -> dict[str, Any]:
    rates = TaxRate.objects.filter(zone=row).order_by("position")
    return {
        "country": row.country,
        "regions": row.regions,
        "shipping_class": row.shipping_class,
        "reverse_charge": row.reverse_charge,
        "active": row.active,
        "rates": [f"{one.tax_class} {one.name} {one.rate.normalize():f}" for one in rates],
    }


def _check_zone(values: dict[str, Any], rates: Sequence[RateDraft]) -> None:
    wrong: dict[str, list[Any]] = {}
    if not values["name"]:
        wrong["name"] = [_("Give it a name.")]
    if values["country"] and not countries.name(values["country"]):
        wrong["country"] = [_("Not a country.")]
    if values["regions"] and not values["country"]:
        wrong["regions"] = [_("Regions belong to a country. Choose it.")]
    if len(values["regions"]) > MOST_REGIONS:
        wrong["regions"] = [_("At most %(most)s regions.") % {"most": MOST_REGIONS}]
    if values["shipping_class"] not in TaxClass.values:
        wrong["shipping_class"] = [_("Choose one of the classes.")]
    if problem := _problem_of(rates):
        wrong["rates"] = [problem]
    if wrong:
        raise InvalidInput(fields=wrong)


def _problem_of(rates: Sequence[RateDraft]) -> str:
    if len(rates) > MOST_RATES:
        return _("At most %(most)s rates.") % {"most": MOST_RATES}
    sums: dict[str, Decimal] = {}
    for one in rates:
        if not one.name:
            return _("Each rate has a name.")
        if one.tax_class not in CHARGED:
            return _("Rates are for the standard and the reduced class; the others pay nothing.")
        is_rate = isinstance(one.rate, Decimal) and one.rate.is_finite() and ZERO <= one.rate < 1
        if not is_rate or one.rate != round(one.rate, 4):
            return _("A rate is from 0 to 99.99 per cent, with two decimal places.")
        sums[one.tax_class] = sums.get(one.tax_class, ZERO) + one.rate
    if any(total >= 1 for total in sums.values()):
        return _("Together the rates of a class stay below 100 per cent.")
    if len({(one.tax_class, one.name) for one in rates}) < len(rates):
        return _("Two rates of a class have one name.")
    return ""
