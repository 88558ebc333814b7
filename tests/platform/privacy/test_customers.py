"""A customer's data: handed out whole, erased everywhere, refused while something is open."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from apps.kernel import clock, outbox, privacy, tenancy
from apps.kernel.actors import Actor
from apps.kernel.audit import broken_links
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from apps.kernel.models import AuditEntry
from apps.money.invoicing.models import Document
from apps.money.invoicing.services.keeping import read_document
from apps.people.customers.models import Customer, CustomerAddress
from apps.people.customers.services import update_customer
from apps.platform.businesses.models import Business
from apps.platform.media.models import Attachment, Comment, Media
from apps.platform.media.services import announce_upload, write_comment
from apps.platform.media.stores import get_store
from apps.platform.notifications.models import Message
from apps.platform.notifications.services import queue_message, suppress
from apps.platform.privacy.models import ErasedPerson, PersonExport
from apps.platform.privacy.selectors import has_come_back, preview_erasure
from apps.platform.privacy.services import erase_customer, export_customer, exporting, remove_export
from apps.platform.privacy.tasks import remove_exports
from apps.selling.checkout.models import Cart
from apps.selling.orders.drafts import Address, Contact
from apps.selling.orders.models import Order
from apps.selling.orders.services import add_note
from tests.factories.businesses import actor_of, make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_product, variants_of
from tests.factories.orders import deliver, make_cart, make_order, pay, ship
from tests.platform.accounts.signing_in import by_password

pytestmark = pytest.mark.django_db
HER = "grace.hopper@example.com"
WORDS = ("grace.hopper", "Hopper", "Harbour Lane", "555 0100", "Rings twice", "left-handed")


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Any) -> None:
    settings.FILES_ROOT = tmp_path / "files"


@pytest.fixture
def business(db: None) -> Business:
    return make_business()


@pytest.fixture
def owner(business: Business) -> Actor:
    return actor_of(business)


def buy(business: Business, email: str = HER, name: str = "Grace Hopper") -> Order:
    variant = variants_of(make_product(business, stock=20))[0]
    return make_order(
        business,
        lines=[(variant, 1)],
        contact=Contact(email=email, name=name, phone="555 0100"),
        address=Address(name=name, line1="1 Harbour Lane", city="Whitby", country="GB"),
    )


@pytest.fixture
def order(business: Business, owner: Actor) -> Order:
    """Delivered and paid, with a note, a comment, a file, mails and a cart beside it."""
    order = buy(business)
    add_note(owner, order_id=order.pk, text="Hopper is left-handed")
    with tenancy.bind(business.pk):
        update_customer(
            owner,
            customer_id=order.customer_id,
            changes={"name": "Grace Hopper", "email": HER, "phone": "555 0100", "note": "Rings twice"},
        )
        write_comment(
            owner, target_type="customers.customer", target_id=order.customer_id, text="Hopper called"
        )
        announce_upload(
            owner, kind="document", name="hopper.pdf", content_type="application/pdf", size=9,
            attach_to=("orders.order", order.pk),
        )  # fmt: skip
        cart = make_cart(business, [(variants_of(make_product(business, title="Bowl", stock=3))[0], 1)])
        Cart.objects.filter(pk=cart.pk).update(email=HER, details={"name": "Grace Hopper"})
    deliver(ship(pay(order)))
    outbox.drain()
    return order


def everything(business: Business) -> str:
    """All rows of the business that are not kept by law, as text."""
    from django.apps import apps

    kept = {"invoicing.document", "kernel.idempotencykey"}
    found = []
    with tenancy.bind(business.pk):
        for model in apps.get_models():
            if model._meta.app_label in {"sessions", "contenttypes"} or model._meta.label_lower in kept:
                continue
            rows = model._default_manager.all()
            found += [f"{model._meta.label_lower} {row}" for row in rows.values()]
    return "\n".join(found)


def test_an_export_holds_what_is_known_and_no_secrets(business: Business, owner: Actor, order: Order) -> None:
    with tenancy.bind(business.pk):
        paper = read_document(owner, document=Document.objects.filter(order=order)[0])
    export = export_customer(owner, customer_id=order.customer_id)
    with get_store().open(export.file) as file:
        packed = zipfile.ZipFile(io.BytesIO(file.read()))
    text = packed.read("data.json").decode()
    tables = {table["table"]: table["rows"] for table in json.loads(text)["tables"]}
    assert {
        "customers.customer", "customers.customeraddress", "orders.order", "orders.timelineentry", "checkout.cart",
        "notifications.message", "media.comment", "media.media", "invoicing.document", "kernel.auditentry",
    } <= set(tables)  # fmt: skip
    assert tables["customers.customer"][0]["email"] == HER
    assert tables["orders.order"][0]["ship_line1"] == "1 Harbour Lane"
    assert not {"public_token"} & set(tables["orders.order"][0])
    assert not {"token"} & set(tables["checkout.cart"][0])
    assert "Harbour Lane" in packed.read("index.html").decode()
    files = [name for name in packed.namelist() if name.startswith("files/")]
    assert [packed.read(name) for name in files] == [paper.content]
    assert AuditEntry.objects.filter(action="privacy.exported", actor_id=owner.id).exists()


def test_an_export_holds_nobody_elses(business: Business, owner: Actor, order: Order) -> None:
    buy(business, "ada@example.com", "Ada Lovelace")
    export = export_customer(owner, customer_id=order.customer_id)
    with get_store().open(export.file) as file:
        text = zipfile.ZipFile(io.BytesIO(file.read())).read("data.json").decode()
    assert "Lovelace" not in text
    assert "ada@example.com" not in text


def test_the_preview_says_what_happens_and_why(business: Business, order: Order) -> None:
    with tenancy.bind(business.pk):
        preview = preview_erasure("customer", order.customer_id)
    said = " ".join(preview.sentences())
    assert preview.hindrances == []
    assert "Addresses (1)" in said
    assert "Orders (1)" in said
    assert "Invoices, receipts and credit notes" in said
    assert "10 years" in said


def test_an_erasure_leaves_nothing_behind_but_what_the_law_keeps(
    business: Business, owner: Actor, order: Order
) -> None:
    before = everything(business)
    assert all(word in before for word in WORDS)

    proof = erase_customer(owner, customer_id=order.customer_id, reason="Asked by letter of 3 May")

    after = everything(business)
    assert [line for line in after.splitlines() if any(word in line for word in WORDS)] == []
    with tenancy.bind(business.pk):
        order.refresh_from_db()
        assert (order.email, order.ship_name, order.ship_country, order.total > 0) == ("", "", "GB", True)
        assert Document.objects.filter(order=order, buyer_name__contains="Hopper").exists()
        assert CustomerAddress.objects.count() == Comment.objects.count() == Attachment.objects.count() == 0
        assert Media.objects.get().state == "deleted"
        assert Message.objects.filter(to=HER).count() == 0
    assert proof.result["customers.customeraddress"] == 1
    assert AuditEntry.objects.get(action="privacy.erased").reason == "Asked by letter of 3 May"


def test_the_chain_holds_without_her_name(business: Business, owner: Actor, order: Order) -> None:
    erase_customer(owner, customer_id=order.customer_id, reason="Asked by letter")
    emptied = AuditEntry.objects.filter(redacted_at__isnull=False)
    assert emptied.count() > 0
    assert broken_links() == []
    call_command("verify_audit")
    told = AuditEntry.objects.get(action="privacy.redacted")
    assert sorted(told.after["entries"]) == sorted(emptied.values_list("sequence", flat=True))


def test_the_trail_still_says_who_did_what_to_others(business: Business, owner: Actor, order: Order) -> None:
    erase_customer(owner, customer_id=order.customer_id, reason="Asked by letter")
    assert AuditEntry.objects.get(action="orders.delivered").actor_label != ""


def test_erasing_twice_is_erasing_once(business: Business, owner: Actor, order: Order) -> None:
    first = erase_customer(owner, customer_id=order.customer_id, reason="Asked by letter")
    again = erase_customer(owner, customer_id=order.customer_id, reason="Asked again")
    assert (again.pk, again.reason) == (first.pk, "Asked by letter")
    assert AuditEntry.objects.filter(action="privacy.erased").count() == 1


def test_what_comes_after_an_erasure_can_be_erased_as_well(
    business: Business, owner: Actor, order: Order
) -> None:
    first = erase_customer(owner, customer_id=order.customer_id, reason="Asked by letter")
    with tenancy.bind(business.pk):
        customer = Customer.objects.get(pk=order.customer_id)
        assert not has_come_back("customer", customer)
        update_customer(
            owner,
            customer_id=customer.pk,
            changes={"name": "Grace Hopper", "email": HER, "phone": "555 0100", "note": ""},
        )
        customer.refresh_from_db()
        assert has_come_back("customer", customer)
    again = erase_customer(owner, customer_id=order.customer_id, reason="Filled in by mistake")
    assert again.pk == first.pk
    with tenancy.bind(business.pk):
        customer.refresh_from_db()
        assert (customer.name, customer.email, customer.phone) == ("", None, "")
    assert [
        entry.reason for entry in AuditEntry.objects.filter(action="privacy.erased").order_by("sequence")
    ] == [
        "Asked by letter",
        "Filled in by mistake",
    ]


def test_texts_to_her_telephone_are_hers(business: Business, owner: Actor, order: Order) -> None:
    with tenancy.bind(business.pk):
        Order.objects.filter(pk=order.pk).update(phone="0044 1632 960-001")
        suppress(owner, channel="sms", address="+441632960001", reason="unsubscribed")
    for number, to in enumerate(("+44 1632 960001", "+441632960002")):
        queue_message(
            Actor.system("tests", business.pk), channel="sms", to=to, text="It is here", template="news",
            dedupe_key=f"text{number}",
        )  # fmt: skip
    with tenancy.bind(business.pk):
        mine = {table.model: table for table in privacy.tables("customer")}
        person = privacy.find_person("customer", order.customer_id)
        assert [row.address for row in mine["notifications.suppression"].rows(person)] == ["+441632960001"]
    erase_customer(owner, customer_id=order.customer_id, reason="Asked by letter")
    with tenancy.bind(business.pk):
        assert list(Message.objects.filter(channel="sms").values_list("to", flat=True)) == ["+441632960002"]


def test_an_export_that_an_erasure_overtook_is_not_kept(
    business: Business, owner: Actor, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = exporting.write_zip

    def erase_meanwhile(person: Any, target: Any) -> None:
        real(person, target)
        erase_customer(owner, customer_id=order.customer_id, reason="Asked by letter")

    monkeypatch.setattr(exporting, "write_zip", erase_meanwhile)
    with pytest.raises(Conflict):
        export_customer(owner, customer_id=order.customer_id)
    assert PersonExport.objects.count() == 0
    assert not list((settings.FILES_ROOT / str(business.pk) / "privacy").glob("*.zip"))


def test_an_open_order_is_named_and_nothing_is_erased(business: Business, owner: Actor, order: Order) -> None:
    waiting = buy(business)
    with pytest.raises(Conflict, match=waiting.number) as refused:
        erase_customer(owner, customer_id=order.customer_id, reason="Asked by letter")
    assert refused.value.code == "erasure_hindered"
    with tenancy.bind(business.pk):
        assert Customer.objects.get(pk=order.customer_id).email == HER
        assert ErasedPerson.objects.count() == 0


def test_money_that_is_owed_is_named(business: Business, owner: Actor, order: Order) -> None:
    from apps.selling.orders.services import refund_order
    from tests.factories.orders import lines_of

    refund_order(owner, order_id=order.pk, lines=[(lines_of(order)[0].pk, 1)], reason="Late", key="k1")
    outbox.drain()
    with pytest.raises(Conflict, match="still to be paid back"):
        erase_customer(owner, customer_id=order.customer_id, reason="Asked by letter")


def test_another_business_keeps_what_it_knows(business: Business, owner: Actor, order: Order) -> None:
    theirs = make_business("Theirs")
    other = buy(theirs)
    with pytest.raises(NotFound):
        erase_customer(owner, customer_id=other.customer_id, reason="Asked by letter")
    erase_customer(owner, customer_id=order.customer_id, reason="Asked by letter")
    with tenancy.bind(theirs.pk):
        assert Customer.objects.get(pk=other.customer_id).email == HER
        assert Order.objects.get(pk=other.pk).ship_name == "Grace Hopper"


def test_an_exports_end(business: Business, owner: Actor, order: Order) -> None:
    export = export_customer(owner, customer_id=order.customer_id)
    with clock.travel(timedelta(days=6)):
        assert remove_exports() == 0
    with clock.travel(timedelta(days=8)):
        assert remove_exports() == 1
    assert get_store().size_of(export.file) is None
    assert PersonExport.objects.count() == 0
    remove_export(Actor.system("privacy", business.pk), export_id=export.pk)  # again: nothing to do


def test_an_erasure_takes_what_was_exported_along(
    business: Business, owner: Actor, order: Order, django_capture_on_commit_callbacks: Any
) -> None:
    export = export_customer(owner, customer_id=order.customer_id)
    with django_capture_on_commit_callbacks(execute=True):
        erase_customer(owner, customer_id=order.customer_id, reason="Asked by letter")
    assert get_store().size_of(export.file) is None


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_reason_is_needed(owner: Actor, order: Order, reason: str) -> None:
    with pytest.raises(InvalidInput):
        erase_customer(owner, customer_id=order.customer_id, reason=reason)


def test_who_may_not_is_refused(business: Business, order: Order) -> None:
    from apps.platform.businesses.selectors import actor_for

    manager = actor_for(make_member(business, "manager"), business)
    with pytest.raises(PermissionRefused):
        export_customer(manager, customer_id=order.customer_id)
    with pytest.raises(PermissionRefused):
        erase_customer(manager, customer_id=order.customer_id, reason="Asked by letter")


def test_the_buttons_of_the_page_do_it(client: Client, business: Business, order: Order) -> None:
    staff = sign_in(client, owner_of(business), business)
    base = f"/admin/customers/customer/{order.customer_id}/"
    page = staff.post(_verb(order, "export-data"), {})
    assert page.status_code == 200
    address = page.context["download_url"]
    answer = staff.post(address)
    assert answer.status_code == 302
    body = b"".join(staff.get(answer["Location"]).streaming_content)  # type: ignore[attr-defined]
    assert zipfile.ZipFile(io.BytesIO(body)).testzip() is None
    assert AuditEntry.objects.filter(action="privacy.downloaded").exists()
    assert "reauthenticate" in staff.get(_verb(order, "erase-data"))["Location"]
    staff.logout()
    by_password(staff, owner_of(business).email)
    shown = staff.get(_verb(order, "erase-data"))
    assert b"This cannot be undone" in shown.content
    assert staff.post(_verb(order, "erase-data"), {"reason": "Asked by letter"})["Location"] == base
    assert _verb(order, "erase-data").encode() not in staff.get(base).content


def _verb(order: Order, name: str) -> str:
    from django.urls import reverse

    return reverse("admin:verb", args=["customers", "customer", order.customer_id, name])
