"""Importing one product: whole or not at all, through the services of catalogue and stock."""

from __future__ import annotations

from uuid import UUID

from apps.goods.catalog.drafts import PictureDraft, VariantDraft
from apps.goods.catalog.models import Category, Product, Variant
from apps.goods.catalog.services import (
    add_remembered_images,
    add_variant,
    archive_product,
    create_category,
    create_product,
    set_standing,
    update_product,
    update_variant,
)
from apps.goods.imports.models import ImportedQuantity, ImportJob
from apps.goods.imports.parsing import ParsedVariant
from apps.goods.imports.planning import Plan
from apps.goods.inventory.lines import AdjustLine, StockLine
from apps.goods.inventory.models import AdjustReason
from apps.goods.inventory.services import adjust_stock, receive_stock
from apps.kernel.actors import Actor
from apps.kernel.use_cases import use_case
from apps.platform.businesses.selectors import get_default_location

Key = tuple[str, ...]


@use_case(
    permission="imports.run",
    audits=(
        "products.created",
        "products.changed",
        "products.brand_added",
        "products.variant_added",
        "products.variant_changed",
        "stock.received",
        "stock.adjusted",
    ),
)
def import_product(actor: Actor, *, plan: Plan, job: ImportJob) -> Product:
    """Carry out a plan: the product with variants, pictures, category, standing and quantities, or nothing.

    Quantities of new variants are received into the default location at the file's cost; a number that changed
    since the last file becomes an adjustment. Raises what the called services raise.
    """
    category_id = _category(actor, plan.category_path) if plan.category_path else None
    product = plan.product or _create(actor, plan, category_id)
    fresh = {tuple(variant.option_values) for variant in plan.new_variants}
    if plan.product is not None:
        _update(actor, plan, product, category_id)
    variants = {tuple(v.option_values): v for v in Variant.objects.filter(product=product, active=True)}
    if plan.pictures:
        _remember(actor, product, plan, variants)
    if plan.quantities:
        _count(actor, plan.quantities, fresh, variants, job)
    return product


def _create(actor: Actor, plan: Plan, category_id: UUID | None) -> Product:
    assert plan.standing is not None  # noqa: S101  (a new product always has one)
    status, shown = plan.standing
    archived = status == Product.Status.ARCHIVED
    product = create_product(
        actor,
        slug=plan.parsed.handle,
        options=plan.parsed.options,
        variants=[_draft(variant) for variant in plan.new_variants],
        category_id=category_id,
        status=Product.Status.DRAFT if archived else status,
        published=shown,
        **plan.fields,
    )
    return archive_product(actor, product_id=product.pk) if archived else product


def _update(actor: Actor, plan: Plan, product: Product, category_id: UUID | None) -> None:
    changes = dict(plan.fields)
    if category_id is not None:
        changes["category_id"] = category_id
    if changes:
        update_product(actor, product_id=product.pk, **changes)
    for variant, values in plan.variants:
        update_variant(actor, variant_id=variant.pk, **values)
    for parsed in plan.new_variants:
        add_variant(actor, product_id=product.pk, draft=_draft(parsed))
    if plan.standing is not None:
        status, shown = plan.standing
        set_standing(actor, product_id=product.pk, status=status, published=shown)


def _draft(parsed: ParsedVariant) -> VariantDraft:
    return VariantDraft(option_values=parsed.option_values, **parsed.values)


def _remember(actor: Actor, product: Product, plan: Plan, variants: dict[Key, Variant]) -> None:
    drafts = []
    for picture in plan.pictures:
        variant = variants.get(picture["variant"]) if "variant" in picture else None
        drafts.append(
            PictureDraft(
                source_url=picture["source_url"],
                alt=picture["alt"],
                position=picture["position"],
                variant_id=variant.pk if variant else None,
            )
        )
    add_remembered_images(actor, product_id=product.pk, pictures=drafts)


def _count(
    actor: Actor, quantities: dict[Key, int], fresh: set[Key], variants: dict[Key, Variant], job: ImportJob
) -> None:
    place = get_default_location()
    received = [
        StockLine(variants[key].pk, quantity)
        for key, quantity in quantities.items()
        if key in fresh and quantity
    ]
    counted = [
        AdjustLine(variants[key].pk, counted=quantity)
        for key, quantity in quantities.items()
        if key not in fresh
    ]
    if received:
        receive_stock(
            actor,
            location_id=place.pk,
            lines=received,
            reference_type="import",
            reference_id=job.pk,
            note=job.file_name[:500],
        )
    if counted:
        adjust_stock(
            actor,
            location_id=place.pk,
            lines=counted,
            reason_code=AdjustReason.IMPORT,
            note=job.file_name[:500],
        )
    ImportedQuantity.objects.bulk_create(
        [ImportedQuantity(variant=variants[key], quantity=quantity) for key, quantity in quantities.items()],
        update_conflicts=True,
        unique_fields=["variant"],
        update_fields=["quantity", "updated_at"],
    )


def _category(actor: Actor, path: list[str]) -> UUID | None:
    """The category with these names from the root; branches that are missing are added."""
    tree = list(Category.objects.all())
    parent: Category | None = None
    for name in path:
        parent_id = parent.pk if parent else None
        branch = next(
            (b for b in tree if b.parent_id == parent_id and b.name.casefold() == name.casefold()), None
        )
        parent = branch or create_category(actor, name=name, parent_id=parent_id)
    return parent.pk if parent else None
