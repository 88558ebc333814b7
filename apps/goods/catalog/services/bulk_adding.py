"""Adding many products in a handful of statements, whatever their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from apps.goods.catalog.bulk import ProductDraft
from apps.goods.catalog.drafts import PictureDraft
from apps.goods.catalog.events import ProductPublished
from apps.goods.catalog.models import Brand, Product, ProductImage, ProductOption, Variant
from apps.goods.catalog.services.addresses import checked_slug, free_address
from apps.goods.catalog.services.keeping import keep_versions
from apps.goods.catalog.services.products import (
    _variant_rows,
    checked_fields,
    checked_options,
    refusal_of,
    slug_taken,
)
from apps.goods.catalog.services.summaries import summarise
from apps.goods.catalog.text import clean_text
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.events import publish
from apps.kernel.ids import new_id
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case

Pictures = Sequence[tuple[PictureDraft, tuple[str, ...] | None]]


@use_case(permission="products.change", audits=("products.created", "products.brand_added"))
def create_products(actor: Actor, *, drafts: Sequence[ProductDraft]) -> list[Product]:
    """Add the products with options, variants and remembered pictures: all, or none when one is refused.

    Each is checked as `create_product` does, entered in the audit trail and told when the store shows it. The number
    of statements does not grow with the number of products. Raises what `create_product` raises.
    """
    brands = named_brands(actor, {draft.fields.get("vendor_name", "") for draft in drafts})
    products, options, variants = [], [], []
    for draft in drafts:
        product, names, rows = _described(draft, brands)
        products.append(product)
        variants += rows
        options += [
            ProductOption(
                product=product,
                name=name,
                position=place + 1,
                values=list(dict.fromkeys(row.option_values[place] for row in rows)),
            )
            for place, name in enumerate(names)
        ]
        audit.record(
            actor, "products.created", product, after={"title": product.title, "variants": len(rows)}
        )
        if product.visible:
            publish(ProductPublished(business_id=require_business_id(), product_id=product.pk))
    _insert(products, options, variants)
    by_product: dict[UUID, list[Variant]] = {}
    for variant in variants:
        by_product.setdefault(variant.product_id, []).append(variant)
    keep_versions(actor, [(product, by_product.get(product.pk, [])) for product in products])
    keep_pictures(
        [
            (product, draft.pictures, by_product[product.pk])
            for product, draft in zip(products, drafts, strict=True)
        ]
    )
    return products


def _described(draft: ProductDraft, brands: dict[str, Brand]) -> tuple[Product, list[str], list[Variant]]:
    given = dict(draft.fields)
    category_id = given.pop("category_id", None)
    values = checked_fields(title=draft.title, **given)
    if draft.status not in Product.Status.values:
        raise InvalidInput(fields={"status": [_("Use active, draft or archived.")]})
    names = checked_options(draft.options)
    rows = _variant_rows(list(draft.variants), len(names))
    shown = draft.published and draft.status == Product.Status.ACTIVE
    product = Product(id=new_id(), status=draft.status, published=shown, category_id=category_id, **values)
    give_brand(product, values.get("vendor_name", ""), brands)
    product.slug = checked_slug(draft.slug)
    product.published_at = clock.now() if shown else None
    for row in rows:
        row.product = product
    summarise(product, rows)
    return product, names, rows


def _insert(products: list[Product], options: list[ProductOption], variants: list[Variant]) -> None:
    times = Counter(product.slug for product in products)
    taken = Product.objects.filter(slug__in=times).values_list("slug", flat=True).first()
    twice = next((slug for slug, number in times.items() if number > 1), None)
    if taken or twice:
        raise slug_taken(taken or twice or "")
    try:
        Product.objects.bulk_create(products)
        Variant.objects.bulk_create(variants)
        ProductOption.objects.bulk_create(options)
    except IntegrityError as error:
        refusal = refusal_of(error, products[0])
        if refusal is None:
            raise
        raise refusal from error


def keep_pictures(wanted: Iterable[tuple[Product, Pictures, Iterable[Variant]]]) -> dict[UUID, list[UUID]]:
    """Keep addresses of pictures; the first becomes the cover where there is none. Ids by product."""
    rows: list[ProductImage] = []
    covered: list[Product] = []
    made: dict[UUID, list[UUID]] = {}
    for product, pictures, variants in wanted:
        keys = {tuple(variant.option_values): variant.pk for variant in variants}
        own = [
            ProductImage(
                id=new_id(),
                product=product,
                source_url=clean_text(picture.source_url, "source_url", 2000),
                alt=clean_text(picture.alt, "alt", 512),
                position=picture.position,
                variant_id=keys.get(key) if key is not None else picture.variant_id,
            )
            for picture, key in pictures
        ]
        if own:
            rows += own
            made[product.pk] = [row.pk for row in own]
            if product.cover_id is None:
                product.cover_id = min(own, key=lambda row: (row.position, row.pk)).pk
                covered.append(product)
    ProductImage.objects.bulk_create(rows)
    if covered:
        Product.objects.bulk_update(covered, ["cover"])
    return made


def give_brand(product: Product, name: str, brands: dict[str, Brand]) -> None:
    """Set brand and its own spelling of the name."""
    brand = brands.get(name.upper()) if name else None
    product.brand_id = brand.pk if brand else None
    product.vendor_name = brand.name if brand else ""


def named_brands(actor: Actor, names: Iterable[str]) -> dict[str, Brand]:
    """The brands with these names, in any capitals, by their names in capitals; new names add brands."""
    wanted = {clean_text(name, "vendor_name", 255) for name in names if name}
    spelled = {name.upper(): name for name in sorted(wanted, reverse=True) if name}
    if not spelled:
        return {}
    rows = Brand.objects.annotate(upper_name=Upper("name")).filter(
        Q(upper_name__in=list(spelled)) | Q(name__in=list(spelled.values()))
    )
    found: dict[str, Brand] = {brand.name.upper(): brand for brand in rows}
    missing = [name for upper, name in sorted(spelled.items()) if upper not in found]
    if missing:
        found |= _add_brands(actor, missing)
    return found


def _add_brands(actor: Actor, names: list[str]) -> dict[str, Brand]:
    taken = set(Brand.objects.values_list("slug", flat=True))
    rows = []
    for name in names:
        slug = free_address(name, "brand", taken)
        taken.add(slug)
        rows.append(Brand(id=new_id(), name=name, slug=slug))
    try:
        Brand.objects.bulk_create(rows)
    except IntegrityError as error:
        raise Conflict(
            _("Somebody added the same brand just now. Please try again."), code="brand_exists"
        ) from error
    for row in rows:
        audit.record(actor, "products.brand_added", row, after={"name": row.name})
    return {row.name.upper(): row for row in rows}


def checked_values(values: dict[str, Any]) -> dict[str, Any]:
    """Fields of a product as `checked_fields` cleans them, without looking the category up."""
    given = dict(values)
    kept: dict[str, Any] = {
        name: given.pop(name) for name in ("category_id", "status", "published") if name in given
    }
    if kept.get("status", Product.Status.DRAFT) not in Product.Status.values:
        raise InvalidInput(fields={"status": [_("Use active, draft or archived.")]})
    return checked_fields(**given) | kept
