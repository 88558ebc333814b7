"""Variants: what is sold, stocked and priced."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext as _

from apps.goods.catalog.amounts import FIELDS, checked_own_rule
from apps.goods.catalog.drafts import (
    MOST_VARIANTS,
    SIDES,
    UNSET,
    VariantDraft,
    check_measures,
    check_sides,
    checked_value,
    checked_variant,
)
from apps.goods.catalog.events import BackorderLimitChanged, PriceChanged
from apps.goods.catalog.models import Product, ProductOption, Variant
from apps.goods.catalog.services.keeping import keep_version
from apps.goods.catalog.services.kits import parts_of_sold_kits
from apps.goods.catalog.services.packs import check_unit_free, retire_packs
from apps.goods.catalog.services.products import lock_product, refusal_of, variant_title
from apps.goods.catalog.services.summaries import keep_summary
from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound
from apps.kernel.events import publish
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Business

MONEY_FIELDS = {"price", "compare_at_price", "cost"}
MEASURES = {"unit", "shown_unit", "content_amount", "content_unit"}
RULE = set(FIELDS)


@use_case(permission="products.change", idempotent=True, audits="products.variant_added")
def add_variant(actor: Actor, *, product_id: UUID, draft: VariantDraft, key: str | None = None) -> Variant:
    """Add a variant to a product; a retired one with the same values comes back.

    New option values join the product's options. Raises `InvalidInput` when the values do not fit the options,
    `Conflict` for a SKU or a set of values that is taken, `NotFound` for a foreign product.
    """
    values = checked_variant(draft)
    product = lock_product(product_id)
    options = list(ProductOption.objects.filter(product=product).order_by("position"))
    if len(values["option_values"]) != len(options):
        raise InvalidInput(fields={"option_values": [_("Each variant needs one value for each option.")]})
    siblings = list(Variant.objects.filter(product=product).order_by("position"))
    if len(siblings) >= MOST_VARIANTS:
        raise InvalidInput(
            fields={"variants": [_("Use at most %(most)s variants.") % {"most": MOST_VARIANTS}]}
        )
    retired = next((v for v in siblings if not v.active and v.option_values == values["option_values"]), None)
    variant = retired or Variant(product=product, position=len(siblings) + 1)
    for name, value in values.items():
        setattr(variant, name, value)
    variant.active = True
    variant.title = variant_title(variant.option_values)
    _save(variant, product)
    for option, value in zip(options, variant.option_values, strict=True):
        if value not in option.values:
            option.values = [*option.values, value]
            option.save(update_fields=["values", "updated_at"])
    keep_summary(product)
    audit.record(actor, "products.variant_added", variant, after={"sku": variant.sku, "price": variant.price})
    return variant


@use_case(permission="products.change", audits="products.variant_changed")
def update_variant(
    actor: Actor,
    *,
    variant_id: UUID,
    sku: str = UNSET,
    barcode: str = UNSET,
    price: Decimal = UNSET,
    compare_at_price: Decimal | None = UNSET,
    cost: Decimal | None = UNSET,
    weight_grams: int = UNSET,
    length_mm: int = UNSET,
    width_mm: int = UNSET,
    height_mm: int = UNSET,
    track_stock: bool = UNSET,
    backorder_limit: int = UNSET,
    taxable: bool = UNSET,
    published: bool = UNSET,
    unit: str = UNSET,
    shown_unit: str = UNSET,
    content_amount: Decimal | None = UNSET,
    content_unit: str = UNSET,
    order_min: int | None = UNSET,
    order_max: int | None = UNSET,
    order_step: int | None = UNSET,
) -> Variant:
    """Change a variant. Fields left out, or already so, are not touched; no change writes nothing.

    Amounts are in the business's currency and need the permission `products.price`. Publishes
    `catalog.price_changed` and `catalog.backorder_limit_changed`. Raises `InvalidInput`, `Conflict` for a SKU
    that is taken, `NotFound`, `WrongState` (`unit_in_use`) for another unit once stock has moved. A rule of
    quantities is the variant's own while one of its parts is set, all None is the product's.
    """
    given = {
        "sku": sku,
        "barcode": barcode,
        "price": price,
        "compare_at_price": compare_at_price,
        "cost": cost,
        "weight_grams": weight_grams,
        "length_mm": length_mm,
        "width_mm": width_mm,
        "height_mm": height_mm,
        "track_stock": track_stock,
        "backorder_limit": backorder_limit,
        "taxable": taxable,
        "published": published,
        "unit": unit,
        "shown_unit": shown_unit,
        "content_amount": content_amount,
        "content_unit": content_unit,
        "order_min": order_min,
        "order_max": order_max,
        "order_step": order_step,
    }
    return _change(actor, variant_id, {name: value for name, value in given.items() if value is not UNSET})


@use_case(permission="products.price", audits="products.variant_changed")
def set_price(
    actor: Actor, *, variant_id: UUID, price: Decimal, compare_at_price: Decimal | None = UNSET
) -> Variant:
    """Set what a variant costs, in the business's currency. Publishes `catalog.price_changed` when it differs."""
    given: dict[str, Any] = {"price": price}
    if compare_at_price is not UNSET:
        given["compare_at_price"] = compare_at_price
    return _change(actor, variant_id, given)


