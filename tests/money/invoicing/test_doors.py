"""Papers in the back office."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.kernel import outbox
from apps.money.invoicing.models import Document
from apps.platform.businesses.models import Business
from tests.factories.businesses import make_business, make_member, sign_in
from tests.factories.orders import make_order, ship

LIST = "admin:invoicing_document_changelist"


@pytest.fixture
def shop(db: None) -> Business:
    return make_business()


@pytest.fixture
def accountant(shop: Business, client: Client) -> Client:
    return sign_in(client, make_member(shop, "accountant"), shop)


def sell(shop: Business, count: int) -> None:
    for _each in range(count):
        ship(make_order(shop, paid=True))
    outbox.drain()


def test_the_list_costs_the_same_for_any_number_of_papers(shop: Business, accountant: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert accountant.get(reverse(LIST)).status_code == 200
        return len(captured)

    sell(shop, 1)
    cost()
    one = cost()
    sell(shop, 9)
    assert one == cost()


def test_staff_read_and_download_a_paper(shop: Business, accountant: Client) -> None:
    sell(shop, 1)
    invoice = Document.unscoped.get(business=shop, kind="invoice")
    page = accountant.get(reverse("admin:invoicing_document_change", args=[invoice.pk]))
    assert page.status_code == 200
    address = reverse("admin:invoicing_download", args=[invoice.pk])
    assert address in page.content.decode()
    first, second = accountant.get(address), accountant.get(address)
    assert first["Content-Type"] == "application/pdf"
    assert first.content == second.content


def test_papers_are_found_by_their_number(shop: Business, accountant: Client) -> None:
    sell(shop, 2)
    for term in ("INV-00002", "inv-2"):
        page = accountant.get(reverse(LIST), {"q": term})
        assert [each.reference for each in page.context["cl"].result_list] == ["INV-00002"]


def test_strangers_and_roles_without_the_right_get_nothing(shop: Business) -> None:
    sell(shop, 1)
    invoice = Document.unscoped.get(business=shop, kind="invoice")
    addresses = [
        reverse("admin:invoicing_download", args=[invoice.pk]),
        reverse("admin:invoicing_document_change", args=[invoice.pk]),
    ]
    other = make_business("Elsewhere")
    stranger = sign_in(Client(), make_member(other, "accountant"), other)
    keeper = sign_in(Client(), make_member(shop, "stock_keeper"), shop)
    for address in addresses:
        assert stranger.get(address).status_code == 404
        assert keeper.get(address).status_code == 403
        assert Client().get(address).status_code == 302
