"""The logo and one's own picture: checked like all files, shown where they belong, gone when they are taken away."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from apps.money.invoicing.models import Document
from apps.money.invoicing.rendering import render
from apps.platform.accounts.models import User
from apps.platform.accounts.services.closing import empty_account
from apps.platform.businesses.models import Business
from apps.platform.businesses.services import change_settings
from apps.platform.media.avatars import set_avatar
from apps.platform.media.lasting import lasting_address
from apps.platform.media.models import Attachment, Media
from apps.platform.media.processing import process
from apps.platform.media.services import (
    announce_upload,
    begin_business_picture,
    delete_media,
    finish_upload,
    put_bytes,
    set_business_picture,
)
from apps.platform.notifications.models import Message
from tests.factories.businesses import actor_of, make_business, make_member, owner_of, sign_in
from tests.factories.orders import make_order

from .conftest import png

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Business:
    return make_business()


@pytest.fixture
def boss(shop: Business) -> Actor:
    return actor_of(shop)


@pytest.fixture
def staff(shop: Business) -> Client:
    return sign_in(Client(), owner_of(shop), shop)


def upload(name: str = "mark.png", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or png(800, 200), "image/png")


def logo_of(shop: Business) -> str:
    return str(Business.objects.get(pk=shop.pk).logo.name)


def ready_media(actor: Actor) -> Media:
    media = announce_upload(
        actor, kind="image", name="a.png", content_type="image/png", size=len(png())
    ).media
    put_bytes(media, io.BytesIO(png()))
    finish_upload(actor, media_id=media.pk)
    process(actor, media_id=media.pk)
    return media


def test_a_logo_is_on_the_store_on_papers_and_in_mails(shop: Business, staff: Client, settings: Any) -> None:
    assert staff.post("/admin/media/logo/", {"file": upload()}).status_code == 302
    key = logo_of(shop)
    assert re.fullmatch(rf"{shop.pk}/image/[0-9a-f-]+/640\.webp", key)
    address = lasting_address(key)
    shown = Client().get(address)
    assert shown["Content-Type"] == "image/webp"
    assert Image.open(io.BytesIO(b"".join(shown))).size == (640, 160)
    home = Client().get(f"/store/{shop.slug}/").content.decode()
    assert f'<img src="{address}" alt="" width="32" height="32" class="logo">' in home
    assert f'<link rel="icon" href="{address}">' in home
    assert address in staff.get("/admin/settings/").content.decode()
    make_order(shop, paid=True)
    outbox.drain()
    with tenancy.bind(shop.pk):
        receipt = Document.objects.get(kind="receipt")
        assert receipt.snapshot["seller"]["logo"] == key
        paper = render(receipt)
        mail = Message.objects.filter(template="order_placed").first()
    assert b"/Image" in paper
    assert mail is not None
    assert f'<img src="{settings.PUBLIC_BASE_URL}{address}"' in mail.html


def test_the_former_logo_goes_and_none_is_drawn_again(shop: Business, boss: Actor, staff: Client) -> None:
    staff.post("/admin/media/logo/", {"file": upload()})
    first = logo_of(shop)
    with tenancy.bind(shop.pk):
        media = ready_media(boss)
    staff.post("/admin/media/logo/", {"media": str(media.pk)})
    assert str(media.pk) in logo_of(shop)
    assert Client().get(lasting_address(first)).status_code == 404, "no longer shown to everybody"
    with tenancy.bind(shop.pk):
        assert Attachment.objects.get().media_id == media.pk
    staff.post("/admin/media/logo/", {"remove": "1"})
    assert logo_of(shop) == ""
    assert "mark-" in Client().get(f"/store/{shop.slug}/").content.decode()


def test_a_banner_takes_the_place_of_the_drawn_shelf(shop: Business, staff: Client) -> None:
    staff.post("/admin/media/logo/", {"file": upload()})
    logo, front = logo_of(shop), f"/store/{shop.slug}/"
    assert "shelf-" in Client().get(front).content.decode()
    assert staff.post("/admin/media/banner/", {"file": upload()}).status_code == 302
    shop.refresh_from_db()
    banner = shop.banner.name or ""
    page = Client().get(front).content.decode()
    assert lasting_address(banner) in page
    assert "shelf-" not in page
    assert Client().get(lasting_address(banner)).status_code == 200
    assert logo_of(shop) == logo, "the logo stays when the banner changes"
    staff.post("/admin/media/banner/", {"remove": "1"})
    assert "shelf-" in Client().get(front).content.decode()


def test_a_business_that_only_buys_has_no_store(shop: Business, boss: Actor) -> None:
    front = f"/store/{shop.slug}/"
    change_settings(boss, trade="both")
    assert Client().get(front).status_code == 200
    change_settings(boss, trade="buyer")
    assert Client().get(front).status_code == 404
    assert Client().get(f"/api/v1/stores/{shop.slug}/products/").status_code == 404
    assert sign_in(Client(), owner_of(shop), shop).get("/admin/").status_code == 200
    with pytest.raises(InvalidInput):
        change_settings(boss, trade="lends")


def test_a_logo_in_use_is_named_and_its_deletion_takes_it_off(shop: Business, boss: Actor) -> None:
    with tenancy.bind(shop.pk):
        media = ready_media(boss)
        set_business_picture(boss, role=Attachment.Role.LOGO, media_id=media.pk)
        with pytest.raises(Conflict, match=shop.name) as caught:
            delete_media(boss, media_id=media.pk)
        assert caught.value.context["uses"][0]["role"] == "logo"
        delete_media(boss, media_id=media.pk, detach=True)
    outbox.drain()
    assert logo_of(shop) == ""


def test_a_logo_that_is_still_prepared_is_shown_when_it_is_ready(shop: Business, boss: Actor) -> None:
    with tenancy.bind(shop.pk):
        content = png()
        media = begin_business_picture(
            boss, role=Attachment.Role.LOGO, name="a.png", content_type="image/png", size=len(content)
        )
        put_bytes(media, io.BytesIO(content))
        finish_upload(boss, media_id=media.pk)
        set_business_picture(boss, role=Attachment.Role.LOGO, media_id=media.pk)
        assert logo_of(shop) == ""
        process(boss, media_id=media.pk)
    outbox.drain()
    assert str(media.pk) in logo_of(shop)


def test_of_two_logos_the_later_choice_stays_although_it_is_ready_first(shop: Business, boss: Actor) -> None:
    content = png()
    with tenancy.bind(shop.pk):
        first, second = (
            begin_business_picture(
                boss, role=Attachment.Role.LOGO, name=name, content_type="image/png", size=len(content)
            )
            for name in ("a.png", "b.png")
        )
        for media in (second, first):
            put_bytes(media, io.BytesIO(content))
            finish_upload(boss, media_id=media.pk)
            process(boss, media_id=media.pk)
            outbox.drain()
        assert str(second.pk) in logo_of(shop)
        assert [use.media_id for use in Attachment.objects.filter(role="logo")] == [second.pk]


def test_who_may_not_change_the_business_changes_no_logo(shop: Business, boss: Actor) -> None:
    with tenancy.bind(shop.pk):
        media = ready_media(boss)
    cashier = make_member(shop, "cashier")
    client = sign_in(Client(), cashier, shop)
    assert client.get("/admin/media/logo/").status_code == 403
    assert client.post("/admin/media/logo/", {"media": str(media.pk)}).status_code == 403
    other = make_business("Elsewhere")
    with tenancy.bind(other.pk), pytest.raises(NotFound):
        set_business_picture(actor_of(other), role=Attachment.Role.LOGO, media_id=media.pk)
    with pytest.raises(PermissionRefused):
        set_business_picture(
            Actor("user", cashier.pk, "C", shop.pk), role=Attachment.Role.LOGO, media_id=media.pk
        )
    assert logo_of(shop) == ""


def test_a_broken_logo_leaves_nothing(shop: Business, staff: Client) -> None:
    answer = staff.post("/admin/media/logo/", {"file": upload(content=png()[:200])})
    assert answer.status_code == 400
    assert "The picture is damaged" in answer.content.decode()
    assert staff.post("/admin/media/logo/", {"media": "x"}).status_code == 400
    with tenancy.bind(shop.pk):
        assert not Media.objects.exclude(state="deleted").exists()
        assert not Attachment.objects.exists()


def test_ones_own_picture_is_a_square_that_colleagues_alone_see(
    shop: Business, staff: Client, settings: Any
) -> None:
    owner = owner_of(shop)
    exif = Image.Exif()
    exif[0x010F] = "Secret camera"
    answer = staff.post("/admin/me/picture/", {"file": upload(content=png(500, 300, exif=exif.tobytes()))})
    assert answer.status_code == 302
    owner.refresh_from_db()
    first = owner.avatar.name
    assert re.fullmatch(rf"people/{owner.pk}/[0-9a-f-]+\.webp", first)
    page = staff.get("/admin/me/").content.decode()
    address = f"/admin/people/{owner.pk}/picture/"
    assert f'src="{address}?v=' in page
    shown = staff.get(address)
    body = b"".join(shown)
    assert (shown["Content-Type"], Image.open(io.BytesIO(body)).size) == ("image/webp", (256, 256))
    assert b"Secret" not in body
    assert shown["Cache-Control"].startswith("private")
    colleague = sign_in(Client(), make_member(shop, "cashier"), shop)
    assert colleague.get(address).status_code == 200
    other = make_business("Elsewhere")
    stranger = sign_in(Client(), owner_of(other), other)
    assert stranger.get(address).status_code == 404
    assert Client().get(address).status_code == 302
    assert Client().get(lasting_address(first)).status_code == 404
    staff.post("/admin/me/picture/", {"file": upload()})
    assert not (settings.FILES_ROOT / first).exists(), "the former one is gone"
    staff.post("/admin/me/picture/", {"remove": "1"})
    owner.refresh_from_db()
    assert not owner.avatar
    assert [path for path in (settings.FILES_ROOT / "people").rglob("*") if path.is_file()] == []


def test_a_closed_account_takes_its_picture_along(
    shop: Business, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    person = make_member(shop, "cashier")
    actor = Actor("user", person.pk, "C", None)
    set_avatar(actor, user=person, file=io.BytesIO(png()), size=len(png()))
    kept = settings.FILES_ROOT / User.objects.get(pk=person.pk).avatar.name
    assert kept.exists()
    with django_capture_on_commit_callbacks(execute=True):
        empty_account(Actor.system("test", None), user_id=person.pk)
    assert not kept.exists()


def test_ones_own_picture_is_scanned(shop: Business, monkeypatch: pytest.MonkeyPatch) -> None:
    person = owner_of(shop)
    monkeypatch.setattr("apps.platform.media.avatars.find_virus", lambda _path: "Eicar")
    with pytest.raises(InvalidInput, match="Eicar"):
        set_avatar(Actor("user", person.pk, "O", None), user=person, file=io.BytesIO(png()), size=9)
    person.refresh_from_db()
    assert not person.avatar


def test_an_address_of_a_logo_ends_no_time_limited_one(shop: Business, boss: Actor) -> None:
    """Days later the lasting one still answers."""
    with tenancy.bind(shop.pk):
        set_business_picture(boss, role=Attachment.Role.LOGO, media_id=ready_media(boss).pk)
    with clock.travel(dt.timedelta(days=400)):
        assert Client().get(lasting_address(logo_of(shop))).status_code == 200
