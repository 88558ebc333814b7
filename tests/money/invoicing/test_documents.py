"""Papers: issued once for each fact, frozen, rendered once, the same to the last byte."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from pypdf import PdfReader

from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import PermissionRefused
from apps.money.invoicing.models import Document
from apps.money.invoicing.rendering import render
from apps.money.invoicing.services import DamagedDocument, issue_receipt, read_document
from apps.platform.businesses.models import Business
from apps.selling.orders.drafts import Address
from apps.selling.orders.services import cancel_order, refund_order
from apps.selling.payments.services import offer_provider, set_up_provider
from tests.factories.goods import make_variant
from tests.factories.orders import lines_of, make_order, ship


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def papers() -> list[tuple[str, str, Decimal]]:
    outbox.drain()
    return [(each.kind, each.reference, each.total) for each in Document.objects.order_by("issued_at", "id")]


def test_payment_parcel_and_return_make_three_papers(business: Business, system: Actor) -> None:
    words = {"words": "Harbour Goods\nGB33 BUKB 2020 1555 5555 55", "days": "7"}
    set_up_provider(system, provider="bank_transfer", values=words, secrets={})
    offer_provider(system, provider="bank_transfer", active=True)
    order = ship(make_order(business, paid=True))
    (line,) = lines_of(order)
    refund_order(system, order_id=order.pk, lines=[(line.pk, 1)], restock=True, reason="Chipped")
    assert papers() == [
        ("receipt", "R-00001", Decimal(27)),
        ("invoice", "INV-00001", Decimal(27)),
        ("credit_note", "CN-00001", Decimal(12)),
    ]
    note = Document.objects.get(kind="credit_note")
    invoice = Document.objects.get(kind="invoice")
    assert note.corrects == invoice
    assert "GB33 BUKB 2020 1555 5555 55" in text_of(render(invoice))
    assert "BUKB" not in text_of(render(note))
    assert note.snapshot["totals"] == {"net": "10.00", "tax": "2.00", "gross": "12.00"}
    assert note.snapshot["reason"] == "Chipped"


def test_each_parcel_has_its_invoice_and_they_sum_to_the_order(business: Business, system: Actor) -> None:
    order = make_order(business, lines=[(make_variant(business, stock=9, price="9.99"), 3)], paid=True)
    (line,) = lines_of(order)
    ship(ship(order, [(line.pk, 1)]))
    outbox.drain()
    invoices = list(Document.objects.filter(kind="invoice").order_by("number"))
    assert [invoice.reference for invoice in invoices] == ["INV-00001", "INV-00002"]
    assert sum(invoice.total for invoice in invoices) == order.total
    for invoice in invoices:
        assert Decimal(invoice.snapshot["totals"]["gross"]) == invoice.total
        assert sum(Decimal(tax["gross"]) for tax in invoice.snapshot["taxes"]) == invoice.total


def test_an_order_that_never_left_needs_no_credit_note(business: Business, system: Actor) -> None:
    order = make_order(business, paid=True)
    cancel_order(system, order_id=order.pk, reason="Late")
    assert [kind for kind, _reference, _total in papers()] == ["receipt"]


def test_numbers_have_no_gap_within_a_kind(business: Business, system: Actor) -> None:
    for _each in range(3):
        ship(make_order(business, paid=True))
    outbox.drain()
    for kind in ("receipt", "invoice"):
        numbers = Document.objects.filter(kind=kind).order_by("number").values_list("number", flat=True)
        assert list(numbers) == [1, 2, 3]


def test_only_the_product_issues_papers_and_only_once(
    business: Business, system: Actor, owner: Actor
) -> None:
    order = make_order(business, paid=True)
    outbox.drain()
    receipt = Document.objects.get()
    fact = {"order_id": order.pk, "capture_id": receipt.source_id, "issued_at": clock.now()}
    assert issue_receipt(system, **fact) == receipt
    with pytest.raises(PermissionRefused):
        issue_receipt(owner, **fact)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE invoicing_document SET total = 1",
        "UPDATE invoicing_document SET number = 9",
        "UPDATE invoicing_document SET snapshot = '{}'",
        "UPDATE invoicing_document SET sha256 = 'x'",
        "UPDATE invoicing_document SET file = 'x'",
        "DELETE FROM invoicing_document",
    ],
)
def test_an_issued_paper_never_changes(business: Business, system: Actor, sql: str) -> None:
    make_order(business, paid=True)
    outbox.drain()
    read_document(system, document=Document.objects.get())

    def write() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
            transaction.set_rollback(True)

    with pytest.raises(DatabaseError):
        write()
    trigger = "document_kept" if sql.startswith("DELETE") else "document_issued_stays"
    with pgtrigger.ignore(f"invoicing.Document:{trigger}"):
        write()


def test_the_pdf_is_stored_once_and_stays_the_same(business: Business, system: Actor) -> None:
    make_order(business, paid=True)
    outbox.drain()
    first = read_document(system, document=Document.objects.get())
    assert first.content.startswith(b"%PDF-")
    Business.objects.filter(pk=business.pk).update(name="Another Name", accent_colour="#ff0000")
    document = Document.objects.get()
    again = read_document(system, document=document)
    assert again.content == first.content
    assert document.sha256 == hashlib.sha256(first.content).hexdigest()
    assert document.byte_count == len(first.content)
    text = text_of(first.content)
    assert "Harbour Goods" in text
    assert "R-00001" in text
    assert "£27.00" in text


def test_rendering_gives_the_same_bytes_every_time(business: Business, system: Actor) -> None:
    make_order(business, paid=True)
    outbox.drain()
    document = Document.objects.get()
    with clock.travel(dt.timedelta(days=400)):
        later = render(document)
    assert render(document) == later


def test_a_lost_file_is_made_again_and_a_forged_one_is_not_served(business: Business, system: Actor) -> None:
    make_order(business, paid=True)
    outbox.drain()
    first = read_document(system, document=Document.objects.get())
    document = Document.objects.get()
    path = default_storage.path(document.file.name)
    with open(path, "wb") as file:
        file.write(b"%PDF-forged")
    assert read_document(system, document=document).content == first.content
    default_storage.delete(document.file.name)
    assert read_document(system, document=document).content == first.content
    with pgtrigger.ignore("invoicing.Document:document_issued_stays"):
        Document.objects.update(sha256="0" * 64)
    with pytest.raises(DamagedDocument):
        read_document(system, document=Document.objects.get())


@pytest.mark.django_db(transaction=True)
def test_two_who_download_at_once_get_the_same_bytes(business: Business) -> None:
    make_order(business, paid=True)
    outbox.drain()
    with tenancy.bind(business.pk):
        document = Document.objects.get()

    def download(_number: int) -> bytes:
        try:
            with tenancy.bind(business.pk):
                return read_document(Actor.guest(business.pk), document=document).content
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(download, range(4)))
    assert len(found) == 1
    _folders, files = default_storage.listdir(f"documents/{business.pk}/receipt")
    assert len(files) == 1


def test_a_long_order_has_numbered_pages(business: Business, system: Actor) -> None:
    variants = [make_variant(business, title=f"Item {number}", stock=1) for number in range(60)]
    ship(make_order(business, lines=[(variant, 1) for variant in variants], paid=True))
    outbox.drain()
    content = read_document(system, document=Document.objects.get(kind="invoice")).content
    pages = PdfReader(io.BytesIO(content)).pages
    assert len(pages) >= 3
    assert f"Page 2 / {len(pages)}" in pages[1].extract_text()
    assert "Item 59" in text_of(content)


def test_markup_in_names_is_only_text(business: Business, system: Actor) -> None:
    evil = '<img src="http://127.0.0.1:9/x"><script>alert(1)</script>'
    address = Address(name=evil[:110], line1="1 <b>Street</b>", city="Town", postcode="X", country="GB")
    make_order(business, paid=True, address=address)
    outbox.drain()
    content = read_document(system, document=Document.objects.get()).content
    assert "<b>Street</b>" in text_of(content)


def test_the_secret_link_gives_the_papers(business: Business, system: Actor, client: Any) -> None:
    order = make_order(business)
    address = reverse("invoicing:public_receipt", args=[order.public_token])
    early = client.get(address)
    assert early.status_code == 202
    assert "not arrived yet" in early.content.decode()
    from tests.factories.orders import pay

    ship(pay(order))
    outbox.drain()
    response = client.get(address)
    assert response["Content-Type"] == "application/pdf"
    assert response["Cache-Control"] == "private, no-cache"
    assert client.get(address).content == response.content
    assert client.get(address, headers={"if-none-match": response["ETag"]}).status_code == 304
    invoice = client.get(reverse("invoicing:public_invoice", args=[order.public_token]))
    assert invoice["Content-Type"] == "application/pdf"
    listed = client.get(reverse("invoicing:public_documents", args=[order.public_token])).content.decode()
    assert "INV-00001" in listed
    named = reverse("invoicing:public_document", args=[order.public_token, "INV-00001"])
    assert client.get(named).content == invoice.content


@pytest.mark.parametrize("page", ["receipt.pdf", "invoice.pdf", "INV-00001.pdf", ""])
def test_a_wrong_link_is_not_found(db: None, client: Any, page: str) -> None:
    assert client.get(f"/documents/no-such-token/{page}").status_code == 404


def test_a_link_shows_no_other_orders_papers(business: Business, system: Actor, client: Any) -> None:
    mine, other = make_order(business, paid=True), make_order(business, paid=True)
    outbox.drain()
    foreign = Document.objects.get(order=other)
    address = reverse("invoicing:public_document", args=[mine.public_token, foreign.reference])
    assert client.get(address).status_code == 404
