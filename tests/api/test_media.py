"""Files through the API, as a partner's program sends them: over HTTP, to a running server."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any
from uuid import uuid4

import pytest
import requests
from PIL import Image

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.people.customers.services import record_customer
from apps.platform.access.services import create_key
from apps.platform.accounts.models import User
from apps.platform.businesses.models import Business
from apps.platform.businesses.selectors import actor_for
from apps.platform.media.models import Allowance, Attachment, Media
from apps.platform.media.processing import process
from apps.platform.media.selectors import read_address
from apps.platform.media.services import set_allowance
from apps.platform.media.stores import StorageUnavailable, get_store
from tests.factories.goods import make_product

from .world import Caller, is_problem

pytestmark = pytest.mark.django_db

PRODUCT = "catalog.product"


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any) -> None:
    settings.FILES_ROOT = tmp_path / "files"
    settings.MEDIA_CLAMD = ""


def png(width: int = 700, height: int = 500) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#1b6b47").save(out, "PNG")
    return out.getvalue()


def boss(shop: Business) -> Actor:
    return actor_for(User.objects.get(email=f"owner@{shop.slug}.example"), shop)


def program(shop: Business, *permissions: str) -> Caller:
    made = create_key(boss(shop), name="Scanner", permissions=permissions)
    return Caller(token=made.shown_secret)  # type: ignore[attr-defined]


def announce(caller: Caller, content: bytes, **changes: Any) -> Any:
    body = {
        "kind": "image", "name": "../Blue mug.png", "content_type": "image/png", "size": len(content), **changes
    }  # fmt: skip
    return caller.post("media/", body, Idempotency_Key=str(uuid4()))


def put(caller: Caller, upload: dict[str, Any], content: bytes) -> int:
    path = "/files/" + upload["address"].split("/files/", 1)[1]
    answer = caller.client.put(path, content, content_type=upload["headers"]["Content-Type"])
    return int(answer.status_code)


def sent(caller: Caller, content: bytes, **changes: Any) -> str:
    """Announced, put and completed; the file's id."""
    begun = announce(caller, content, **changes)
    assert begun.status_code == 201, begun.content
    assert put(caller, begun.json()["upload"], content) == 200
    media_id = str(begun.json()["media"]["id"])
    done = caller.post(f"media/{media_id}/complete/")
    assert done.status_code == 200, done.content
    return media_id


@pytest.mark.django_db(transaction=True)
def test_a_partner_uploads_reads_attaches_and_deletes_over_http(
    live_server: Any, shop: Business, settings: Any
) -> None:
    settings.PUBLIC_BASE_URL = live_server.url
    product = make_product(shop, title="Harbour mug")
    scopes = ["media.read", "media.upload", "media.delete", "products.read", "products.change"]
    key = create_key(boss(shop), name="Camera", permissions=scopes)
    base, headers = f"{live_server.url}/api/v1/", {"Authorization": f"Bearer {key.shown_secret}"}  # type: ignore[attr-defined]

    def post(path: str, body: dict[str, Any] | None = None, **more: str) -> requests.Response:
        return requests.post(base + path, json=body, headers={**headers, **more}, timeout=20)

    content, once = png(), str(uuid4())
    body = {"kind": "image", "name": "mug.png", "content_type": "image/png", "size": len(content)}
    begun = post("media/", body, **{"Idempotency-Key": once})
    assert begun.status_code == 201, begun.text
    again = post("media/", body, **{"Idempotency-Key": once})
    media_id, upload = begun.json()["media"]["id"], begun.json()["upload"]
    assert (again.json()["media"]["id"], again.headers["Idempotent-Replay"]) == (media_id, "true")
    changed = post("media/", {**body, "size": 5}, **{"Idempotency-Key": once})
    assert (changed.status_code, changed.json()["code"]) == (422, "idempotency_mismatch")

    early = post(f"media/{media_id}/complete/")
    assert (early.status_code, early.json()["code"]) == (409, "nothing_arrived")
    assert requests.put(upload["address"], content, headers=upload["headers"], timeout=20).status_code == 200
    done = post(f"media/{media_id}/complete/").json()
    assert (done["state"], done["address"]) == ("uploaded", ""), "nothing is read before it is ready"
    process(Actor.system("test", shop.pk), media_id=media_id)

    found = requests.get(f"{base}media/{media_id}/", headers=headers, timeout=20).json()
    assert (found["state"], found["width"]) == ("ready", 700)
    shown = requests.get(found["address"], timeout=20)
    assert shown.headers["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(shown.content)).size == (700, 500)
    small = {row["label"]: row for row in found["derived"]}["320.avif"]
    assert requests.get(small["address"], timeout=20).headers["Content-Type"] == "image/avif"
    late = clock.now() + dt.timedelta(minutes=31)
    assert found["addresses_end_at"] < late.isoformat()
    with tenancy.bind(shop.pk), clock.travel(-dt.timedelta(minutes=31)):
        ended = read_address(Media.objects.get())
    assert requests.get(live_server.url + ended, timeout=20).status_code == 403

    record = {"target_type": PRODUCT, "target_id": str(product.pk)}
    assert post(f"media/{media_id}/attach/", record).json()["attachments"][0]["role"] == "file"
    listed = requests.get(f"{base}media/", params=record, headers=headers, timeout=20).json()["results"]
    assert [row["id"] for row in listed] == [media_id]
    refused = requests.delete(f"{base}media/{media_id}/", headers=headers, timeout=20)
    assert refused.status_code == 409
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["facts"]["uses"][0] == {
        **record,
        "role": "file",
        "kind": "Product",
        "name": "Harbour mug",
    }
    assert post(f"media/{media_id}/detach/", record).json()["attachments"] == []
    assert requests.delete(f"{base}media/{media_id}/", headers=headers, timeout=20).status_code == 204
    assert requests.get(f"{base}media/{media_id}/", headers=headers, timeout=20).status_code == 404


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"content_type": "image/svg+xml"}, "type_not_taken", "content_type"),
        ({"size": 20 * 1024 * 1024 + 1}, "too_large", "size"),
        ({"kind": "program"}, "invalid_input", "kind"),
        ({"size": 0}, "invalid_input", "size"),
        ({"target_type": PRODUCT}, "invalid_input", "target_id"),
        ({"object_key": "mine"}, "invalid_input", "object_key"),
    ],
)
def test_what_cannot_be_sent_is_refused_first(
    shop: Business, staff: Caller, changes: dict[str, Any], code: str, field: str
) -> None:
    problem = is_problem(announce(staff, b"x", **changes), 400, code)
    assert field in problem["errors"]
    with tenancy.bind(shop.pk):
        assert not Media.objects.exists()


