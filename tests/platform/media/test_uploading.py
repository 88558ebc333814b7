"""A file's way in, by honest and dishonest senders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business
from apps.platform.media.models import Allowance, Media
from apps.platform.media.selectors import read_address
from apps.platform.media.services import announce_upload, finish_upload, set_allowance
from apps.platform.media.stores import get_store

from .conftest import path_of, png


def announce(actor: Actor, content: bytes, **changes: Any) -> Any:
    given = {
        "kind": "image",
        "name": "photo.png",
        "content_type": "image/png",
        "size": len(content),
        **changes,
    }
    return announce_upload(actor, **given)


def test_a_file_goes_in_and_is_checked_by_the_server(
    actor: Actor, bound: Business, client: Client, uploaded: Callable[..., Media]
) -> None:
    media = uploaded(actor, png(), name="../../etc/Beach photo.png")
    assert media.state == "uploaded"
    assert media.name == "Beach_photo.png"
    assert media.object_key == f"{bound.pk}/image/{media.pk}.png"
    assert read_address(media) == "", "nothing is read before it is ready"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"content_type": "image/svg+xml"}, "content_type"),
        ({"content_type": "text/html"}, "content_type"),
        ({"content_type": "application/pdf"}, "content_type"),
        ({"kind": "program"}, "kind"),
        ({"size": 0}, "size"),
        ({"size": -5}, "size"),
        ({"size": 20 * 1024 * 1024 + 1}, "size"),
    ],
)
def test_what_is_not_taken_is_refused_before_a_byte_is_sent(
    actor: Actor, bound: Business, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        announce(actor, b"x", **changes)
    assert field in caught.value.fields
    assert not Media.objects.exists()
    assert not Allowance.objects.filter(used_bytes__gt=0).exists()


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script></html>",
        b"%PDF-1.7 a paper that calls itself a picture",
        b"MZ\x90\x00" + b"\x00" * 100,
        b"just words",
    ],
)
def test_content_that_is_not_what_it_says_fails_and_leaves_nothing(
    actor: Actor, bound: Business, uploaded: Callable[..., Media], content: bytes, settings: Any
) -> None:
    media = uploaded(actor, content)
    assert media.state == "failed"
    assert media.failure == "It is not what it says it is."
    assert [path for path in settings.FILES_ROOT.rglob("*") if path.is_file()] == []
    assert Allowance.objects.get().used_bytes == 0


def test_markup_does_not_pass_as_plain_text(
    actor: Actor, bound: Business, uploaded: Callable[..., Media]
) -> None:
    for content in (b"<script>alert(1)</script>", b"hello <SVG onload=x>", b"\x00binary"):
        assert uploaded(actor, content, kind="document", content_type="text/plain").state == "failed"
    fine = uploaded(actor, b"sku,price\nA1,3 < 4\n", kind="document", content_type="text/csv")
    assert fine.state == "uploaded"


def test_more_or_fewer_bytes_than_announced_are_refused(
    actor: Actor, bound: Business, client: Client, settings: Any
) -> None:
    content = png()
    found = announce(actor, content)
    for wrong in (content + b"x", content[:-1], b"x"):
        assert client.put(path_of(found.address), wrong, content_type="image/png").status_code == 413
    assert client.put(path_of(found.address), content, content_type="text/html").status_code == 415
    assert [path for path in settings.FILES_ROOT.rglob("*") if path.is_file()] == []
    with pytest.raises(Conflict) as caught:
        finish_upload(actor, media_id=found.media.pk)
    assert caught.value.code == "nothing_arrived"


def test_storage_that_holds_another_size_is_not_believed(
    actor: Actor, bound: Business, settings: Any
) -> None:
    found = announce(actor, png())
    path = settings.FILES_ROOT / "incoming" / found.media.object_key
    path.parent.mkdir(parents=True)
    path.write_bytes(png() + b"tail")
    assert finish_upload(actor, media_id=found.media.pk).failure == "It has another size than announced."


def test_a_forged_or_ended_address_opens_nothing(actor: Actor, bound: Business, client: Client) -> None:
    content = png()
    found = announce(actor, content)
    good = path_of(found.address)
    for forged in (good[:-2] + "x/", "/files/upload/abc/", good.replace("/upload/", "/upload/x")):
        assert client.put(forged, content, content_type="image/png").status_code == 403
    with clock.travel(dt.timedelta(hours=1, seconds=5)):
        assert client.put(good, content, content_type="image/png").status_code == 403
    assert client.get(good).status_code == 405
    assert client.get(good.replace("/upload/", "/")).status_code == 403, (
        "an address for putting does not read"
    )


def test_a_second_upload_after_the_end_changes_nothing(actor: Actor, bound: Business, client: Client) -> None:
    content = png()
    found = announce(actor, content)
    for _twice in range(2):
        assert client.put(path_of(found.address), content, content_type="image/png").status_code == 200
    first = finish_upload(actor, media_id=found.media.pk)
    again = finish_upload(actor, media_id=found.media.pk)
    assert (first.state, again.state) == ("uploaded", "uploaded")
    assert again.uploaded_at == first.uploaded_at
    assert client.put(path_of(found.address), content, content_type="image/png").status_code == 409


def test_another_business_cannot_finish_or_find_it(
    actor: Actor, bound: Business, other_business: Business, make_actor: Callable[..., Actor], uploaded: Any
) -> None:
    media = uploaded(actor, png())
    with pytest.raises(NotFound):
        finish_upload(make_actor(other_business), media_id=media.pk)
    with pytest.raises(NotFound):
        finish_upload(actor, media_id=new_id())


def test_uploading_asks_for_the_permission(business: Business, make_actor: Callable[..., Actor]) -> None:
    with pytest.raises(PermissionRefused):
        announce(make_actor(business, permissions=frozenset({"media.read"})), png())


def test_the_allowance_is_kept_and_given_back(actor: Actor, bound: Business, uploaded: Any) -> None:
    content = png()
    set_allowance(actor, most_bytes=len(content) * 2)
    uploaded(actor, content)
    uploaded(actor, b"x" * len(content))  # fails, its room is free again
    assert Allowance.objects.get().used_bytes == len(content)
    uploaded(actor, content)
    with pytest.raises(Conflict) as caught:
        announce(actor, b"1")
    assert caught.value.code == "no_room"


def test_a_repeated_announcement_is_one_file(actor: Actor, bound: Business) -> None:
    first, again = (announce(actor, png(), key="k1") for _twice in range(2))
    assert first.media.pk == again.media.pk
    assert Media.objects.count() == 1


def test_a_storage_that_refuses_is_said_and_nothing_is_lost(
    actor: Actor, bound: Business, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = png()
    found = announce(actor, content)
    store = type(get_store())

    def refuse(*_args: Any) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(store, "_put", refuse)
        assert client.put(path_of(found.address), content, content_type="image/png").status_code == 503
    assert client.put(path_of(found.address), content, content_type="image/png").status_code == 200
    assert finish_upload(actor, media_id=found.media.pk).state == "uploaded"
