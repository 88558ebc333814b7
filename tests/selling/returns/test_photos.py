"""Pictures with a return: added on the store's page, checked as every file, seen by staff, gone with the person."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from apps.kernel import outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused, WrongState
from apps.kernel.privacy import Person
from apps.platform.businesses.models import Business
from apps.platform.media.models import Attachment, Media
from apps.platform.media.processing import process
from apps.platform.media.services import uploading
from apps.platform.media.states import MediaState
from apps.platform.media.stores import StorageUnavailable
from apps.platform.privacy.services import erase_customer
from apps.selling.returns import privacy
from apps.selling.returns.models import GoodsReturn
from apps.selling.returns.services import add_photos, look_at_photos, photos, request_return, withdraw_return
from apps.selling.returns.services.asking import WishedLine
from tests.factories.businesses import actor_of, make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import deliver, lines_of, make_order, pay, reread, ship, system_of

RECORD = "returns.goodsreturn"


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any) -> None:
    settings.FILES_ROOT = tmp_path / "files"
    settings.MEDIA_CLAMD = ""


def picture(name: str = "scratch.png", colour: str = "teal") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (600, 400), colour).save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue(), "application/octet-stream")


def sold(business: Business) -> Any:
    order = make_order(business, lines=[(make_variant(business, stock=9), 2)], shipping=None)
    return reread(deliver(ship(pay(order))))


def asked(order: Any, *files: Any, **more: Any) -> Any:
    (line,) = lines_of(order)
    page = f"/store/{order.business.slug}/orders/{order.public_token}/return/"
    body: dict[str, Any] = {
        f"line_{line.pk}": "1", f"reason_{line.pk}": "damaged", "wish": "refund", "note": "", "photos": list(files),
        "key": "0" * 36, **more,
    }  # fmt: skip
    return Client().post(page, body)


def kept() -> list[Media]:
    found = Attachment.unscoped.filter(target_type=RECORD).order_by("id").values("media_id")
    return list(Media.unscoped.filter(pk__in=found).order_by("id"))


@pytest.mark.django_db
def test_a_buyer_shows_what_is_wrong_and_staff_see_it() -> None:
    business = make_business()
    order = sold(business)
    page = Client().get(f"/store/{business.slug}/orders/{order.public_token}/return/").content.decode()
    assert 'enctype="multipart/form-data"' in page
    assert asked(order, picture("one.png"), picture("../two.png", "red")).status_code == 302
    # The browser goes back and sends it again: one return, two pictures.
    assert asked(order, picture("one.png"), picture("../two.png", "red")).status_code == 302
    row = GoodsReturn.unscoped.get()
    media = kept()
    assert [(one.name, one.content_type, one.kind) for one in media] == [
        ("one.png", "image/png", "image"), ("two.png", "image/png", "image")
    ]  # fmt: skip
    assert {one.state for one in media} <= {MediaState.UPLOADED, MediaState.READY}
    for one in media:
        process(system_of(business), media_id=one.pk)
    staff = sign_in(Client(), owner_of(business), business)
    shown = staff.get(f"/admin/returns/goodsreturn/{row.pk}/")
    assert f"/{RECORD}/{row.pk}/" in shown.content.decode()
    panel = staff.get(f"/admin/media/of/{RECORD}/{row.pk}/")
    assert "two.png" in panel.content.decode()
    assert "<img" in panel.content.decode()
    # Nobody else comes by them: no lasting address, and nothing on the buyer's page.
    assert not Attachment.unscoped.filter(is_public=True).exists()
    agent = sign_in(Client(), make_member(business, "delivery_agent"), business)
    assert agent.get(f"/admin/media/of/{RECORD}/{row.pk}/").status_code in {403, 404}
    with tenancy.bind(business.pk):
        hers = list(privacy.returns(Person("customer", order.customer_id, "Ada")))
    assert hers == [(RECORD, row.pk)], "what is known of her takes them along, and her erasure removes them"


@pytest.mark.django_db
def test_her_erasure_takes_the_pictures_along() -> None:
    business = make_business()
    order = sold(business)
    assert asked(order, picture()).status_code == 302
    withdraw_return(Actor.guest(business.pk), return_id=GoodsReturn.unscoped.get().pk)
    outbox.drain()
    assert len(kept()) == 1
    erase_customer(actor_of(business), customer_id=order.customer_id, reason="Asked by letter")
    assert not Attachment.unscoped.exists()
    assert Media.unscoped.get().state == MediaState.DELETED


@pytest.mark.django_db
def test_what_is_no_picture_is_refused_before_anything_is_asked_for(business: Business) -> None:
    order = sold(business)
    script = SimpleUploadedFile("photo.png", b"<svg onload=alert(1)>", "image/png")
    for files in (
        [script],
        [picture()] * 4,
        [picture(), SimpleUploadedFile("a.pdf", b"%PDF-1.7\n", "image/png")],
    ):
        answer = asked(order, *files)
        assert (answer.status_code, 'id="photos_error"' in answer.content.decode()) == (400, True)
    assert (GoodsReturn.unscoped.count(), Media.unscoped.count()) == (0, 0)
    with pytest.raises(InvalidInput):
        look_at_photos([SimpleUploadedFile("empty.png", b"")])


@pytest.mark.django_db
def test_three_at_most_and_only_while_the_return_is_open(business: Business, make_actor: Any) -> None:
    order, guest = sold(business), Actor.guest(business.pk)
    (line,) = lines_of(order)
    row = request_return(guest, order_id=order.pk, lines=[WishedLine(line.pk, 1, "damaged")])
    add_photos(guest, return_id=row.pk, photos=look_at_photos([picture(), picture()]))
    with pytest.raises(WrongState):
        add_photos(guest, return_id=row.pk, photos=look_at_photos([picture(), picture()]))
    assert len(kept()) == 3
    reader = make_actor(business, permissions=frozenset({"returns.read"}))
    with pytest.raises(PermissionRefused):
        add_photos(reader, return_id=row.pk, photos=look_at_photos([picture()]))
    with pytest.raises(NotFound):
        add_photos(Actor.guest(make_business().pk), return_id=row.pk, photos=look_at_photos([picture()]))
    other = sold(business)
    second = request_return(guest, order_id=other.pk, lines=[WishedLine(lines_of(other)[0].pk, 1, "size")])
    withdraw_return(guest, return_id=second.pk)
    with pytest.raises(WrongState):
        add_photos(guest, return_id=second.pk, photos=look_at_photos([picture()]))


@pytest.mark.django_db
def test_the_return_stands_when_its_pictures_cannot_be_kept(business: Business, monkeypatch: Any) -> None:
    def away(*_asked: Any, **_more: Any) -> None:
        raise StorageUnavailable

    order = sold(business)
    monkeypatch.setattr(photos, "put_bytes", away)
    answer = asked(order, picture())
    assert (answer.status_code, GoodsReturn.unscoped.count()) == (302, 1)
    monkeypatch.undo()
    full = sold(business)
    monkeypatch.setattr(uploading, "_take_room", _full)
    assert asked(full, picture(), key="1" * 36).status_code == 302
    assert GoodsReturn.unscoped.count() == 2
    outbox.drain()


def _full(_size: int) -> None:
    raise Conflict(code="no_room")
