"""The library of garments and their sheets, written by a product-information program."""

from __future__ import annotations

from typing import Any

import pytest

from apps.goods.catalog.models import Product
from apps.goods.garments.models import Style
from apps.kernel import locks
from apps.platform.businesses.models import Business
from tests.factories.goods import make_product

from .world import Caller, is_problem

pytestmark = pytest.mark.django_db
ENTRIES = [
    ("size-scales/", {"name": "Letters", "kind": "letters", "sizes": ["S", "M"]}, {"sizes": ["S", "M", "L"]}),
    ("colours/", {"name": "Tide", "hex": "#2A5B6C", "names": {"de": "Flut"}}, {"hex": "#2a5b6d"}),
    ("seasons/", {"half": "SS", "year": 2027}, {"year": 2028}),
    ("styles/", {"number": "W-100", "name": "Work shirt"}, {"name": "Workwear shirt"}),
    (
        "size-charts/",
        {
            "name": "Tops", "regions": ["EU", "UK"], "measures": ["Chest"],
            "rows": [{"size": "S", "regions": {"EU": "36", "UK": "8"}, "measures": {"Chest": "88"}}],
        },
        {"name": "Shirts"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("path", "new", "change"), ENTRIES, ids=[path for path, *_rest in ENTRIES])
def test_a_part_of_the_library_is_added_changed_and_deleted(
    staff: Caller, member: object, path: str, new: dict[str, object], change: dict[str, object]
) -> None:
    made = staff.post(path, new, Idempotency_Key="k")
    assert made.status_code == 201, made.content
    assert staff.post(path, new, Idempotency_Key="k").json()["id"] == made.json()["id"]
    is_problem(staff.post(path, new), 409, "exists_already")
    address = f"{path}{made.json()['id']}/"
    is_problem(member("cashier").patch(address, change), 403)  # type: ignore[operator]
    changed = staff.patch(address, change).json()
    kept = {name: value for name, value in made.json().items() if name not in {*change, "updated_at"}}
    assert {**kept, **change} == {name: value for name, value in changed.items() if name != "updated_at"}
    assert staff.send("DELETE", address).status_code == 204
    is_problem(staff.get(address), 404)


def test_two_who_change_different_things_at_once_keep_both(
    staff: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's change lands just before this one holds the entry."""
    style = staff.post("styles/", {"number": "W-100", "name": "Work shirt"}).json()["id"]
    lock_one = locks.lock_one

    def held_later(rank: locks.Rank, rows: Any) -> Any:
        Style.unscoped.filter(pk=style, number="W-100").update(name="Meanwhile")
        return lock_one(rank, rows)

    monkeypatch.setattr(locks, "lock_one", held_later)
    changed = staff.patch(f"styles/{style}/", {"number": "W-101"}).json()
    assert (changed["number"], changed["name"]) == ("W-101", "Meanwhile")


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("size-scales/", {"name": "Twice", "sizes": ["M", "m"]}),
        ("size-scales/", {"name": "None", "sizes": []}),
        ("colours/", {"name": "Nothing"}),
        ("colours/", {"name": "Odd", "hex": "#12345"}),
        ("seasons/", {"half": "XX", "year": 2027}),
        ("seasons/", {"half": "SS", "year": 1e30}),
        ("styles/", {"number": " "}),
        ("size-charts/", {"name": "Moon", "regions": ["MOON"], "measures": [], "rows": []}),
    ],
)
def test_what_cannot_be_meant_is_refused(staff: Caller, path: str, wrong: dict[str, object]) -> None:
    is_problem(staff.post(path, wrong), 400)


def test_a_product_becomes_a_garment_with_measures_and_a_checked_sample(
    staff: Caller, shop: Business
) -> None:
    shirt: Product = make_product(shop, title="Shirt", option="Size", values=["S", "M"])
    scale = staff.post("size-scales/", {"name": "Letters", "sizes": ["S", "M"]}).json()["id"]
    parts = [{"part": "Shell", "materials": [{"name": "Cotton", "percent": "90"}]}]
    new = {"product_id": str(shirt.pk), "scale_id": scale}
    is_problem(staff.post("garments/", {**new, "composition": parts}), 400)
    parts[0]["materials"].append({"name": "Silk", "percent": "10"})  # type: ignore[attr-defined]
    made = staff.post("garments/", {**new, "composition": parts, "care": ["wash30"]})
    assert made.status_code == 201
    assert (made.json()["product"], made.json()["scale"], made.json()["care"]) == (
        str(shirt.pk),
        scale,
        ["wash30"],
    )
    is_problem(staff.send("DELETE", f"size-scales/{scale}/"), 409, "in_use")
    path = f"garments/{made.json()['id']}/"
    chest = {"name": "Chest", "tolerance": "1", "values": {"S": "50", "M": "52"}}
    measured = staff.post(path + "points/", {"points": [chest]}).json()
    assert (measured["measured_sizes"], measured["points"][0]["tolerance"]) == (["S", "M"], "1.00")
    for wrong in (
        {**chest, "tolerance": "-1"},
        {**chest, "values": {"S": "NaN"}},
        {**chest, "values": {"S": "1e30"}},
    ):
        is_problem(staff.post(path + "points/", {"points": [wrong]}), 400)
    is_problem(staff.post(path + "points/", {"points": [chest, chest]}), 400)
    within = staff.post(path + "samples/", {"size": "M", "measured": {"Chest": "52.8"}}).json()
    beyond = staff.post(path + "samples/", {"size": "M", "measured": {"Chest": "53.1"}}).json()
    assert (within["is_within"], beyond["is_within"], beyond["results"][0]["off"]) == (True, False, "1.1")
    is_problem(staff.post(path + "samples/", {"size": "XL", "measured": {"Chest": "53"}}), 400)
