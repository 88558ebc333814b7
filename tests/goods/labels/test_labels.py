"""Labels are printed and read again: by a scanner's own software, from the PDF's page as a printer would draw it."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from django.test import Client
from django.urls import reverse

from apps.goods.catalog.label_facts import LabelFacts
from apps.goods.catalog.models import Variant
from apps.goods.garments.care import SYMBOLS
from apps.goods.garments.labels import drawing
from apps.goods.labels.papers import PAPERS
from apps.goods.labels.printing import MOST_LABELS, Item, Wish, print_labels
from apps.goods.labels.symbols import Kind, draw
from apps.goods.warehouse.lines import WantedLine
from apps.goods.warehouse.services import request_transfer
from apps.kernel import tenancy
from apps.kernel.errors import InvalidInput
from apps.platform.businesses.models import Business, Location, Membership, Role
from apps.platform.businesses.services import set_member_reach
from tests.factories.businesses import actor_of, make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_location, make_product, stock_up, variants_of
from tests.goods.garments.furnished import furnish_garments

EAN13, EAN8, UPC = "4006381333931", "96385074", "036000291452"
DOTS_PER_INCH = 203  # a plain label printer


def item(code: str, copies: int = 1, **fields: Any) -> Item:
    said = {"title": "Stoneware mug, moss", "detail": "350 ml", "sku": "MUG-350", "price": "£18.00", **fields}
    return Item(code=code, copies=copies, **said)


def read(pdf: bytes, dpi: int = DOTS_PER_INCH) -> list[list[Any]]:
    """What a scanner reads, page by page."""
    pages = pypdfium2.PdfDocument(pdf)
    return [zxingcpp.read_barcodes(page.render(scale=dpi / 72).to_pil()) for page in pages]


def words(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(pdf)
    return " ".join(page.get_textpage().get_text_bounded() for page in pages)


@pytest.mark.parametrize("paper", sorted(PAPERS))
@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [
        (Kind.AUTOMATIC, EAN13, EAN13),
        (Kind.AUTOMATIC, EAN8, EAN8),
        (Kind.AUTOMATIC, UPC, f"0{UPC}"),
        (Kind.AUTOMATIC, "MUG-350", "MUG-350"),
        (Kind.QR, "https://harbour.example/mug", "https://harbour.example/mug"),
    ],
)
def test_what_is_printed_can_be_read(paper: str, kind: str, code: str, said: str) -> None:
    (found,) = read(print_labels([item(code)], Wish(paper, kind)))
    assert [one.text for one in found] == [said]


def test_gs1_says_gtin_date_and_lot_to_a_scanner() -> None:
    wish = Wish("roll-57x32", Kind.GS1_DATAMATRIX, lot="L-24/7", best_before=dt.date(2027, 3, 31))
    ((one,),) = read(print_labels([item(EAN13)], wish))
    assert one.content_type == zxingcpp.ContentType.GS1
    assert one.text == f"(01)0{EAN13}(15)270331(10)L-24/7"


def test_the_symbol_is_drawn_in_lines_not_in_dots() -> None:
    pdf = print_labels([item(EAN13)], Wish("roll-57x32", Kind.AUTOMATIC))
    page = pypdfium2.PdfDocument(pdf)[0]
    assert not [one for one in page.get_objects() if one.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
    assert [round(side * 25.4 / 72, 1) for side in page.get_size()] == [57.0, 32.0]


def test_a_sheet_that_was_begun_is_used_up() -> None:
    codes = [f"ITEM-{number}" for number in range(5)]
    pdf = print_labels([item(code) for code in codes], Wish("a4-3x8", Kind.CODE128, first=23))
    first, second = read(pdf)
    assert sorted(one.text for one in first) == codes[:2]
    assert sorted(one.text for one in second) == codes[2:]
    bottom = min(one.position.top_left.y for one in first)
    assert bottom > 0.8 * 297 / 25.4 * DOTS_PER_INCH  # places 23 and 24 are in the last row


def test_each_item_gets_its_number_of_labels_and_its_words() -> None:
    pdf = print_labels(
        [
            item("AAA-1", 2, title="Blue jug"),
            item("BBB-2", 0, title="Left out"),
            item("CCC-3", 1, title="Red jug"),
        ],
        Wish("a4-3x7", Kind.AUTOMATIC),
    )
    (page,) = read(pdf)
    assert sorted(one.text for one in page) == ["AAA-1", "AAA-1", "CCC-3"]
    text = words(pdf)
    assert text.count("Blue jug") == 2
    assert "Left out" not in text
    assert "£18.00" in text
    assert "£18.00" not in words(
        print_labels([item("AAA-1")], Wish("a4-3x7", Kind.AUTOMATIC, with_price=False))
    )


@pytest.mark.parametrize(
    ("kind", "code", "paper", "reason"),
    [
        (Kind.AUTOMATIC, "", "a4-3x7", "neither a barcode nor a SKU"),
        (Kind.AUTOMATIC, "Grüner-Becher", "a4-3x7", "no letter"),
        (Kind.CODE128, "A" * 60, "roll-40x30", "too long"),
        (Kind.CODE128, "A\x07B", "a4-3x7", "no letter"),
        (Kind.GS1_DATAMATRIX, "MUG-350", "a4-3x7", "GS1 needs"),
        (Kind.GS1_DATAMATRIX, "4006381333932", "a4-3x7", "GS1 needs"),
        (Kind.QR, "x" * 5000, "roll-100x50", "cannot be drawn"),
        (Kind.QR, "x" * 1500, "roll-40x30", "too long"),
    ],
)
def test_what_no_scanner_could_read_is_refused_and_named(
    kind: str, code: str, paper: str, reason: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        print_labels([item("GOOD-1"), item(code, title="Odd one")], Wish(paper, kind))
    assert "Odd one: " in refused.value.message
    assert reason in refused.value.message


def test_a_number_that_is_no_ean_is_printed_as_it_is() -> None:
    wrong = "4006381333932"
    assert draw(Kind.AUTOMATIC, wrong).is_square is False
    ((one,),) = read(print_labels([item(wrong)], Wish("a4-3x7", Kind.AUTOMATIC)))
    assert (one.text, one.format) == (wrong, zxingcpp.BarcodeFormat.Code128)


@pytest.mark.parametrize("lot", ["two words", "ä", "x" * 21, "a\nb", "(10)x\x1d", "A(17)261231", "A(B"])
def test_a_lot_that_gs1_does_not_allow_is_refused_at_its_field(lot: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        print_labels([item(EAN13)], Wish("a4-3x7", Kind.GS1_DATAMATRIX, lot=lot))
    assert "lot" in refused.value.fields


@pytest.mark.parametrize("copies", [0, MOST_LABELS + 1])
def test_none_and_too_many_are_refused(copies: int) -> None:
    with pytest.raises(InvalidInput):
        print_labels([item(EAN13, copies)], Wish("a4-3x7", Kind.AUTOMATIC))


def test_words_that_look_like_markup_stay_words() -> None:
    pdf = print_labels(
        [item("X-1", title="<img src=file:///etc/passwd> & <b>mug</b>")], Wish("roll-100x50", Kind.AUTOMATIC)
    )
    assert "<b>mug</b>" in words(pdf)


@pytest.fixture
def business(db: None) -> Business:
    return make_business()


@pytest.fixture
def desk(business: Business, client: Client) -> Client:
    return sign_in(client, make_member(business, "stock_keeper"), business)


@pytest.mark.django_db
def test_labels_of_a_product_from_its_page(desk: Client, business: Business) -> None:
    shirt = make_product(
        business, title="Linen shirt", option="Size", values=["S", "M"], price=Decimal("48.00"), stock=0
    )
    small, medium = variants_of(shirt)
    for variant, sku in ((small, "SHIRT-S"), (medium, "SHIRT-M")):
        Variant.unscoped.filter(pk=variant.pk).update(sku=sku)
    address = f"/admin/catalog/product/{shirt.pk}/do/labels/"
    page = desk.get(address)
    assert page.status_code == 200
    assert "SHIRT-M" in page.content.decode()

    fields = {"paper": "a4-3x7", "kind": "auto", "first": "1", "with_price": "on", "how_many": "each"}
    answer = desk.post(address, {**fields, f"copies_{small.pk}": "1", f"copies_{medium.pk}": "2"})

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert "no-store" in answer["Cache-Control"]
    (labels,) = read(answer.content)
    assert sorted(one.text for one in labels) == ["SHIRT-M", "SHIRT-M", "SHIRT-S"]

    refused = desk.post(address, {**fields, "first": "22", f"copies_{small.pk}": "1"})
    assert refused.status_code == 400
    assert "This sheet has 21 labels." in refused.content.decode()
    assert desk.post(address, {**fields, "paper": "../etc"}).status_code == 400
    assert desk.post(address, {**fields, f"copies_{small.pk}": "-1"}).status_code == 400


@pytest.mark.django_db
def test_one_label_for_each_piece_at_the_locations_that_one_may_see(
    business: Business, client: Client
) -> None:
    mug = make_product(business, title="Mug", stock=2)
    (variant,) = variants_of(mug)
    Variant.unscoped.filter(pk=variant.pk).update(barcode=EAN13)
    quay = make_location(business, name="Quay")
    stock_up(business, [variant.pk], 3, location_id=quay.pk)
    fields = {"paper": "a4-5x13", "kind": "auto", "first": "1", "how_many": "on_hand"}
    address = f"/admin/catalog/product/{mug.pk}/do/labels/"
    keeper = make_member(business, "stock_keeper")
    sign_in(client, keeper, business)

    assert len(read(client.post(address, fields).content)[0]) == 5
    with tenancy.bind(business.pk):
        member = Membership.objects.get(user=keeper)
    set_member_reach(actor_of(business), membership_id=member.pk, location_ids=[quay.pk])
    assert len(read(client.post(address, fields).content)[0]) == 3


@pytest.mark.django_db
def test_who_may_not_see_stock_is_offered_no_pieces(business: Business, client: Client) -> None:
    mug = make_product(business, title="Mug", stock=2)
    Role.unscoped.filter(business=business, code="cashier").update(
        permissions=["products.read"], is_changed=True
    )
    sign_in(client, make_member(business, "cashier"), business)
    address = f"/admin/catalog/product/{mug.pk}/do/labels/"
    page = client.get(address)
    assert page.status_code == 200
    assert "On hand" not in page.content.decode()
    assert "on_hand" not in page.content.decode()
    fields = {"paper": "a4-5x13", "kind": "auto", "first": "1", "how_many": "on_hand"}
    assert client.post(address, fields).status_code == 400


def test_a_full_job_stays_within_its_means() -> None:
    pdf = print_labels(
        [item(f"SKU-{n:05}", 10) for n in range(MOST_LABELS // 10)], Wish("a4-3x8", Kind.AUTOMATIC)
    )
    assert len(pypdfium2.PdfDocument(pdf)) == -(-MOST_LABELS // 24)
    assert len(pdf) < 4_000_000
    assert io.BytesIO(pdf).read(5) == b"%PDF-"


SHIRT = LabelFacts(
    style="J-210",
    size="M",
    colour="Tide",
    composition=["Shell: 95% Cotton, 5% Elastane", "Lining: 100% Viscose"],
    care=[
        (drawing(code), SYMBOLS[code].words)
        for code in ("wash30", "bleachno", "tumblelow", "iron2", "cleanno")
    ],
)


def test_a_textile_label_says_what_the_law_asks_for_and_cuts_nothing_off() -> None:
    wish = Wish("roll-40x80", Kind.AUTOMATIC, layout="care")
    pdf = print_labels([item(EAN13, 2, title="Quay shirt", facts=SHIRT)], wish)
    assert [[one.text for one in page] for page in read(pdf)] == [[EAN13], [EAN13]]
    said = words(pdf)
    for part in (
        "Quay shirt",
        "J-210",
        "95% Cotton, 5% Elastane",
        "Lining: 100% Viscose",
        "Wash at 30",
        "Do not bleach",
    ):
        assert part in " ".join(said.split()), part
    page = pypdfium2.PdfDocument(pdf)[0]
    assert not [one for one in page.get_objects() if one.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], "vectors"
    # On a small label the words of the symbols are left out first, never the composition; then it is refused.
    small = words(
        print_labels([item("", title="Quay shirt", facts=SHIRT)], Wish("roll-40x30", "auto", layout="care"))
    )
    assert "Viscose" in small
    assert "Do not bleach" not in small
    for facts, reason in (
        (None, "not known"),
        (replace(SHIRT, composition=SHIRT.composition * 9), "do not fit"),
    ):
        with pytest.raises(InvalidInput, match=reason):
            print_labels([item(EAN13, facts=facts)], Wish("roll-40x30", "auto", layout="care"))
    # A code whose bars are too long for the width stands there as a QR code; one that fits neither way is told.
    long = "HARBOUR-JERSEY-QUAY-NAVY-XXL"
    printed = read(print_labels([item(long, title="Quay shirt", facts=SHIRT)], wish))
    assert [(one.text, "QR" in one.format.name) for one in printed[0]] == [(long, True)]
    with pytest.raises(InvalidInput, match=r"Quay shirt: .* too long for this label"):
        print_labels([item("9" * 119 + "A", title="Quay shirt", facts=SHIRT)], wish)


def test_every_care_symbol_has_a_drawing() -> None:
    assert all(drawing(code).startswith("<svg") for code in SYMBOLS)
    assert len({drawing(code) for code in SYMBOLS}) == len(SYMBOLS)
    assert drawing("unknown") == ""


@pytest.mark.django_db
def test_labels_of_a_transfer_say_what_the_garments_are(client: Client) -> None:
    business = make_business("harbour")
    person = owner_of(business)
    actor = actor_of(business)
    depot = make_location(business, name="Depot", code="DEP")
    with tenancy.bind(business.pk):
        garment = furnish_garments(actor)
        small, medium = Variant.objects.filter(product=garment.product, active=True).order_by("position")[:2]
        stock_up(business, [small.pk, medium.pk], 5)
        shop = Location.objects.get(is_default=True)
        transfer = request_transfer(
            actor, source_id=shop.pk, destination_id=depot.pk,
            lines=[WantedLine(small.pk, 3), WantedLine(medium.pk, 1)],
        )  # fmt: skip
    sign_in(client, person, business)
    address = reverse("admin:verb", args=["warehouse", "transfer", transfer.pk, "labels"])
    form = client.get(address)
    assert [form.context["form"][f"copies_{one.pk}"].value() for one in (small, medium)] == [3, 1]
    sent = {"paper": "roll-40x80", "kind": "code128", "layout": "care", "first": 1, "how_many": "each",
            f"copies_{small.pk}": 3, f"copies_{medium.pk}": 1}  # fmt: skip
    pdf = client.post(address, sent).content
    assert len(pypdfium2.PdfDocument(pdf)) == 4
    said = " ".join(words(pdf).split())
    assert said.count("Quay-100") == 4
    assert said.count("Viscose") == 4
