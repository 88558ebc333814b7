"""Importing the products of one batch: together, in a number of statements that does not grow with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from apps.goods.catalog.bulk import Changed, ProductChange, ProductDraft, VariantChange
from apps.goods.catalog.drafts import PictureDraft, VariantDraft
from apps.goods.catalog.models import Brand, Category, Pack, Product, Variant
from apps.goods.catalog.services import change_products, create_category, create_products, set_packs
from apps.goods.imports.beside import own_beside, write_beside
from apps.goods.imports.models import ImportedQuantity, ImportJob
from apps.goods.imports.parsed import ParsedVariant
from apps.goods.imports.planning import Plan
from apps.goods.imports.restoring import packs_of
from apps.goods.imports.services.journal import Journal
from apps.goods.inventory.lines import AdjustLine, StockLine
from apps.goods.inventory.models import AdjustReason
from apps.goods.inventory.services import adjust_stock, receive_stock
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.selectors import get_default_location

Key = tuple[str, ...]


@use_case(
    permission="imports.run",
    audits=(
        "products.created", "products.changed", "products.brand_added", "products.category_added",
        "products.variant_added", "products.variant_changed", "products.standing_set",
        "products.pictures_remembered", "products.packs_set", "stock.received", "stock.adjusted",
    ),
)  # fmt: skip
def import_products(actor: Actor, *, plans: Sequence[Plan], job: ImportJob) -> None:
    """Carry out the plans: all products with variants, pictures, categories, standing and quantities, or nothing.

    Quantities of new variants are received into the default location at the file's cost; a number that changed
    since the last file becomes an adjustment. Facts beside the catalogue go to the apps that keep them. What is done is
    kept in the import's batch, so that it can be taken back. Raises what the called services raise.
    """
    journal = Journal(job.batch)
    marker = new_id()
    categories = _categories(actor, plans, journal)
    fresh = [plan for plan in plans if plan.product is None]
    created = create_products(actor, drafts=[_draft(plan, categories) for plan in fresh])
    for product in created:
        journal.product_added(product)
    changes = _changes([plan for plan in plans if plan.product is not None], categories)
    changed = change_products(actor, changes=changes) if changes else []
    for result in changed:
        journal.changed(result)
    names = {str(plan.fields.get("vendor_name", "")) for plan in plans} - {""}
    for brand in Brand.objects.filter(pk__gt=marker, name__in=names) if names else ():
        journal.added("brand_added", brand)
    _pack(actor, journal, plans, created)
    _say_beside(actor, journal, plans, created, changed)
    _count(actor, _Stock(plans, created, changed), job, journal)
    journal.write()


def _draft(plan: Plan, categories: dict[Key, UUID]) -> ProductDraft:
    assert plan.standing is not None  # noqa: S101  (a new product always has one)
    status, shown = plan.standing
    fields = {name: value for name, value in plan.fields.items() if name != "title"}
    if plan.category_path:
        fields["category_id"] = categories[_key(plan.category_path)]
    return ProductDraft(
        slug=plan.parsed.handle,
        title=plan.fields["title"],
        options=plan.parsed.options,
        variants=[_variant(variant) for variant in plan.new_variants],
        fields=fields,
        status=status,
        published=shown,
        pictures=_pictures(plan),
    )


def _changes(plans: list[Plan], categories: dict[Key, UUID]) -> list[ProductChange]:
    """One change for each product; several rows may name variants of the same."""
    found: dict[UUID, ProductChange] = {}
    for plan in plans:
        assert plan.product is not None  # noqa: S101
        change = found.setdefault(plan.product.pk, ProductChange(plan.product.pk))
        change.fields |= plan.fields
        if plan.category_path:
            change.fields["category_id"] = categories[_key(plan.category_path)]
        if plan.standing is not None:
            change.fields["status"], change.fields["published"] = plan.standing
        change.variants += [VariantChange(variant.pk, values) for variant, values in plan.variants]
        change.new_variants += [_variant(parsed) for parsed in plan.new_variants]
        change.pictures = [*change.pictures, *_pictures(plan)]
    return list(found.values())


def _variant(parsed: ParsedVariant) -> VariantDraft:
    return VariantDraft(option_values=parsed.option_values, **parsed.values)


def _pictures(plan: Plan) -> list[tuple[PictureDraft, Key | None]]:
    return [
        (
            PictureDraft(source_url=one["source_url"], alt=one["alt"], position=one["position"]),
            one.get("variant"),
        )
        for one in plan.pictures
    ]


def _pack(actor: Actor, journal: Journal, plans: Sequence[Plan], created: list[Product]) -> None:
    """The packs that the file names, each variant's set by itself. A pack that is there keeps its place by its name."""
    wanted = [plan for plan in plans if plan.packs]
    if not wanted:
        return
    by_key = _variants_of(wanted, created)
    known = {
        (pack.variant_id, pack.name.casefold()): pack.pk
        for pack in Pack.objects.filter(variant__in=list(by_key.values()), active=True)
    }
    before = packs_of([row.pk for row in by_key.values()])
    packed: list[Variant] = []
    for plan in wanted:
        for key, drafts in plan.packs.items():
            variant = by_key[plan.parsed.handle, key]
            packs = [replace(one, pack_id=known.get((variant.pk, one.name.casefold()))) for one in drafts]
            set_packs(actor, variant_id=variant.pk, packs=packs)
            packed.append(variant)
    after = packs_of([variant.pk for variant in packed])
    for variant in packed:
        journal.packed(variant, before[variant.pk], after[variant.pk])


