"""Comparing what a file says with what is there: create, update, leave unchanged or reject. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from apps.goods.catalog.drafts import PackDraft
from apps.goods.catalog.models import Category, Pack, Product, Variant
from apps.goods.catalog.text import address_of
from apps.goods.imports.beside import Facts, news_beside, own_beside, shown_beside
from apps.goods.imports.measures import written_packs
from apps.goods.imports.models import ImportedQuantity
from apps.goods.imports.parsed import ParsedProduct, ParsedVariant, Problem
from apps.goods.inventory.models import StockBalance
from apps.platform.businesses.selectors import get_default_location


@dataclass(slots=True)
class Plan:
    """What importing one product would do. `quantities` are numbers on hand by option values."""

    parsed: ParsedProduct
    kind: str = "unchanged"
    product: Product | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    category_path: list[str] | None = None
    variants: list[tuple[Variant, dict[str, Any]]] = field(default_factory=list)
    new_variants: list[ParsedVariant] = field(default_factory=list)
    pictures: list[dict[str, Any]] = field(default_factory=list)
    standing: tuple[str, bool] | None = None
    quantities: dict[tuple[str, ...], int] = field(default_factory=dict)
    packs: dict[tuple[str, ...], list[PackDraft]] = field(default_factory=dict)
    # What apps above are to say of variants.
    beside: dict[tuple[str, ...], Facts] = field(default_factory=dict)
    # What a file says of variants that have just that on hand: nothing to do, but the last number said.
    noted: dict[UUID, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class Seen:
    """Handles and SKUs of the whole file so far, with their rows: all that grows with it."""

    handles: dict[str, int] = field(default_factory=dict)
    skus: dict[str, int] = field(default_factory=dict)


class Shop:
    """What the business has already of the products of one batch, in seven queries for any number of them.

    Two more for each app with columns beside the catalogue, when the file has any.
    """

    def __init__(self, batch: Sequence[ParsedProduct]) -> None:
        variants = Prefetch("variants", Variant.objects.order_by("position", "id"))
        slugs = {slug for parsed in batch for slug in (parsed.handle, *long_handle(parsed))}
        skus = {v.values["sku"].upper() for parsed in batch for v in parsed.variants if v.values.get("sku")}
        owners = Variant.objects.annotate(upper_sku=Upper("sku")).filter(upper_sku__in=skus)
        self.sku_owners = {variant.upper_sku: variant for variant in owners}
        owned = {variant.product_id for variant in self.sku_owners.values()}
        found = (
            Product.objects.filter(Q(slug__in=slugs) | Q(pk__in=owned))
            .defer("search")
            .prefetch_related(variants, "options", "images")
        )
        self.products = {product.slug: product for product in found}
        self.by_id = {product.pk: product for product in self.products.values()}
        ids = [variant.pk for product in self.products.values() for variant in product.variants.all()]
        self.imported = dict(
            ImportedQuantity.objects.filter(variant_id__in=ids).values_list("variant_id", "quantity")
        )
        self.on_hand = dict(
            StockBalance.objects.filter(variant_id__in=ids, location=get_default_location()).values_list(
                "variant_id", "on_hand"
            )
        )
        says_packs = any(v.packs is not None for parsed in batch for v in parsed.variants)
        self.packs: dict[UUID, list[Pack]] = {}
        for pack in (
            Pack.objects.filter(variant_id__in=ids, active=True).order_by("position", "pk")
            if says_packs
            else ()
        ):
            self.packs.setdefault(pack.variant_id, []).append(pack)
        says_beside = any(v.beside for parsed in batch for v in parsed.variants)
        self.shown_beside = shown_beside(ids if says_beside else ())
        self.own_beside = own_beside(ids if says_beside else ())
        self.tree = list(Category.objects.all()) if any(parsed.category_path for parsed in batch) else []

    def category_at(self, path: Sequence[str]) -> UUID | None:
        """The category with these names from the root, or None."""
        parent: UUID | None = None
        for name in path:
            branch = next(
                (b for b in self.tree if b.parent_id == parent and b.name.casefold() == name.casefold()), None
            )
            if branch is None:
                return None
            parent = branch.pk
        return parent


def long_handle(parsed: ParsedProduct) -> list[str]:
    """The address for a product that its SKU names, when another has the title's own."""
    return [f"{parsed.handle[:120]}-{address_of(parsed.sku, 'item')}"] if parsed.sku else []


