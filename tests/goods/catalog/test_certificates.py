"""A laboratory's paper comes in as a PDF or a photograph, is read, looked at by a person, and only then shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from apps.goods.catalog import tasks
from apps.goods.catalog.coa import read_certificate
from apps.goods.catalog.facets import read_facets
from apps.goods.catalog.models import Certificate, CertificateResult, Product
from apps.goods.catalog.searching import Asked, find_products
from apps.goods.catalog.services import (
    approve_certificate,
    correct_certificate,
    describe_licensed,
    reject_certificate,
    set_licensed_trade,
)
from apps.goods.catalog.services.certificates import ResultDraft
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.kernel.models import AuditEntry
from apps.platform.businesses.models import Business
from apps.platform.media.processing.tools import is_there
from apps.platform.media.tasks import process_due
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.certificates import make_certificate, paper_pdf, paper_picture
from tests.factories.goods import make_product

pytestmark = pytest.mark.django_db
VALUES = {
    "THC": "0.52", "THCA": "24.21", "Total THC": "21.75", "CBDA": "0.11", "CBD": "0", "Moisture": "10.8",
}  # fmt: skip


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any) -> None:
    settings.FILES_ROOT = tmp_path / "files"
    settings.MEDIA_CLAMD = ""


@pytest.fixture
def trade(business: Business, owner: Actor) -> Business:
    set_licensed_trade(owner, is_on=True, classifications=["Indica", "Sativa", "Hybrid"])
    return business


def read_of(certificate: Certificate) -> dict[str, Decimal | None]:
    rows = CertificateResult.unscoped.filter(certificate=certificate)
    return dict(rows.values_list("analyte", "value"))


OTHER = """Laboratory: North Coast Testing
Lot number: NC.881
Issued on: 14 March 2026
THC-A: 182.0 mg/g
delta-9 THC: 4,1 mg/g
THCV 0.30 %
CBD: <LOQ
Total THC: 19.00 %
Pesticides   Pass / Fail
Mycotoxins   Not detected
Moisture 400 %
"""


def test_layouts_units_and_doubt() -> None:
    draft = read_certificate(OTHER)
    assert [one.value for one in (draft.lab, draft.lot_code, draft.issued_on) if one] == [
        "North Coast Testing", "NC.881", "2026-03-14",
    ]  # fmt: skip
    found = {one.code: one for one in draft.results}
    assert {code: one.value for code, one in found.items() if one.value is not None} == {
        "thc": Decimal("0.41"), "thca": Decimal("18.2"), "total_thc": Decimal(19), "cbd": 0, "moisture": 400,
    }  # fmt: skip
    assert found["thca"].line == "THC-A: 182.0 mg/g"
    # 0.41 + 0.877 × 18.2 is 16.37, not 19: the total is doubted, like more than a hundred per cent and a form's head.
    assert [found[code].confidence < 50 for code in ("total_thc", "moisture", "pesticides", "thca")] == [
        True, True, True, False,
    ]  # fmt: skip
    assert (found["mycotoxins"].passed, found["mycotoxins"].confidence) == (True, 95)
    assert read_certificate("THCA 10.0 %\nTHC 1 %").results[-1].value == Decimal("9.77"), "worked out"
    assert read_certificate("report date 03/04/2026").issued_on.confidence == 40  # type: ignore[union-attr]
    sure = {one.code: one.confidence for one in read_certificate(OTHER, recognised=True).results}
    assert sure["thca"] < found["thca"].confidence


def send(client: Client, product: Product, content: bytes, name: str, kind: str) -> Certificate:
    file = SimpleUploadedFile(name, content, content_type=kind)
    where = reverse("admin:list_verb", args=["catalog", "certificate", "add"])
    answer = client.post(where, {"product_id": str(product.pk), "lot_code": "", "file": file})
    assert answer.status_code == 302, answer.content.decode()
    return Certificate.unscoped.order_by("-id")[0]


def test_a_pdf_is_read_reviewed_approved_and_shown(client: Client) -> None:
    business = make_business()
    staff, where = sign_in(client, owner_of(business), business), f"/store/{business.slug}/"
    product = make_product(business, title="Harbour Haze", slug="haze", stock=5)
    system = Actor.system("tests", business.pk)
    set_licensed_trade(system, is_on=True, classifications=["Hybrid"])
    paper = send(staff, product, paper_pdf(), "coa.pdf", "application/pdf")
    assert (paper.state, tasks.read_certificates()) == ("reading", 0), "the file itself is not ready yet"
    process_due()
    assert tasks.read_certificates() == 1
    paper.refresh_from_db()
    assert (paper.state, paper.read_from, paper.lot_code, paper.lab, str(paper.issued_on)) == (
        "review", "text", "HH-2603-01", "Green Leaf Analytics", "2026-03-14",
    )  # fmt: skip
    found = read_of(paper)
    assert {name: found[name] for name in VALUES} == {name: Decimal(v) for name, v in VALUES.items()}

    page = staff.get(
        reverse("admin:verb", args=["catalog", "certificate", paper.pk, "review"])
    ).content.decode()
    assert "THCA 0.10 24.21 242.1" in page, "the line stands beside the value"
    assert 'alt="First page of the certificate"' in page
    store = Client()
    address = f"{where}products/haze/certificates/{paper.pk}/"
    assert store.get(address).status_code == 404
    assert "HH-2603-01" not in store.get(f"{where}products/haze/").content.decode()

    verb = reverse("admin:verb", args=["catalog", "certificate", paper.pk, "approve"])
    assert staff.post(verb, {"is_public": "on", "take_over": "on"}).status_code == 302
    shown = Product.unscoped.get(pk=product.pk)
    assert (shown.thc_min, shown.thc_max, shown.cbd_max) == (
        Decimal("21.75"),
        Decimal("21.75"),
        Decimal("0.10"),
    )
    page = store.get(f"{where}products/haze/").content.decode()
    assert all(words in page for words in ("Lot HH-2603-01", "21.75 %", "Green Leaf Analytics", "Passed"))
    answer = store.get(address)
    assert answer.status_code == 302
    assert b"".join(store.get(answer["Location"]).streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]
    entries = AuditEntry.objects.filter(action__startswith="products.certificate_").order_by("sequence")
    assert list(entries.values_list("action", flat=True)) == [
        "products.certificate_added", "products.certificate_read", "products.certificate_approved",
    ]  # fmt: skip

    # Out of the trade nothing of it is shown; a paper that was taken back neither.
    set_licensed_trade(system, is_on=False, classifications=["Hybrid"])
    assert store.get(address).status_code == 404
    assert "HH-2603-01" not in store.get(f"{where}products/haze/").content.decode()
    set_licensed_trade(system, is_on=True, classifications=["Hybrid"])
    reject_certificate(system, certificate_id=paper.pk, reason="Another batch")
    assert store.get(address).status_code == 404


@pytest.mark.skipif(not is_there("tesseract"), reason="this machine recognises no letters")
def test_a_photograph_is_recognised_and_trusted_less(client: Client) -> None:
    business = make_business()
    staff = sign_in(client, owner_of(business), business)
    product = make_product(business, title="Haze")
    paper = send(staff, product, paper_picture(), "photo.png", "image/png")
    process_due()
    tasks.read_certificates()
    paper.refresh_from_db()
    assert (paper.state, paper.read_from, paper.lot_code) == ("review", "ocr", "HH-2603-01")
    found = read_of(paper)
    assert (found["THCA"], found["Total THC"]) == (Decimal("24.21"), Decimal("21.75"))
    rows = CertificateResult.unscoped.filter(certificate=paper)
    assert all(row.confidence <= 81 for row in rows), "recognised letters are never quite sure"


def test_nothing_is_approved_unseen(trade: Business, owner: Actor) -> None:
    product = make_product(trade, title="Haze")
    doubtful = make_certificate(product, text=OTHER)
    with pytest.raises(WrongState, match="Nobody has looked at: Total THC"):
        approve_certificate(owner, certificate_id=doubtful.pk)
    failed = [ResultDraft("Total THC", Decimal("16.4"), "%"), ResultDraft("Pesticides", passed=False)]
    said: dict[str, Any] = {"lab": "North Coast", "lot_code": "NC.881", "issued_on": None}
    for wrong in (
        [ResultDraft("Total THC")],
        [ResultDraft("Total THC", Decimal(101), "%")],
        [failed[0], ResultDraft("total thc", Decimal(1), "%")],
    ):
        with pytest.raises(InvalidInput):
            correct_certificate(owner, certificate_id=doubtful.pk, results=wrong, **said)
    correct_certificate(owner, certificate_id=doubtful.pk, results=failed, **said)
    with pytest.raises(WrongState, match="Not passed: Pesticides"):
        approve_certificate(owner, certificate_id=doubtful.pk, is_public=True)
    approve_certificate(owner, certificate_id=doubtful.pk)
    with pytest.raises(WrongState, match="approved already"):
        correct_certificate(owner, certificate_id=doubtful.pk, results=failed, **said)
    # The database says the same to whoever goes past the services.
    waiting = make_certificate(product)
    with pytest.raises(IntegrityError), transaction.atomic():
        Certificate.unscoped.filter(pk=waiting.pk).update(is_public=True)
    entry = AuditEntry.objects.get(action="products.certificate_corrected")
    assert "Total THC: 19.0000 %" in entry.before["results"]


def test_customers_filter_by_contents_and_classification(trade: Business, owner: Actor) -> None:
    for title, word, low, high in (
        ("Mild", "Sativa", "4", "6"),
        ("Strong", "Indica", "18", "22"),
        ("Stronger", "Indica", "24", None),
    ):
        product = make_product(trade, title=title)
        describe_licensed(
            owner, product_id=product.pk, classification=word, strain=f"{title} Haze",
            thc_min=Decimal(low), thc_max=Decimal(high) if high else None,
        )  # fmt: skip
    make_product(trade, title="Mug")

    def found(**asked: Any) -> list[str]:
        return sorted(product.title for product in find_products(Asked(**asked)))

    with tenancy.bind(trade.pk):
        assert found(classification="Indica") == ["Strong", "Stronger"]
        assert found(thc_min=Decimal(20)) == ["Strong", "Stronger"]
        assert found(thc_max=Decimal(5)) == ["Mild"]
        assert found(thc_min=Decimal(10), thc_max=Decimal(19), classification="Indica") == ["Strong"]
        assert found(term="mild haze") == ["Mild"], "strains are searched"
        facets = read_facets(Asked(thc_min=Decimal(10)))
        assert [(one.value, one.count) for one in facets.classifications] == [("Indica", 2)]
        assert facets.contents == {"thc": (Decimal("4.00"), Decimal("24.00"))}, (
            "under all choices but its own"
        )
        with pytest.raises(InvalidInput):
            describe_licensed(owner, product_id=product.pk, classification="Ruderalis")
        with pytest.raises(InvalidInput):
            describe_licensed(owner, product_id=product.pk, cbd_min=Decimal(9), cbd_max=Decimal(2))
    set_licensed_trade(owner, is_on=False, classifications=["Indica"])
    with tenancy.bind(trade.pk):
        assert found(classification="Indica") == []
        assert read_facets(Asked()).contents == {}
        assert read_facets(Asked()).total == 4
    with pytest.raises(WrongState):
        describe_licensed(owner, product_id=product.pk, strain="x")


def test_the_stores_list_offers_the_filters(trade: Business, owner: Actor, client: Client) -> None:
    product = make_product(trade, title="Strong", stock=3)
    describe_licensed(owner, product_id=product.pk, classification="Indica", thc_min=Decimal(20))
    make_product(trade, title="Mug", stock=3)
    page = client.get("/store/harbour/products/?thc_min=10&classification=Indica").content.decode()
    assert 'name="thc_min"' in page
    assert "THC from 10 %" in page
    assert "Mug" not in page
    assert "not per cent" in client.get("/store/harbour/products/?cbd_max=lots").content.decode()
    api = client.get("/api/v1/stores/harbour/products/?thc_max=5").json()
    assert api["results"] == []


def test_milligrams_are_shown_as_such_and_in_no_range_of_per_cent(
    trade: Business, owner: Actor, client: Client
) -> None:
    flower, gummy = make_product(trade, title="Flower"), make_product(trade, title="Gummy", slug="gummy")
    describe_licensed(owner, product_id=flower.pk, thc_min=Decimal(18), thc_max=Decimal(22))
    with pytest.raises(InvalidInput):
        describe_licensed(owner, product_id=gummy.pk, thc_min=Decimal(250))
    describe_licensed(owner, product_id=gummy.pk, thc_min=Decimal(250), thc_unit="mg", cbd_min=Decimal(5))
    with tenancy.bind(trade.pk):
        assert [product.title for product in find_products(Asked(thc_max=Decimal(100)))] == ["Flower"]
        assert [product.title for product in find_products(Asked(cbd_max=Decimal(100)))] == ["Gummy"]
        assert read_facets(Asked()).contents == {
            "thc": (Decimal("18.00"), Decimal("22.00")), "cbd": (Decimal("5.00"), Decimal("5.00")),
        }  # fmt: skip
    page = client.get("/store/harbour/products/gummy/").content.decode()
    assert "250 mg" in page
    assert "5 %" in page
    api = client.get("/api/v1/stores/harbour/products/gummy/").json()["licensed"]
    assert (api["thc_max"], api["thc_unit"], api["cbd_unit"]) == ("250.00", "mg", "percent")
