"""Pictures of products: files of the library, judged by their content and drawn anew."""

from __future__ import annotations

import io
import struct
import zlib
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from apps.goods.catalog import services
from apps.goods.catalog.drafts import VariantDraft
from apps.goods.catalog.models import Product, ProductImage
from apps.goods.catalog.services.gallery import RECORD
from apps.kernel import outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business
from apps.platform.media.lasting import lasting_address
from apps.platform.media.models import Allowance, Attachment, Media
from apps.platform.media.processing import process
from apps.platform.media.services import (
    announce_upload,
    delete_media,
    finish_upload,
    put_bytes,
    upload_ticket,
)
from apps.platform.media.tasks import remove_due
from tests.factories.businesses import actor_of, make_business, owner_of, sign_in
from tests.factories.goods import make_product, variants_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any) -> None:
    settings.FILES_ROOT = tmp_path / "files"
    settings.MEDIA_CLAMD = ""


def picture(width: int = 900, height: int = 600, kind: str = "JPEG", **options: Any) -> io.BytesIO:
    target = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(target, kind, **options)
    target.seek(0)
    return target


def bomb(side: int = 60_000) -> bytes:
    """A PNG of a few bytes that says it has billions of pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def kept_files(settings: Any) -> list[Any]:
    return [path for path in settings.FILES_ROOT.rglob("*") if path.is_file()]


def in_library(actor: Actor, content: bytes | None = None) -> UUID:
    """A ready picture of the library."""
    content = content or picture(400, 300).getvalue()
    media = announce_upload(
        actor, kind="image", name="a.jpg", content_type="image/jpeg", size=len(content)
    ).media
    put_bytes(media, io.BytesIO(content))
    finish_upload(actor, media_id=media.pk)
    process(actor, media_id=media.pk)
    return media.pk


def test_sizes_for_every_screen_in_both_formats(
    actor: Actor, business: Business, bound: Business, client: Client
) -> None:
    product = make_product(business)
    image = services.add_image(actor, product_id=product.pk, file=picture())
    assert (image.width, image.height) == (900, 600)
    assert sorted(image.renditions) == ["320", "320.avif", "640", "640.avif", "900", "900.avif"]
    for name, kind in (("320", "webp"), ("640.avif", "avif")):
        shown = client.get(lasting_address(image.renditions[name]))
        assert shown["Content-Type"] == f"image/{kind}"
        assert shown["Cache-Control"] == "public, max-age=2592000, immutable"
        body = b"".join(shown)
        assert Image.open(io.BytesIO(body)).format == kind.upper()
        assert Image.open(io.BytesIO(body)).width == int(name.split(".")[0])


def test_place_data_is_dropped_and_the_picture_turned(
    actor: Actor, business: Business, bound: Business, client: Client
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Secret camera"
    product = make_product(business)
    image = services.add_image(actor, product_id=product.pk, file=picture(exif=exif.tobytes()))
    assert (image.width, image.height) == (600, 900)
    assert b"Secret" not in b"".join(client.get(lasting_address(image.image.name)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<svg onload=alert(1)>",
        b"\x89PNG\r\n\x1a\n broken",
        bomb(),
        picture().getvalue()[:500],
    ],
)
def test_what_is_no_picture_is_refused_and_leaves_nothing(
    actor: Actor, business: Business, bound: Business, content: bytes, settings: Any
) -> None:
    product = make_product(business)
    with pytest.raises(InvalidInput) as refusal:
        services.add_image(actor, product_id=product.pk, file=io.BytesIO(content))
    assert "file" in refusal.value.fields
    assert not ProductImage.objects.exists()
    assert not Attachment.objects.exists()
    assert not Media.objects.exclude(state="deleted").exists()
    assert sum(Allowance.objects.values_list("used_bytes", flat=True)) == 0
    assert kept_files(settings) == []


def test_too_large_is_refused_before_it_is_read(
    actor: Actor, business: Business, bound: Business, tmp_path: Any
) -> None:
    product = make_product(business)
    with (tmp_path / "large.png").open("w+b") as file:
        file.write(picture(kind="PNG").getvalue())
        file.truncate(21 * 1024 * 1024)
        with pytest.raises(InvalidInput, match="20 MB"):
            services.add_image(actor, product_id=product.pk, file=file)


def test_order_cover_words_and_removal(actor: Actor, business: Business, bound: Business) -> None:
    product = make_product(business)
    first = services.add_image(actor, product_id=product.pk, file=picture(), alt="Blue")
    second = services.add_image(actor, product_id=product.pk, file=picture(200, 200))
    third = services.add_image(actor, product_id=product.pk, file=picture(100, 100))
    assert Product.objects.get().cover_id == first.pk
    services.arrange_pictures(actor, product_id=product.pk, image_ids=[third.pk, first.pk])
    order = ProductImage.objects.order_by("position").values_list("pk", flat=True)
    assert list(order) == [third.pk, first.pk, second.pk]
    assert Product.objects.get().cover_id == third.pk
    services.set_cover(actor, image_id=second.pk)
    assert list(order.all()) == [second.pk, third.pk, first.pk]
    services.describe_picture(actor, image_id=second.pk, alt="  Green\n")
    services.remove_image(actor, image_id=third.pk)
    assert Product.objects.get().cover.alt == "Green"
    assert Media.objects.filter(state="ready").count() == 3, "the file stays in the library"
    assert Attachment.objects.filter(role="gallery").count() == 2
    services.remove_image(actor, image_id=second.pk)
    services.remove_image(actor, image_id=first.pk)
    assert Product.objects.get().cover_id is None


def test_a_picture_is_shown_for_its_variant(client: Client, db: None) -> None:
    business = make_business()
    actor = actor_of(business)
    scarf = make_product(business, title="Scarf", slug="scarf", option="Colour", values=["Red", "Blue"])
    _red, blue = variants_of(scarf)
    single = make_product(business, title="Lamp")
    with tenancy.bind(business.pk):
        for product in (scarf, single):
            services.add_image(actor, product_id=product.pk, file=picture())
        shown = services.add_image(actor, product_id=scarf.pk, file=picture(200, 200), alt="Folded")
    staff = sign_in(client, owner_of(business), business)
    panel = reverse("admin:product_pictures", args=[scarf.pk])
    page = staff.get(panel).content.decode()
    assert page.count(f'<option value="{blue.pk}">Blue</option>') == 2
    staff.post(f"{panel}do/describe/", {"image": shown.pk, "alt": "Folded", "variant": blue.pk})
    assert f'<option value="{blue.pk}" selected>Blue</option>' in staff.get(panel).content.decode()
    staff.post(f"{panel}do/describe/", {"image": shown.pk, "alt": "Folded twice"})
    shown = ProductImage.unscoped.get(pk=shown.pk)
    assert (shown.alt, shown.variant_id) == ("Folded twice", blue.pk)
    store = client.get(reverse("storefront:product", args=[business.slug, "scarf"])).content.decode()
    assert str(shown.media_id) in store
    other = variants_of(make_product(business, title="Mug", option="Size", values=["S", "L"]))[0]
    assert staff.post(f"{panel}do/describe/", {"image": shown.pk, "variant": other.pk}).status_code == 404
    typed = {"image": shown.pk, "variant": "blue"}
    assert staff.post(f"{panel}do/describe/", typed, follow=True).status_code == 200
    staff.post(f"{panel}do/describe/", {"image": shown.pk, "alt": "", "variant": ""})
    shown = ProductImage.unscoped.get(pk=shown.pk)
    assert (shown.alt, shown.variant_id) == ("", None)
    lamp = staff.get(reverse("admin:product_pictures", args=[single.pk])).content.decode()
    assert "<select" not in lamp, "nothing to choose"
    with pytest.raises(NotFound):
        services.describe_picture(actor, image_id=shown.pk, variant_id=other.pk)


def test_a_picture_of_one_size_stands_for_the_others_of_its_colour(client: Client, db: None) -> None:
    business = make_business()
    cells = [(size, colour) for colour in ("Red", "Blue") for size in ("S", "M")]
    drafts = [VariantDraft(price=Decimal(9), option_values=list(cell)) for cell in cells]
    actor = Actor.system("t", business.pk)
    shirt = services.create_product(
        actor,
        title="Shirt",
        slug="shirt",
        options=["Size", "Colour"],
        variants=drafts,
        status="active",
        published=True,
    )
    variants = {tuple(one.option_values): one for one in variants_of(shirt)}
    with tenancy.bind(business.pk):
        services.add_image(actor, product_id=shirt.pk, file=picture())
        red = services.add_image(
            actor, product_id=shirt.pk, file=picture(500, 400), variant_id=variants["S", "Red"].pk
        )
    page = client.get(reverse("storefront:product", args=[business.slug, "shirt"])).context["variants_data"][
        "variants"
    ]
    shown = {tuple(offer["values"]): str(red.media_id) in offer["picture"] for offer in page}
    assert shown == {("S", "Red"): True, ("M", "Red"): True, ("S", "Blue"): False, ("M", "Blue"): False}


def test_an_upload_has_its_place_at_once_and_is_shown_when_it_is_ready(
    actor: Actor, business: Business, bound: Business, client: Client
) -> None:
    product = make_product(business)
    content = picture().getvalue()
    given = {"name": "../x.php", "content_type": "image/jpeg", "size": len(content)}
    begun = services.begin_picture(actor, product_id=product.pk, key="once", **given)
    assert services.begin_picture(actor, product_id=product.pk, key="once", **given).pk == begun.pk
    assert (begun.image.name, Product.objects.get().cover_id) == ("", None)
    address = upload_ticket(begun.media).address
    path = "/files/" + address.split("/files/", 1)[1]
    assert client.put(path, content, content_type="image/jpeg").status_code == 200
    finish_upload(actor, media_id=begun.media_id)
    process(actor, media_id=begun.media_id)
    outbox.drain()
    shown = ProductImage.objects.get()
    assert shown.image.name == f"{bound.pk}/image/{begun.media_id}/full.webp"
    assert Product.objects.get().cover_id == shown.pk


def test_pictures_of_the_library_are_added_once_and_only_pictures(
    actor: Actor, business: Business, bound: Business, other_business: Business, make_actor: Any
) -> None:
    product, media_id = make_product(business), in_library(actor)
    made = services.add_pictures(actor, product_id=product.pk, media_ids=[media_id, media_id])
    assert len(made) == 1
    assert made[0].renditions["320"].endswith(f"{media_id}/320.webp")
    assert services.add_pictures(actor, product_id=product.pk, media_ids=[media_id]) == []
    paper = announce_upload(
        actor, kind="document", name="a.pdf", content_type="application/pdf", size=9
    ).media
    with pytest.raises(InvalidInput):
        services.add_pictures(actor, product_id=product.pk, media_ids=[paper.pk])
    with pytest.raises(NotFound):
        services.add_pictures(actor, product_id=product.pk, media_ids=[new_id()])
    theirs = make_product(other_business)
    for wrong in (
        lambda: services.add_pictures(make_actor(other_business), product_id=theirs.pk, media_ids=[media_id]),
        lambda: services.remove_image(make_actor(other_business), image_id=made[0].pk),
        lambda: services.arrange_pictures(actor, product_id=product.pk, image_ids=[new_id()]),
    ):
        with pytest.raises(NotFound):
            wrong()
    clerk = make_actor(business, permissions=frozenset({"products.read"}))
    with pytest.raises(PermissionRefused):
        services.add_image(clerk, product_id=product.pk, file=picture())


def test_a_picture_in_use_is_not_deleted_and_a_deleted_one_leaves_the_product(
    actor: Actor, business: Business, bound: Business, client: Client, settings: Any
) -> None:
    product = make_product(business, title="Harbour mug")
    image = services.add_image(actor, product_id=product.pk, file=picture())
    address = lasting_address(image.renditions["320"])
    assert client.get(address).status_code == 200
    with pytest.raises(Conflict, match="Product Harbour mug") as caught:
        delete_media(actor, media_id=image.media_id)
    assert caught.value.context["uses"][0]["role"] == "gallery"
    delete_media(actor, media_id=image.media_id, detach=True)
    assert client.get(address).status_code == 404
    outbox.drain()
    assert not ProductImage.objects.exists()
    assert Product.objects.get().cover_id is None
    remove_due()
    assert kept_files(settings) == []


def test_pictures_of_drafts_have_no_public_address_and_published_ones_keep_theirs(
    actor: Actor, business: Business, bound: Business, client: Client
) -> None:
    draft = make_product(business, published=False)
    image = services.add_image(actor, product_id=draft.pk, file=picture())
    address = lasting_address(image.renditions["640"])
    assert client.get(address).status_code == 404
    services.publish_product(actor, product_id=draft.pk)
    answer = client.get(address)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer
    again = client.get(address, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    services.unpublish_product(actor, product_id=draft.pk)
    assert client.get(address).status_code == 200, "orders of then still show it"
    services.remove_image(actor, image_id=image.pk)
    assert client.get(address).status_code == 404


def test_only_small_pictures_are_public(
    actor: Actor, business: Business, bound: Business, client: Client
) -> None:
    image = services.add_image(actor, product_id=make_product(business).pk, file=picture())
    private = in_library(actor)
    for key in (
        image.media.object_key,
        f"incoming/{image.media.object_key}",
        f"{bound.pk}/image/{private}/320.webp",
        "../../etc/passwd",
        "products/../../files/x.webp",
        "products/nothing.webp",
    ):
        assert client.get(f"/files/lasting/{key}").status_code == 404, key


def test_pictures_of_former_times_are_read_as_before(
    actor: Actor, business: Business, bound: Business, client: Client
) -> None:
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    product = make_product(business, title="Old mug", slug="old-mug")
    paths = {}
    for name in ("original", "320"):
        content = ContentFile(picture(320, 240, "WEBP").getvalue())
        paths[name] = default_storage.save(f"products/{bound.pk}/old/{name}.webp", content)
    image = ProductImage.objects.create(
        product=product, image=paths["original"], renditions={"320": paths["320"]}, alt="Old"
    )
    Product.objects.filter(pk=product.pk).update(cover=image)
    page = client.get(f"/store/{business.slug}/products/old-mug/").content.decode()
    assert f"/files/lasting/{paths['320']}" in page
    answer = client.get(f"/files/lasting/{paths['320']}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    newer = services.add_image(actor, product_id=product.pk, file=picture())
    assert Product.objects.get().cover_id == image.pk, "what was shown first stays first"
    services.remove_image(actor, image_id=newer.pk)
    assert product._meta.label_lower == RECORD
