"""Two who edit the same: the second one hears what the first one saved, wherever a form writes a whole record back."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse

import apps
from apps.kernel import tenancy
from apps.platform.backoffice.verbs import Verb, verb_url
from apps.platform.businesses.models import Business, Location, Role
from apps.platform.businesses.services import add_location
from apps.platform.notifications.selectors import list_wordings
from apps.platform.notifications.wording import list_events
from tests.factories.businesses import actor_of, make_business, owner_of, sign_in
from tests.factories.goods import make_product
from tests.goods.purchasing.world import make_supplier, write_order

ROOT = Path(apps.__path__[0])

# Verbs whose form starts with something that is no record's own present values.
STARTS_ONLY = {
    "AddAddress": "the business's country is a proposal",
    "AddRate": "a proposal for a new row",
    "AddScale": "usual sizes are a proposal",
    "AddSupplier": "currency and tax are a proposal",
    "ApproveReturn": "the shop's usual words are a proposal for this one mail",
    "CopyPromotion": "the name of a new one is a proposal",
    "CopyRole": "the name of a new one is a proposal",
    "LetIn": "a decision about who waits; the second one is refused by the state",
    "OpenStatement": "a period to look at, nothing is written",
    "RecordMoney": "what is owed now is a proposal; each payment is a fact of its own",
    "RenewCode": "where this one mail goes",
    "ReverseEntry": "today is a proposal",
    "SendQuote": "a decision; the second one is refused by the state",
    "SettleReturn": "what the buyer wished is a proposal; what is settled is not settled twice",
    "TakeReserved": "what is owed now is a proposal; the payment knows what is left",
    "WriteEntry": "today is a proposal",
}
# Where else a form starts with something that is read: kept by a verb with `writes_back`, by a guard, or harmless.
KEPT_BY_A_VERB = {
    "goods.catalog.certificate_forms.ReviewForm": "goods.catalog.certificate_verbs.ReviewCertificate",
    "goods.catalog.pack_forms.PacksForm": "goods.catalog.pack_verbs.SetPacks",
    "goods.garments.forms.AnglesForm": "goods.garments.garment_verbs.SetAngles",
}
GUARDED = {
    "goods.inventory.allocation_forms.AllocationForm": "goods.inventory.allocation_page",
    "goods.inventory.allocation_forms.SiteForm": "goods.inventory.allocation_page",
    "platform.backoffice.house.business.business_settings": "platform.backoffice.house.business",
    "platform.backoffice.house.channels._answer": "platform.backoffice.house.channels",
    "platform.backoffice.house.role_caps.CapsForm": "platform.backoffice.house.roles",
    "platform.backoffice.house.wording.wording_edit": "platform.backoffice.house.wording",
    "selling.payments.admin.setup.setup": "selling.payments.admin.setup",
    "selling.pricing.pages.customer_tax": "selling.pricing.pages",
    "selling.pricing.pages.tax_item": "selling.pricing.pages",
    "selling.shipping.admin.carriers.carriers": "selling.shipping.admin.carriers",
    "selling.shipping.admin.goods._describe": "selling.shipping.admin.goods",
}
HARMLESS = {
    "goods.garments.matrix_forms.ReceiveGridForm": "the usual location is a proposal",
    "goods.garments.matrix_pages.stock": "the location that is looked at",
    "goods.inventory.allocation_page._show": "a question, nothing is written",
    "goods.inventory.forms.PlaceForm": "the usual location is a proposal",
    "goods.labels.lots.PrintLotLabels": "how many labels, nothing is written",
    "goods.labels.receipts.PrintReceiptLabels": "how many labels, nothing is written",
    "goods.labels.transfers.PrintTransferLabels": "how many labels, nothing is written",
    "goods.purchasing.order_forms.PlaceField": "the usual location is a proposal",
    "goods.purchasing.order_forms.SendForm": "where this one mail goes",
    "goods.purchasing.receipt_forms.ReceiptForm": "the order's location is a proposal",
    "goods.warehouse.forms.LinesForm": "pieces of this one step; the service knows how many are left",
    "goods.warehouse.forms.TransferForm": "usual ends are a proposal",
    "money.receivables.forms.PaymentForm": "today is a proposal",
    "platform.backoffice.house.my_account.my_account": "one's own details",
    "platform.backoffice.house.roles.ReviewForm": "a decision about what is new; decided once",
    "platform.backoffice.house.saved_views.show_views": "one's own views",
    "platform.backoffice.platform_area.flag_views._show": "one number, shown beside its button",
    "platform.backoffice.verbs._form_of": "the door of all verbs",
    "platform.records.admin.audit_archives": "one number, shown beside its button",
    "selling.orders.amend_verbs.AmendForm": "sends the order's version along; another one is refused",
    "selling.orders.forms.PiecesForm": "pieces of this one step; the service knows how many are left",
    "selling.returns.forms.ReceiveForm": "pieces of this one step; the service knows how many are left",
    "selling.shipping.admin.calculator.calculator": "a question, nothing is written",
    "selling.shipping.admin.labels.label": "a proposal for one parcel",
}


def verbs() -> list[type[Verb]]:
    for info in pkgutil.walk_packages(apps.__path__, "apps."):
        if ".migrations" not in info.name and ".demo" not in info.name:
            importlib.import_module(info.name)
    found, waiting = [], [Verb]
    while waiting:
        below = [kind for kind in waiting.pop().__subclasses__() if kind.__module__.startswith("apps.")]
        found += below
        waiting += below
    return sorted(set(found), key=lambda kind: (kind.__module__, kind.__qualname__))


def starts_anywhere() -> Iterator[str]:
    """The classes and functions that give a form, or a field, something to start with that is not written out."""
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "migrations" in parts or "demo" in parts or "storefront" in parts:
            continue
        for top in ast.parse(path.read_text()).body:
            if isinstance(top, ast.ClassDef | ast.FunctionDef) and any(
                _starts(node) for node in _inside(top)
            ):
                yield ".".join([*parts, top.name])


def _inside(top: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(top):
        if isinstance(node, ast.FunctionDef):
            yield from ast.walk(node)


def _starts(node: ast.AST) -> bool:
    value: ast.AST | None = None
    if isinstance(node, ast.Call):
        value = next((word.value for word in node.keywords if word.arg == "initial"), None)
    elif isinstance(node, ast.Assign):
        targets = [one for one in node.targets if isinstance(one, ast.Attribute) and one.attr == "initial"]
        value = node.value if targets else None
    return value is not None and not isinstance(value, ast.Constant)


def test_a_verb_whose_form_starts_with_a_records_values_writes_back() -> None:
    starting = [kind for kind in verbs() if kind.initial is not Verb.initial]
    assert len(starting) > 60
    silent = {kind.__qualname__ for kind in starting if not kind.writes_back}
    assert silent - set(STARTS_ONLY) == set(), "declare writes_back, or say above why it needs none"
    assert set(STARTS_ONLY) - silent == set()


def test_a_verb_that_writes_back_sends_along_what_it_showed() -> None:
    for kind in (one for one in verbs() if one.writes_back):
        source = get_template(kind.template_name).template.source  # type: ignore[attr-defined]
        assert 'name="seen"' in source or '{% extends "backoffice/verb.html" %}' in source, kind


def test_a_form_that_starts_with_something_read_is_kept_by_somebody() -> None:
    found = set(starts_anywhere())
    # Verbs' own forms are held by the test above; a verb that fills its form elsewhere stands in one of the lists.
    assert found == {*KEPT_BY_A_VERB, *GUARDED, *HARMLESS}
    by_name = {f"{kind.__module__.removeprefix('apps.')}.{kind.__qualname__}": kind for kind in verbs()}
    assert [name for name in KEPT_BY_A_VERB.values() if not by_name[name].writes_back] == []
    for module in GUARDED.values():
        assert hasattr(importlib.import_module(f"apps.{module}"), "guard"), module


@pytest.fixture
def business(db: None) -> Business:
    return make_business()


@pytest.fixture
def staff(client: Client, business: Business) -> Client:
    return sign_in(client, owner_of(business), business)


def typed(form: Any) -> dict[str, Any]:
    """A form as a browser would send it back untouched."""
    values = {form.add_prefix(name): form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, False, "")}


def opened(staff: Client, address: str) -> dict[str, Any]:
    context: Any = staff.get(address).context
    seen = context.get("seen") or context["form"].seen
    return typed(context["form"]) | {"seen": seen}


def test_a_place_that_two_edit(staff: Client, business: Business) -> None:
    place = Location.unscoped.get(business=business)
    address = verb_url(place, "change")
    first, second = opened(staff, address), opened(staff, address)
    assert staff.post(address, {**first, "name": "Quay"}).status_code == 302
    refused: Any = staff.post(address, {**second, "code": "PIER"})
    assert refused.status_code == 409
    assert "Now it is “Quay”." in refused.content.decode()
    assert 'value="PIER"' in refused.content.decode()
    place.refresh_from_db()
    assert (place.name, place.code == "PIER") == ("Quay", False)
    # Knowing of the other she saves what is in her form.
    seen = refused.context["seen"]
    assert staff.post(address, {**second, "name": "Quay", "code": "PIER", "seen": seen}).status_code == 302
    place.refresh_from_db()
    assert (place.name, place.code) == ("Quay", "PIER")


def test_settings_of_the_business_that_two_edit(staff: Client, business: Business) -> None:
    address = reverse("admin:business_settings")
    first, second = opened(staff, address), opened(staff, address)
    assert staff.post(address, {**first, "name": "Harbour & Pine"}).status_code == 302
    # The same page sent twice by a double click is no other person.
    assert staff.post(address, {**first, "name": "Harbour & Pine"}).status_code == 302
    refused: Any = staff.post(address, {**second, "email": "shop@example.com"})
    assert refused.status_code == 409
    assert "Now it is “Harbour &amp; Pine”." in refused.content.decode()
    assert 'value="shop@example.com"' in refused.content.decode()
    business.refresh_from_db()
    assert (business.name, business.email == "shop@example.com") == ("Harbour & Pine", False)
    again = {**second, "email": "shop@example.com", "seen": refused.context["form"].seen}
    assert staff.post(address, {**again, "name": "Harbour & Pine"}).status_code == 302
    business.refresh_from_db()
    assert (business.name, business.email) == ("Harbour & Pine", "shop@example.com")


def test_ticks_of_a_role_that_two_set(staff: Client, business: Business) -> None:
    role = Role.unscoped.get(business=business, code="cashier")
    address = reverse("admin:businesses_role_change", args=[role.pk])
    more = "team.read"
    with tenancy.bind(business.pk):
        Role.objects.filter(pk=role.pk).update(permissions=sorted({"orders.read", "products.read"}))
    seen = staff.get(address).context["seen_ticks"]
    first = {"permissions": ["products.read", more], "seen_ticks": seen}
    assert staff.post(address, first).status_code == 302
    assert staff.post(address, first).status_code == 302
    second = {"permissions": ["orders.read", "products.read", "locations.read"], "seen_ticks": seen}
    refused: Any = staff.post(address, second)
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "Somebody else changed this role meanwhile." in page
    assert "They ticked: Team:" in page
    assert "They unticked: Orders:" in page
    role.refresh_from_db()
    assert set(role.permissions) == {"products.read", more}
    # Her ticks are still there, and saving again writes them.
    assert 'value="locations.read" checked' in page
    assert staff.post(address, {**second, "seen_ticks": refused.context["seen_ticks"]}).status_code == 302
    role.refresh_from_db()
    assert set(role.permissions) == {"orders.read", "products.read", "locations.read"}
    # A page without memory, or with nonsense in it, is not stopped.
    for nonsense in ("", "{", "{}", "[1]"):
        sent = {"permissions": ["products.read"], "seen_ticks": nonsense}
        assert staff.post(address, sent).status_code in (302, 409)


def test_limits_of_a_role_that_two_set(staff: Client, business: Business) -> None:
    role = Role.unscoped.get(business=business, code="manager")
    address = reverse("admin:businesses_role_change", args=[role.pk])
    form = staff.get(address).context["caps_form"]
    name, other = list(form.fields)[:2]
    seen = {"caps": "1", "seen": form.seen}
    was = typed(form)
    assert staff.post(address, {**was, **seen, name: "12"}).status_code == 302
    refused: Any = staff.post(address, {**was, **seen, other: "34"})
    assert refused.status_code == 409
    assert "Now it is “12" in refused.content.decode()
    assert staff.get(address).context["caps_form"][other].value() != 34


def test_words_of_a_message_that_two_write(staff: Client, business: Business) -> None:
    address = f"{reverse('admin:wording_edit')}?event={list_events()[0].key}&channel=sms&language=en"
    first, second = opened(staff, address), opened(staff, address)
    assert staff.post(address, {**first, "body": "One", "save": "1"}).status_code == 302
    # A preview keeps in mind what was there when the page was opened.
    shown: Any = staff.post(address, {**second, "body": "Two", "preview": "1"})
    assert shown.status_code == 200
    sent = {**second, "body": "Two", "save": "1", "seen": shown.context["form"].seen}
    refused = staff.post(address, sent)
    assert refused.status_code == 409
    assert "Now it is “One”." in refused.content.decode()
    with tenancy.bind(business.pk):
        assert list(list_wordings().values_list("body", flat=True)) == ["One"]


def test_from_where_orders_are_taken_that_two_choose(staff: Client, business: Business) -> None:
    address = reverse("admin:stock_allocation")
    place = Location.unscoped.get(business=business)
    # With one place there is nothing to choose, and the page does not ask where it lies.
    add_location(actor_of(business), name="Pier", kind="shop")

    def page() -> dict[str, Any]:
        context: Any = staff.get(address).context
        (site,) = (one for one in context["sites"] if one.place == place)
        seen = {"seen": context["form"].seen, f"{site.prefix}-seen": site.seen}
        return typed(context["form"]) | typed(site) | seen

    first, second = page(), page()
    assert staff.post(address, {**first, "do": "save", "split": "never"}).status_code == 302
    assert staff.post(address, {**second, "do": "save", "only_listed": "on"}).status_code == 409
    country, town = f"site_{place.pk}-country", f"site_{place.pk}-postcode"
    assert staff.post(address, {**first, "do": "sites", country: "GB"}).status_code == 302
    refused = staff.post(address, {**second, "do": "sites", country: "DE", town: "1"})
    assert refused.status_code == 409
    assert "Now it is “GB”." in refused.content.decode()


def test_taxes_and_customs_of_goods_that_two_write(staff: Client, business: Business) -> None:
    mug = make_product(business)
    for page, one, other in (
        (
            "admin:pricing_tax_item",
            {"hsn": "6911", "tax_class": "standard"},
            {"hsn": "6912", "tax_class": "standard"},
        ),
        ("admin:shipping_goods_of_product", {"hs_code": "691110"}, {"hs_code": "691200"}),
    ):
        address = reverse(page, args=[mug.pk])
        first, second = opened(staff, address), opened(staff, address)
        assert staff.post(address, {**first, **one}).status_code == 302
        refused = staff.post(address, {**second, **other})
        assert refused.status_code == 409
        assert f"Now it is “{next(iter(one.values()))}”." in refused.content.decode()


def test_what_a_company_is_told_that_two_enter(staff: Client) -> None:
    address = f"{reverse('admin:payments_setup')}?company=bank_transfer"
    first, second = opened(staff, address), opened(staff, address)
    assert (
        staff.post(address, {**first, "words": "To Harbour Bank", "days": "7", "save": "1"}).status_code
        == 302
    )
    refused = staff.post(address, {**second, "words": "To Pine Bank", "days": "7", "save": "1"})
    assert refused.status_code == 409
    assert "Now it is “To Harbour Bank”." in refused.content.decode()


def test_a_purchase_order_that_two_write(staff: Client, business: Business) -> None:
    mug = make_product(business, title="Mug")
    variant = mug.variants(manager="unscoped").get()
    order = write_order(business, make_supplier(business), [(variant, 12, "4.25")])
    address = verb_url(order, "change")
    first, second = opened(staff, address), opened(staff, address)
    assert staff.post(address, {**first, "note": "By the back door"}).status_code == 302
    refused = staff.post(address, {**second, "lines": second["lines"].replace(", 12", ", 24")})
    assert refused.status_code == 409
    assert "Now it is “By the back door”." in refused.content.decode()
    order.refresh_from_db()
    assert [line.quantity for line in order.lines(manager="unscoped").all()] == [12]
