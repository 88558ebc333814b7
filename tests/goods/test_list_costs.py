"""Every list and report of goods in the back office: as many statements for one row as for ten and for a hundred."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.platform.backoffice.admin import TenantModelAdmin
from apps.platform.backoffice.sites import site
from apps.platform.businesses.models import Business
from apps.platform.fields.drafts import FieldDraft
from apps.platform.fields.services import add_field, set_values_in_bulk
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.goods import crowd as make
from tests.goods.crowd import Crowd, Fill

pytestmark = pytest.mark.django_db
SIZES = (1, 10, 100)
# The list, how its rows are made, and the view that shows them all.
LISTS: dict[str, tuple[Fill, str]] = {
    "catalog.product": (make.move, "active"),
    "catalog.variant": (make.nothing, "active"),
    "catalog.category": (make.nothing, ""),
    "catalog.brand": (make.nothing, ""),
    "catalog.collection": (make.collections, ""),
    "catalog.productdraft": (make.drafts, "open"),
    "catalog.productversion": (make.versions, ""),
    "catalog.certificate": (make.certificates, "waiting"),
    "inventory.stockbalance": (make.move, "low"),
    "inventory.stockmovement": (make.move, ""),
    "inventory.stockalert": (make.alerts, "open"),
    "inventory.adjustment": (make.adjustments, "waiting"),
    "inventory.lot": (make.lots, "lots"),
    "imports.importjob": (make.jobs, ""),
    "imports.batch": (make.batches, ""),
    "imports.savedmapping": (make.mappings, ""),
    "garments.garment": (make.garments, ""),
    "garments.sizescale": (make.garments, ""),
    "garments.colour": (make.garments, ""),
    "garments.season": (make.garments, ""),
    "garments.style": (make.garments, ""),
    "garments.sizechart": (make.garments, ""),
    "purchasing.supplier": (make.alerts, "active"),
    "purchasing.purchaseorder": (make.orders, "open"),
    "purchasing.goodsreceipt": (make.receipts, ""),
    "warehouse.transfer": (make.transfers, "open"),
    "warehouse.transferstep": (make.transfers, "all"),
    "warehouse.stockcount": (make.counts, "open"),
}
# Address, how rows are made, and how many of them there are for so many things.
REPORTS: dict[str, tuple[Fill, Callable[[int], int]]] = {
    "stock_report?report=worth": (make.move, lambda size: size),
    "stock_report?report=places": (make.move, lambda size: size),
    "stock_report?report=low": (make.alerts, lambda size: size),
    "stock_report?report=age": (make.move, lambda size: size),
    "stock_report?report=idle": (make.move, lambda size: size),
    "purchasing_report?report=suppliers": (make.receipts, lambda size: size),
    "purchasing_report?report=spend": (make.receipts, lambda size: size),
    "purchasing_report?report=categories": (make.receipts, lambda size: size),
    "purchasing_report?report=prices": (make.receipts, lambda size: size),
}
WITH_FIELDS = (
    "catalog.product", "catalog.variant", "inventory.lot", "purchasing.supplier", "purchasing.purchaseorder",
    "purchasing.goodsreceipt", "warehouse.transfer",
)  # fmt: skip


@pytest.fixture
def business(db: None) -> Business:
    return make_business()


@pytest.fixture
def staff(client: Client, business: Business) -> Client:
    return sign_in(client, owner_of(business), business)


def ask(staff: Client, address: str) -> tuple[Any, int]:
    """The page and its statements, once what is kept in memory is there."""
    staff.get(address)
    with CaptureQueriesContext(connection) as captured:
        page = staff.get(address)
    assert page.status_code == 200, address
    return page, len(captured)


def admin_of(label: str) -> TenantModelAdmin:
    return site._registry[apps.get_model(label)]  # type: ignore[no-any-return]


def test_every_list_of_goods_is_counted() -> None:
    known = {
        model._meta.label_lower
        for model, admin in site._registry.items()
        if type(admin).__module__.startswith("apps.goods.")
    }
    assert known == set(LISTS), "Say in LISTS how its rows are made."


@pytest.mark.parametrize("label", LISTS)
def test_a_list_takes_the_same_statements_for_1_10_and_100_rows(
    staff: Client, business: Business, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill, shown_in = LISTS[label]
    model, admin = apps.get_model(label), admin_of(label)
    monkeypatch.setattr(admin, "list_per_page", max(SIZES) * 2)
    home = reverse(f"admin:{label.replace('.', '_')}_changelist")
    with tenancy.bind(business.pk):
        views = [tab.name for tab in admin.get_tabs(None)] or [""]  # type: ignore[arg-type]
        crowd, counted = Crowd(business), {view: [] for view in views}
        if label in WITH_FIELDS:
            add_field(
                Actor.system("t", business.pk),
                record_type=label,
                draft=FieldDraft(label="Origin", type="text", in_list=True, filterable=True),
            )
    for size in SIZES:
        with tenancy.bind(business.pk):
            fill(crowd, crowd.grow(size))
            rows = list(model.objects.all())
            if label in WITH_FIELDS:
                said = {row.pk: {"origin": f"From {n:03}"} for n, row in enumerate(rows)}
                set_values_in_bulk(Actor.system("t", business.pk), record_type=label, values=said)
            links = [admin.row_url(row) for row in rows]
        assert len(rows) >= size
        for view in views:
            page, statements = ask(staff, f"{home}?tab={view}" if view else home)
            counted[view].append(statements)
            if view != shown_in:
                continue
            text = page.content.decode()
            assert len(page.context["cl"].result_list) == len(rows), "all of them are on the page"
            assert [link for link in links if link not in text] == []
            if label in WITH_FIELDS:
                assert f"From {len(rows) - 1:03}" in text
    assert shown_in in views
    assert {view: seen for view, seen in counted.items() if len(set(seen)) != 1} == {}, counted
    assert max(seen[0] for seen in counted.values()) <= 12


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_takes_the_same_statements_for_1_10_and_100_rows(
    staff: Client, business: Business, name: str
) -> None:
    fill, rows_for = REPORTS[name]
    page_name, _, query = name.partition("?")
    counted = []
    crowd = Crowd(business)
    for size in SIZES:
        with tenancy.bind(business.pk):
            fill(crowd, crowd.grow(size))
        page, statements = ask(staff, f"{reverse(f'admin:{page_name}')}?{query}&from=2020-01-01")
        assert len(page.context["section"].rows) == rows_for(size)
        body = page.content.decode().partition("<tbody")[2].partition("</tbody")[0]
        assert len(re.findall(r"<tr\b", body)) == rows_for(size)
        counted.append(statements)
    assert len(set(counted)) == 1, counted


def test_movements_by_reason_cost_the_same(staff: Client, business: Business) -> None:
    crowd, counted = Crowd(business), []
    address = f"{reverse('admin:stock_report')}?report=movements"
    for size, reasons in zip(SIZES, (["receive"], ["count", "found"], ["return", "consume"]), strict=True):
        with tenancy.bind(business.pk):
            new = crowd.grow(size)
            for reason in ["receive", *reasons]:
                known = reason if reason != "found" else "adjust"
                make.move(crowd, new, reason=known)
        page, statements = ask(staff, address)
        counted.append((len(page.context["section"].rows), statements))
    assert [rows for rows, _statements in counted] == [1, 3, 5]
    assert len({statements for _rows, statements in counted}) == 1, counted


def test_what_to_order_costs_the_same(staff: Client, business: Business) -> None:
    crowd, counted = Crowd(business), []
    for size in SIZES:
        with tenancy.bind(business.pk):
            make.run_out(crowd, crowd.grow(size))
        page, statements = ask(staff, reverse("admin:purchasing_reorder"))
        assert len(page.context["groups"]) == size
        counted.append(statements)
    assert len(set(counted)) == 1, counted