def _say_beside(
    actor: Actor, journal: Journal, plans: Sequence[Plan], created: list[Product], changed: list[Changed]
) -> None:
    """What apps above keep of the variants. What is said of new ones goes along with them when they are taken back."""
    wanted = [plan for plan in plans if plan.beside]
    if not wanted:
        return
    by_key = _variants_of(wanted, created)
    said = {by_key[plan.parsed.handle, key]: news for plan in wanted for key, news in plan.beside.items()}
    fresh = {product.pk for product in created} | {one.pk for result in changed for one in result.added}
    known = [variant for variant in said if not fresh & {variant.pk, variant.product_id}]
    before = own_beside([variant.pk for variant in known])
    write_beside(actor, {variant.pk: news for variant, news in said.items()})
    for variant in known:
        was = {code: before[variant.pk].get(code, "") for code in said[variant]}
        journal.said_beside(variant, was, said[variant])


def _variants_of(plans: Sequence[Plan], created: list[Product]) -> dict[tuple[str, Key], Variant]:
    """The variants of the plans' products that are there now, by address and option values; one query."""
    owners = {plan.product.pk: plan.parsed.handle for plan in plans if plan.product}
    handles = {plan.parsed.handle for plan in plans}
    owners |= {product.pk: product.slug for product in created if product.slug in handles}
    rows = Variant.objects.filter(product_id__in=owners, active=True)
    rows = rows.select_related("product").defer("product__search")
    return {(owners[row.product_id], tuple(row.option_values)): row for row in rows}


class _Stock:
    """What the files say of quantities, by the variants that are there now."""

    def __init__(self, plans: Sequence[Plan], created: list[Product], changed: list[Changed]) -> None:
        by_slug = {product.slug: product.pk for product in created}
        fresh = set(by_slug.values())
        added = {variant.pk for result in changed for variant in result.added}
        wanted = [plan for plan in plans if plan.quantities]
        owners = {plan.parsed.handle: plan.product.pk for plan in wanted if plan.product} | by_slug
        rows = Variant.objects.filter(
            product_id__in={owners[plan.parsed.handle] for plan in wanted}, active=True
        )
        self.variants = {(row.product_id, tuple(row.option_values)): row for row in rows} if wanted else {}
        self.received: dict[UUID, int] = {}
        self.counted: dict[UUID, int] = {}
        self.said: dict[UUID, int] = {pk: number for plan in plans for pk, number in plan.noted.items()}
        for plan in wanted:
            owner = owners[plan.parsed.handle]
            for key, quantity in plan.quantities.items():
                variant = self.variants[owner, key]
                is_new = owner in fresh or variant.pk in added
                if is_new and quantity:
                    self.received[variant.pk] = quantity
                elif not is_new:
                    self.counted[variant.pk] = quantity
                self.said[variant.pk] = quantity


def _count(actor: Actor, stock: _Stock, job: ImportJob, journal: Journal) -> None:
    place = get_default_location()
    facts: dict[str, Any] = {"location_id": place.pk, "note": job.file_name[:500]}
    if stock.received:
        lines = [StockLine(pk, quantity) for pk, quantity in stock.received.items()]
        journal.moved(
            receive_stock(actor, lines=lines, reference_type="import", reference_id=job.pk, **facts)
        )
    if stock.counted:
        counts = [AdjustLine(pk, counted=quantity) for pk, quantity in stock.counted.items()]
        journal.moved(adjust_stock(actor, lines=counts, reason_code=AdjustReason.IMPORT, **facts))
    ImportedQuantity.objects.bulk_create(
        [ImportedQuantity(variant_id=pk, quantity=quantity) for pk, quantity in stock.said.items()],
        update_conflicts=True,
        unique_fields=["variant"],
        update_fields=["quantity", "updated_at"],
    )


def _categories(actor: Actor, plans: Sequence[Plan], journal: Journal) -> dict[Key, UUID]:
    """The categories of the plans by their names from the root; branches that are missing are added."""
    paths = {_key(plan.category_path): plan.category_path for plan in plans if plan.category_path}
    if not paths:
        return {}
    known = {(row.parent_id, row.name.casefold()): row.pk for row in Category.objects.all()}
    found: dict[Key, UUID] = {}
    for key, path in sorted(paths.items()):
        parent: UUID | None = None
        for name in path:
            branch = known.get((parent, name.casefold()))
            if branch is None:
                made = create_category(actor, name=name, parent_id=parent)
                branch = known[parent, name.casefold()] = made.pk
                journal.added("category_added", made)
            parent = branch
        assert parent is not None  # noqa: S101
        found[key] = parent
    return found


def _key(path: Sequence[str]) -> Key:
    return tuple(name.casefold() for name in path)
