"""The warehouse on a telephone, with a scanner: a keyboard that types a code and presses Enter. No mouse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pypdfium2
import zxingcpp
from playwright.sync_api import Page, Route, expect

from apps.goods.catalog.drafts import PackDraft
from apps.goods.catalog.services import set_packs
from apps.goods.inventory.models import StockBalance
from apps.goods.purchasing.models import GoodsReceipt, GoodsReceiptLine
from apps.goods.warehouse.lines import WantedLine
from apps.goods.warehouse.models import StockCount, Transfer
from apps.goods.warehouse.services import open_count, request_transfer
from apps.kernel import tenancy
from apps.platform.backoffice.verbs import verb_url
from apps.platform.businesses.models import Business, Location
from tests.browser.conftest import SIZES, faults_of
from tests.browser.test_back_office import enter
from tests.factories.businesses import actor_of, make_business
from tests.factories.goods import make_location, make_variant
from tests.goods.purchasing.world import sent_order


def scan(page: Page, code: str) -> None:
    """What a scanner does: it types into whatever has the focus."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def press(page: Page, name: str) -> None:
    """Reach a button by the keyboard and press it."""
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")


def test_count_and_transfer_without_a_mouse(
    transactional_db: None, open_browser: Callable[..., Page], site: Any
) -> None:
    business: Business = make_business()
    mug = make_variant(business, title="Mug", stock=5, variant={"sku": "MUG-1", "barcode": "4006381333931"})
    depot, actor = make_location(business, name="Depot", code="DEP"), actor_of(business)
    shop = Location.unscoped.get(business=business, is_default=True)
    count = open_count(actor, location_id=shop.pk)
    lines = [WantedLine(mug.pk, 2)]
    transfer = request_transfer(actor, source_id=shop.pk, destination_id=depot.pk, lines=lines)
    page = enter(open_browser("phone"), business, site.url)

    page.goto(verb_url(count, "scan"))
    code = page.get_by_label("SKU or barcode")
    for found, number in (("MUG-1", 1), ("4006381333931", 2), ("mug-1", 3)):
        # Of the page, not of the window: that one stands behind others here.
        page.wait_for_function("document.activeElement && document.activeElement.name === 'code'")
        scan(page, found)
        expect(page.get_by_text(f"Mug: {number} counted.")).to_be_visible()
    # A code that nobody knows is refused and gone: the next scan is not typed behind it.
    for found, answer in (
        ("NOBODY", "No item has the SKU or barcode “NOBODY”"),
        ("MUG-1", "Mug: 4 counted."),
    ):
        page.wait_for_function("document.activeElement && document.activeElement.name === 'code'")
        scan(page, found)
        expect(page.get_by_text(answer)).to_be_visible()
    field = code.bounding_box()
    button = page.get_by_role("button", name="Add to the count").bounding_box()
    assert field is not None
    assert button is not None
    assert min(field["height"], button["height"]) >= 40, "too small for a thumb in a glove"
    assert faults_of(page, exclude=("#nav-sidebar",)) == []

    page.goto(verb_url(count, "finish"))
    press(page, "Finish counting")
    expect(page.get_by_role("heading", level=1)).to_contain_text(count.number)
    page.goto(verb_url(count, "approve"))
    press(page, "Post the differences")
    expect(page.get_by_text("is posted.")).to_be_visible()
    assert StockBalance.unscoped.get(variant=mug, location=shop).on_hand == 4
    assert StockCount.unscoped.get(pk=count.pk).state == "posted"

    for verb, words in (("ship", "Send the goods"), ("receive", "Receive the goods")):
        page.goto(verb_url(transfer, verb))
        press(page, words)
        expect(page.get_by_role("heading", level=1)).to_contain_text(transfer.number)
    assert Transfer.unscoped.get(pk=transfer.pk).state == "received"
    assert StockBalance.unscoped.get(variant=mug, location=depot).on_hand == 2


def test_a_delivery_is_scanned_in_labelled_and_counted_by_its_labels(
    transactional_db: None, open_browser: Callable[..., Page], site: Any
) -> None:
    """What the label says is what a reader reads from its PDF, and what the next scan of the count finds."""
    business = make_business()
    with tenancy.bind(business.pk):
        mug = make_variant(business, title="Mug", variant={"sku": "MUG-1", "barcode": "4006381333931"})
        pot = make_variant(business, title="Pot", variant={"sku": "POT-1"})
        set_packs(
            actor_of(business),
            variant_id=mug.pk,
            packs=[PackDraft(name="Case of 6", quantity=6, barcode="4006381333948")],
        )
        order = sent_order(business, [(mug, 8, "4"), (pot, 1, "9")])
    page = enter(open_browser("phone"), business, site.url)

    page.goto(verb_url(order, "receive"))
    page.wait_for_function("document.activeElement && document.activeElement.id === 'scan'")
    for code, answer in (
        ("MUG-1", "Mug: 1 accepted."),
        ("4006381333948", "Mug: 7 accepted."),
        ("4006381333931", "Mug: 8 accepted."),
        ("pot-1", "Pot: 1 accepted."),
        ("POT-1", "Pot: 2 accepted, only 1 are expected."),
        ("NOTHING", "No item of this order has the code NOTHING."),
    ):
        scan(page, code)
        expect(page.get_by_text(answer)).to_be_visible()
    assert faults_of(page, exclude=("#nav-sidebar",)) == []
    page.set_viewport_size(SIZES["phone"])
    page.get_by_label("Pot: accepted").fill("1")
    press(page, "Receive goods")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Goods receipt")
    receipt = GoodsReceipt.unscoped.get(order=order)
    assert {row.variant_id: row.accepted for row in GoodsReceiptLine.unscoped.all()} == {mug.pk: 8, pot.pk: 1}

    page.goto(verb_url(receipt, "labels"))
    papers: list[bytes] = []

    def keep(route: Route) -> None:
        answer = route.fetch()
        papers.append(answer.body())
        route.fulfill(response=answer)

    page.route("**/do/labels/", keep)
    with page.expect_response("**/do/labels/"):
        press(page, "Print labels")
    sheets = pypdfium2.PdfDocument(papers[-1])
    labels = [
        found.text
        for sheet in sheets
        for found in zxingcpp.read_barcodes(sheet.render(scale=203 / 72).to_pil())
    ]
    assert sorted(labels) == ["4006381333931"] * 8 + ["POT-1"]

    shop = Location.unscoped.get(business=business, is_default=True)
    count = open_count(actor_of(business), location_id=shop.pk)
    page.goto(verb_url(count, "scan"))
    for number, code in enumerate(labels, 1):
        page.wait_for_function("document.activeElement && document.activeElement.name === 'code'")
        scan(page, code)
        item, done = ("Mug", number) if code != "POT-1" else ("Pot", 1)
        expect(page.get_by_text(f"{item}: {done} counted.")).to_be_visible()
    page.goto(verb_url(count, "finish"))
    press(page, "Finish counting")
    expect(page.get_by_role("heading", level=1)).to_contain_text(count.number)
    page.goto(verb_url(count, "approve"))
    expect(page.get_by_text("0 items differ.")).to_be_visible()
    press(page, "Post the differences")
    expect(page.get_by_text("is posted.")).to_be_visible()
    assert StockBalance.unscoped.get(variant=mug, location=shop).on_hand == 8
