"""What a change leaves out stays as somebody else has made it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from apps.goods.purchasing.drafts import SupplierDraft
from apps.goods.purchasing.models import Supplier
from apps.goods.purchasing.services import add_supplier, suppliers
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.people.customers.models import Customer
from apps.people.customers.services import people
from apps.platform.businesses.models import Business
from apps.selling.pricing.models import PriceList
from apps.selling.pricing.services import lists, save_list
from apps.selling.promotions.models import Promotion
from apps.selling.promotions.services import keeping
from tests.factories.customers import make_customer
from tests.factories.promotions import make_promotion

from .world import Caller

pytestmark = pytest.mark.django_db


def _supplier(business: Business) -> Any:
    draft = SupplierDraft(name="Mill", payment_days=30)
    return add_supplier(Actor.system("tests", business.pk), draft=draft)


def _list(business: Business) -> Any:
    return save_list(Actor.system("tests", business.pk), name="Sale", level="sale", reference="1")


KINDS: dict[str, tuple[type[Any], Callable[[Business], Any], Any, str, str, Any, Any]] = {
    "suppliers": (Supplier, _supplier, suppliers, "lock_supplier", "payment_days", 60, "note"),
    "customers": (
        Customer,
        lambda business: make_customer(business, email="ada@example.com"),
        people,
        "lock_one",
        "accepts_marketing",
        True,
        "note",
    ),
    "price-lists": (PriceList, _list, lists, "lock_one", "priority", 7, "reference"),
    "promotions": (Promotion, make_promotion, keeping, "lock_one", "priority", 7, "group"),
}


@pytest.mark.parametrize("name", KINDS)
def test_what_is_left_out_stays_as_another_made_it(
    shop: Business, staff: Caller, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, make, module, lock_name, theirs, value, mine = KINDS[name]
    row = make(shop)
    url = f"{name}/{row.pk}/"
    before = staff.get(url).json()[theirs]
    lock = getattr(module, lock_name)

    def held_later(*arguments: Any) -> Any:
        model.unscoped.filter(pk=row.pk).update(**{theirs: value})
        return lock(*arguments)

    def change(body: dict[str, Any]) -> tuple[Any, Any]:
        answer = staff.patch(url, body, Idempotency_Key=uuid4().hex)
        assert answer.status_code == 200, answer.content
        with tenancy.bind(shop.pk):
            kept = model.objects.get(pk=row.pk)
        return getattr(kept, mine), getattr(kept, theirs)

    monkeypatch.setattr(module, lock_name, held_later)
    assert change({mine: "Ring first"}) == ("Ring first", value)
    # Control: who names it as it was read before does bring that back.
    assert before != value
    assert change({mine: "Then ring", theirs: before}) == ("Then ring", before)
