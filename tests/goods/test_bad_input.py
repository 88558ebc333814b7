"""What cannot be meant, sent to the doors of goods: it is refused in words, nothing is written, nothing breaks."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.goods.catalog.drafts import PackDraft
from apps.goods.catalog.models import Category, KitPart, Product, Variant
from apps.goods.catalog.services import create_category, set_packs
from apps.goods.inventory.models import Lot, StockBalance, StockMovement
from apps.goods.inventory.services import choose_tracking
from apps.goods.purchasing.models import PurchaseOrder
from apps.goods.warehouse.models import Transfer
from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business, Location
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.goods import make_location, make_product, make_variant
from tests.goods.purchasing.world import make_supplier
from tests.goods.test_back_office import do, page_of

pytestmark = pytest.mark.django_db
# As JSON; whole numbers are asked for everywhere.
NO_QUANTITY = ["NaN", "1e30", "-1", "0.5", '"half"', '"1e3"', "true", "[]", "10000000", '"\\u00bd"', "9" * 61]
TYPED_QUANTITY = ["NaN", "1e30", "-3", "0.5", "many", "3 4", "999999999", "\u00bd", "0"]


@pytest.fixture
def business(db: None) -> Business:
    return make_business()


@pytest.fixture
def mug(business: Business) -> Variant:
    return make_variant(business, title="Mug", stock=5, variant={"sku": "MUG"})


@pytest.fixture
def staff(client: Client, business: Business) -> Client:
    return sign_in(client, owner_of(business), business)


def send(staff: Client, path: str, body: str) -> Any:
    """One request with a body that is written out: some of these are no numbers in Python."""
    headers = {"X-Business": "harbour", "Idempotency-Key": "k"}
    slug = Business.objects.get().slug
    return staff.post(
        f"/api/v1/{path}",
        body,
        content_type="application/json",
        headers={**headers, "X-Business": slug},
    )


def bodies(business: Business, mug: Variant) -> dict[str, tuple[str, str]]:
    """Where a program sends a quantity: the address, and the body with a gap for it."""
    depot = make_location(business, name="Depot", code="DEP")
    main = Location.unscoped.get(business=business, is_default=True)
    with tenancy.bind(business.pk):
        mill = make_supplier(business)
    one = f'{{"variant_id": "{mug.pk}", "quantity": GAP}}'
    ends = f'"source_id": "{main.pk}", "destination_id": "{depot.pk}"'
    box = make_variant(business, title="Box")
    return {
        "receive": ("stock/receive/", f'{{"lines": [{one}]}}'),
        "adjust": ("stock/adjust/", f'{{"lines": [{{"variant_id": "{mug.pk}", "counted": GAP}}]}}'),
        "set": ("stock/set/", '{"lines": [{"code": "MUG", "quantity": GAP}]}'),
        "transfer": ("stock/transfers/", f'{{{ends}, "lines": [{one}]}}'),
        "order": (
            "purchase-orders/",
            f'{{"supplier_id": "{mill.pk}", "lines": [{one[:-1]}, "unit_cost": "1"}}]}}',
        ),
        "kit": ("kits/", f'{{"variant_id": "{box.pk}", "parts": [{one}]}}'),
        "pack": (f"variants/{mug.pk}/packs/", '{"packs": [{"name": "Case", "quantity": GAP}]}'),
        "rule": ("products/", '{"title": "A", "order_min": GAP, "variants": [{"price": "1"}]}'),
        "items": (
            f"suppliers/{mill.pk}/items/",
            f'{{"items": [{{"variant_id": "{mug.pk}", "cost": "1", "pack_size": GAP}}]}}',
        ),
    }


DOORS = ("receive", "adjust", "set", "transfer", "order", "kit", "pack", "rule", "items")


@pytest.mark.parametrize("door", DOORS)
def test_a_program_is_told_which_quantity_cannot_be(
    staff: Client, business: Business, mug: Variant, door: str
) -> None:
    path, body = bodies(business, mug)[door]
    before = StockMovement.unscoped.count(), Product.unscoped.count()
    wrong = {}
    for given in NO_QUANTITY:
        text = body.replace("GAP", given)
        method = staff.put if door == "items" else staff.post
        headers = {"X-Business": business.slug, "X-CSRFToken": "", "Idempotency-Key": f"{door}-{given}"[:60]}
        answer = method(f"/api/v1/{path}", text, content_type="application/json", headers=headers)
        if answer.status_code != 400 or answer.json()["status"] != 400:
            wrong[given] = (answer.status_code, answer.content[:200])
    assert wrong == {}
    assert (StockMovement.unscoped.count(), Product.unscoped.count()) == before
    assert not any(model.unscoped.exists() for model in (Transfer, PurchaseOrder, KitPart))
    # The same body with a number is taken: the refusals above are about the number.
    right = body.replace("GAP", "2")
    method = staff.put if door == "items" else staff.post
    answer = method(
        f"/api/v1/{path}", right, content_type="application/json", headers={"X-Business": business.slug}
    )
    assert answer.status_code in {200, 201}, answer.content


@pytest.mark.parametrize("typed", TYPED_QUANTITY)
def test_a_form_names_the_quantity_that_cannot_be(
    staff: Client, business: Business, mug: Variant, typed: str
) -> None:
    place = Location.unscoped.get(business=business)
    depot = make_location(business)
    before = StockMovement.unscoped.count()
    answers = {
        "delivery": do(staff, StockBalance, "receive", location_id=place.pk, lines=f"MUG, {typed}"),
        "transfer": do(
            staff, Transfer, "request", source_id=place.pk, destination_id=depot.pk, lines=f"MUG, {typed}"
        ),
        "receive": do(staff, mug, "receive", location_id=place.pk, **{f"quantity_{mug.pk}": typed}),
        "kit": do(staff, make_variant(business, title="Box"), "kit", parts=f"MUG {typed}"),
        "pack": do(staff, mug, "packs", name_0="Case", quantity_0=typed),
    }
    if typed != "0":  # Nothing is left of it: that can be counted.
        counted = {f"counted_{mug.pk}": typed}
        answers["adjust"] = do(
            staff, mug, "adjust", location_id=place.pk, reason_code="correction", **counted
        )
    assert {name: one.status_code for name, one in answers.items() if one.status_code not in {400, 409}} == {}
    assert StockMovement.unscoped.count() == before
    assert not Transfer.unscoped.exists()
    assert not KitPart.unscoped.exists()


@pytest.mark.parametrize("cost", ["NaN", "Infinity", "1e30", "-2", "dear", "9" * 40, "1e-400"])
def test_a_delivery_of_packs_at_a_cost_that_cannot_be(
    staff: Client, business: Business, mug: Variant, cost: str
) -> None:
    system = Actor.system("t", business.pk)
    set_packs(system, variant_id=mug.pk, packs=[PackDraft(name="Case", quantity=12, barcode="CASE-12")])
    place = Location.unscoped.get(business=business)
    before = StockMovement.unscoped.count()
    for code in ("CASE-12", "MUG"):
        answer = do(staff, StockBalance, "receive", location_id=place.pk, lines=f"{code}, 3, {cost}")
        if cost == "1e-400":
            assert answer.status_code in {302, 400}
            continue
        assert answer.status_code == 400, (code, cost)
    if cost != "1e-400":
        assert StockMovement.unscoped.count() == before


def test_a_kit_is_not_made_of_itself_nor_in_a_ring(staff: Client, business: Business, mug: Variant) -> None:
    box = make_variant(business, title="Box", variant={"sku": "BOX"})
    crate = make_variant(business, title="Crate", variant={"sku": "CRATE"})
    assert do(staff, box, "kit", parts="BOX 1").status_code == 400
    assert do(staff, box, "kit", parts="MUG 2").status_code == 302
    # A ring would need a kit in a kit, which no door makes: Crate of Box, then Box of Crate.
    for kit, parts in ((crate, "BOX 1"), (mug, "BOX 1"), (box, "CRATE 1\nBOX 1")):
        assert do(staff, kit, "kit", parts=parts).status_code in {400, 409}, parts
    for kit, part in ((box, box), (crate, box), (mug, box)):
        given = {"variant_id": str(kit.pk), "parts": [{"variant_id": str(part.pk)}]}
        assert send(staff, "kits/", json.dumps(given)).status_code in {400, 409}
    assert {(row.kit_id, row.part_id, row.quantity) for row in KitPart.unscoped.all()} == {
        (box.pk, mug.pk, 2)
    }


def test_a_kit_of_too_many_lines_is_refused_and_not_cut(staff: Client, business: Business) -> None:
    box = make_variant(business, title="Box")
    rows = make_product(business, title="Bead", option="Size", values=[str(n) for n in range(31)])
    with tenancy.bind(business.pk):
        parts = list(Variant.objects.filter(product=rows).order_by("position"))
        for number, part in enumerate(parts):
            part.sku = f"B{number}"
        Variant.objects.bulk_update(parts, ["sku"])
    lines = [f"B{number} 1" for number in range(31)]
    assert do(staff, box, "kit", parts="\n".join(lines)).status_code == 400
    assert not KitPart.unscoped.exists()
    assert do(staff, box, "kit", parts="\n".join(lines[:30])).status_code == 302
    assert KitPart.unscoped.count() == 30


def test_a_category_does_not_stand_below_itself(staff: Client, business: Business) -> None:
    system = Actor.system("t", business.pk)
    home = create_category(system, name="Home")
    kitchen = create_category(system, name="Kitchen", parent_id=home.pk)
    mugs = create_category(system, name="Mugs", parent_id=kitchen.pk)
    for below in (home, kitchen, mugs):
        form = {"name": "Home", "slug": "home", "parent_id": str(below.pk)}
        assert do(staff, home, "change", **form).status_code in {400, 409}, below.name
        answer = staff.patch(
            f"/api/v1/categories/{home.pk}/",
            {"parent_id": str(below.pk)},
            content_type="application/json",
            headers={"X-Business": business.slug},
        )
        assert answer.status_code == 400, below.name
    paths = set(Category.unscoped.values_list("path", flat=True))
    assert paths == {"home", "home/kitchen", "home/kitchen/mugs"}


@pytest.mark.parametrize(
    "day", ["yesterday", "2026-02-30", "0001-01-01", "9999-12-31", "31/31/2031", "20271", "1e30", "\x00"]
)
def test_a_last_day_that_cannot_be(staff: Client, business: Business, mug: Variant, day: str) -> None:
    cream = make_variant(business, title="Cream", variant={"sku": "CREAM"})
    choose_tracking(Actor.system("t", business.pk), variant_id=cream.pk, mode="expiry")
    place = Location.unscoped.get(business=business)
    line = {"location_id": place.pk, "lines": f"CREAM, 2, 1.00, L-1, {day}"}
    assert do(staff, StockBalance, "receive", **line).status_code in {400, 409}
    lots = [{"code": "L-1", "quantity": 2, "expires_on": day}]
    given = {"lines": [{"variant_id": str(cream.pk), "quantity": 2, "lots": lots}]}
    assert send(staff, "stock/receive/", json.dumps(given)).status_code in {400, 409}
    assert not Lot.unscoped.exists()


def test_a_delivery_is_entered_for_a_moment_of_the_last_year(
    staff: Client, business: Business, mug: Variant
) -> None:
    now = clock.now()
    moments = [now + dt.timedelta(hours=1), now - dt.timedelta(days=367), dt.datetime.max, dt.datetime.min]
    wrong = ["yesterday", "2026-13-01T00:00Z", *(moment.isoformat() for moment in moments)]
    for moment in wrong:
        given = {"lines": [{"variant_id": str(mug.pk), "quantity": 1}], "occurred_at": moment}
        assert send(staff, "stock/receive/", json.dumps(given)).status_code == 400, moment
    assert StockMovement.unscoped.count() == 1


BARCODES = [
    ("4006381333931", ""),
    ("4006381333932", "EAN-13"),
    ("96385074", ""),
    ("96385075", "EAN-8"),
    ("036000291452", ""),
    ("036000291453", "UPC-A"),
    ("10614141000415", ""),
    ("10614141000416", "GTIN-14"),
    ("12345", ""),
    ("OUR-CODE-1", ""),
    ("\u0664\u0660\u0660\u0666\u0663\u0668\u0661\u0663\u0663\u0663\u0669\u0663\u0661", ""),
]


@pytest.mark.parametrize(("barcode", "doubtful"), BARCODES)
def test_a_barcode_with_a_wrong_check_digit_is_said_to_be_one(
    staff: Client, business: Business, mug: Variant, barcode: str, doubtful: str
) -> None:
    form = {"price": "12", "sku": "MUG", "weight_grams": 0, "backorder_limit": 0, "barcode": barcode}
    saved = do(staff, mug, "edit", track_stock="on", published="on", **form)
    assert saved.status_code == 302
    said = staff.get(saved["Location"]).content.decode()
    mug.refresh_from_db()
    page = page_of(staff, mug)
    assert barcode in page
    if doubtful:
        assert f"As an {doubtful} its last digit would be" in said
        assert f"As an {doubtful} its last digit would be" in page
    else:
        assert "its last digit would be" not in said + page


@pytest.mark.parametrize("barcode", ["a\x00b", "9" * 121, "\ud800"])
def test_a_barcode_that_is_no_text_is_refused(
    staff: Client, business: Business, mug: Variant, barcode: str
) -> None:
    given = json.dumps({"price": "1.00", "option_values": [], "barcode": barcode})
    answer = send(staff, f"products/{mug.product_id}/variants/", given)
    assert answer.status_code == 400, answer.content
    pack = json.dumps({"packs": [{"name": "Case", "quantity": 2, "barcode": barcode}]})
    assert send(staff, f"variants/{mug.pk}/packs/", pack).status_code == 400


def test_a_location_of_a_filter_that_is_none_finds_nothing(staff: Client, business: Business) -> None:
    make_product(business, title="Mug", stock=1)
    depot = make_location(business, name="Depot")
    make_product(business, title="Lamp", stock=1, location_id=depot.pk)
    page = reverse("admin:inventory_stockbalance_changelist")
    assert "Mug" not in staff.get(f"{page}?tab=all&location={depot.pk}").content.decode()
    assert "Lamp" in staff.get(f"{page}?tab=all&location={depot.pk}").content.decode()
    for wrong in ("nowhere", "\x00", "9" * 500):
        text = staff.get(page, {"tab": "all", "location": wrong}, follow=True).content.decode()
        assert "Lamp" not in text
