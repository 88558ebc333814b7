"""Two orders of one company at the same instant: only one finds the room below the limit."""

from __future__ import annotations

import time
from collections import Counter
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from apps.people.customers.models import Company
from apps.platform.businesses.models import Business
from apps.selling.orders.drafts import Contact, LineDraft
from apps.selling.orders.models import Order
from apps.selling.orders.services import place_order, terms
from tests.factories.businesses import make_business
from tests.factories.goods import make_variant
from tests.factories.orders import system_of
from tests.goods.inventory.crowd import at_once
from tests.money.receivables.furnished import make_company

D = Decimal


@pytest.fixture
def shop(transactional_db: None) -> Business:
    return make_business()


def crowd(shop: Business, size: int = 8) -> Counter[str]:
    """Orders of 100.00 each of a company with a limit of 350.00, placed at once."""
    company = make_company(shop, email="trade@example.com", limit="350.00")
    tea = make_variant(shop, price="100.00", stock=size)
    order = partial(
        place_order,
        system_of(shop),
        lines=[LineDraft(tea.pk, 1)],
        contact=Contact(email="trade@example.com"),
        on_account=True,
    )
    placed = at_once([order] * size, threads=size)
    assert {type(one) for one in placed} == {Order}
    assert Company.unscoped.get(pk=company.pk).credit_limit == D(350)
    return Counter(one.state for one in placed)


@pytest.mark.django_db(transaction=True)
def test_a_crowd_of_one_company_never_passes_its_limit(shop: Business) -> None:
    assert crowd(shop) == {"confirmed": 3, "placed": 5}
    over = Order.unscoped.filter(state="placed").order_by("id").values_list("over_limit_by", flat=True)
    # Each counts those before it, also those that wait for approval.
    assert sorted(over) == [D(50), D(150), D(250), D(350), D(450)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.mutation
def test_without_the_lock_the_same_crowd_passes_it(shop: Business, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proof that the crowd is a crowd: the company is read and not locked, and everybody takes a moment to decide."""

    def unlocked(company_id: Any) -> Company:
        company = Company.objects.get(pk=company_id)
        time.sleep(0.05)
        return company

    monkeypatch.setattr(terms, "lock_company", unlocked)
    assert crowd(shop)["confirmed"] > 3
