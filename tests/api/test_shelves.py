"""What products are ordered by, kept by a program: the tree, brands, collections, and another variant."""

from __future__ import annotations

from typing import Any

import pytest

from apps.platform.businesses.models import Business
from tests.factories.goods import make_product, variants_of

from .world import Caller, is_problem

pytestmark = pytest.mark.django_db


def test_a_program_keeps_the_shelves(staff: Caller) -> None:
    def add(what: str, **body: object) -> dict[str, object]:
        answer = staff.post(f"{what}/", body)
        assert answer.status_code == 201, answer.content
        return answer.json()  # type: ignore[no-any-return]

    home = add("categories", name="Home")
    kitchen = add("categories", name="Kitchen", parent_id=home["id"])
    mugs = add("categories", name="Mugs", parent_id=kitchen["id"])
    assert (mugs["path"], mugs["depth"]) == ("home/kitchen/mugs", 2)
    below = staff.get(f"categories/?below={home['id']}").json()["results"]
    assert [row["path"] for row in below] == ["home/kitchen", "home/kitchen/mugs"]
    moved = staff.patch(f"categories/{kitchen['id']}/", {"parent_id": None, "name": "Cooking"})
    assert (moved.status_code, moved.json()["depth"]) == (200, 0)
    assert staff.get(f"categories/{mugs['id']}/").json()["depth"] == 1
    assert staff.patch(f"categories/{kitchen['id']}/", {"parent_id": mugs["id"]}).status_code == 400
    assert staff.send("DELETE", f"categories/{kitchen['id']}/").status_code == 409
    assert staff.send("DELETE", f"categories/{home['id']}/").status_code == 204

    loom = add("brands", name="Loom")
    assert staff.patch(f"brands/{loom['id']}/", {"description": "Cloth"}).json()["description"] == "Cloth"
    variants = [{"price": "9.00", "option_values": ["S"]}]
    shirt = add("products", title="Shirt", options=["Size"], vendor_name="LOOM", variants=variants)
    assert staff.send("DELETE", f"brands/{loom['id']}/").status_code == 409
    larger = {
        "price": "9.50", "option_values": ["M"], "length_mm": 300, "width_mm": 200, "height_mm": 20,
    }  # fmt: skip
    added = staff.post(f"products/{shirt['id']}/variants/", larger)
    assert added.status_code == 201
    assert [(one["title"], one["length_mm"]) for one in added.json()["variants"]] == [("S", 0), ("M", 300)]
    flat = staff.post(f"products/{shirt['id']}/variants/", {**larger, "option_values": ["L"], "height_mm": 0})
    assert (flat.status_code, list(flat.json()["errors"])) == (400, ["height_mm"])

    best = add("collections", name="Best")
    chosen = staff.post(f"collections/{best['id']}/products/", {"product_ids": [shirt["id"]]})
    assert chosen.status_code == 200
    assert staff.post(f"collections/{best['id']}/show/", {}).json()["published"] is True
    assert staff.post(f"collections/{best['id']}/hide/", {}).json()["published"] is False
    found = staff.get(f"products/?collection={best['id']}").json()["results"]
    assert [row["id"] for row in found] == [shirt["id"]]
    rules = [{"field": "title", "value": "shirt"}]
    made = add("collections", name="Shirts", kind="rules", rules=rules)
    assert staff.patch(f"collections/{made['id']}/", {"match": "any"}).json()["match"] == "any"
    assert staff.send("DELETE", f"collections/{made['id']}/").status_code == 204


def test_rules_are_tried_before_they_are_saved(staff: Caller, shop: Business, member: Any) -> None:
    make_product(shop, title="Blue mug", price="12.50")
    make_product(shop, title="Blue vase", price="40.00")
    make_product(shop, title="Blue draft", published=False)
    rules = [{"field": "title", "value": "blue"}, {"field": "price_below", "value": "20"}]
    found = staff.post("collections/preview/", {"rules": rules}).json()
    assert (found["count"], [row["title"] for row in found["products"]]) == (1, ["Blue mug"])
    assert staff.post("collections/preview/", {"rules": rules, "match": "any"}).json()["count"] == 2
    assert staff.get("collections/").json()["results"] == []
    for wrong in ("NaN", "1e30", "-1", "cheap"):
        body = {"rules": [{"field": "price_below", "value": wrong}]}
        is_problem(staff.post("collections/preview/", body), 400)
    is_problem(staff.post("collections/preview/", {"rules": [{"field": "moon", "value": "full"}]}), 400)
    is_problem(member("cashier").post("collections/preview/", {"rules": rules}), 403)


def test_a_product_comes_back_and_a_variant_goes(staff: Caller, shop: Business, member: Any) -> None:
    shirt = make_product(shop, title="Shirt", option="Size", values=["S", "M"])
    small, medium = variants_of(shirt)
    staff.post(f"products/{shirt.pk}/archive/")
    assert staff.post(f"products/{shirt.pk}/restore/").json()["status"] == "draft"
    is_problem(member("cashier").send("DELETE", f"variants/{small.pk}/"), 403)
    assert staff.send("DELETE", f"variants/{small.pk}/").status_code == 204
    assert staff.send("DELETE", f"variants/{small.pk}/").status_code == 204, "again it is gone"
    assert staff.get(f"variants/{small.pk}/").json()["active"] is False
    is_problem(staff.send("DELETE", f"variants/{medium.pk}/"), 400)
    back = {"price": "9.00", "option_values": ["S"]}
    staff.post(f"products/{shirt.pk}/variants/", back)
    assert staff.get(f"variants/{small.pk}/").json()["active"] is True
