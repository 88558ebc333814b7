"""Custom fields: what may be asked, what fits, where it shows."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.goods.catalog.models import Product
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, PermissionRefused, WrongState
from apps.kernel.models import AuditEntry
from apps.platform.businesses.models import Business
from apps.platform.fields.drafts import FieldDraft
from apps.platform.fields.models import CustomField, RecordValues, TakenValue
from apps.platform.fields.selectors import fields_for, paper_facts
from apps.platform.fields.services import (
    add_field,
    change_field,
    delete_field,
    restore_field,
    retire_field,
    set_values,
    set_values_in_bulk,
)
from tests.factories.businesses import owner_of, sign_in
from tests.factories.goods import make_product

pytestmark = pytest.mark.django_db
PRODUCT = "catalog.product"


@pytest.fixture
def owner(business: Business, make_actor: Any) -> Actor:
    actor: Actor = make_actor(business)
    return actor


def ask(actor: Actor, label: str, type: str, **more: Any) -> CustomField:
    return add_field(actor, record_type=PRODUCT, draft=FieldDraft(label=label, type=type, **more))


@pytest.mark.parametrize(
    ("type", "limits", "given", "kept"),
    [
        ("text", {"minimum": "2", "maximum": "5"}, " Porto ", "Porto"),
        ("text", {"minimum": "2"}, "P", None),
        ("text", {"maximum": "5"}, "Lisbon", None),
        ("text", {}, "two\nlines", None),
        ("text", {}, "bell\x07", None),
        ("long_text", {}, "two\r\nlines", "two\nlines"),
        ("whole", {"minimum": "-5", "maximum": "5"}, "5", 5),
        ("whole", {"maximum": "5"}, 6, None),
        ("whole", {}, "1.5", None),
        ("whole", {}, True, None),
        ("decimal", {}, "12.500", "12.5"),
        ("decimal", {}, "NaN", None),
        ("decimal", {}, "0.1234567", None),
        ("decimal", {}, "1E+400", None),
        ("money", {"minimum": "0"}, "9.99", "9.99"),
        ("money", {"minimum": "0"}, "-0.01", None),
        ("date", {"minimum": "2026-01-01"}, "2026-11-21", "2026-11-21"),
        ("date", {"minimum": "2026-01-01"}, "2025-12-31", None),
        ("date", {}, "21.11.2026", None),
        ("yes_no", {}, "no", False),
        ("yes_no", {}, "perhaps", None),
        ("choice", {"choices": ["Red", "Blue"]}, "Blue", "Blue"),
        ("choice", {"choices": ["Red", "Blue"]}, "blue", None),
        ("choices", {"choices": ["Red", "Blue"]}, ["Blue", "Red"], ["Red", "Blue"]),
        ("choices", {"choices": ["Red", "Blue"]}, ["Blue", "Blue"], None),
        ("url", {}, "https://example.com/x", "https://example.com/x"),
        ("url", {}, "javascript:alert(1)", None),
        ("email", {}, "ada@example.com", "ada@example.com"),
        ("email", {}, "ada@", None),
    ],
)
def test_a_value_fits_its_type_and_limits_or_is_refused(
    business: Business, owner: Actor, type: str, limits: dict[str, Any], given: Any, kept: Any
) -> None:
    field = ask(owner, "Question", type, **limits)
    product = make_product(business)
    if kept is None:
        with pytest.raises(InvalidInput) as refused:
            set_values(owner, record_type=PRODUCT, record_id=product.pk, values={field.code: given})
        assert list(refused.value.fields) == ["question"]
        return
    assert set_values(owner, record_type=PRODUCT, record_id=product.pk, values={field.code: given}) == {
        "question": kept
    }
    assert set_values(owner, record_type=PRODUCT, record_id=product.pk, values={field.code: ""}) == {}


@pytest.mark.parametrize(
    ("draft", "at_fault"),
    [
        ({"label": " ", "type": "text"}, "label"),
        ({"label": "A", "type": "poem"}, "type"),
        ({"label": "A", "type": "choice"}, "choices"),
        ({"label": "A", "type": "choice", "choices": ["Red", "red"]}, "choices"),
        ({"label": "A", "type": "whole", "minimum": "5", "maximum": "4"}, "maximum"),
        ({"label": "A", "type": "text", "maximum": "501"}, "maximum"),
        ({"label": "A", "type": "date", "minimum": "soon"}, "minimum"),
        ({"label": "A", "type": "yes_no", "unique": True}, "unique"),
        ({"label": "A", "type": "whole", "default": "many"}, "default"),
        ({"label": "A", "type": "text", "unique": True, "default": "x"}, "default"),
        ({"label": "A", "type": "text", "on_documents": True}, "on_documents"),
        ({"label": "A", "type": "text", "position": -1}, "position"),
    ],
)
def test_a_field_that_cannot_be_meant_is_refused(owner: Actor, draft: dict[str, Any], at_fault: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        add_field(owner, record_type=PRODUCT, draft=FieldDraft(**draft))
    assert at_fault in refused.value.fields
    with tenancy.bind(owner.business_id):
        assert not CustomField.objects.exists()


def test_the_life_of_a_field(business: Business, owner: Actor) -> None:
    """Defaults, required, unique, another type, retired, back, deleted; each step is in the trail."""
    origin = ask(owner, "Made in", "text", default="Portugal", required=True)
    number = ask(owner, "Old number", "text", unique=True)
    assert (origin.code, number.code, origin.position, number.position) == ("made_in", "old_number", 1, 2)
    assert ask(owner, "Made in", "text").code == "made_in_2"
    with pytest.raises(Conflict):
        add_field(owner, record_type=PRODUCT, code="made_in", draft=FieldDraft(label="x", type="text"))
    cup, bowl = make_product(business, title="Cup"), make_product(business, title="Bowl")

    def fill(product: Product, **values: Any) -> dict[str, Any]:
        return set_values(owner, record_type=PRODUCT, record_id=product.pk, values=values)

    assert fill(cup, old_number="A-1") == {"made_in": "Portugal", "old_number": "A-1"}
    with pytest.raises(InvalidInput) as missing:
        fill(cup, made_in="")
    assert list(missing.value.fields) == ["made_in"]
    with pytest.raises(InvalidInput) as unknown:
        fill(cup, colour="red")
    assert list(unknown.value.fields) == ["colour"]
    with pytest.raises(Conflict) as taken:
        fill(bowl, old_number="a-1")
    assert taken.value.code == "value_taken"
    fill(cup, old_number="17")
    assert fill(bowl, old_number="A-1")["old_number"] == "A-1"

    with pytest.raises(Conflict) as unfit:
        change_field(owner, field_id=number.pk, draft=FieldDraft(label="Old number", type="whole"))
    assert "A-1" in str(unfit.value)
    fill(bowl, old_number="18")
    changed = change_field(owner, field_id=number.pk, draft=FieldDraft(label="Old number", type="whole"))
    assert changed.type == "whole"
    assert fill(bowl)["old_number"] == 18
    fill(bowl, old_number=17)
    with pytest.raises(Conflict) as alike:
        change_field(
            owner, field_id=number.pk, draft=FieldDraft(label="Old number", type="whole", unique=True)
        )
    assert alike.value.code == "values_not_unique"

    with pytest.raises(WrongState):
        delete_field(owner, field_id=number.pk, confirmed=True)
    retire_field(owner, field_id=number.pk)
    with pytest.raises(InvalidInput):
        fill(cup, old_number=1)
    with tenancy.bind(business.pk):
        assert [field.code for field in fields_for(PRODUCT)] == ["made_in", "made_in_2"]
    restore_field(owner, field_id=number.pk)
    assert fill(cup)["old_number"] == 17
    retire_field(owner, field_id=number.pk)
    with pytest.raises(Conflict) as lost:
        delete_field(owner, field_id=number.pk)
    assert lost.value.code == "values_would_be_lost"
    assert delete_field(owner, field_id=number.pk, confirmed=True) == 2
    with tenancy.bind(business.pk):
        assert [row.values for row in RecordValues.objects.order_by("pk")] == [{"made_in": "Portugal"}] * 2
        assert not TakenValue.objects.exists()
        trail = AuditEntry.objects.filter(action__startswith="fields.").values_list("action", flat=True)
        assert {"fields.added", "fields.changed", "fields.retired", "fields.restored", "fields.deleted",
                "fields.filled_in"} == set(trail)  # fmt: skip


def test_who_may_and_whose(business: Business, other_business: Business, make_actor: Any) -> None:
    owner = make_actor(business)
    field = ask(owner, "Made in", "text")
    theirs = make_product(other_business)
    reader = make_actor(business, permissions=frozenset({"products.read"}))
    mine = make_product(business)
    for actor, product, expected in ((owner, theirs.pk, NotFound), (owner, uuid4(), NotFound),
                                     (reader, mine.pk, PermissionRefused)):  # fmt: skip
        with pytest.raises(expected):
            set_values(actor, record_type=PRODUCT, record_id=product, values={"made_in": "x"})
    with pytest.raises(PermissionRefused):
        retire_field(make_actor(business, permissions=frozenset({"products.change"})), field_id=field.pk)
    with pytest.raises(NotFound):
        retire_field(make_actor(other_business), field_id=field.pk)
    with pytest.raises(NotFound):
        add_field(owner, record_type="kernel.auditentry", draft=FieldDraft(label="A", type="text"))
    with pytest.raises(NotFound):
        set_values_in_bulk(
            owner, record_type=PRODUCT, values={mine.pk: {"made_in": "x"}, theirs.pk: {"made_in": "x"}}
        )
    with tenancy.crossing("tests"):
        assert not RecordValues.unscoped.exists()


def test_many_records_are_filled_in_with_few_queries(business: Business, owner: Actor) -> None:
    ask(owner, "Made in", "text")
    ask(owner, "Number", "whole", unique=True)
    products = [make_product(business, title=f"Cup {n}", slug=f"cup-{n}") for n in range(12)]
    counts = []
    for part in (products[:1], products[1:]):
        values = {row.pk: {"made_in": "Porto", "number": int(row.slug[4:])} for row in part}
        with CaptureQueriesContext(connection) as seen:
            set_values_in_bulk(owner, record_type=PRODUCT, values=values)
        counts.append(len(seen))
    assert counts[0] == counts[1], counts
    with tenancy.bind(business.pk):
        assert sorted(row.values["number"] for row in RecordValues.objects.all()) == list(range(12))


def test_lists_pages_store_and_papers_show_what_is_marked(client: Client, make_actor: Any) -> None:
    from tests.factories.businesses import make_business

    business = make_business()
    staff = sign_in(client, owner_of(business), business)
    owner = make_actor(business)
    products = [make_product(business, title=f"Cup {n}", slug=f"cup-{n}", stock=1) for n in range(3)]
    page = f"/admin/catalog/product/{products[0].pk}/"
    plain = {path: _queries(staff, path) for path in ("/admin/catalog/product/", page)}
    store = f"/store/{business.slug}/products/cup-0/"
    before = _queries(client, store)
    ask(
        owner,
        "Made in",
        "choice",
        choices=["Portugal", "Spain"],
        in_list=True,
        filterable=True,
        in_store=True,
    )
    ask(owner, "Height", "decimal", in_list=True, filterable=True)
    for number, product in enumerate(products):
        values = {"made_in": "Spain" if number else "Portugal", "height": "7.50"}
        set_values(owner, record_type=PRODUCT, record_id=product.pk, values=values)
    assert _queries(staff, "/admin/catalog/product/") == plain["/admin/catalog/product/"]
    assert _queries(staff, page) == plain[page]
    shown = staff.get("/admin/catalog/product/").content.decode()
    assert shown.count("Portugal") >= 1
    assert "7.5" in shown
    found = staff.get("/admin/catalog/product/?custom_made_in=Spain").content.decode()
    assert "Cup 1" in found
    assert "Cup 0" not in found
    assert "Cup 2" in staff.get("/admin/catalog/product/?custom_height=7.5").content.decode()
    assert "Cup 2" not in staff.get("/admin/catalog/product/?custom_height=8").content.decode()
    assert "Custom fields" in staff.get(page).content.decode()
    assert _queries(client, store) == before
    text = client.get(store).content.decode()
    assert "<dt>Made in</dt><dd>Portugal</dd>" in text
    assert "Height" not in text
    asked = staff.get(f"{page}do/custom-fields/").content.decode()
    assert 'value="Portugal" selected' in asked
    refused = staff.post(f"{page}do/custom-fields/", {"made_in": "Spain", "height": "tall"})
    assert refused.status_code == 400
    assert staff.post(f"{page}do/custom-fields/", {"made_in": "Spain", "height": "8"}).status_code == 302
    with tenancy.bind(business.pk):
        assert RecordValues.objects.get(record_id=products[0].pk).values == {
            "made_in": "Spain",
            "height": "8",
        }


def _queries(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def test_a_paper_tells_what_is_marked_for_papers(business: Business, owner: Actor) -> None:
    from apps.money.invoicing.content import _frame
    from tests.factories.orders import make_order

    for label, on_documents in (("Cost centre", True), ("Mood", False)):
        draft = FieldDraft(label=label, type="text", on_documents=on_documents)
        add_field(owner, record_type="orders.order", draft=draft)
    order = make_order(business)
    values = {"cost_centre": "4711", "mood": "good"}
    set_values(owner, record_type="orders.order", record_id=order.pk, values=values)
    with tenancy.bind(business.pk):
        assert paper_facts(order, "GBP") == [{"label": "Cost centre", "value": "4711"}]
        assert _frame(business, order, [], None)["facts"] == [{"label": "Cost centre", "value": "4711"}]


def test_what_was_asked_of_a_person_goes_with_her(business: Business, owner: Actor) -> None:
    from apps.people.customers.services import record_customer
    from apps.platform.privacy.services import erase_customer

    draft = FieldDraft(label="Shoe size", type="text", unique=True)
    add_field(owner, record_type="customers.customer", draft=draft)
    ada, bob = (record_customer(owner, email=f"{name}@example.com", name=name) for name in ("ada", "bob"))
    for customer, size in ((ada, "41"), (bob, "42")):
        values = {"shoe_size": size}
        set_values(owner, record_type="customers.customer", record_id=customer.pk, values=values)
    erase_customer(owner, customer_id=ada.pk, reason="Asked for it")
    with tenancy.bind(business.pk):
        assert [row.values for row in RecordValues.objects.all()] == [{"shoe_size": "42"}]
        assert TakenValue.objects.get().value == "42"
        told = AuditEntry.objects.filter(action="fields.filled_in").values_list("after", flat=True)
        assert [after["shoe_size"] for after in told if after and "shoe_size" in after] == ["42"]
