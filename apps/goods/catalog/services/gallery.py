"""Pictures of products. Files are made and stored before the transaction, and taken away when it fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.goods.catalog.drafts import PictureDraft
from apps.goods.catalog.models import Product, ProductImage, Variant
from apps.goods.catalog.pictures import PreparedPicture, prepare_picture
from apps.goods.catalog.services.products import lock_product, remember_pictures
from apps.goods.catalog.text import clean_text
from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound
from apps.kernel.ids import new_id
from apps.kernel.use_cases import use_case

MOST_PICTURES = 250


def add_image(
    actor: Actor,
    *,
    product_id: UUID,
    file: IO[bytes],
    size: int,
    alt: str = "",
    variant_id: UUID | None = None,
) -> ProductImage:
    """Add an uploaded picture (`size` in bytes, at most 10 MB) to a product; the first becomes its cover.

    Raises `InvalidInput` when the content is not a picture, too large or a decompression bomb.
    """
    actor.require("products.change")
    prepared = prepare_picture(file, size)
    image_id = new_id()
    paths = _store(prepared, f"products/{actor.business_id}/{image_id}")
    try:
        return _record_image(
            actor,
            product_id=product_id,
            image_id=image_id,
            paths=paths,
            width=prepared.width,
            height=prepared.height,
            alt=alt,
            variant_id=variant_id,
        )
    except Exception:
        _remove(list(paths.values()))
        raise


@use_case(permission="products.change", audits="products.picture_added")
def _record_image(
    actor: Actor,
    *,
    product_id: UUID,
    image_id: UUID,
    paths: dict[str, str],
    width: int,
    height: int,
    alt: str,
    variant_id: UUID | None,
) -> ProductImage:
    product = lock_product(product_id)
    if variant_id is not None and not Variant.objects.filter(pk=variant_id, product=product).exists():
        raise NotFound()
    images = ProductImage.objects.filter(product=product)
    if images.count() >= MOST_PICTURES:
        raise InvalidInput(
            fields={"file": [_("A product has at most %(most)s pictures.") % {"most": MOST_PICTURES}]}
        )
    image = ProductImage.objects.create(
        id=image_id,
        product=product,
        variant_id=variant_id,
        image=paths["original"],
        renditions={name: path for name, path in paths.items() if name != "original"},
        alt=clean_text(alt, "alt", 512),
        position=(images.aggregate(last=Max("position"))["last"] or 0) + 1,
        width=width,
        height=height,
    )
    # A real picture takes the place of one that is only remembered by its address.
    if product.cover_id is None or not ProductImage.objects.get(pk=product.cover_id).image:
        product.cover = image
        product.save(update_fields=["cover", "updated_at"])
    audit.record(actor, "products.picture_added", product, after={"picture": str(image.pk)})
    return image


@use_case(permission="products.change", audits="products.pictures_remembered")
def add_remembered_images(
    actor: Actor, *, product_id: UUID, pictures: Sequence[PictureDraft]
) -> list[ProductImage]:
    """Keep the addresses of pictures a product has elsewhere; those it knows already are left alone.

    Nothing is fetched: a drawn picture is shown until somebody uploads one.
    """
    product = lock_product(product_id)
    known = set(ProductImage.objects.filter(product=product).values_list("source_url", flat=True))
    new = [picture for picture in pictures if picture.source_url not in known]
    if not new:
        return []
    rows = remember_pictures(product, new)
    audit.record(actor, "products.pictures_remembered", product, after={"count": len(rows)})
    return rows


@use_case(permission="products.change", audits="products.picture_removed")
def remove_image(actor: Actor, *, image_id: UUID) -> None:
    """Take a picture away; the next one becomes the cover. Its files go when the transaction is committed."""
    image = ProductImage.objects.filter(pk=image_id).first()
    if image is None:
        raise NotFound()
    product = lock_product(image.product_id)
    paths = [*image.renditions.values(), *([image.image.name] if image.image else [])]
    image.delete()
    _choose_cover(product)
    audit.record(actor, "products.picture_removed", product, before={"picture": str(image_id)})
    transaction.on_commit(lambda: _remove(paths))


@use_case(permission="products.change", audits="products.cover_set")
def set_cover(actor: Actor, *, image_id: UUID) -> Product:
    """Show this picture in lists. Raises `NotFound` for a foreign one."""
    image = ProductImage.objects.filter(pk=image_id).first()
    if image is None:
        raise NotFound()
    product = lock_product(image.product_id)
    product.cover = image
    product.save(update_fields=["cover", "updated_at"])
    audit.record(actor, "products.cover_set", product, after={"picture": str(image_id)})
    return product


def _choose_cover(product: Product) -> None:
    # Uploaded pictures come before remembered addresses ("" sorts first, so descending).
    images = sorted(
        ProductImage.objects.filter(product=product), key=lambda i: (not i.image, i.position, i.pk)
    )
    product.cover = images[0] if images else None
    product.save(update_fields=["cover", "updated_at"])


def _store(prepared: PreparedPicture, folder: str) -> dict[str, str]:
    paths = {"original": default_storage.save(f"{folder}/original.webp", ContentFile(prepared.content))}
    for width, content in prepared.renditions.items():
        paths[str(width)] = default_storage.save(f"{folder}/{width}.webp", ContentFile(content))
    return paths


def _remove(paths: list[str]) -> None:
    for path in paths:
        default_storage.delete(path)