def test_no_room_is_a_conflict_and_takes_none(shop: Business, staff: Caller) -> None:
    set_allowance(Actor.system("test", shop.pk), most_bytes=1000)
    assert announce(staff, b"x" * 900).status_code == 201
    is_problem(announce(staff, b"x" * 200), 409, "no_room")
    with tenancy.bind(shop.pk):
        assert Allowance.objects.get().used_bytes == 900


def test_content_of_another_type_fails_and_says_so(shop: Business, staff: Caller) -> None:
    media_id = sent(staff, b"<html><script>alert(1)</script></html>")
    found = staff.get(f"media/{media_id}/").json()
    assert (found["state"], found["address"], found["derived"]) == ("failed", "", [])
    assert found["failure"] == "It is not what it says it is."


def test_an_address_for_putting_ends(shop: Business, staff: Caller) -> None:
    content = png()
    begun = announce(staff, content).json()
    with clock.travel(dt.timedelta(hours=1, minutes=1)):
        assert put(staff, begun["upload"], content) == 403
    is_problem(staff.post(f"media/{begun['media']['id']}/complete/"), 409, "nothing_arrived")


def test_another_business_finds_nothing(shop: Business, other_shop: Business, staff: Caller) -> None:
    product = make_product(shop)
    media_id = sent(staff, png())
    stranger = Caller(other_shop, User.objects.get(email="owner@prairie.example"))
    record = {"target_type": PRODUCT, "target_id": str(product.pk)}
    assert stranger.get("media/").json()["results"] == []
    for method, path, body in (
        ("GET", f"media/{media_id}/", None),
        ("POST", f"media/{media_id}/complete/", {}),
        ("POST", f"media/{media_id}/attach/", record),
        ("POST", f"media/{media_id}/detach/", record),
        ("DELETE", f"media/{media_id}/", None),
    ):
        is_problem(stranger.send(method, path, body), 404, "not_found")
    is_problem(announce(stranger, png(), **record), 404, "not_found")
    with tenancy.bind(shop.pk):
        assert Media.objects.get().state == "uploaded"
        assert not Attachment.objects.exists()


def test_scopes_and_the_records_own_permission(shop: Business, staff: Caller, member: Any) -> None:
    product = make_product(shop)
    media_id = sent(staff, png())
    record = {"target_type": PRODUCT, "target_id": str(product.pk)}
    reader = program(shop, "media.read")
    assert reader.get(f"media/{media_id}/").status_code == 200
    is_problem(announce(reader, png()), 403, "permission_refused")
    is_problem(reader.post(f"media/{media_id}/complete/"), 403, "permission_refused")
    is_problem(reader.send("DELETE", f"media/{media_id}/"), 403, "permission_refused")
    is_problem(reader.post(f"media/{media_id}/attach/", record), 403, "permission_refused")
    sender = program(shop, "media.upload")
    is_problem(announce(sender, png(), **record), 403, "permission_refused")
    is_problem(sender.get("media/"), 403, "permission_refused")
    writer = program(shop, "media.read", "products.read", "products.change")
    assert writer.post(f"media/{media_id}/attach/", record).status_code == 200
    is_problem(member("cashier").get("media/"), 403, "permission_refused")