def plan_product(parsed: ParsedProduct, shop: Shop, seen: Seen, *, as_drafts: bool) -> Plan:
    """What importing `parsed` would do."""
    plan = Plan(parsed)
    part_of = _find_by_sku(parsed, shop, seen) if parsed.sku else None
    _check_doubles(plan, shop, seen, part_of)
    if plan.problems:
        plan.kind = "rejected"
        return plan
    if part_of is not None:
        _plan_part(plan, part_of, shop)
        return plan
    plan.product = shop.products.get(parsed.handle)
    if plan.product is None:
        _plan_new(plan, as_drafts=as_drafts)
    else:
        _plan_changes(plan, plan.product, shop, as_drafts=as_drafts)
    return plan


def _find_by_sku(parsed: ParsedProduct, shop: Shop, seen: Seen) -> Variant | None:
    """Give the product its address by its SKU; the variant when it is one of several of its product."""
    owner = shop.sku_owners.get(parsed.sku.upper())
    if owner is None:
        if parsed.handle in shop.products or seen.handles.get(parsed.handle, parsed.row) != parsed.row:
            parsed.handle = long_handle(parsed)[0]
        return None
    product = shop.by_id[owner.product_id]
    parsed.handle = product.slug
    # Of an item with options a row without them can only mean the one variant.
    return next(v for v in product.variants.all() if v.pk == owner.pk) if product.options.all() else None


def _plan_part(plan: Plan, variant: Variant, shop: Shop) -> None:
    plan.product = shop.products[plan.parsed.handle]
    parsed = plan.parsed.variants[0]
    parsed.option_values = list(variant.option_values)
    _plan_variant(plan, parsed, variant, shop)
    if plan.variants or plan.quantities or plan.packs or plan.beside:
        plan.kind = "updated"


def _check_doubles(plan: Plan, shop: Shop, seen: Seen, part_of: Variant | None) -> None:
    parsed = plan.parsed
    if part_of is None and (row := seen.handles.setdefault(parsed.handle, parsed.row)) != parsed.row:
        message = _("Row %(row)s has this handle already: keep the rows of a product together.") % {
            "row": row
        }
        plan.problems.append(Problem(parsed.row, "handle", message, parsed.handle))
    for variant in parsed.variants:
        sku = variant.values.get("sku", "")
        if not sku:
            continue
        if (row := seen.skus.setdefault(sku.upper(), variant.row)) != variant.row:
            message = _("Row %(row)s has this SKU already.") % {"row": row}
            plan.problems.append(Problem(variant.row, "sku", message, sku))
        owner = shop.sku_owners.get(sku.upper())
        product = shop.products.get(parsed.handle)
        if owner is not None and (product is None or owner.product_id != product.pk):
            message = _("Another product has this SKU. Change it here or there.")
            plan.problems.append(Problem(variant.row, "sku", message, sku))


def _plan_new(plan: Plan, *, as_drafts: bool) -> None:
    parsed = plan.parsed
    plan.kind = "created"
    plan.fields = parsed.fields
    plan.category_path = parsed.category_path or None
    plan.new_variants = parsed.variants
    plan.pictures = _all_pictures(parsed)
    status = parsed.status or Product.Status.ACTIVE
    shown = status == Product.Status.ACTIVE and parsed.published is not False
    plan.standing = (Product.Status.DRAFT, False) if as_drafts else (status, shown)
    plan.packs = {tuple(v.option_values): v.packs for v in parsed.variants if v.packs}
    for variant in parsed.variants:
        _plan_beside(plan, variant, {}, {})
    plan.quantities = {
        tuple(v.option_values): v.quantity
        for v in parsed.variants
        if v.quantity and v.values.get("track_stock", True)
    }


