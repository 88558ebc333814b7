"""What a product's page says of packs, of quantities, and of the price by measure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.goods.catalog.amounts import QuantityRule, rule_of
from apps.goods.catalog.models import Variant
from apps.goods.catalog.packs import shown_price
from apps.goods.catalog.selectors import ProductPage
from apps.goods.catalog.units import (
    MEASURES,
    TRADE_CODES,
    UNITS,
    Measure,
    is_measured,
    per_measure_words,
    price_per_measure,
    quantity_words,
)
from apps.goods.inventory.selectors import Available
from apps.selling.checkout.models import MAX_QUANTITY
from apps.selling.pricing.choosing import ResolvedPrice, in_packs, plain_price
from apps.selling.storefront.cards import money

SINGLE = ""


def price_words(variant: Variant, currency: str, amount: Decimal | None = None) -> str:
    """The price of one, as it is shown: what is weighed costs so much a kilogram."""
    price = variant.price if amount is None else amount
    if not is_measured(variant.unit):
        return money(price, currency)
    measure = Measure(1, variant.shown_unit or variant.unit)
    return per_measure_words(money(shown_price(variant, price), currency), measure)


def price_data(variant: Variant, price: str, currency: str) -> dict[str, Any]:
    """The price, as it is shown, in an offer of schema.org; of what is measured with the unit it is for."""
    shown = {"price": price, "priceCurrency": currency}
    if not is_measured(variant.unit):
        return shown
    quantity = {
        "@type": "QuantitativeValue",
        "value": 1,
        "unitCode": TRADE_CODES[variant.shown_unit or variant.unit],
    }
    return {
        **shown,
        "priceSpecification": {"@type": "UnitPriceSpecification", **shown, "referenceQuantity": quantity},
    }


def measure_words(variant: Variant, price: Decimal, currency: str, pieces: int = 1) -> str:
    """`£1.20 per 100 g` of what holds `pieces` stock units and costs `price`; empty where contents are not known."""
    if variant.content_amount is not None:
        amount, unit = variant.content_amount * pieces, variant.content_unit
    elif is_measured(variant.unit) and pieces > 1:
        amount, unit = Decimal(pieces), variant.unit
    else:
        return ""
    each, measure = price_per_measure(price, amount, unit)
    return per_measure_words(money(each, currency), measure)


def packs_of(
    found: ProductPage,
    variant: Variant,
    free: Available | None,
    currency: str,
    price: ResolvedPrice | None = None,
) -> list[dict[str, Any]]:
    """The packs of a variant that a buyer may choose, with the single one first; nothing without packs."""
    rows = [pack for pack in found.packs if pack["variant"] == str(variant.pk)]
    if not rows or variant.is_kit:
        return []
    rule = rule_of_page(found, variant)
    sellable = None if free is None else free.sellable
    one = price or plain_price(variant.price)
    choices = [_choice(SINGLE, _single(variant), 1, one.unit_price, variant, rule, sellable, currency)]
    for pack in rows:
        size = int(pack["quantity"])
        own = None if pack["price"] is None else Decimal(pack["price"])
        each = in_packs(one, size=size, own=own, quantity=1, currency=currency).unit_price
        choices.append(
            _choice(pack["id"], pack["name"], size, each, variant, rule.in_packs(size), sellable, currency)
        )
    return [choice for choice in choices if choice["least"] <= choice["most"]]


def rule_of_page(found: ProductPage, variant: Variant) -> QuantityRule:
    """The rule of a variant whose product was read with the page."""
    variant.product = found.product
    return rule_of(variant)


def quantity_field(rule: QuantityRule, asked: QueryDict) -> dict[str, Any]:
    """The number field: what it takes, and what was typed before when that may be bought."""
    typed = asked.get("quantity", "")
    typed_number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0
    wanted = typed_number if typed_number and rule.allows(typed_number) else rule.least
    most = min(MAX_QUANTITY, rule.most or MAX_QUANTITY)
    return {"least": rule.least, "most": most, "step": rule.step, "wanted": wanted, "words": rule.words}


def chosen_pack(offer: dict[str, Any], asked: QueryDict) -> dict[str, Any] | None:
    """The pack that was asked for, else the first one that may be bought; None where there are no packs."""
    packs: list[dict[str, Any]] = offer.get("packs") or []
    wanted = asked.get("pack")
    named = next((pack for pack in packs if wanted is not None and pack["id"] == wanted), None)
    return named or next((pack for pack in packs if pack["buyable"]), packs[0] if packs else None)


def contents_fact(variant: Variant | None) -> str:
    """What is in one, `400 g`."""
    if variant is None or variant.content_amount is None:
        return ""
    return quantity_words_of(variant.content_amount, variant.content_unit)


def quantity_words_of(amount: Decimal, unit: str) -> str:
    """An amount with its unit."""
    return f"{amount.normalize():f} {UNITS[unit].sign}"


def _single(variant: Variant) -> str:
    return _("Loose") if UNITS[variant.unit] in MEASURES else _("Single")


def _choice(
    key: str,
    name: str,
    size: int,
    price: Decimal,
    variant: Variant,
    rule: QuantityRule,
    sellable: int | None,
    currency: str,
) -> dict[str, Any]:
    there = MAX_QUANTITY if sellable is None else min(MAX_QUANTITY, max(0, sellable) // size)
    buyable = rule.fit(there) > 0
    # The price of a single one of what is weighed is said by the kilogram, as everywhere.
    words = price_words(variant, currency, price) if key == SINGLE else money(price, currency)
    return {
        "id": key,
        "name": name,
        "holds": quantity_words(size, variant.unit, variant.shown_unit),
        "price": words,
        "measure": measure_words(variant, price, currency, size),
        "buyable": buyable,
        "least": rule.least,
        "most": min(MAX_QUANTITY, MAX_QUANTITY if rule.most is None else rule.most),
        "step": rule.step,
        "label": f"{name} – {words}" if buyable else _("%(pack)s – sold out") % {"pack": name},
    }
