"""Programs read, write and filter custom fields, and read and change garments."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.goods.inventory.services import choose_tracking
from apps.kernel import tenancy
from apps.platform.businesses.models import Business
from apps.platform.fields.drafts import FieldDraft
from apps.platform.fields.services import add_field, retire_field
from tests.factories.businesses import actor_of
from tests.factories.goods import make_location, make_product, make_variant
from tests.goods.garments.furnished import furnish_garments

from .world import Caller, is_problem


def test_custom_fields_of_products(shop: Business, staff: Caller) -> None:
    owner = actor_of(shop)
    choices = ["Portugal", "Spain"]
    drafts = {
        "origin": FieldDraft(label="Made in", type="choice", choices=choices, filterable=True),
        "grades": FieldDraft(label="Grades", type="choices", choices=["A", "B", "C"], filterable=True),
        "height": FieldDraft(label="Height", type="decimal", maximum="100", filterable=True),
        "secret": FieldDraft(label="Note", type="text"),
    }
    made = {
        code: add_field(owner, record_type="catalog.product", code=code, draft=draft)
        for code, draft in drafts.items()
    }
    cups = [make_product(shop, title=f"Cup {number}", slug=f"cup-{number}") for number in range(3)]
    with CaptureQueriesContext(connection) as before:
        assert staff.send("GET", "products/").status_code == 200

    def fill(number: int, **values: object) -> object:
        answer = staff.send("PATCH", f"products/{cups[number].pk}/custom-fields/", {"custom_fields": values})
        return answer.json() if answer.status_code == 200 else (answer.status_code, answer.json()["code"])

    everything = {"origin": "Spain", "grades": ["A", "C"], "height": "7.5", "secret": None}
    assert fill(0, origin="Spain", grades=["C", "A"], height="7.50") == {"custom_fields": everything}
    fill(1, origin="Portugal", grades=["A"])
    assert fill(2, origin="Italy") == fill(2, nothing="x") == fill(2, height=101) == (400, "invalid_input")
    with CaptureQueriesContext(connection) as after:
        rows = staff.send("GET", "products/?ordering=title").json()["results"]
    assert len(after) == len(before), "the values come with the rows"
    assert [row["custom_fields"]["origin"] for row in rows] == ["Spain", "Portugal", None]
    assert staff.send("GET", f"products/{cups[0].pk}/").json()["custom_fields"] == everything

    def titles(question: str) -> list[str] | int:
        answer = staff.send("GET", f"products/?ordering=title&{question}")
        if answer.status_code != 200:
            return int(answer.status_code)
        return [row["title"] for row in answer.json()["results"]]

    assert titles("custom.origin=Spain") == ["Cup 0"]
    assert titles("custom.grades=A") == ["Cup 0", "Cup 1"]
    assert titles("custom.grades=A&custom.height=7.500") == ["Cup 0"]
    for wrong in ("custom.origin=Italy", "custom.secret=x", "custom.nothing=x", "costum.origin=Spain"):
        assert titles(wrong) == 400, wrong
    retire_field(owner, field_id=made["origin"].pk)
    assert "origin" not in staff.send("GET", f"products/{cups[0].pk}/").json()["custom_fields"]
    assert titles("custom.origin=Spain") == 400
    asked = {row["code"]: row for row in staff.send("GET", "custom-fields/").json()["results"]}
    assert set(asked) == set(drafts)
    assert asked["origin"]["retired_at"]
    assert (asked["height"]["type"], asked["height"]["maximum"]) == ("decimal", "100")


def test_custom_fields_of_lots_and_papers_of_the_warehouse(
    shop: Business, staff: Caller, member: Any
) -> None:
    owner, draft = actor_of(shop), FieldDraft(label="Farm", type="text", filterable=True)
    for kind in ("inventory.lot", "warehouse.transfer"):
        add_field(owner, record_type=kind, code="farm", draft=draft)
    oil, depot = make_variant(shop, stock=5), make_location(shop)
    choose_tracking(owner, variant_id=oil.pk, mode="lot")
    lots = [{"code": code, "quantity": 1} for code in ("L-1", "L-2")]
    line = {"variant_id": str(oil.pk), "quantity": 2, "lots": lots}
    assert staff.post("stock/receive/", {"lines": [line]}).status_code == 201
    place = staff.get("stock/locations/").json()["results"][-1]["id"]
    ends = {"source_id": place, "destination_id": str(depot.pk)}
    asked = staff.post("stock/transfers/", {**ends, "lines": [{"variant_id": str(oil.pk), "quantity": 1}]})
    first = staff.get("stock/lots/?code=L-1").json()["results"][0]
    assert (first["custom_fields"], asked.json()["custom_fields"]) == ({"farm": None}, {"farm": None})
    analyst = member("analyst")
    for path, pk in (("stock/lots", first["id"]), ("stock/transfers", asked.json()["id"])):
        values = {"custom_fields": {"farm": "Green Leaf"}}
        is_problem(analyst.patch(f"{path}/{pk}/custom-fields/", values), 403)
        assert staff.patch(f"{path}/{pk}/custom-fields/", values).json() == values
        found = staff.get(f"{path}/?custom.farm=Green%20Leaf").json()["results"]
        assert [(row["id"], row["custom_fields"]) for row in found] == [(pk, {"farm": "Green Leaf"})]
        assert staff.get(f"{path}/?custom.farm=Elsewhere").json()["results"] == []


def test_garments_are_read_and_changed(shop: Business, staff: Caller) -> None:
    with tenancy.bind(shop.pk):
        garment = furnish_garments(actor_of(shop))
    address = f"garments/{garment.pk}/"
    read = staff.send("GET", address).json()
    assert read["measured_sizes"] == ["S", "M", "L"]
    assert read["care"] == ["wash30", "ironno"]
    assert read["points"][0] == {
        "name": "Chest width", "tolerance": "1.00", "values": {"S": "50", "M": "52", "L": "54"},
    }  # fmt: skip
    assert len(staff.send("GET", f"garments/?season={garment.season_id}").json()["results"]) == 1
    part = {"part": "Shell", "materials": [{"name": "Wool", "percent": "99"}]}
    assert staff.send("PATCH", address, {"composition": [part]}).json()["code"] == "invalid_input"
    part["materials"] = [{"name": "Wool", "percent": "100"}]
    changed = staff.send("PATCH", address, {"composition": [part], "season_id": None}).json()
    assert (changed["composition"], changed["season"], changed["style"]) == (
        [part],
        None,
        str(garment.style_id),
    )
    for path, name in (("size-scales", "Quay letters"), ("colours", "Tide"), ("size-charts", "Quay tops")):
        assert name in [row["name"] for row in staff.send("GET", f"{path}/").json()["results"]]
    assert staff.send("GET", "seasons/").json()["results"][0]["year"] == 2027
    assert staff.send("GET", "styles/").json()["results"][0]["number"] == "Quay-100"
