"""Picking and packing on a telephone with a scanner: what does not belong is said in words and not counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from playwright.sync_api import Page, expect

from apps.goods.catalog.drafts import PackDraft
from apps.goods.catalog.services import set_packs, update_variant
from apps.platform.backoffice.verbs import verb_url
from apps.platform.businesses.models import Business, Location
from apps.selling.shipping.models import PickLine
from apps.selling.shipping.services import open_pick_list
from tests.browser.conftest import faults_of
from tests.browser.test_back_office import enter
from tests.browser.test_warehouse import press, scan
from tests.factories.businesses import actor_of, make_business
from tests.factories.goods import make_variant, stock_up
from tests.factories.orders import make_order, reread

_LISTEN = """
window.heard = [];
window.speechSynthesis.speak = (words) => window.heard.push(words.text);
"""


def test_pick_pack_and_ship_without_a_mouse(
    transactional_db: None, open_browser: Callable[..., Page], site: Any
) -> None:
    business: Business = make_business()
    mug = make_variant(business, title="Mug", stock=20, variant={"sku": "MUG-1", "barcode": "4006381333931"})
    tea = make_variant(business, title="Tea", stock=20, variant={"sku": "TEA-1"})
    make_variant(business, title="Lamp", stock=20, variant={"sku": "LAMP-1"})
    actor = actor_of(business)
    set_packs(actor, variant_id=mug.pk, packs=[PackDraft(name="Six", quantity=6, sku="MUG-6")])
    one = make_order(business, lines=[(mug, 2), (tea, 1)], paid=True)
    two = make_order(business, lines=[(mug, 1)], paid=True)
    place = Location.unscoped.get(business=business, is_default=True)
    made = open_pick_list(actor, order_ids=[one.pk, two.pk], location_id=place.pk)
    page = enter(open_browser("phone"), business, site.url)
    page.add_init_script(_LISTEN)

    page.goto(verb_url(made, "pick"))
    said, wrong = page.locator("[data-said]"), page.locator("[data-wrong]")
    scan(page, "LAMP-1")
    expect(wrong).to_have_text("Wrong item: LAMP-1 does not belong here.")
    scan(page, "mug-6")
    expect(wrong).to_have_text("Too many: Mug. 2 are enough.")
    for code in ("4006381333931", "MUG-1", "mug-1"):
        scan(page, code)
    expect(wrong).to_be_hidden()
    scan(page, "MUG-1")
    expect(wrong).to_contain_text("Too many: Mug.")
    scan(page, "TEA-1")
    expect(said).to_have_text("Tea: 1 of 1. Everything is there.")
    assert page.evaluate("window.heard") == [
        "Wrong item: LAMP-1 does not belong here.",
        "Too many: Mug. 2 are enough.",
        page.evaluate("window.heard[2]"),
        "Everything is there.",
    ]
    assert faults_of(page) == []
    press(page, "Finish the list")
    expect(page.get_by_text(f"List {made.number} is picked.")).to_be_visible()
    assert sorted(PickLine.unscoped.values_list("picked", "quantity")) == [(1, 1), (1, 1), (2, 2)]

    page.goto(reverse("admin:shipping_pack", args=[one.pk]))
    scan(page, "MUG-1")
    press(page, "Ready to send")
    expect(page.get_by_text("Mug: only 1 of 2 are in the box.")).to_be_visible()
    assert reread(one).fulfilment_state == "unfulfilled"
    for code in ("MUG-1", "TEA-1"):
        scan(page, code)
    expect(said).to_contain_text("Everything is there.")
    assert faults_of(page) == []
    press(page, "Packed and sent")
    expect(page.get_by_text(f"Order {one.number} is on its way.")).to_be_visible()
    assert reread(one).fulfilment_state == "fulfilled"


def test_a_scan_of_cloth_counts_what_was_cut(
    transactional_db: None, open_browser: Callable[..., Page], site: Any
) -> None:
    business: Business = make_business()
    linen = make_variant(business, title="Linen", price="0.19", variant={"sku": "LIN"})
    tea = make_variant(business, title="Tea", stock=20, variant={"sku": "TEA-1"})
    actor = actor_of(business)
    update_variant(actor, variant_id=linen.pk, unit="cm", shown_unit="m")
    stock_up(business, [linen.pk], 5000)
    order = make_order(business, lines=[(linen, 130), (tea, 1)], paid=True)
    place = Location.unscoped.get(business=business, is_default=True)
    made = open_pick_list(actor, order_ids=[order.pk], location_id=place.pk)
    page = enter(open_browser("phone"), business, site.url)

    page.goto(verb_url(made, "pick"))
    said, wrong = page.locator("[data-said]"), page.locator("[data-wrong]")
    scan(page, "lin")
    expect(said).to_have_text("Linen: 1.3 m of 1.3 m.")
    scan(page, "LIN")
    expect(wrong).to_have_text("Too many: Linen. 1.3 m are enough.")
    scan(page, "TEA-1")
    expect(said).to_have_text("Tea: 1 of 1. Everything is there.")
    assert faults_of(page) == []
    press(page, "Finish the list")
    expect(page.get_by_text(f"List {made.number} is picked.")).to_be_visible()
    assert sorted(PickLine.unscoped.values_list("picked", "quantity")) == [(1, 1), (130, 130)]
