"""Describing products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.goods.catalog.amounts import checked_rule
from apps.goods.catalog.drafts import MOST_VARIANTS, UNSET, PictureDraft, VariantDraft, checked_variant
from apps.goods.catalog.events import ProductPublished
from apps.goods.catalog.models import Category, FormerAddress, Product, ProductImage, ProductOption, Variant
from apps.goods.catalog.services.addresses import checked_slug, remember_address
from apps.goods.catalog.services.brands import named_brand
from apps.goods.catalog.services.keeping import Way, keep_version
from apps.goods.catalog.services.summaries import keep_summary, summarise
from apps.goods.catalog.text import address_of, clean_text, sanitise_html
from apps.kernel import audit, clock, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, DomainError, InvalidInput, NotFound
from apps.kernel.events import publish
from apps.kernel.ids import new_id
from apps.kernel.locks import Rank
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case

TEXT_FIELDS = {
    "title": 255,
    "subtitle": 255,
    "vendor_name": 255,
    "product_type": 255,
    "seo_title": 255,
    "seo_description": 500,
    "strain": 120,
}
_SEARCHED = {"title", "subtitle", "vendor_name", "product_type", "tags", "strain"}


@use_case(permission="products.change", idempotent=True, audits=("products.created", "products.brand_added"))
def create_product(
    actor: Actor,
    *,
    title: str,
    variants: Sequence[VariantDraft],
    options: Sequence[str] = (),
    slug: str = "",
    subtitle: str = "",
    description_html: str = "",
    vendor_name: str = "",
    product_type: str = "",
    tags: Sequence[str] = (),
    category_id: UUID | None = None,
    seo_title: str = "",
    seo_description: str = "",
    order_min: int = 1,
    order_max: int | None = None,
    order_step: int = 1,
    pictures: Sequence[PictureDraft] = (),
    status: str = Product.Status.DRAFT,
    published: bool = False,
    key: str | None = None,
) -> Product:
    """Describe a product with its options and at least one variant.

    Prices are in the business's currency. `options` are the names of the axes; each variant holds one value
    for each. The description is sanitised. Without `slug` the address is made from the title. With `published`
    and status active the store shows it and `catalog.product_published` is told. `vendor_name` is the name of the
    brand in any capitals; one that is new is added. Raises `InvalidInput` naming
    the field, `Conflict` for an address or SKU that is taken, `NotFound` for a foreign category.
    """
    values = checked_fields(
        title=title,
        subtitle=subtitle,
        description_html=description_html,
        vendor_name=vendor_name,
        product_type=product_type,
        tags=tags,
        category_id=category_id,
        seo_title=seo_title,
        seo_description=seo_description,
    )
    quantities = {"order_min": order_min, "order_max": order_max, "order_step": order_step}
    values |= checked_rule(Product(), quantities)
    names = checked_options(options)
    rows = _variant_rows(list(variants), len(names))
    if status not in (Product.Status.DRAFT, Product.Status.ACTIVE):
        raise InvalidInput(fields={"status": [_("A new product is a draft or active.")]})
    values |= named_brand(actor, values)
    product = Product(id=new_id(), status=status, published=published, **values)
    product.slug = checked_slug(slug) if slug else free_slug(product.title)
    product.published_at = clock.now() if published else None
    for row in rows:
        row.product = product
    summarise(product, rows)
    _insert(product, names, rows)
    if pictures:
        remember_pictures(product, pictures)
    audit.record(actor, "products.created", product, after={"title": product.title, "variants": len(rows)})
    keep_version(actor, product, Way.PUBLISHED)
    if product.visible:
        publish(ProductPublished(business_id=require_business_id(), product_id=product.pk))
    return product


@use_case(permission="products.change", audits=("products.changed", "products.brand_added"))
def update_product(
    actor: Actor,
    *,
    product_id: UUID,
    title: str = UNSET,
    slug: str = UNSET,
    subtitle: str = UNSET,
    description_html: str = UNSET,
    vendor_name: str = UNSET,
    product_type: str = UNSET,
    tags: Sequence[str] = UNSET,
    category_id: UUID | None = UNSET,
    seo_title: str = UNSET,
    seo_description: str = UNSET,
    order_min: int = UNSET,
    order_max: int | None = UNSET,
    order_step: int = UNSET,
) -> Product:
    """Change what is said about a product. Fields that are left out, or already so, are not touched.

    When nothing changes, nothing is written, not even to the audit trail. Raises as `create_product`.
    """
    given = {
        "title": title,
        "subtitle": subtitle,
        "description_html": description_html,
        "vendor_name": vendor_name,
        "product_type": product_type,
        "tags": tags,
        "category_id": category_id,
        "seo_title": seo_title,
        "seo_description": seo_description,
        "order_min": order_min,
        "order_max": order_max,
        "order_step": order_step,
    }
    values = checked_fields(**{name: value for name, value in given.items() if value is not UNSET})
    if slug is not UNSET:
        values["slug"] = checked_slug(slug)
    product = lock_product(product_id)
    values |= checked_rule(product, values)
    if values.get("vendor_name", "").upper() != product.vendor_name.upper():
        values |= named_brand(actor, values)
    else:
        values.pop("vendor_name", None)
    changed = {name: value for name, value in values.items() if getattr(product, name) != value}
    if not changed:
        return product
    if "slug" in changed and Product.objects.filter(slug=changed["slug"]).exists():
        raise slug_taken(changed["slug"])
    before = {name: getattr(product, name) for name in changed}
    for name, value in changed.items():
        setattr(product, name, value)
    product.save(update_fields=[*changed, "updated_at"])
    if _SEARCHED & changed.keys():
        keep_summary(product)
    if "slug" in changed:
        remember_address(FormerAddress.Kind.PRODUCT, product.pk, before["slug"], product.slug)
    keep_version(actor, product)
    audit.record(actor, "products.changed", product, before=_short(before), after=_short(changed))
    return product


def lock_product(product_id: UUID) -> Product:
    """The product, locked: the root of everything described with it. Raises `NotFound`."""
    return locks.lock_one(Rank.ROOT, Product.objects.filter(pk=product_id))


def checked_fields(**given: Any) -> dict[str, Any]:
    """The given fields of a product, cleaned; raises `InvalidInput` naming the field."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name in TEXT_FIELDS:
            values[name] = clean_text(value, name, TEXT_FIELDS[name])
        elif name == "description_html":
            values[name] = sanitise_html(value)
        elif name == "tags":
            values[name] = checked_tags(value)
        else:
            values[name] = value
    if not values.get("title", "x"):
        raise InvalidInput(fields={"title": [_("A product needs a title.")]})
    category_id = values.get("category_id")
    if category_id is not None and not Category.objects.filter(pk=category_id).exists():
        raise NotFound()
    return values


