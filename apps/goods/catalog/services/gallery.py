"""Pictures of products: files of the library, in an order; the first that can be shown is the cover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.goods.catalog.drafts import UNSET, PictureDraft
from apps.goods.catalog.models import Product, ProductImage, Variant
from apps.goods.catalog.services.products import lock_product, remember_pictures
from apps.goods.catalog.text import clean_text
from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import NotFound
from apps.kernel.use_cases import use_case
from apps.platform.media.models import Media
from apps.platform.media.policies import READ
from apps.platform.media.services import Role, announce_media, drop_failed, hold_picture, release
from apps.platform.media.states import MediaKind, MediaState
from apps.platform.media.taking import bad_picture, carry_through, length_of, picture_type

MOST_PICTURES = 250
# As attachments name the product.
RECORD = "catalog.product"
_FORMATS = {"webp": "", "avif": ".avif"}


@use_case(permission="products.change", idempotent=True, audits="products.picture_added")
def begin_picture(
    actor: Actor,
    *,
    product_id: UUID,
    name: str,
    content_type: str,
    size: int,
    alt: str = "",
    variant_id: UUID | None = None,
    key: str | None = None,
) -> ProductImage:
    """Announce a new picture of a product; its bytes go where `media.services.upload_ticket` says.

    The picture has its place at once and is shown as soon as its file is ready. Raises `InvalidInput` for a type or
    size that is not taken, `Conflict` (`no_room`).
    """
    product = lock_product(product_id)
    _check_room(product, 1)
    _check_variant(product, variant_id)
    media = announce_media(
        actor,
        kind=MediaKind.IMAGE,
        name=name,
        content_type=content_type,
        size=size,
        attach_to=(RECORD, product.pk),
        role=Role.GALLERY,
        is_public=product.published_at is not None,
    )
    image = _append(product, media, alt=alt, variant_id=variant_id)
    audit.record(actor, "products.picture_added", product, after={"picture": str(image.pk)})
    return image


@use_case(permission="products.change", audits="products.picture_added")
def add_pictures(
    actor: Actor,
    *,
    product_id: UUID,
    media_ids: Sequence[UUID],
    alt: str = "",
    variant_id: UUID | None = None,
) -> list[ProductImage]:
    """Add pictures of the library to a product; those it has already are left where they are.

    Raises `NotFound` for a foreign or deleted file, `WrongState` for an unusable one, `InvalidInput` for no picture.
    """
    # On a published product everybody sees the file: who may not see the library must not show what lies in it.
    actor.require(READ)
    product = lock_product(product_id)
    _check_variant(product, variant_id)
    known = set(ProductImage.objects.filter(product=product).values_list("media_id", flat=True))
    new = [media_id for media_id in dict.fromkeys(media_ids) if media_id not in known]
    _check_room(product, len(new))
    # Locked in the order of their keys, whatever the order they were chosen in: two people must not wait crosswise.
    held = {
        media_id: hold_picture(
            actor,
            media_id=media_id,
            target_type=RECORD,
            target_id=product.pk,
            role=Role.GALLERY,
            is_public=product.published_at is not None,
        )
        for media_id in sorted(new)
    }
    made = []
    for media_id in new:
        media = held[media_id]
        image = _append(product, media, alt=alt, variant_id=variant_id)
        if media.state == MediaState.READY:
            _show(product, image, media)
        audit.record(actor, "products.picture_added", product, after={"picture": str(image.pk)})
        made.append(image)
    return made


def add_image(
    actor: Actor,
    *,
    product_id: UUID,
    file: IO[bytes],
    alt: str = "",
    variant_id: UUID | None = None,
    name: str = "picture",
) -> ProductImage:
    """Add a picture whose bytes the server holds and prepare it at once; the first becomes the cover.

    Raises `InvalidInput` when the content is not a picture, too large or a decompression bomb; nothing is left then.
    """
    actor.require("products.change")
    size = length_of(file)
    content_type = picture_type(file, size)
    image = begin_picture(
        actor,
        product_id=product_id,
        name=name,
        content_type=content_type,
        size=size,
        alt=alt,
        variant_id=variant_id,
    )
    try:
        media = carry_through(actor, image.own_media, file)
    except Exception:
        remove_image(actor, image_id=image.pk)
        raise
    if media.state == MediaState.FAILED:
        remove_image(actor, image_id=image.pk)
        drop_failed(actor, media_id=media.pk)
        raise bad_picture(media.failure)
    return _settle(actor, image_id=image.pk)


@use_case(permission="products.change", unaudited="the picture was entered when it was added")
def _settle(actor: Actor, *, image_id: UUID) -> ProductImage:
    """Show it now instead of when the event is delivered: the caller is waiting."""
    image = _get(image_id)
    if image.media and image.media.state == MediaState.READY:
        _show_everywhere(image.media)
    return _get(image_id)


@use_case(unaudited="the picture was entered when it was added")
def show_processed(actor: Actor, *, media_id: UUID) -> None:
    """The file of a picture is ready: products that have it show it from now on."""
    media = Media.objects.filter(pk=media_id, state=MediaState.READY).first()
    if media is not None:
        _show_everywhere(media)


@use_case(audits="products.picture_removed")
def forget_deleted(actor: Actor, *, media_id: UUID) -> None:
    """The file of a picture was deleted, or never came: no product has it any more."""
    images = list(ProductImage.objects.filter(media_id=media_id).order_by("product_id"))
    for image in images:
        product = lock_product(image.product_id)
        image.delete()
        _choose_cover(product)
        audit.record(actor, "products.picture_removed", product, before={"picture": str(image.pk)})


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
    """Take a picture off the product; the next one becomes the cover. Its file stays in the library."""
    image = _get(image_id)
    product = lock_product(image.product_id)
    was_cover = product.cover_id == image.pk
    former = [] if image.media_id else [*image.renditions.values(), *filter(None, [image.image.name])]
    if image.media_id:
        release(target_type=RECORD, target_id=product.pk, role=Role.GALLERY, media_ids=[image.media_id])
    image.delete()
    if was_cover:
        _choose_cover(product)
    audit.record(actor, "products.picture_removed", product, before={"picture": str(image_id)})
    transaction.on_commit(lambda: _remove(former))


@use_case(permission="products.change", audits="products.pictures_arranged")
def arrange_pictures(actor: Actor, *, product_id: UUID, image_ids: Sequence[UUID]) -> Product:
    """Put the named pictures first in this order, the others behind; the first that can be shown is the cover.

    Raises `NotFound` when one is not the product's.
    """
    product = lock_product(product_id)
    images = {row.pk: row for row in ProductImage.objects.filter(product=product).order_by("position", "id")}
    if not set(image_ids) <= set(images):
        raise NotFound()
    before = list(images)
    order = [*dict.fromkeys(image_ids), *(pk for pk in before if pk not in set(image_ids))]
    for position, pk in enumerate(order, 1):
        images[pk].position = position
    ProductImage.objects.bulk_update(images.values(), ["position"])
    _choose_cover(product)
    if order != before:
        after = {"pictures": [str(pk) for pk in order]}
        audit.record(actor, "products.pictures_arranged", product, after=after)
    return product


@use_case(permission="products.change", audits="products.picture_described")
def describe_picture(
    actor: Actor, *, image_id: UUID, alt: str = UNSET, variant_id: UUID | None = UNSET
) -> ProductImage:
    """Say what a picture shows, for those who cannot see it, and which variant; what is left out stays.

    The store shows it when that variant is chosen. Raises `NotFound` for a variant of another product.
    """
    image = _get(image_id)
    product = lock_product(image.product_id)
    values: dict[str, Any] = {}
    if alt is not UNSET:
        values["alt"] = clean_text(alt, "alt", 512)
    if variant_id is not UNSET:
        _check_variant(product, variant_id)
        values["variant_id"] = variant_id
    before = {name: getattr(image, name) for name in values}
    if values != before:
        audit.record(actor, "products.picture_described", product, before=before, after=values)
        for name, value in values.items():
            setattr(image, name, value)
        image.save(update_fields=["alt", "variant", "updated_at"])
    return image


@use_case(permission="products.change", audits="products.pictures_arranged")
def set_cover(actor: Actor, *, image_id: UUID) -> Product:
    """Show this picture first and in lists. Raises `NotFound` for a foreign one."""
    return arrange_pictures(actor, product_id=_get(image_id).product_id, image_ids=[image_id])


def _get(image_id: UUID) -> ProductImage:
    image = ProductImage.objects.filter(pk=image_id).first()
    if image is None:
        raise NotFound()
    return image


def _append(product: Product, media: Media, *, alt: str, variant_id: UUID | None) -> ProductImage:
    last = ProductImage.objects.filter(product=product).aggregate(last=Max("position"))["last"]
    image: ProductImage = ProductImage.objects.create(
        product=product,
        media=media,
        variant_id=variant_id,
        alt=clean_text(alt, "alt", 512),
        position=(last or 0) + 1,
    )
    return image


def _show_everywhere(media: Media) -> None:
    waiting = ProductImage.objects.filter(media=media, image="").order_by("product_id")
    for image in waiting:
        _show(lock_product(image.product_id), image, media)


def _show(product: Product, image: ProductImage, media: Media) -> None:
    """Write down with the picture what a page needs of its file."""
    made = {}
    for derived in media.derived.filter(content_type__in=("image/webp", "image/avif")):
        suffix = _FORMATS[derived.content_type.removeprefix("image/")]
        made[f"{derived.width}{suffix}"] = derived.object_key
        if derived.label == "full.webp":
            image.image, image.width, image.height = derived.object_key, derived.width, derived.height
    image.renditions = made
    image.save(update_fields=["image", "width", "height", "renditions", "updated_at"])
    # A real picture takes the place of one that is only remembered by its address.
    if product.cover_id is None or not ProductImage.objects.get(pk=product.cover_id).image:
        product.cover = image
        product.save(update_fields=["cover", "updated_at"])


def _choose_cover(product: Product) -> None:
    # Pictures that can be shown come before remembered addresses.
    images = sorted(
        ProductImage.objects.filter(product=product), key=lambda i: (not i.image, i.position, i.pk)
    )
    product.cover = images[0] if images else None
    product.save(update_fields=["cover", "updated_at"])


def _check_room(product: Product, more: int) -> None:
    if ProductImage.objects.filter(product=product).count() + more > MOST_PICTURES:
        raise bad_picture(_("A product has at most %(most)s pictures.") % {"most": MOST_PICTURES})


def _check_variant(product: Product, variant_id: UUID | None) -> None:
    if variant_id is not None and not Variant.objects.filter(pk=variant_id, product=product).exists():
        raise NotFound()


def _remove(paths: list[str]) -> None:
    for path in paths:
        default_storage.delete(path)
