"""A program sends a file, checks it, imports it, reads what was wrong and takes it back."""

from __future__ import annotations

import csv
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.goods.catalog.models import Product, Variant
from apps.goods.imports.models import Batch, ImportJob
from apps.goods.imports.services import work_through
from apps.kernel.models import AuditEntry
from apps.platform.businesses.models import Business, Role
from tests.factories.goods import make_product

from .world import V1, Caller, is_problem

pytestmark = pytest.mark.django_db
FILE = "Artikel,Preis,Nummer\nMug,12.00,MUG\nBowl,free,BOWL\nPlate,9.50,PLATE\n"


def upload(caller: Caller, content: str = FILE, key: str = "u-1", **fields: Any) -> Any:
    file = SimpleUploadedFile("goods.csv", content.encode(), "text/csv")
    headers = {**caller.headers({}), "Idempotency-Key": key}
    return caller.client.post(V1 + "imports/", {"file": file, **fields}, headers=headers)


def worked(business: Business, path: str) -> None:
    job_id = path.split("/")[1]
    assert work_through(ImportJob.unscoped.get(pk=job_id).pk, business.pk) is not None


def test_from_the_file_to_its_undo(staff: Caller, shop: Business, member: Any) -> None:
    token = staff  # by session: the same door as by token
    first = upload(token)
    assert first.status_code == 201, first.content
    again = upload(token)
    assert again.json()["id"] == first.json()["id"]
    assert again["Idempotent-Replay"] == "true"
    is_problem(upload(token, FILE + "Jug,5,JUG\n"), 422)
    assert ImportJob.unscoped.count() == 1
    assert first.json()["headings"] == ["Artikel", "Preis", "Nummer"]
    path = f"imports/{first.json()['id']}/"
    is_problem(staff.post(path + "check/", {"mapping": {"price": "No such"}}), 400)
    is_problem(staff.post(path + "check/", {"saved_as": "Nobody's"}), 400)
    is_problem(staff.post(path + "run/"), 409)
    is_problem(member("cashier").post(path + "run/"), 403)
    matched = {"title": "Artikel", "price": "Preis", "sku": "Nummer"}
    body = {"mapping": matched, "save_as": "Supplier"}
    checking = staff.post(path + "check/", body, Idempotency_Key="c-1")
    assert (checking.status_code, checking.json()["in_progress"]) == (200, True), checking.content
    assert staff.post(path + "check/", body, Idempotency_Key="c-1").status_code == 200
    worked(shop, path)
    ready = staff.get(path).json()
    assert (ready["state"], ready["created_count"], ready["rejected_count"], ready["percent"]) == (
        "ready",
        2,
        1,
        100,
    )
    assert not Product.unscoped.exists()
    assert staff.post(path + "run/", Idempotency_Key="r-1").json()["state"] == "running"
    worked(shop, path)
    assert staff.post(path + "run/", Idempotency_Key="r-1").json()["state"] == "finished"
    assert staff.get(path).json()["rows_accepted"] == 2
    (error,) = staff.get(path + "errors/").json()["results"]
    assert (error["row"], error["column"], error["value"]) == (3, "Preis", "free")
    rejected = staff.get(path + "rejected/")
    assert rejected["Content-Type"] == "text/csv"
    assert b"Bowl,free,BOWL" in b"".join(rejected.streaming_content)
    (mapping,) = staff.get("imports/mappings/").json()
    assert (mapping["name"], mapping["mapping"]["price"]) == ("Supplier", "Preis")

    dearer = upload(staff, FILE.replace("9.50", "10.50").replace("free", "7"), "u-2").json()
    second = f"imports/{dearer['id']}/"
    assert staff.post(second + "check/", {"saved_as": "Supplier"}).status_code == 200
    worked(shop, second)
    staff.post(second + "run/")
    worked(shop, second)
    assert sorted(str(v.price) for v in Variant.unscoped.all()) == ["10.5000", "12.0000", "7.0000"]

    # Whoever may undo, but may change no price by hand, gives no former price back either.
    keeper = member("manager")
    role = Role.unscoped.get(business=shop, code="manager")
    role.permissions = [
        "imports.run", "imports.read", "imports.undo", "products.read", "products.change", "products.publish",
        "stock.read", "stock.adjust",
    ]  # fmt: skip
    role.save()
    refused = is_problem(keeper.post(second + "undo/"), 403)
    assert refused["code"] == "permission_refused" or "price" in str(refused)
    assert Batch.unscoped.filter(state="done").count() == 2
    role.permissions = [*role.permissions, "products.price"]
    role.save()
    assert keeper.post(second + "undo/", Idempotency_Key="x-1").status_code == 200
    assert keeper.post(second + "undo/", Idempotency_Key="x-1").status_code == 200
    assert sorted(str(v.price) for v in Variant.unscoped.filter(active=True)) == ["12.0000", "9.5000"]
    is_problem(staff.post(second + "undo/"), 409)


def test_products_are_taken_away_as_a_file(
    staff: Caller, shop: Business, other_shop: Business, member: Any, settings: Any
) -> None:
    make_product(shop, title="Blue mug", tags=["blue"], price="12.50", cost="4.00", variant={"sku": "=MUG"})
    make_product(shop, title="Vase", published=False)
    make_product(other_shop, title="Theirs")

    def rows(query: str = "") -> list[dict[str, str]]:
        answer = staff.get(f"imports/export/{query}")
        assert answer.status_code == 200, answer.content
        assert 'filename="products-' in answer["Content-Disposition"]
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        return list(csv.DictReader(text.splitlines()))

    assert [row["Title"] for row in rows()] == ["Blue mug", "Vase"]
    (mug,) = rows("?tag=blue&status=active")
    assert (mug["SKU"], mug["Price"], mug["Cost per item"]) == ("'=MUG", "12.5", "4")
    assert "Variant SKU" in rows("?file_for=shopify&words=vase")[0]
    assert rows("?tag=none") == []
    book = staff.get("imports/export/?file_type=xlsx")
    assert b"".join(book.streaming_content)[:2] == b"PK"
    entered = AuditEntry.objects.filter(action="imports.exported").order_by("sequence")
    assert [entry.after["products"] for entry in entered] == [2, 1, 1, 2]
    assert entered[1].after["tag"] == "blue"

    for wrong in ("?file_type=pdf", "?file_for=mine", "?tags=blue", "?brand_id=loom", "?status=gone"):
        is_problem(staff.get(f"imports/export/{wrong}"), 400)
    is_problem(member("cashier").get("imports/export/"), 403)
    # Counted apart from other calls: each reads the whole catalogue.
    settings.API_THROTTLES = {"caller": "100/min", "export": "1/hour"}
    told = staff.get("imports/export/")
    assert (told.status_code, told["RateLimit-Limit"]) == (200, "1")
    is_problem(staff.get("imports/export/"), 429)
    assert staff.get("imports/").status_code == 200
