"""Uploads are judged by their content and drawn anew."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from apps.goods.catalog import services
from apps.goods.catalog.models import Product, ProductImage
from apps.goods.catalog.pictures import prepare_picture
from apps.goods.catalog.services import gallery
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, PermissionRefused
from apps.platform.businesses.models import Business
from tests.factories.goods import make_product


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


def test_sizes_for_every_screen() -> None:
    made = prepare_picture(picture(), 1000)
    assert (made.width, made.height, sorted(made.renditions)) == (900, 600, [320, 640])
    assert Image.open(io.BytesIO(made.renditions[320])).format == "WEBP"


def test_place_data_is_dropped_and_the_picture_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Secret camera"
    made = prepare_picture(picture(exif=exif.tobytes()), 1000)
    assert (made.width, made.height) == (600, 900)
    assert b"Secret" not in made.content


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
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput) as refusal:
        prepare_picture(io.BytesIO(content), len(content))
    assert "file" in refusal.value.fields


def test_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(InvalidInput):
        prepare_picture(io.BytesIO(b""), 11 * 1024 * 1024)


@pytest.mark.django_db
def test_cover_and_removal(
    actor: Actor, business: Business, bound: Business, django_capture_on_commit_callbacks: Any
) -> None:
    product = make_product(business)
    first = services.add_image(actor, product_id=product.pk, file=picture(), size=1000, alt="Blue")
    second = services.add_image(actor, product_id=product.pk, file=picture(200, 200), size=1000)
    assert Product.objects.get().cover_id == first.pk
    assert default_storage.exists(first.renditions["320"])
    services.set_cover(actor, image_id=second.pk)
    with django_capture_on_commit_callbacks(execute=True):
        services.remove_image(actor, image_id=first.pk)
    assert not default_storage.exists(first.image.name)
    assert list(ProductImage.objects.all()) == [second]


@pytest.mark.django_db
def test_no_file_is_left_behind_by_a_refusal(
    actor: Actor,
    other_business: Business,
    make_actor: Any,
    business: Business,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    theirs = make_product(other_business)
    kept: list[str] = []
    store = gallery._store
    monkeypatch.setattr(
        gallery, "_store", lambda *a: kept.extend(store(*a).values()) or dict(zip("abc", kept, strict=False))
    )
    with pytest.raises(NotFound):
        services.add_image(actor, product_id=theirs.pk, file=picture(), size=1000)
    assert kept
    assert not any(default_storage.exists(path) for path in kept)
    clerk = make_actor(business, permissions=frozenset())
    with pytest.raises(PermissionRefused):
        services.add_image(clerk, product_id=theirs.pk, file=picture(), size=1000)
