"""Garments: what is refused, what the matrix does, what the store shows."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.goods.catalog.facets import read_facets
from apps.goods.catalog.models import Product, ProductImage, Variant
from apps.goods.catalog.searching import Asked, find_products
from apps.goods.garments.models import Colour, Garment, PictureAngle, SampleCheck, Season
from apps.goods.garments.reading import parse_chart, parse_composition, parse_points
from apps.goods.garments.services import (
    add_variants,
    check_sample,
    delete_entry,
    describe_garment,
    make_season_collection,
    save_colour,
    save_scale,
    save_season,
    save_style,
    set_angles,
    set_points,
)
from apps.goods.garments.store import region_of
from apps.goods.inventory.models import StockBalance
from apps.goods.purchasing.drafts import SupplierDraft
from apps.goods.purchasing.models import PurchaseLine, PurchaseOrder
from apps.goods.purchasing.services import add_supplier, approve_order, send_order, submit_order
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused, WrongState
from apps.platform.businesses.models import Business
from tests.factories.businesses import actor_of, make_business, owner_of, sign_in
from tests.factories.goods import make_product
from tests.goods.garments.furnished import add_picture, furnish_garments, make_shirt

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(business: Business, make_actor: Any) -> Actor:
    actor: Actor = make_actor(business)
    return actor


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (parse_composition, "Shell: 95 % Cotton, 4 % Elastane", "99"),
        (parse_composition, "60 Cotton, 41 Linen", "101"),
        (parse_composition, "Shell: 50 % Cotton, 50 % cotton", "twice"),
        (parse_composition, "Shell: Cotton", "not understood"),
        (parse_composition, "Shell: 100 % Cotton\nshell: 100 % Linen", "twice"),
        (parse_composition, "Shell: 0 % Wool, 100 % Cotton", "0.1"),
        (parse_points, "Point, ±, S, M\nChest, -1, 50, 52", "from 0"),
        (parse_points, "Point, ±, S, S\nChest, 1, 50, 52", "twice"),
        (parse_points, "Point, ±, S\nChest, 1, 50\nChest, 1, 51", "twice"),
        (parse_points, "Point, ±, S\nChest, 1, wide", "not a number"),
        (parse_points, "Point, ±, S, M\nChest, 1, 50", "3 cells"),
        (parse_chart, "Size, EU, UK, EU\nS, 36, 8, 37", "EU"),
        (parse_chart, "Size, EU\nS, 36\ns, 38", "twice"),
        (parse_chart, "Size\nS", "at least one region"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(
    business: Business, owner: Actor, read: Any, text: str, said: str
) -> None:
    product = make_shirt(owner)
    garment = describe_garment(owner, product_id=product.pk)

    def write() -> None:
        given = read(text)
        if read is parse_composition:
            describe_garment(owner, product_id=product.pk, composition=given)
        else:
            set_points(owner, garment_id=garment.pk, points=given)

    with pytest.raises(InvalidInput) as refused:
        write()
    words = " ".join(str(word) for all_words in refused.value.fields.values() for word in all_words)
    assert said in words
    with tenancy.bind(business.pk):
        assert Garment.objects.get(pk=garment.pk).composition == []


def test_the_library_keeps_each_thing_once_and_what_is_used(
    business: Business, other_business: Business, owner: Actor, make_actor: Any
) -> None:
    scale = save_scale(owner, name="Letters", sizes=[" S ", "M", ""])
    assert scale.sizes == ["S", "M"]
    save_scale(make_actor(other_business), name="Letters", sizes=["S"])
    colour = save_colour(owner, name="Tide", hex="2A5")
    assert colour.hex == "#22aa55"
    season = save_season(owner, half="FW", year=2026)
    for wrong, error in (
        (lambda: save_scale(owner, name="Twice", sizes=["S", "s"]), InvalidInput),
        (lambda: save_scale(owner, name="LETTERS", sizes=["S"]), Conflict),
        (lambda: save_colour(owner, name="Bad", hex="#12345"), InvalidInput),
        (lambda: save_colour(owner, name="Bad", hex="red"), InvalidInput),
        (lambda: save_colour(owner, name="Unseen"), InvalidInput),
        (lambda: save_colour(owner, name="tide", hex="#000000"), Conflict),
        (lambda: save_season(owner, half="FW", year=2026), Conflict),
        (lambda: save_season(owner, half="XX", year=2026), InvalidInput),
        (lambda: save_season(make_actor(other_business), half="SS", year=2026, season_id=season.pk), NotFound),
        (lambda: save_style(make_actor(business, permissions=frozenset({"products.change"})), number="1"),
         PermissionRefused),
        (lambda: make_season_collection(owner, season_id=season.pk), InvalidInput),
    ):  # fmt: skip
        with pytest.raises(error):
            wrong()
    shirt = make_shirt(owner)
    describe_garment(owner, product_id=shirt.pk, season_id=season.pk, scale_id=scale.pk)
    with pytest.raises(Conflict) as used:
        delete_entry(owner, kind="season", entry_id=season.pk)
    assert used.value.code == "in_use"
    delete_entry(owner, kind="colour", entry_id=colour.pk)
    collection = make_season_collection(owner, season_id=season.pk)
    assert make_season_collection(owner, season_id=season.pk).pk == collection.pk
    with tenancy.bind(business.pk):
        assert collection.name == "FW 2026"
        assert list(Product.objects.filter(places__collection=collection)) == [shirt]
        assert not Colour.objects.exists()
        assert Season.objects.get().collection == collection
    foreign = make_shirt(make_actor(other_business))
    with pytest.raises(NotFound):
        describe_garment(owner, product_id=foreign.pk)
    with pytest.raises(NotFound):
        describe_garment(make_actor(other_business), product_id=foreign.pk, season_id=season.pk)


def test_a_sample_is_held_against_the_measures_of_its_size(business: Business, owner: Actor) -> None:
    garment = describe_garment(owner, product_id=make_shirt(owner).pk)
    set_points(
        owner, garment_id=garment.pk, points=parse_points("P; ±; S; M\nChest; 1; 50; 52\nLength; 0; 68; 70")
    )
    good = check_sample(owner, garment_id=garment.pk, size="M", measured={"Chest": "53", "Length": "70"})
    assert (good.is_within, [one["off"] for one in good.results]) == (True, ["1", "0"])
    bad = check_sample(owner, garment_id=garment.pk, size="S", measured={"Chest": "48.99", "Length": ""})
    assert not bad.is_within
    assert bad.results == [
        {
            "point": "Chest",
            "asked": "50",
            "tolerance": "1",
            "measured": "48.99",
            "off": "-1.01",
            "within": False,
        }
    ]
    for size, measured in (
        ("XL", {"Chest": "50"}),
        ("S", {}),
        ("S", {"Collar": "40"}),
        ("S", {"Chest": "wide"}),
    ):
        with pytest.raises(InvalidInput):
            check_sample(owner, garment_id=garment.pk, size=size, measured=measured)
    with pytest.raises(InvalidInput):
        describe_garment(owner, product_id=garment.product_id, care=["wash30", "wash60"])
    with pytest.raises(InvalidInput):
        describe_garment(owner, product_id=garment.product_id, care=["boil"])
    kept = describe_garment(
        owner, product_id=garment.product_id, care=["ironno", "wash30", "dryflat", "dryline"]
    )
    assert kept.care == ["wash30", "dryline", "dryflat", "ironno"]
    with tenancy.bind(business.pk):
        assert SampleCheck.objects.count() == 2


def test_missing_variants_are_made_and_present_ones_stay(business: Business, owner: Actor) -> None:
    shirt = make_shirt(owner)
    made = add_variants(owner, product_id=shirt.pk, wanted=[("S", "Tide"), ("M", "Chalk"), ("L", "Tide")])
    assert [(row.option_values, row.price, row.cost) for row in made] == [
        (["M", "Chalk"], 40, 15), (["L", "Tide"], 40, 15),
    ]  # fmt: skip
    assert add_variants(owner, product_id=shirt.pk, wanted=[("L", "Tide")]) == []
    plain = make_product(business, title="Mug")
    with pytest.raises(WrongState):
        add_variants(owner, product_id=plain.pk, wanted=[("L", "")])
    for wanted in ([], [("", "Tide")], [("L", "")]):
        with pytest.raises(InvalidInput):
            add_variants(owner, product_id=shirt.pk, wanted=wanted)
    with tenancy.bind(business.pk):
        assert Variant.objects.filter(product=shirt).count() == 5


def test_the_matrix_sets_stock_orders_and_receives(client: Client) -> None:
    """All by its pages: ticks, numbers at a place, a draft order, its receipt; each posted twice counts once."""
    business = make_business()
    staff = sign_in(client, owner_of(business), business)
    owner = actor_of(business)
    with tenancy.bind(business.pk):
        garment = furnish_garments(owner)
        supplier = add_supplier(owner, draft=SupplierDraft(name="Loom"))
        variants = {
            tuple(row.option_values): row for row in Variant.objects.filter(product=garment.product_id)
        }
        place = StockBalance._meta.get_field("location").related_model.objects.get(is_default=True)
    small, middle = variants[("S", "Tide")], variants[("M", "Tide")]
    base = "/admin/garments"

    page = staff.get(f"{base}/variants/{garment.product_id}/").content.decode()
    assert 'aria-label="Make Chalk M"' in page
    assert 'aria-label="Make Tide S"' not in page
    name = page.split('aria-label="Make Chalk M"')[0].rsplit('name="', 1)[1].split('"')[0]
    assert staff.post(f"{base}/variants/{garment.product_id}/", {name: "on"}).status_code == 302
    with tenancy.bind(business.pk):
        assert Variant.objects.filter(product=garment.product_id, option_values=["M", "Chalk"]).exists()

    sent = {"location_id": str(place.pk), "mode": "counted", "reason_code": "count", "idempotency_key": uuid4().hex,
            f"cell_{small.pk}": "7", f"cell_{middle.pk}": "4"}  # fmt: skip
    for _twice in "ab":
        assert staff.post(f"{base}/stock/{garment.product_id}/", sent).status_code == 302
    delta = {**sent, "mode": "delta", "reason_code": "damage", f"cell_{small.pk}": "-2", f"cell_{middle.pk}": "",
             "idempotency_key": uuid4().hex}  # fmt: skip
    for _twice in "ab":
        assert staff.post(f"{base}/stock/{garment.product_id}/", delta).status_code == 302
    with tenancy.bind(business.pk):
        assert dict(StockBalance.objects.values_list("variant_id", "on_hand")) == {small.pk: 5, middle.pk: 4}
    shown = staff.get(f"{base}/stock/{garment.product_id}/").content.decode()
    assert 'data-now="5"' in shown
    assert 'data-all-sum aria-live="polite">9<' in shown
    refused = staff.post(f"{base}/stock/{garment.product_id}/", {**sent, f"cell_{small.pk}": "-1",
                                                                 "idempotency_key": uuid4().hex})  # fmt: skip
    assert refused.status_code == 400
    assert 'value="-1"' in refused.content.decode()

    order = {"supplier_id": str(supplier.pk), "location_id": str(place.pk), "idempotency_key": uuid4().hex,
             f"cell_{small.pk}": "10", f"cell_{middle.pk}": "6"}  # fmt: skip
    lacks = staff.post(f"{base}/order/{garment.product_id}/", order)
    assert lacks.status_code == 400
    assert "costs" in lacks.content.decode()
    order |= {"unit_cost": "15.50", "idempotency_key": uuid4().hex}
    for _twice in "ab":
        assert staff.post(f"{base}/order/{garment.product_id}/", order).status_code == 302
    with tenancy.bind(business.pk):
        bought = PurchaseOrder.objects.get()
        assert {line.variant_id: line.quantity for line in PurchaseLine.objects.all()} == {
            small.pk: 10,
            middle.pk: 6,
        }
        for step in (submit_order, approve_order, send_order):
            step(owner, order_id=bought.pk)
    assert (
        "Receive by size and colour"
        in staff.get(f"/admin/purchasing/purchaseorder/{bought.pk}/").content.decode()
    )
    came = {"location_id": str(place.pk), "idempotency_key": uuid4().hex, f"cell_{small.pk}": "9"}
    for _twice in "ab":
        assert staff.post(f"{base}/receive/{bought.pk}/", came).status_code == 302
    with tenancy.bind(business.pk):
        assert dict(StockBalance.objects.values_list("variant_id", "on_hand")) == {small.pk: 14, middle.pk: 4}
    expected = staff.get(f"{base}/receive/{bought.pk}/").content.decode()
    assert 'data-now="1"' in expected
    too_many = staff.post(f"{base}/receive/{bought.pk}/", {**came, f"cell_{small.pk}": "99",
                                                            "idempotency_key": uuid4().hex})  # fmt: skip
    assert too_many.status_code == 409


def test_the_store_shows_it_without_a_query_more(client: Client) -> None:
    business = make_business(country="US", slug="quays")
    owner = actor_of(business)
    with tenancy.bind(business.pk):
        plain = make_shirt(owner, title="Plain", slug="plain")
        for number in range(2):
            add_picture(owner, plain, number)
        furnish_garments(owner)
        picture = ProductImage.objects.filter(product__slug="quay-shirt").order_by("-position")[0]
        assert PictureAngle.objects.get().image_id == picture.pk
    counts = {}
    for slug in ("plain", "quay-shirt"):
        address = f"/store/{business.slug}/products/{slug}/"
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            page = client.get(address).content.decode()
        counts[slug] = len(seen)
    assert counts["plain"] == counts["quay-shirt"] <= 6, counts
    assert "<dt>Shell</dt><dd>95 % Cotton, 5 % Elastane</dd>" in page
    assert "img/care" in page
    assert "Wash at 30" in page
    assert 'fill="#2a5b6c"' in page
    assert '<span class="visually-hidden">Tide</span>' in page
    heads = page.split('<th scope="col">Size</th>')[1].split("</tr>")[0]
    assert heads.index(">US<") < heads.index(">EU<") < heads.index("Chest cm")
    assert page.index("View 1") < page.index("View 0"), "the front first, though it was added last"
    assert {code: region_of(code) for code in ("US", "GB", "JP", "DE")} == {
        "US": "US", "GB": "UK", "JP": "JP", "DE": "EU",
    }  # fmt: skip
    with pytest.raises(NotFound):
        set_angles(owner, product_id=plain.pk, angles={picture.pk: "back"})


def test_the_stores_list_counts_and_filters_colours_without_a_statement_more(client: Client) -> None:
    business = make_business("harbour")
    make_product(business, title="Bowl", option="Glaze", values=["Tide"], stock=2)
    make_product(business, title="Scarf", option="Colour", values=["Clay"], stock=2)

    def list_page(asked: str = "") -> tuple[str, int]:
        caches["pages"].clear()
        with CaptureQueriesContext(connection) as seen:
            page = client.get(f"/store/harbour/products/{asked}").content.decode()
        return page, len(seen)

    list_page()
    plain, without = list_page()
    assert 'name="colour"' not in plain
    with tenancy.bind(business.pk):
        furnish_garments(actor_of(business))
        facets = read_facets(Asked())
        assert [(one.value, one.count, one.look) for one in facets.colours] == [
            ("Tide", 2, "#2a5b6c"), ("Chalk", 1, "#f4f1ea"),
        ]  # fmt: skip
        # Under all choices but its own: another colour can be taken.
        assert [one.count for one in read_facets(Asked(colour="Chalk")).colours] == [1, 2]
        assert read_facets(Asked(colour="Chalk")).total == 1
        assert [one.value for one in read_facets(Asked(term="bowl")).colours] == ["Tide"]
        assert sorted(p.title for p in find_products(Asked(colour="Tide"))) == ["Bowl", "Quay shirt"]
    page, counted = list_page()
    assert counted == without
    assert 'name="colour" value="Tide"' in page
    assert 'fill="#2a5b6c"' in page
    chosen, _number = list_page("?colour=Chalk")
    assert "Scarf" not in chosen
    assert "Quay shirt" in chosen
