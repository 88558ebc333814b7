"""Changing many products and variants in a handful of statements: imports, bulk edits and what takes them back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext as _

from apps.goods.catalog.amounts import checked_own_rule
from apps.goods.catalog.bulk import (
    PRODUCT_FIELDS,
    VARIANT_FIELDS,
    Changed,
    Kept,
    ProductChange,
    VariantChange,
)
from apps.goods.catalog.drafts import MOST_VARIANTS, VariantDraft, checked_value, checked_variant
from apps.goods.catalog.events import ProductPublished, ProductUnpublished
from apps.goods.catalog.models import Category, Product, ProductImage, ProductOption, Variant
from apps.goods.catalog.services.bulk_adding import checked_values, give_brand, keep_pictures, named_brands
from apps.goods.catalog.services.keeping import keep_versions
from apps.goods.catalog.services.kits import check_no_part
from apps.goods.catalog.services.products import _SEARCHED, _short, refusal_of, variant_title
from apps.goods.catalog.services.summaries import SUMMARY_FIELDS, summarise
from apps.goods.catalog.services.variants import (
    MONEY_FIELDS,
    RULE,
    _tell,
    check_changed_measures,
    own_currency,
)
from apps.kernel import audit, clock, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound
from apps.kernel.events import publish
from apps.kernel.locks import Rank
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.media.services import Role, show_to_everybody


@use_case(
    permission="products.change",
    audits=(
        "products.changed", "products.standing_set", "products.variant_changed", "products.variant_added",
        "products.brand_added", "products.pictures_remembered",
    ),
)  # fmt: skip
def change_products(actor: Actor, *, changes: Sequence[ProductChange]) -> list[Changed]:
    """Change products and variants, add variants and remembered pictures: all, or none when one is refused.

    What is so already is not touched. A field with an expected value is changed only while it has it: what somebody
    set meanwhile is left and named in `kept`. Amounts need `products.price`, status and visibility
    `products.publish`. Every changed product and variant is entered; `catalog.price_changed`,
    `catalog.backorder_limit_changed`, `catalog.product_published` and `catalog.product_unpublished` are told.
    Raises `InvalidInput`, `Conflict` for a SKU that is taken, `NotFound` for a foreign product, variant or category.
    """
    wanted = {change.product_id: change for change in changes}
    rows = locks.lock(Rank.ROOT, Product.objects.filter(pk__in=wanted).defer("search"))
    if len(rows) != len(wanted):
        raise NotFound()
    _check_categories(changes)
    brands = named_brands(actor, {change.fields.get("vendor_name", "") for change in changes})
    variants: dict[UUID, list[Variant]] = defaultdict(list)
    by_id = {row.pk: row for row in rows}
    for variant in Variant.objects.filter(product_id__in=wanted).order_by("position", "id"):
        variant.product = by_id[variant.product_id]
        variants[variant.product_id].append(variant)
    options: dict[UUID, list[ProductOption]] = defaultdict(list)
    if any(change.new_variants for change in changes):
        for option in ProductOption.objects.filter(product_id__in=wanted).order_by("position"):
            options[option.product_id].append(option)
    work = _Work(actor)
    done = []
    for product in rows:
        change = wanted[product.pk]
        result = Changed(product)
        work.change_product(result, change, brands)
        for part in change.variants:
            work.change_variant(result, part, variants[product.pk])
        for draft in change.new_variants:
            work.add_variant(result, draft, variants[product.pk], options[product.pk])
        if result.variants or result.added or _SEARCHED & result.after.keys():
            summarise(product, variants[product.pk])
        done.append(result)
    work.write(done)
    changed = [row.product for row in done if row.after or row.variants or row.added]
    keep_versions(actor, [(product, variants[product.pk]) for product in changed])
    pictures = [(row, wanted[row.pk].pictures, variants[row.pk]) for row in rows if wanted[row.pk].pictures]
    made = keep_pictures(pictures)
    for result in done:
        if ids := made.get(result.product.pk):
            result.picture_ids = ids
            audit.record(actor, "products.pictures_remembered", result.product, after={"count": len(ids)})
    return done


def _check_categories(changes: Sequence[ProductChange]) -> None:
    ids = {change.fields["category_id"] for change in changes if change.fields.get("category_id")}
    if ids and Category.objects.filter(pk__in=ids).count() != len(ids):
        raise NotFound()


class _Work:
    """What is to be written for all products together."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.new: list[Variant] = []
        self.options: dict[UUID, ProductOption] = {}

    @cached_property
    def currency(self) -> str:
        return own_currency()

    def change_product(self, result: Changed, change: ProductChange, brands: dict[str, Any]) -> None:
        product = result.product
        if unknown := change.fields.keys() - PRODUCT_FIELDS:
            raise InvalidInput(fields={name: [_("This cannot be changed here.")] for name in unknown})
        values = checked_values(change.fields)
        _keep_of_others(result, product, None, values, change.expected)
        if values.get("status", product.status) != Product.Status.ACTIVE:
            # Only an active product is shown.
            values.update({"published": False} if product.published or values.get("published") else {})
        if "vendor_name" in values and values["vendor_name"].upper() == product.vendor_name.upper():
            values.pop("vendor_name")
        changed = {name: value for name, value in values.items() if getattr(product, name) != value}
        if not changed:
            return
        if changed.get("status") == Product.Status.ARCHIVED:
            check_no_part([product])
        result.before = {name: getattr(product, name) for name in changed}
        was_visible = product.visible
        for name, value in changed.items():
            setattr(product, name, value)
        if "vendor_name" in changed:
            give_brand(product, changed["vendor_name"], brands)
        result.after = {name: getattr(product, name) for name in changed}
        self._enter(result, was_visible)

    def _enter(self, result: Changed, was_visible: bool) -> None:
        product, standing = result.product, {"status", "published"}
        said = result.after.keys() - standing
        if said:
            before, after = ({n: v[n] for n in said} for v in (result.before, result.after))
            audit.record(self.actor, "products.changed", product, before=_short(before), after=_short(after))
        if standing & result.after.keys():
            self.actor.require("products.publish")
            before, after = (
                {n: v[n] for n in standing & result.after.keys()} for v in (result.before, result.after)
            )
            audit.record(self.actor, "products.standing_set", product, before=before, after=after)
            if result.after.get("published"):
                product.published_at = clock.now()
        if product.visible != was_visible:
            told = ProductPublished if product.visible else ProductUnpublished
            publish(told(business_id=require_business_id(), product_id=product.pk))

    def change_variant(self, result: Changed, part: VariantChange, siblings: list[Variant]) -> None:
        variant = next((row for row in siblings if row.pk == part.variant_id), None)
        if variant is None:
            raise NotFound()
        if unknown := part.fields.keys() - VARIANT_FIELDS:
            raise InvalidInput(fields={name: [_("This cannot be changed here.")] for name in unknown})
        values = {name: checked_value(name, value) for name, value in part.fields.items()}
        _keep_of_others(result, result.product, variant, values, part.expected)
        if not RULE.isdisjoint(values):
            values |= checked_own_rule(variant, values)
        changed = {name: value for name, value in values.items() if getattr(variant, name) != value}
        if not changed:
            return
        check_changed_measures(variant, values, changed)
        if MONEY_FIELDS & changed.keys():
            self.actor.require("products.price")
        before = {name: getattr(variant, name) for name in changed}
        for name, value in changed.items():
            setattr(variant, name, value)
        result.variants.append((variant, before, changed))
        audit.record(self.actor, "products.variant_changed", variant, before=before, after=changed)
        _tell(variant, before, changed, self.currency if "price" in changed else "")

    def add_variant(
        self, result: Changed, draft: VariantDraft, siblings: list[Variant], options: list[ProductOption]
    ) -> None:
        values = checked_variant(draft)
        if len(values["option_values"]) != len(options):
            raise InvalidInput(fields={"option_values": [_("Each variant needs one value for each option.")]})
        if len(siblings) >= MOST_VARIANTS:
            raise InvalidInput(
                fields={"variants": [_("Use at most %(most)s variants.") % {"most": MOST_VARIANTS}]}
            )
        gone = next(
            (v for v in siblings if not v.active and v.option_values == values["option_values"]), None
        )
        variant = gone or Variant(product=result.product, position=len(siblings) + 1)
        for name, value in values.items():
            setattr(variant, name, value)
        variant.active = True
        variant.title = variant_title(variant.option_values)
        if gone is None:
            self.new.append(variant)
            siblings.append(variant)
        for option, value in zip(options, variant.option_values, strict=True):
            if value not in option.values:
                option.values = [*option.values, value]
                self.options[option.pk] = option
        result.added.append(variant)
        facts = {"sku": variant.sku, "price": variant.price}
        audit.record(self.actor, "products.variant_added", variant, after=facts)

    def write(self, done: list[Changed]) -> None:
        """One statement for each table, whatever the number of rows."""
        now = clock.now()
        products = [r.product for r in done if r.after or r.variants or r.added]
        fields = {name for r in done for name in r.after} - {"category_id"}
        if any("category_id" in r.after for r in done):
            fields.add("category")
        if "vendor_name" in fields:
            fields.add("brand")
        if "published" in fields:
            fields.add("published_at")
        old = {v.pk: v for r in done for v, _before, _after in r.variants}
        names = {name for r in done for _v, _before, after in r.variants for name in after}
        back = [v for r in done for v in r.added if v not in self.new]
        if back:
            old |= {v.pk: v for v in back}
            names |= VARIANT_FIELDS | {"option_values", "published", "active", "title"}
        for row in (*products, *old.values()):
            row.updated_at = now
        try:
            if products:
                Product.objects.bulk_update(products, [*fields, *SUMMARY_FIELDS, "updated_at"])
            if old:
                Variant.objects.bulk_update(list(old.values()), [*names, "updated_at"])
            Variant.objects.bulk_create(self.new)
        except IntegrityError as error:
            refusal = refusal_of(error, products[0])
            if refusal is None:
                raise
            raise refusal from error
        if self.options:
            ProductOption.objects.bulk_update(list(self.options.values()), ["values"])
        _show_pictures([r.product for r in done if r.after.get("published")])


def _keep_of_others(
    result: Changed,
    product: Product,
    variant: Variant | None,
    values: dict[str, Any],
    expected: dict[str, Any] | None,
) -> None:
    """Take the fields out of `values` that are no longer what was expected, and name them."""
    thing = variant or product
    for name in list(values):
        if expected is None or name not in expected:
            continue
        now = getattr(thing, name)
        if now not in (expected[name], values[name]):
            result.kept.append(Kept(product, variant, name, now))
            del values[name]


def _show_pictures(products: list[Product]) -> None:
    """From the first time on: an order of then still shows its pictures when the product is taken back."""
    if not products:
        return
    uploaded = ProductImage.objects.filter(product__in=products, media__isnull=False)
    for product_id in uploaded.values_list("product_id", flat=True).distinct():
        show_to_everybody(
            target_type="catalog.product", target_id=product_id, role=Role.GALLERY, is_public=True
        )
