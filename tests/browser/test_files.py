"""Files in a real browser: drop pictures on a product, order and describe them, choose from the library."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from apps.goods.catalog.models import Product, ProductImage
from apps.kernel import outbox, tenancy
from apps.platform.alerts.models import Alert
from apps.platform.businesses.models import Business
from apps.platform.media.models import Media
from apps.platform.media.tasks import process_due
from tests.browser.conftest import faults_of, grave_findings
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_product

DROP = """([panel, files]) => {
  const carried = new DataTransfer();
  for (const [name, text] of files)
    carried.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name, { type: "image/png" }));
  const how = { dataTransfer: carried, bubbles: true, cancelable: true };
  const fire = (kind) => panel.dispatchEvent(new DragEvent(kind, how));
  fire("dragover"); fire("drop");
}"""


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.FILES_ROOT = tmp_path / "files"


@pytest.fixture
def shop(transactional_db: None) -> Business:
    return make_business()


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    found = []
    for name, colour in (("teal", "teal"), ("sand", "#d9b382"), ("plum", "#6b2d5c")):
        found.append(tmp_path / f"{name}.png")
        Image.new("RGB", (900, 700), colour).save(found[-1])
    return found


@pytest.fixture
def desk(open_browser: Callable[..., Page], shop: Business, site: Any) -> Page:
    page = open_browser("desk")
    session = sign_in(Client(), owner_of(shop), shop).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.url}])
    return page


def prepared() -> None:
    """What worker and dispatcher do meanwhile."""
    process_due()
    outbox.drain()


def order_of(product: Product) -> list[str]:
    with tenancy.bind(product.business_id):
        rows = ProductImage.objects.filter(product=product).order_by("position").select_related("media")
        return [row.own_media.name for row in rows]


def width_of(picture: Locator) -> int:
    """How wide the picture is once it has come; an address that leads nowhere raises."""
    return int(picture.evaluate("one => one.decode().then(() => one.naturalWidth)"))


def test_pictures_are_dropped_shown_moved_described_and_taken_off(
    desk: Page, shop: Business, photos: list[Path], open_browser: Callable[..., Page]
) -> None:
    product = make_product(shop, title="Harbour mug", slug="harbour-mug", stock=3)
    desk.goto(f"/admin/catalog/product/{product.pk}/")
    panel = desk.locator(f'[data-media-panel="/admin/catalog/pictures/{product.pk}/"]')
    expect(panel.get_by_text("the store shows a drawn one")).to_be_visible()
    files = [[path.name, base64.b64encode(path.read_bytes()).decode()] for path in photos[:2]]
    desk.evaluate(DROP, [panel.element_handle(), files])
    expect(panel.get_by_text("Being prepared")).to_have_count(2)
    panel.locator("input[type=file]").set_input_files(str(photos[2]))
    expect(panel.get_by_text("Being prepared")).to_have_count(3)
    prepared()
    expect(panel.locator(".med-tile img")).to_have_count(3)
    assert order_of(product) == ["teal.png", "sand.png", "plum.png"]
    assert faults_of(desk) == []
    desk.set_viewport_size({"width": 1440, "height": 900})

    tiles = panel.locator(".med-tile")
    with desk.expect_response("**/do/arrange/"):
        tiles.nth(2).drag_to(tiles.nth(0))
    expect(tiles.nth(0).get_by_text("Cover")).to_be_visible()
    assert order_of(product)[0] == "plum.png"
    plum = tiles.nth(0).get_attribute("data-image") or ""
    panel.get_by_role("button", name="Move picture 1 back").click()
    expect(tiles.nth(1)).to_have_attribute("data-image", plum)
    assert order_of(product) == ["teal.png", "plum.png", "sand.png"]
    tiles.nth(0).get_by_label("What it shows").fill("A teal mug")
    panel.get_by_role("button", name="Save the words of picture 1").click()
    expect(tiles.nth(0).get_by_role("img", name="A teal mug")).to_be_visible()
    panel.get_by_role("button", name="Take picture 3 off").click()
    expect(tiles).to_have_count(2)

    phone = open_browser("phone")
    phone.goto(f"/store/{shop.slug}/products/harbour-mug/")
    stage = phone.locator("#stage")
    expect(stage).to_have_attribute("alt", "A teal mug")
    assert width_of(stage) > 0
    assert ".avif" in stage.evaluate("stage => stage.currentSrc")
    first = stage.evaluate("stage => stage.currentSrc")
    phone.locator("[data-thumbs] a").nth(1).click()
    # While the browser chooses among the sources the address is empty: wait for a picture, not for a change.
    phone.wait_for_function(
        "was => { const one = document.querySelector('#stage');"
        " return one.currentSrc && one.currentSrc !== was && one.complete && one.naturalWidth > 0; }",
        arg=first,
    )
    assert ".avif" in stage.evaluate("stage => stage.currentSrc")
    moved = phone.evaluate(
        "() => performance.getEntriesByType('layout-shift').reduce((sum, one) => sum + one.value, 0)"
    )
    assert moved < 0.02
    assert grave_findings(phone) == []


def test_pictures_are_chosen_from_the_library(desk: Page, shop: Business, photos: list[Path]) -> None:
    product = make_product(shop, title="Harbour mug")
    desk.goto("/admin/media/library/")
    desk.locator("input[type=file]").set_input_files([str(path) for path in photos])
    expect(desk.locator(".med-card")).to_have_count(3)
    prepared()
    desk.goto(f"/admin/catalog/product/{product.pk}/")
    desk.locator(f'[data-media-panel="/admin/catalog/pictures/{product.pk}/"]').get_by_role(
        "link", name="Choose from the library"
    ).click()
    assert faults_of(desk) == []
    desk.get_by_role("checkbox").nth(0).check()
    desk.get_by_role("checkbox").nth(2).check()
    desk.get_by_role("button", name="Add what is ticked").click()
    expect(desk.locator(".med-tile img")).to_have_count(2)
    assert sorted(order_of(product)) == ["plum.png", "teal.png"]


def test_a_file_of_another_kind_is_refused_in_words(desk: Page, shop: Business, tmp_path: Path) -> None:
    product = make_product(shop, title="Harbour mug")
    false = tmp_path / "photo.png"
    false.write_bytes(b"<svg onload=alert(1)>")
    desk.goto(f"/admin/catalog/product/{product.pk}/")
    panel = desk.locator(f'[data-media-panel="/admin/catalog/pictures/{product.pk}/"]')
    panel.locator("input[type=file]").set_input_files(str(false))
    expect(panel.get_by_text("It is not what it says it is.").first).to_be_visible()
    with tenancy.bind(shop.pk):
        assert Media.objects.get().state == "failed"


def test_a_colleague_is_named_by_a_click_and_told(desk: Page, shop: Business) -> None:
    grace = make_member(shop, "manager")
    grace.display_name = "Grace Hopper"
    grace.save(update_fields=["display_name"])
    product = make_product(shop, title="Harbour mug")
    desk.goto(f"/admin/catalog/product/{product.pk}/")
    words = desk.get_by_label("Write a comment")
    words.fill("Is the glaze right?")
    desk.get_by_role("button", name="@Grace Hopper").click()
    expect(words).to_have_value("Is the glaze right? @Grace Hopper ")
    desk.get_by_role("button", name="Comment", exact=True).click()
    expect(desk.get_by_text("Is the glaze right? @Grace Hopper")).to_be_visible()
    alert = Alert.unscoped.get(user_id=grace.pk)
    assert "Harbour mug" in alert.title


def test_logo_and_own_picture(
    desk: Page, shop: Business, photos: list[Path], open_browser: Callable[..., Page]
) -> None:
    desk.goto("/admin/settings/")
    desk.get_by_role("link", name="Add a logo").click()
    assert faults_of(desk) == []
    desk.set_viewport_size({"width": 1440, "height": 900})
    desk.get_by_label("Picture").set_input_files(str(photos[0]))
    desk.get_by_role("button", name="Upload logo").click()
    expect(desk.get_by_text("The logo is changed.")).to_be_visible()
    desk.goto("/admin/me/picture/")
    desk.get_by_label("Picture").set_input_files(str(photos[1]))
    desk.get_by_role("button", name="Save picture").click()
    mine = desk.locator("img.mdk-person__mark").first
    expect(mine).to_be_visible()
    assert width_of(mine) == 256
    assert faults_of(desk) == []
    phone = open_browser("phone")
    phone.goto(f"/store/{shop.slug}/")
    logo = phone.locator(".brand img")
    assert width_of(logo) > 0
    box = logo.bounding_box()
    assert box is not None
    assert box["height"] == 32