def _plan_changes(plan: Plan, product: Product, shop: Shop, *, as_drafts: bool) -> None:
    parsed = plan.parsed
    names = [option.name for option in sorted(product.options.all(), key=lambda option: option.position)]
    if names != parsed.options:
        message = _("The product's options are %(there)s. Make them the same here or there.") % {
            "there": ", ".join(names) or _("none")
        }
        plan.problems.append(Problem(parsed.row, "option1_name", message, ", ".join(parsed.options)))
        plan.kind = "rejected"
        return
    plan.fields = {name: value for name, value in parsed.fields.items() if not _same(product, name, value)}
    if parsed.category_path and product.category_id != (shop.category_at(parsed.category_path) or 0):
        plan.category_path = parsed.category_path
    _plan_variants(plan, product, shop)
    known = {image.source_url for image in product.images.all()}
    plan.pictures = [picture for picture in _all_pictures(parsed) if picture["source_url"] not in known]
    if not as_drafts:
        plan.standing = _standing(parsed, product)
    if plan.fields or plan.category_path or plan.variants or plan.new_variants or plan.pictures:
        plan.kind = "updated"
    if plan.standing or plan.quantities or plan.packs or plan.beside:
        plan.kind = "updated"


def _same(product: Product, name: str, value: Any) -> bool:
    """Whether the product is so already; a brand is the same in any capitals."""
    known = getattr(product, name)
    return known.upper() == value.upper() if name == "vendor_name" else known == value


def _plan_variants(plan: Plan, product: Product, shop: Shop) -> None:
    there = {tuple(variant.option_values): variant for variant in product.variants.all()}
    for parsed in plan.parsed.variants:
        key = tuple(parsed.option_values)
        variant = there.get(key)
        if variant is None or not variant.active:
            plan.new_variants.append(parsed)
            if parsed.packs:
                plan.packs[key] = parsed.packs
            _plan_beside(plan, parsed, {}, {})
            if parsed.quantity and parsed.values.get("track_stock", True):
                plan.quantities[key] = parsed.quantity
            continue
        _plan_variant(plan, parsed, variant, shop)


def _plan_variant(plan: Plan, parsed: ParsedVariant, variant: Variant, shop: Shop) -> None:
    changes = {name: value for name, value in parsed.values.items() if getattr(variant, name) != value}
    if changes:
        plan.variants.append((variant, changes))
    if parsed.packs is not None and written_packs(shop.packs.get(variant.pk, [])) != written_packs(
        parsed.packs
    ):
        plan.packs[tuple(parsed.option_values)] = parsed.packs
    _plan_beside(plan, parsed, shop.shown_beside.get(variant.pk, {}), shop.own_beside.get(variant.pk, {}))
    if parsed.quantity is None or not parsed.values.get("track_stock", variant.track_stock):
        return
    on_hand = shop.on_hand.get(variant.pk, 0)
    # The number of the last file, not what is left after sales: the same file again is no new count.
    if parsed.quantity == shop.imported.get(variant.pk, on_hand):
        return
    if parsed.quantity == on_hand:
        plan.noted[variant.pk] = parsed.quantity
    else:
        plan.quantities[tuple(parsed.option_values)] = parsed.quantity


def _plan_beside(plan: Plan, parsed: ParsedVariant, shown: Facts, own: Facts) -> None:
    if news := news_beside(parsed.beside, shown, own):
        plan.beside[tuple(parsed.option_values)] = news


def _standing(parsed: ParsedProduct, product: Product) -> tuple[str, bool] | None:
    if parsed.status is None and parsed.published is None:
        return None
    shown = product.published if parsed.published is None else parsed.published
    status = parsed.status or (Product.Status.ACTIVE if shown else product.status)
    wanted = (str(status), shown and status == Product.Status.ACTIVE)
    return None if wanted == (product.status, product.published) else wanted


def _all_pictures(parsed: ParsedProduct) -> list[dict[str, Any]]:
    """The product's pictures and those of variants, each address once; variants named by their option values."""
    pictures = {picture["source_url"]: dict(picture) for picture in reversed(parsed.pictures)}
    ordered = sorted(pictures.values(), key=lambda picture: picture["position"])
    for variant in parsed.variants:
        if not variant.image_url:
            continue
        picture = pictures.get(variant.image_url)
        if picture is None:
            picture = {"source_url": variant.image_url, "position": len(ordered) + 1, "alt": ""}
            pictures[variant.image_url] = picture
            ordered.append(picture)
        picture.setdefault("variant", tuple(variant.option_values))
    return ordered
