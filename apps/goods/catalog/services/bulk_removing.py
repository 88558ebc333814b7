"""Taking products off again that nothing refers to: what an import made by mistake."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import pgtrigger

from apps.goods.catalog.events import ProductUnpublished
from apps.goods.catalog.models import (
    Brand,
    Category,
    FormerAddress,
    Product,
    ProductImage,
    ProductVersion,
    Variant,
)
from apps.goods.catalog.services.addresses import forget_addresses
from apps.goods.catalog.services.kits import parts_of_sold_kits
from apps.goods.catalog.services.packs import retire_packs
from apps.goods.catalog.services.summaries import SUMMARY_FIELDS, summarise
from apps.goods.catalog.usage import used_products, used_variants
from apps.kernel import audit, clock, locks
from apps.kernel.actors import Actor
from apps.kernel.events import publish
from apps.kernel.locks import Rank
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case


@use_case(permission="products.change", audits="products.deleted")
def delete_products(actor: Actor, *, product_ids: Sequence[UUID], unless: Sequence[str] = ()) -> list[UUID]:
    """Take products off that nobody sold, received or counted, with all that describes them; the ids that are gone.

    The others are left as they are. Publishes `catalog.product_unpublished` for what the store showed.
    """
    rows = locks.lock(Rank.ROOT, Product.objects.filter(pk__in=product_ids).defer("search"))
    used = used_products([row.pk for row in rows], unless=unless)
    free = [row for row in rows if row.pk not in used]
    for product in free:
        audit.record(
            actor, "products.deleted", product, before={"title": product.title, "address": product.slug}
        )
        if product.visible:
            publish(ProductUnpublished(business_id=require_business_id(), product_id=product.pk))
    ids = [row.pk for row in free]
    FormerAddress.objects.filter(kind=FormerAddress.Kind.PRODUCT, target_id__in=ids).delete()
    Product.objects.filter(pk__in=ids).update(cover=None)
    # What nobody ever sold takes its history along; the trail keeps who deleted it, and what it was.
    with pgtrigger.ignore("catalog.ProductVersion:append_only"):
        ProductVersion.objects.filter(product_id__in=ids).delete()
    Variant.objects.filter(product_id__in=ids).delete()
    Product.objects.filter(pk__in=ids).delete()
    return ids


@use_case(permission="products.change", audits=("products.variant_deleted", "products.variant_retired"))
def withdraw_variants(
    actor: Actor, *, variant_ids: Sequence[UUID], unless: Sequence[str] = ()
) -> tuple[list[UUID], list[UUID]]:
    """Take variants off their products: those nothing refers to are deleted, the others are no longer sold.

    Returns the ids of both. The last variant of a product stays, and what a kit needs that is sold.
    """
    owners = set(Variant.objects.filter(pk__in=variant_ids).values_list("product_id", flat=True))
    products = locks.lock(Rank.ROOT, Product.objects.filter(pk__in=owners).defer("search"))
    used = used_variants(variant_ids, unless=unless)
    # What a kit needs that is sold stays, or the kit would promise what nobody sells any more.
    wanted = set(variant_ids) - parts_of_sold_kits(variant_ids)
    gone: list[UUID] = []
    retired: list[UUID] = []
    of_product: dict[UUID, list[Variant]] = defaultdict(list)
    for row in Variant.objects.filter(product__in=products):
        of_product[row.product_id].append(row)
    for product in products:
        siblings = of_product[product.pk]
        going = [row for row in siblings if row.pk in wanted and row.active]
        if len(going) >= sum(row.active for row in siblings):
            continue
        for row in going:
            audit.record(
                actor,
                "products.variant_retired" if row.pk in used else "products.variant_deleted",
                row,
                before={"sku": row.sku},
            )
            row.active, row.sku = False, ""
            (retired if row.pk in used else gone).append(row.pk)
        summarise(product, siblings)
    Variant.objects.filter(pk__in=gone).delete()
    Variant.objects.filter(pk__in=retired).update(active=False, sku="", updated_at=clock.now())
    retire_packs(retired)
    if products:
        Product.objects.bulk_update(products, [*SUMMARY_FIELDS])
    return gone, retired


@use_case(permission="products.arrange", audits=("products.brand_deleted", "products.category_deleted"))
def delete_unused(actor: Actor, *, brand_ids: Sequence[UUID], category_ids: Sequence[UUID]) -> None:
    """Take brands and categories off that no product has; a category with branches stays."""
    for brand in Brand.objects.filter(pk__in=brand_ids, products__isnull=True, logo__isnull=True):
        forget_addresses(FormerAddress.Kind.BRAND, brand.pk)
        audit.record(actor, "products.brand_deleted", brand, before={"name": brand.name})
        brand.delete()
    # Leaves first: a branch is empty when what hung on it is gone.
    for category in Category.objects.filter(pk__in=category_ids).order_by("-depth", "-position"):
        if Product.objects.filter(category=category).exists() or category.children.exists():
            continue
        forget_addresses(FormerAddress.Kind.CATEGORY, category.pk)
        audit.record(actor, "products.category_deleted", category, before={"path": category.path})
        category.delete()


@use_case(permission="products.change", audits="products.pictures_removed")
def forget_remembered(actor: Actor, *, image_ids: Sequence[UUID]) -> None:
    """Forget addresses of pictures that nobody uploaded a file for."""
    rows = list(ProductImage.objects.filter(pk__in=image_ids, media__isnull=True).select_related("product"))
    for product_id in dict.fromkeys(row.product_id for row in rows):
        product = next(row.product for row in rows if row.product_id == product_id)
        number = sum(row.product_id == product_id for row in rows)
        audit.record(actor, "products.pictures_removed", product, before={"pictures": number})
    ProductImage.objects.filter(pk__in=[row.pk for row in rows]).delete()