def test_a_refusal_names_only_what_the_caller_may_read(shop: Business, staff: Caller) -> None:
    customer = record_customer(boss(shop), email="grace@example.com", name="Grace")
    media_id = sent(staff, png(), target_type="customers.customer", target_id=str(customer.pk))
    use = is_problem(staff.send("DELETE", f"media/{media_id}/"), 409, "media_in_use")["facts"]["uses"][0]
    assert (use["kind"], use["name"]) == ("Customer", "Grace")
    cleaner = program(shop, "media.delete")
    refusal = cleaner.send("DELETE", f"media/{media_id}/")
    assert is_problem(refusal, 409, "media_in_use")["facts"]["uses"][0]["name"] == ""
    assert "Grace" not in refusal.content.decode()
    is_problem(cleaner.send("DELETE", f"media/{media_id}/?detach=true"), 403, "permission_refused")
    is_problem(staff.send("DELETE", f"media/{media_id}/?detach=maybe"), 400, "invalid_input")
    assert staff.send("DELETE", f"media/{media_id}/?detach=true").status_code == 204


def test_lists_are_filtered_and_cost_the_same_for_many(
    shop: Business, staff: Caller, django_assert_max_num_queries: Any
) -> None:
    product = make_product(shop)
    paper = b"%PDF-1.7\n" + b"x" * 400
    sent(staff, paper, kind="document", content_type="application/pdf", name="note.pdf")
    at_it = sent(staff, png(), target_type=PRODUCT, target_id=str(product.pk))

    def cost(path: str) -> int:
        with django_assert_max_num_queries(20) as counted:
            assert staff.get(path).status_code == 200
        return len(counted)

    few = cost("media/")
    for _number in range(4):
        sent(staff, png(40, 40))
    assert cost("media/") == few
    assert [
        row["id"]
        for row in staff.get(f"media/?target_type={PRODUCT}&target_id={product.pk}").json()["results"]
    ] == [at_it]
    assert len(staff.get("media/?kind=document").json()["results"]) == 1
    assert len(staff.get("media/?search=blue").json()["results"]) == 5
    is_problem(staff.get(f"media/?target_type={PRODUCT}"), 400, "invalid_input")
    is_problem(staff.get("media/?colour=blue"), 400, "invalid_input")


def test_storage_that_does_not_answer_is_said(
    shop: Business, staff: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = announce(staff, png()).json()

    def silent(*_args: Any) -> None:
        raise StorageUnavailable("no")

    monkeypatch.setattr(type(get_store()), "size_of", silent)
    answer = staff.post(f"media/{begun['media']['id']}/complete/")
    is_problem(answer, 503, "storage_unavailable")
    assert answer["Retry-After"] == "1"


def test_a_product_gets_orders_and_loses_pictures(
    shop: Business, staff: Caller, other_shop: Business
) -> None:
    product, system = make_product(shop), Actor.system("test", shop.pk)
    files = [sent(staff, png(400 + number, 300)) for number in range(2)]
    for media_id in files:
        process(system, media_id=media_id)
        added = staff.post(f"products/{product.pk}/pictures/", {"media_id": media_id, "alt": "A mug"})
        assert added.status_code == 200, added.content
    images = added.json()["images"]
    assert [(row["media"], row["width"], row["alt"]) for row in images] == [
        (files[0], 400, "A mug"),
        (files[1], 401, "A mug"),
    ]
    path = images[0]["address"].split("127.0.0.1", 1)[1].partition("/")[2]
    assert Caller().client.get(f"/{path}")["Content-Type"] == "image/webp"
    second = {"image_ids": [images[1]["id"]]}
    arranged = staff.post(f"products/{product.pk}/pictures/arrange/", second).json()["images"]
    assert sorted(arranged, key=lambda row: row["position"])[0]["id"] == images[1]["id"]
    refused = staff.send("DELETE", f"media/{files[0]}/")
    assert is_problem(refused, 409, "media_in_use")["facts"]["uses"][0]["role"] == "gallery"
    theirs = make_product(other_shop)
    gone = {"image_id": images[0]["id"]}
    is_problem(staff.post(f"products/{theirs.pk}/pictures/remove/", gone), 404, "not_found")
    is_problem(staff.post(f"products/{product.pk}/pictures/", {"media_id": str(uuid4())}), 404, "not_found")
    assert len(staff.post(f"products/{product.pk}/pictures/remove/", gone).json()["images"]) == 1
    assert staff.send("DELETE", f"media/{files[0]}/").status_code == 204