@use_case(permission="products.change", audits="products.variant_retired")
def retire_variant(actor: Actor, *, variant_id: UUID) -> Variant:
    """Stop selling a variant. Orders and the stock ledger keep it; adding its values again brings it back.

    Raises `InvalidInput` for the last one of a product.
    """
    variant, product = _lock_with_product(variant_id)
    if not variant.active:
        return variant
    if not Variant.objects.filter(product=product, active=True).exclude(pk=variant.pk).exists():
        raise InvalidInput(_("A product keeps at least one variant. Archive the product instead."))
    if parts_of_sold_kits([variant.pk]):
        raise InvalidInput(
            _("It is a part of a kit that is sold."),
            code="part_of_kit",
            remedy=_("Take it out of the kit, or stop selling the kit first."),
        )
    variant.active = False
    retire_packs([variant.pk])
    # The SKU becomes free for another variant.
    variant.sku = ""
    variant.save(update_fields=["active", "sku", "updated_at"])
    keep_summary(product)
    audit.record(actor, "products.variant_retired", variant)
    return variant


def _change(actor: Actor, variant_id: UUID, given: dict[str, Any]) -> Variant:
    values = {name: checked_value(name, value) for name, value in given.items()}
    variant, product = _lock_with_product(variant_id)
    if not RULE.isdisjoint(values):
        values |= checked_own_rule(variant, values)
    changed = {name: value for name, value in values.items() if getattr(variant, name) != value}
    if not changed:
        return variant
    if variant.is_kit and {"track_stock", "backorder_limit"} & changed.keys():
        raise InvalidInput(
            _("A kit has no stock but that of its parts."),
            code="kit_has_no_stock",
            fields={
                name: [_("A kit has no stock of its own.")] for name in ("track_stock",) if name in changed
            },
        )
    check_changed_measures(variant, values, changed)
    if MONEY_FIELDS & changed.keys():
        actor.require("products.price")
    before = {name: getattr(variant, name) for name in changed}
    for name, value in changed.items():
        setattr(variant, name, value)
    _save(variant, product, fields=[*changed, "updated_at"])
    keep_summary(product)
    if {"price", "compare_at_price"} & changed.keys():
        keep_version(actor, product)
    audit.record(actor, "products.variant_changed", variant, before=before, after=changed)
    _tell(variant, before, changed)
    return variant


def check_changed_measures(variant: Variant, values: dict[str, Any], changed: Collection[str]) -> None:
    """Refuse units that do not belong together, and another unit for what has moved."""
    if not MEASURES.isdisjoint(changed):
        check_measures({name: values.get(name, getattr(variant, name)) for name in MEASURES})
    if not set(SIDES).isdisjoint(changed):
        check_sides({name: values.get(name, getattr(variant, name)) for name in SIDES})
    if "unit" in changed:
        check_unit_free(variant)


def _tell(variant: Variant, before: dict[str, Any], changed: dict[str, Any], currency: str = "") -> None:
    if "price" in changed:
        currency = currency or own_currency()
        publish(
            PriceChanged(
                business_id=require_business_id(),
                product_id=variant.product_id,
                variant_id=variant.pk,
                old_price=before["price"],
                new_price=variant.price,
                currency=currency,
            )
        )
    if "backorder_limit" in changed:
        publish(
            BackorderLimitChanged(
                business_id=require_business_id(),
                product_id=variant.product_id,
                variant_id=variant.pk,
                backorder_limit=variant.backorder_limit,
            )
        )


def own_currency() -> str:
    """The currency of the business's prices."""
    return Business.objects.values_list("currency", flat=True).get(pk=require_business_id())


def _lock_with_product(variant_id: UUID) -> tuple[Variant, Product]:
    """The variant as it stands after its product, the root, was locked."""
    product_id = Variant.objects.filter(pk=variant_id).values_list("product_id", flat=True).first()
    if product_id is None:
        raise NotFound()
    product = lock_product(product_id)
    return Variant.objects.get(pk=variant_id), product


def _save(variant: Variant, product: Product, fields: list[str] | None = None) -> None:
    try:
        variant.save(update_fields=fields)
    except IntegrityError as error:
        refusal = refusal_of(error, product)
        if refusal is None:
            raise
        raise refusal from error
