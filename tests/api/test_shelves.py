"""What products are ordered by, kept by a program: the tree, brands, collections, and another variant."""

from __future__ import annotations

import pytest

from .world import Caller

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