def checked_tags(tags: Sequence[str]) -> list[str]:
    """Tags without doubles and empty ones, in the order given."""
    cleaned = [clean_text(tag, "tags", 255) for tag in tags]
    return list(dict.fromkeys(tag for tag in cleaned if tag))[:250]


def checked_options(options: Sequence[str]) -> list[str]:
    """The names of the axes: at most three, each once."""
    names = [clean_text(name, "options", 255) for name in options]
    if len(names) > 3 or not all(names) or len({name.casefold() for name in names}) != len(names):
        raise InvalidInput(fields={"options": [_("Use up to three options, each with its own name.")]})
    return names


def free_slug(title: str) -> str:
    """An address nobody uses yet: the title's own, or with the next number."""
    base = address_of(title, "product")
    taken = set(Product.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    if base not in taken:
        return base
    return next(f"{base}-{number}" for number in range(2, len(taken) + 3) if f"{base}-{number}" not in taken)


def slug_taken(slug: str) -> Conflict:
    """The refusal of an address that another product has."""
    message = _("Another product has the address “%(slug)s”.") % {"slug": slug}
    return Conflict(message, code="slug_taken", fields={"slug": [message]})


def sku_taken(sku: str = "") -> Conflict:
    """The refusal of a SKU that another variant has."""
    message = _("Another variant has the SKU “%(sku)s”.") % {"sku": sku} if sku else _("A SKU is used twice.")
    return Conflict(message, code="sku_taken", fields={"sku": [message]})


CODE_TAKEN = {
    "catalog_barcode_of_pack": ("barcode", gettext_lazy("A pack has this barcode already.")),
    "catalog_sku_of_pack": ("sku", gettext_lazy("A pack has this SKU already.")),
    "catalog_barcode_of_variant": ("barcode", gettext_lazy("A variant has this barcode already.")),
    "catalog_sku_of_variant": ("sku", gettext_lazy("A variant has this SKU already.")),
    "catalog_pack_barcode_unique": ("barcode", gettext_lazy("Another pack has this barcode already.")),
    "catalog_pack_sku_unique": ("sku", gettext_lazy("Another pack has this SKU already.")),
}


def refusal_of(error: IntegrityError, product: Product) -> DomainError | None:
    """What a violated constraint means to a person; None when it means a bug."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    if name == "catalog_product_slug_unique":
        return slug_taken(product.slug)
    if name == "catalog_variant_sku_unique":
        return sku_taken()
    if name in CODE_TAKEN:
        field, message = CODE_TAKEN[name]
        return Conflict(str(message), code=f"{field}_taken", fields={field: [str(message)]})
    if name == "catalog_variant_options_unique":
        return Conflict(
            code="variant_exists",
            fields={"option_values": [_("A variant with these values exists already.")]},
        )
    return None


def remember_pictures(product: Product, pictures: Sequence[PictureDraft]) -> list[ProductImage]:
    """Keep the addresses of pictures; the first one becomes the cover when there is none."""
    rows: list[ProductImage] = ProductImage.objects.bulk_create(
        ProductImage(
            product=product,
            source_url=clean_text(picture.source_url, "source_url", 2000),
            alt=clean_text(picture.alt, "alt", 512),
            position=picture.position,
            variant_id=picture.variant_id,
        )
        for picture in pictures
    )
    if product.cover_id is None:
        product.cover = min(rows, key=lambda row: (row.position, row.pk))
        product.save(update_fields=["cover", "updated_at"])
    return rows


def variant_title(option_values: Sequence[str]) -> str:
    """`["Small", "Blue"]` → `Small / Blue`."""
    return " / ".join(option_values)[:255]


def _insert(product: Product, names: list[str], rows: list[Variant]) -> None:
    try:
        product.save(force_insert=True)
        Variant.objects.bulk_create(rows)
        if names:
            ProductOption.objects.bulk_create(
                ProductOption(
                    product=product,
                    name=name,
                    position=position + 1,
                    values=list(dict.fromkeys(row.option_values[position] for row in rows)),
                )
                for position, name in enumerate(names)
            )
    except IntegrityError as error:
        refusal = refusal_of(error, product)
        if refusal is None:
            raise
        raise refusal from error


def _variant_rows(drafts: list[VariantDraft], axes: int) -> list[Variant]:
    if not drafts:
        raise InvalidInput(fields={"variants": [_("A product has at least one variant.")]})
    if len(drafts) > MOST_VARIANTS:
        raise InvalidInput(
            fields={"variants": [_("Use at most %(most)s variants.") % {"most": MOST_VARIANTS}]}
        )
    rows = []
    for position, draft in enumerate(drafts, start=1):
        values = checked_variant(draft)
        if len(values["option_values"]) != axes:
            raise InvalidInput(fields={"option_values": [_("Each variant needs one value for each option.")]})
        rows.append(Variant(position=position, title=variant_title(values["option_values"]), **values))
    if len({tuple(row.option_values) for row in rows}) != len(rows):
        raise InvalidInput(fields={"option_values": [_("Two variants have the same values.")]})
    skus = [row.sku.upper() for row in rows if row.sku]
    if len(set(skus)) != len(skus):
        raise InvalidInput(fields={"sku": [_("Two variants have the same SKU.")]})
    return rows


def _short(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value[:500] if isinstance(value, str) else value for name, value in values.items()}
