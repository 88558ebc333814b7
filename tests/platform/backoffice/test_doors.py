"""Every page of the back office × every shipped role × own and foreign rows, generated from the site itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from apps.kernel import tenancy
from apps.kernel.permissions import expand
from apps.platform.backoffice import nav, pages
from apps.platform.backoffice.admin import TenantModelAdmin
from apps.platform.backoffice.sites import site
from apps.platform.businesses.shipped_roles import SHIPPED_ROLES
from tests.browser.furnished import furnish
from tests.factories.businesses import make_business, make_member, owner_of, sign_in
from tests.isolation.holes import without_first_wall

pytestmark = pytest.mark.django_db
ROLES = [role.code for role in SHIPPED_ROLES]
PERMISSIONS = {role.code: expand(role.permissions) for role in SHIPPED_ROLES}


def lists() -> Iterator[TenantModelAdmin]:
    for model, model_admin in site._registry.items():
        assert isinstance(model_admin, TenantModelAdmin), f"{model} is shown without a tenant."
        yield model_admin


def name_of(model_admin: TenantModelAdmin) -> str:
    return f"{model_admin.opts.app_label}_{model_admin.opts.model_name}"


LISTS = list(lists())
PAGES = [page for page in pages._pages if "<" not in page.route]


def client_of(role: str) -> Client:
    business = make_business()
    person = owner_of(business) if role == "owner" else make_member(business, role)
    return sign_in(Client(), person, business)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_exactly_the_lists_it_may_read(role: str) -> None:
    client = client_of(role)
    for model_admin in LISTS:
        allowed = model_admin.read_permission in PERMISSIONS[role]
        status = client.get(reverse(f"admin:{name_of(model_admin)}_changelist")).status_code
        assert status == (200 if allowed else 403), name_of(model_admin)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_exactly_the_pages_it_may(role: str) -> None:
    client = client_of(role)
    for page in PAGES:
        permission = page.view.permission  # type: ignore[attr-defined]
        allowed = permission is None or permission in PERMISSIONS[role]
        status = client.get(f"/admin/{page.route}").status_code
        assert status == 403 if not allowed else status < 400, page.name


@pytest.mark.parametrize("role", ROLES)
def test_the_menu_leads_to_what_the_role_may_open_and_nothing_else(role: str) -> None:
    """Every page in two steps at most: from the menu itself, or from the branch of the page above."""
    client = client_of(role)
    at_once = {link["link"] for link in menu_at(client, "/admin/")}
    opened = {address: menu_at(client, address) for address in at_once}
    shown = at_once | {
        below["link"] for links in opened.values() for link in links for below in link["below"]
    }
    expected = {
        item.address()
        for item in nav._items
        if item.permission is None or item.permission in PERMISSIONS[role]
    }
    assert shown == expected
    for address in shown - at_once:
        active = [link["link"] for link in all_links(menu_at(client, address)) if link["active"]]
        assert active == [address], f"{address} is not shown as open in its own branch"


def menu_at(client: Client, address: str) -> list[dict[str, Any]]:
    answer = client.get(address)
    assert answer.status_code < 400, address
    return [item for group in answer.context["sidebar_navigation"] for item in group["items"]]


def all_links(menu: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [link for item in menu for link in (item, *item["below"])]


def test_the_menu_shows_the_section_of_the_page_and_what_was_left_open() -> None:
    client = client_of("owner")

    def open_sections(address: str) -> set[str]:
        groups = client.get(address).context["sidebar_navigation"]
        return {group["key"] for group in groups if group["open"]} - {"Today"}

    stock, low = reverse("admin:inventory_stockbalance_changelist"), "/admin/inventory/stockalert/"
    assert open_sections("/admin/") == {"Sell"}
    assert open_sections(stock) == {"Sell", "Stock"}
    client.cookies[nav.OPEN_COOKIE] = "Money.Nonsense"
    assert open_sections(stock) == {"Money", "Stock"}
    assert "Stock" in open_sections(low), "a page that hangs below another one opens their section too"
    client.cookies[nav.OPEN_COOKIE] = ""
    assert open_sections("/admin/") == set()


def test_no_page_hangs_below_one_that_hangs_itself() -> None:
    by_url = {item.url: item for item in nav._items}
    assert [i.url for i in nav._items if i.under and (i.under not in by_url or by_url[i.under].under)] == []


@pytest.mark.parametrize("model_admin", LISTS, ids=name_of)
def test_ids_that_are_not_ours_are_not_found(model_admin: TenantModelAdmin) -> None:
    client = client_of("owner")

    assert client.get(reverse(f"admin:{name_of(model_admin)}_change", args=[uuid4()])).status_code == 404


@pytest.mark.parametrize("walls", ["both", "the policies alone"])
def test_rows_of_another_business_do_not_exist(walls: str) -> None:
    client, theirs = client_of("owner"), make_business("Theirs")
    furnish(theirs)
    told = {}
    with without_first_wall() if walls != "both" else nullcontext():
        for address in _addresses_of_rows(theirs):
            told[address] = {client.get(address).status_code, client.post(address, {}).status_code}
    assert {address: said for address, said in told.items() if not said <= {404, 405}} == {}
    assert all(404 in said for said in told.values())


def _addresses_of_rows(business: Any) -> Iterator[str]:
    """The page of a row of each list, and of each of its verbs."""
    for model_admin in LISTS:
        row = model_admin.model._base_manager.filter(business_id=business.pk).first()
        assert row is not None, f"Furnish a row of {name_of(model_admin)} in tests/browser/furnished.py."
        yield reverse(f"admin:{name_of(model_admin)}_change", args=[row.pk])
        for verb in model_admin.verbs:
            yield reverse("admin:verb", args=[*name_of(model_admin).split("_", 1), row.pk, verb.name])


@pytest.mark.parametrize("model_admin", LISTS, ids=name_of)
def test_rows_asked_for_without_a_business_raise(model_admin: TenantModelAdmin) -> None:
    from apps.kernel.errors import UnboundTenant

    with tenancy.bind(None), pytest.raises(UnboundTenant):
        list(model_admin.model._default_manager.all())


@pytest.mark.parametrize("model_admin", LISTS, ids=name_of)
def test_every_verb_names_a_declared_permission_and_refuses_who_lacks_it(
    model_admin: TenantModelAdmin,
) -> None:
    from apps.kernel.permissions import all_permissions

    declared = all_permissions()
    assert model_admin.read_permission in declared
    client = client_of("analyst")  # reads everything, does nothing
    label, model = model_admin.opts.app_label, model_admin.opts.model_name
    for verb in model_admin.list_verbs:
        assert verb.permission in declared, verb
        if not verb.permission.endswith(".read"):
            address = reverse("admin:list_verb", args=[label, model, verb.name])
            assert client.get(address).status_code == 403
            assert client.post(address, {}).status_code == 403
    for verb in model_admin.verbs:
        assert verb.permission in declared, verb


@pytest.mark.parametrize(
    "path", ["/admin/media/library/?q=a%00b", "/admin/orders/order/?channel__exact=a%00b", "/admin/?%00=%00"]
)
def test_a_character_that_no_database_keeps_is_asked_for_as_one_that_nothing_has(path: str) -> None:
    answer: Any = client_of("owner").get(path)

    assert answer.status_code == 200
    assert b"\x00" not in answer.content


@pytest.mark.parametrize(
    "path", ["/admin/nothing/", "/admin/auth/user/", "/admin/businesses/membership/add/"]
)
def test_what_is_not_there_is_answered_inside_the_frame(path: str) -> None:
    answer: Any = client_of("owner").get(path)

    assert answer.status_code == 404
    assert b"Go to Today" in answer.content


def test_third_party_tables_are_not_shown() -> None:
    assert {model._meta.app_label for model in site._registry} <= {
        "businesses", "notifications", "catalog", "inventory", "purchasing", "imports", "customers", "pricing",
        "payments", "orders", "shipping", "checkout", "storefront", "ledger", "invoicing", "accounts", "api",
        "vault", "media", "access", "warehouse", "fields", "garments", "promotions", "history", "payouts",
        "credit", "returns", "quotes",
    }  # fmt: skip
