"""Brands: who makes the products."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext as _

from apps.goods.catalog.drafts import UNSET
from apps.goods.catalog.events import BrandChanged
from apps.goods.catalog.models import Brand, FormerAddress, Product, Variant
from apps.goods.catalog.services.addresses import (
    address_taken,
    checked_slug,
    forget_addresses,
    free_address,
    remember_address,
)
from apps.goods.catalog.services.shelf_words import checked_words
from apps.goods.catalog.services.summaries import SUMMARY_FIELDS, summarise
from apps.goods.catalog.text import clean_text
from apps.kernel import audit, locks
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.events import publish
from apps.kernel.locks import Rank
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.media.models import Media
from apps.platform.media.policies import READ
from apps.platform.media.services import Role, hold_picture, release
from apps.platform.media.states import MediaState

RECORD = "catalog.brand"
CHUNK = 500
# Sharp on a phone at the head of a page, small enough to be one of many in a list.
_WANTED = ("640.webp", "320.webp", "full.webp")


@use_case(permission="products.arrange", idempotent=True, audits="products.brand_added")
def create_brand(
    actor: Actor,
    *,
    name: str,
    slug: str = "",
    description: str = "",
    seo_title: str = "",
    seo_description: str = "",
    key: str | None = None,
) -> Brand:
    """Add a brand. Raises `InvalidInput`, and `Conflict` for a name (in any capitals) or an address that is taken."""
    label = _checked_name(name)
    words = checked_words(description=description, seo_title=seo_title, seo_description=seo_description)
    if Brand.objects.filter(name__iexact=label).exists():
        raise _name_taken(label)
    address = checked_slug(slug) if slug else ""
    if address and Brand.objects.filter(slug=address).exists():
        raise address_taken(address)
    brand = Brand(name=label, slug=address or _free_slug(label), **words)
    _save(brand)
    _note_added(actor, brand)
    return brand


@use_case(permission="products.arrange", audits="products.brand_changed")
def change_brand(
    actor: Actor,
    *,
    brand_id: UUID,
    name: str = UNSET,
    slug: str = UNSET,
    description: str = UNSET,
    seo_title: str = UNSET,
    seo_description: str = UNSET,
) -> Brand:
    """Change what is said about a brand; its products carry the new name at once, and former links lead on.

    Publishes `catalog.brand_changed`. Raises as `create_brand`; nothing is written when nothing changes.
    """
    values: dict[str, Any] = {}
    if name is not UNSET:
        values["name"] = _checked_name(name)
    if slug is not UNSET:
        values["slug"] = checked_slug(slug)
    values |= checked_words(description=description, seo_title=seo_title, seo_description=seo_description)
    brand = _lock(brand_id)
    changed = {field: value for field, value in values.items() if getattr(brand, field) != value}
    if not changed:
        return brand
    others = Brand.objects.exclude(pk=brand.pk)
    if "name" in changed and others.filter(name__iexact=changed["name"]).exists():
        raise _name_taken(changed["name"])
    if "slug" in changed and others.filter(slug=changed["slug"]).exists():
        raise address_taken(changed["slug"])
    before = {field: getattr(brand, field) for field in changed}
    for field, value in changed.items():
        setattr(brand, field, value)
    _save(brand, [*changed, "updated_at"])
    if "slug" in changed:
        remember_address(FormerAddress.Kind.BRAND, brand.pk, before["slug"], brand.slug)
    if "name" in changed:
        _rename_products(brand)
    audit.record(actor, "products.brand_changed", brand, before=before, after=changed)
    publish(BrandChanged(business_id=require_business_id(), brand_id=brand.pk, brand_name=brand.name))
    return brand


@use_case(permission="products.arrange", audits="products.brand_changed")
def set_brand_logo(actor: Actor, *, brand_id: UUID, media_id: UUID | None) -> Brand:
    """Show a picture of the library as the brand's logo, or none; what is not ready yet is shown when it is.

    Raises `NotFound` for a foreign or deleted file, `WrongState` for an unusable one, `InvalidInput` for no picture.
    """
    # A logo is shown to everybody: who may not see the library must not show what lies in it.
    actor.require(READ)
    brand = _lock(brand_id)
    if brand.logo_id == media_id:
        return brand
    before = {"logo": brand.logo_id}
    release(target_type=RECORD, target_id=brand.pk, role=Role.LOGO)
    brand.logo, brand.logo_path = None, ""
    if media_id is not None:
        brand.logo = hold_picture(
            actor, media_id=media_id, target_type=RECORD, target_id=brand.pk, role=Role.LOGO, is_public=True
        )
        brand.logo_path = _path_of(brand.logo)
    brand.save(update_fields=["logo", "logo_path", "updated_at"])
    audit.record(actor, "products.brand_changed", brand, before=before, after={"logo": media_id})
    return brand


@use_case(permission="products.arrange", audits="products.brand_deleted")
def delete_brand(actor: Actor, *, brand_id: UUID) -> None:
    """Take a brand off that no product has. Raises `Conflict` while one has it."""
    brand = _lock(brand_id)
    if Product.objects.filter(brand=brand).exists():
        raise Conflict(_("“%(name)s” has products. Give them another brand first.") % {"name": brand.name})
    release(target_type=RECORD, target_id=brand.pk, role=Role.LOGO)
    forget_addresses(FormerAddress.Kind.BRAND, brand.pk)
    audit.record(actor, "products.brand_deleted", brand, before={"name": brand.name})
    brand.delete()


@use_case(unaudited="the logo was entered when it was chosen")
def show_brand_logo(actor: Actor, *, media_id: UUID) -> None:
    """The file of a logo is ready: the brand shows it from now on."""
    media = Media.objects.filter(pk=media_id, state=MediaState.READY).first()
    if media is not None:
        Brand.objects.filter(logo=media).update(logo_path=_path_of(media))


@use_case(audits="products.brand_changed")
def forget_brand_logo(actor: Actor, *, media_id: UUID) -> None:
    """The file of a logo was deleted, or never came: the brand has none any more."""
    for brand in Brand.objects.filter(logo_id=media_id).order_by("pk"):
        Brand.objects.filter(pk=brand.pk).update(logo=None, logo_path="")
        audit.record(actor, "products.brand_changed", brand, before={"logo": media_id}, after={"logo": None})


def named_brand(actor: Actor, values: dict[str, Any]) -> dict[str, Any]:
    """The brand and its own spelling for the `vendor_name` in `values`; a new name makes a brand.

    For services of products, inside their use case. Two that meet a new name at once share one brand.
    """
    if "vendor_name" not in values:
        return {}
    name = values["vendor_name"]
    if not name:
        return {"brand_id": None, "vendor_name": ""}
    new: dict[str, Any] = {"name": name, "slug": lambda: _free_slug(name)}
    brand, is_new = Brand.objects.get_or_create(name__iexact=name, defaults=new)
    if is_new:
        _note_added(actor, brand)
    return {"brand_id": brand.pk, "vendor_name": brand.name}


def _note_added(actor: Actor, brand: Brand) -> None:
    audit.record(actor, "products.brand_added", brand, after={"name": brand.name})


def _rename_products(brand: Brand) -> None:
    """Products carry the brand's name, and are found by it: both are written anew, a portion at a time."""
    ids = list(Product.objects.filter(brand=brand).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        chunk = locks.lock(
            Rank.ROOT, Product.objects.filter(pk__in=ids[start : start + CHUNK]).defer("search")
        )
        variants: dict[UUID, list[Variant]] = {}
        for variant in Variant.objects.filter(product__in=[product.pk for product in chunk]):
            variants.setdefault(variant.product_id, []).append(variant)
        for product in chunk:
            product.vendor_name = brand.name
            summarise(product, variants.get(product.pk, []))
        Product.objects.bulk_update(chunk, ["vendor_name", *SUMMARY_FIELDS])


def _lock(brand_id: UUID) -> Brand:
    return locks.lock_one(Rank.ROOT, Brand.objects.filter(pk=brand_id))


def _path_of(media: Media) -> str:
    if media.state != MediaState.READY:
        return ""
    made = {row.label: row.object_key for row in media.derived.filter(label__in=_WANTED)}
    return next((made[label] for label in _WANTED if label in made), "")


def _free_slug(name: str) -> str:
    return free_address(name, "brand", set(Brand.objects.values_list("slug", flat=True)))


def _name_taken(name: str) -> Conflict:
    message = _("There is a brand “%(name)s” already.") % {"name": name}
    return Conflict(message, code="brand_exists", fields={"name": [message]})


def _save(brand: Brand, fields: list[str] | None = None) -> None:
    try:
        brand.save(update_fields=fields)
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
        if constraint == "catalog_brand_name_unique":
            raise _name_taken(brand.name) from error
        if constraint == "catalog_brand_slug_unique":
            raise address_taken(brand.slug) from error
        raise


def _checked_name(name: str) -> str:
    label = clean_text(name, "name", 255)
    if not label:
        raise InvalidInput(fields={"name": [_("A brand needs a name.")]})
    return label
