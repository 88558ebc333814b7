"""Files at records: permissions of the record, deleting with care, the pages."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, NotFound, PermissionRefused
from apps.kernel.ids import new_id
from apps.people.customers.models import Customer
from apps.people.customers.services import assign_customer, record_customer
from apps.platform.businesses.models import Business, Membership
from apps.platform.businesses.services import set_member_reach
from apps.platform.media.models import Allowance, Attachment, Comment, DerivedFile, Media
from apps.platform.media.processing import process
from apps.platform.media.services import (
    announce_upload,
    attach,
    delete_media,
    detach,
    remove_comment,
    write_comment,
)
from apps.platform.media.stores import StorageUnavailable, get_store
from apps.platform.media.tasks import give_up_stale, remove_due
from tests.factories.businesses import actor_of, make_business, make_member, owner_of, sign_in

from .conftest import path_of, png

TYPE = "customers.customer"
Upload = Callable[..., Media]


@pytest.fixture
def customer(actor: Actor, bound: Business) -> Customer:
    return record_customer(actor, email="grace@example.com", name="Grace")


@pytest.fixture
def ready(actor: Actor, bound: Business, uploaded: Upload) -> Media:
    media = uploaded(actor, png())
    process(actor, media_id=media.pk)
    return Media.objects.get()


def limited(make_actor: Callable[..., Actor], business: Business, *permissions: str) -> Actor:
    return make_actor(business, permissions=frozenset(permissions))


def test_the_permission_of_the_record_decides(
    actor: Actor,
    bound: Business,
    customer: Customer,
    ready: Media,
    make_actor: Callable[..., Actor],
    uploaded: Upload,
) -> None:
    may_read = limited(make_actor, bound, "customers.read", "media.read")
    with pytest.raises(PermissionRefused):
        attach(may_read, media_id=ready.pk, target_type=TYPE, target_id=customer.pk)
    with pytest.raises(PermissionRefused):
        announce_upload(
            may_read, kind="image", name="a", content_type="image/png", size=9, attach_to=(TYPE, customer.pk)
        )
    may_write = limited(make_actor, bound, "customers.read", "customers.write")
    media = uploaded(may_write, png(), attach_to=(TYPE, customer.pk))
    assert Attachment.objects.get().media_id == media.pk
    with pytest.raises(PermissionRefused):
        detach(may_read, attachment_id=Attachment.objects.get().pk)
    detach(may_write, attachment_id=Attachment.objects.get().pk)
    assert not Attachment.objects.exists()


def test_attaching_twice_is_once_and_foreign_things_are_not_found(
    actor: Actor, bound: Business, customer: Customer, ready: Media, other_business: Business, make_actor: Any
) -> None:
    first, again = (
        attach(actor, media_id=ready.pk, target_type=TYPE, target_id=customer.pk) for _twice in "ab"
    )
    assert first.pk == again.pk
    stranger = make_actor(other_business)
    for wrong in (
        lambda: attach(stranger, media_id=ready.pk, target_type=TYPE, target_id=customer.pk),
        lambda: attach(actor, media_id=ready.pk, target_type=TYPE, target_id=new_id()),
        lambda: attach(actor, media_id=ready.pk, target_type="accounts.user", target_id=customer.pk),
        lambda: attach(actor, media_id=new_id(), target_type=TYPE, target_id=customer.pk),
        lambda: detach(stranger, attachment_id=first.pk),
        lambda: delete_media(stranger, media_id=ready.pk),
        lambda: write_comment(stranger, target_type=TYPE, target_id=customer.pk, text="hello"),
    ):
        with pytest.raises(NotFound):
            wrong()


def test_a_file_in_use_is_not_deleted_and_a_deleted_one_is_gone(
    actor: Actor, bound: Business, customer: Customer, ready: Media, settings: Any, client: Client
) -> None:
    attach(actor, media_id=ready.pk, target_type=TYPE, target_id=customer.pk)
    with pytest.raises(Conflict) as caught:
        delete_media(actor, media_id=ready.pk)
    assert caught.value.code == "media_in_use"
    use = caught.value.context["uses"][0]
    assert (use["target_type"], use["target_id"], use["role"]) == (TYPE, customer.pk, "file")
    assert "Customer Grace" in str(caught.value)
    address = get_store().read_address(ready.object_key, "image/png", dt.timedelta(minutes=5))
    assert client.get(address).status_code == 200
    delete_media(actor, media_id=ready.pk, detach=True)
    assert remove_due() == 1
    assert client.get(address).status_code == 404
    assert [path for path in settings.FILES_ROOT.rglob("*") if path.is_file()] == []
    assert not DerivedFile.objects.exists()
    assert not Attachment.objects.exists()
    assert Allowance.objects.get().used_bytes == 0
    assert Media.objects.get().objects_removed_at
    assert remove_due() == 0


def test_objects_that_storage_keeps_are_removed_later(
    actor: Actor, bound: Business, ready: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete_media(actor, media_id=ready.pk)

    def refuse(*_args: Any) -> None:
        raise StorageUnavailable("no")

    with monkeypatch.context() as patched:
        patched.setattr(type(get_store()), "remove", refuse)
        assert remove_due() == 0
    assert Media.objects.get().objects_removed_at is None
    assert remove_due() == 1


def test_an_upload_that_never_came_is_given_up_after_a_week(actor: Actor, bound: Business) -> None:
    announce_upload(actor, kind="image", name="a", content_type="image/png", size=50)
    with clock.travel(dt.timedelta(days=6, hours=23)):
        assert give_up_stale() == 0
    with clock.travel(dt.timedelta(days=7, minutes=1)):
        assert give_up_stale() == 1
    assert Media.objects.get().state == "deleted"
    assert Allowance.objects.get().used_bytes == 0


def test_comments_belong_to_their_authors(
    actor: Actor, bound: Business, customer: Customer, make_actor: Callable[..., Actor]
) -> None:
    reader = limited(make_actor, bound, "customers.read")
    comment = write_comment(
        reader, target_type=TYPE, target_id=customer.pk, text=" <b>Call</b> back ", key="k"
    )
    again = write_comment(reader, target_type=TYPE, target_id=customer.pk, text=" <b>Call</b> back ", key="k")
    assert (comment.pk, comment.text) == (again.pk, "<b>Call</b> back")
    with pytest.raises(PermissionRefused):
        remove_comment(actor, comment_id=comment.pk)
    remove_comment(reader, comment_id=comment.pk)
    assert not Comment.objects.exists()
    with pytest.raises(PermissionRefused):
        write_comment(limited(make_actor, bound), target_type=TYPE, target_id=customer.pk, text="x")


@pytest.fixture
def shop(db: None) -> tuple[Client, Actor, Business]:
    business = make_business()
    return sign_in(Client(), owner_of(business), business), actor_of(business), business


def test_a_page_uploads_attaches_and_shows(shop: tuple[Client, Actor, Business]) -> None:
    client, actor, business = shop
    customer = record_customer(actor, email="ada@example.com", name="Ada")
    page = client.get(f"/admin/customers/customer/{customer.pk}/").content.decode()
    panel = f"/admin/media/of/{TYPE}/{customer.pk}/"
    assert f'hx-get="{panel}"' in page
    content = png()
    said = {"name": "card.png", "size": len(content), "content_type": "image/png"}
    said |= {"target_type": TYPE, "target_id": str(customer.pk)}
    ticket = client.post(
        "/admin/media/do/announce/", json.dumps(said), content_type="application/json"
    ).json()
    assert client.put(path_of(ticket["address"]), content, content_type="image/png").status_code == 200
    end = client.post(
        "/admin/media/do/finish/", json.dumps({"id": ticket["id"]}), content_type="application/json"
    )
    assert end.json()["state"] == "uploaded"
    piece = client.get(panel, headers={"HX-Request": "true"}).content.decode()
    assert "card.png" in piece
    assert "<html" not in piece
    assert "Uploaded" in piece
    process(Actor.system("t", business.pk), media_id=ticket["id"])
    assert "/files/" in client.get(panel).content.decode()
    spoken = {"target_type": TYPE, "target_id": str(customer.pk), "text": "<script>x</script>", "key": "k"}
    shown = client.post("/admin/media/do/comment/", spoken, follow=True).content.decode()
    assert "&lt;script&gt;x" in shown
    asked = client.post("/admin/media/do/delete/", {"media": ticket["id"]})
    assert "removed for good" in asked.content.decode()
    refused = client.post("/admin/media/do/delete/", {"media": ticket["id"], "sure": "1"})
    assert refused.status_code == 409
    assert "Take it off everywhere" in refused.content.decode()
    assert (
        client.post(
            "/admin/media/do/delete/", {"media": ticket["id"], "detach": "1", "sure": "1"}
        ).status_code
        == 302
    )
    assert "No files yet" in client.get("/admin/media/library/").content.decode()


@pytest.mark.parametrize("what", ["attach", "comment"])
@pytest.mark.parametrize(
    "target", [{"target_id": "abc"}, {"target_type": "no/such thing"}, {"target_id": ""}]
)
def test_what_names_no_record_is_refused_in_words(
    shop: tuple[Client, Actor, Business], what: str, target: dict[str, str]
) -> None:
    sent = {"target_type": TYPE, "target_id": str(new_id()), "text": "x", "media": str(new_id()), **target}
    answer: Any = shop[0].post(f"/admin/media/do/{what}/", sent)
    assert answer.status_code in {400, 404}
    assert not Comment.unscoped.exists()


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"name": "a", "size": "x", "content_type": "image/png"}', "\x00"]
)
def test_nonsense_from_a_script_is_refused_in_words(shop: tuple[Client, Actor, Business], body: str) -> None:
    answer = shop[0].post("/admin/media/do/announce/", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert shop[0].get("/admin/media/do/announce/").status_code == 405
    assert shop[0].post("/admin/media/do/nothing/").status_code == 404


def test_pages_ask_for_permission_and_hide_other_businesses(shop: tuple[Client, Actor, Business]) -> None:
    client, actor, business = shop
    customer = record_customer(actor, email="ada@example.com", name="Ada")
    cashier = sign_in(Client(), make_member(business, "stock_keeper"), business)
    assert cashier.get("/admin/media/library/").status_code == 403
    assert cashier.get(f"/admin/media/of/{TYPE}/{customer.pk}/").status_code == 403
    other = make_business("Elsewhere")
    stranger = sign_in(Client(), owner_of(other), other)
    assert stranger.get(f"/admin/media/of/{TYPE}/{customer.pk}/").status_code == 404
    assert client.get(f"/admin/media/of/{TYPE}/{customer.pk}/?picker=1").status_code == 200


def test_who_is_limited_has_the_files_of_his_records_and_no_library(
    shop: tuple[Client, Actor, Business],
) -> None:
    _client, actor, business = shop
    person = make_member(business, "manager")
    with tenancy.bind(business.pk):
        membership = Membership.objects.get(user=person)
    mine = record_customer(actor, email="mine@example.com", name="Mine")
    other = record_customer(actor, email="other@example.com", name="Other")
    set_member_reach(actor, membership_id=membership.pk, location_ids=[], own_customers_only=True)
    assign_customer(actor, customer_id=mine.pk, user_id=person.pk)
    limited = sign_in(Client(), person, business)
    assert limited.get("/admin/media/library/").status_code == 403
    assert limited.get(f"/admin/media/of/{TYPE}/{mine.pk}/").status_code == 200
    assert limited.get(f"/admin/media/of/{TYPE}/{other.pk}/").status_code == 404


def test_lists_cost_the_same_for_many(
    shop: tuple[Client, Actor, Business], uploaded: Upload, django_assert_max_num_queries: Any
) -> None:
    client, actor, business = shop
    customer = record_customer(actor, email="ada@example.com", name="Ada")

    def add() -> None:
        media = uploaded(actor, png(50, 50), attach_to=(TYPE, customer.pk))
        process(actor, media_id=media.pk)

    def queries(address: str) -> int:
        with django_assert_max_num_queries(25) as counted:
            assert client.get(address).status_code == 200
        return len(counted)

    addresses = ["/admin/media/library/", f"/admin/media/of/{TYPE}/{customer.pk}/"]
    add()
    for address in addresses:
        queries(address)
    few = [queries(address) for address in addresses]
    for _number in range(6):
        add()
    with tenancy.bind(business.pk):
        assert Media.objects.filter(state="ready").count() == 7
    assert [queries(address) for address in addresses] == few
