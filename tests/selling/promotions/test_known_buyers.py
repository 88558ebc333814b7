"""The query of promotions, made once: it reads for each buyer and shop what the same query reads anew."""

from __future__ import annotations

from typing import Any

import pytest

from apps.kernel import tenancy
from apps.people.customers.models import Customer
from apps.selling.promotions.reading import read_rules
from apps.selling.promotions.values import STRANGER, Buyer
from tests.factories.businesses import make_business, make_user
from tests.factories.goods import make_product, variants_of
from tests.factories.orders import make_order, make_rate
from tests.factories.promotions import make_promotion


@pytest.mark.django_db
def test_however_a_buyer_is_known_the_prepared_query_reads_the_same(business: Any) -> None:
    """Six ways of knowing a buyer, twice each and in another shop too: what was made once is filled in anew."""
    other = make_business(slug="beside", name="Beside")
    user = make_user()
    for shop in (business, other):
        make_rate(shop)
        mug = variants_of(make_product(shop, title="Mug", price="12.00", stock=9))[0]
        make_promotion(shop, name=f"Tagged {shop.slug}", customer_tags=["vip"], products=[mug.product_id])
        make_promotion(shop, "amount", "1", name="Coded", code="ONE", per_customer_limit=1)
        make_promotion(shop, "amount", "2", name="New", first_order_only=True)
        order = make_order(shop, lines=[(mug, 1)])
        with tenancy.bind(shop.pk):
            Customer.objects.filter(pk=order.customer_id).update(tags=["vip"], user=user)
        buyers = [
            STRANGER,
            Buyer(customer_id=order.customer_id),
            Buyer(email="Ada@example.com", is_vouched=True),
            Buyer(email="ada@example.com"),
            Buyer(email="ada@example.com", user_id=user.pk),
            Buyer(email="eve@example.com", user_id=user.pk),
            Buyer(user_id=user.pk),
        ]
        found = {}
        for place, buyer in enumerate([*buyers, *buyers]):
            arguments = (shop, {mug.pk: mug.product_id}, ["ONE"] if place % 2 else [], buyer)
            rules, known, _tests = read_rules(*arguments)
            every, same, _tests = read_rules(*arguments, everything=True)
            by_id = {rule.promotion_id: rule for rule in every}
            assert known == same
            assert [by_id[rule.promotion_id] for rule in rules] == rules
            assert len(rules) == (3 if place % 2 else 2)
            assert found.setdefault(buyer, known) == known
        known_to_be = [(known.customer_id == order.customer_id, known.tags) for known in found.values()]
        assert known_to_be == [
            (False, ()), (True, ("vip",)), (True, ("vip",)), (True, ()), (True, ("vip",)), (False, ()),
            (True, ("vip",)),
        ]  # fmt: skip
        assert [known.has_ordered for known in found.values()] == [
            is_known for is_known, _tags in known_to_be
        ]
