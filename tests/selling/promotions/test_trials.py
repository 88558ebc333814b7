"""Tests of promotions: buyers divided for good, counted once, compared honestly, ended by choosing."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, WrongState
from apps.selling.checkout.selectors import cart_view
from apps.selling.checkout.services import quote_cart
from apps.selling.orders.services import cancel_order
from apps.selling.promotions.figures import figures_of, say_result
from apps.selling.promotions.models import Promotion, PromotionTest, TestArm, TestBuyer, TestOrder
from apps.selling.promotions.services import end_promotion, end_test, pause_promotion, start_test
from apps.selling.promotions.trials import PARTS, bounds_of, difference_of, part_of, share_of
from tests.api.world import Caller
from tests.factories.businesses import make_business, make_member, make_user, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import QUAY, make_cart, make_rate, orders_of, submit, system_of
from tests.factories.promotions import make_promotion

D = Decimal


def test_buyers_are_divided_evenly_for_good_and_anew_in_each_test() -> None:
    parts = [part_of("spring", f"buyer {number}") for number in range(4000)]
    assert parts == [part_of("spring", f"buyer {number}") for number in range(4000)]
    slow = int(hashlib.sha256(b"spring:buyer 7").hexdigest()[:16], 16) % 10_000
    assert parts[7] == slow
    for count in (2, 3, 5):
        ranges = bounds_of(count)
        assert [number for first, last in ranges for number in range(first, last)] == list(range(PARTS))
        inside = Counter(
            n for part in parts for n, (first, last) in enumerate(ranges) if first <= part < last
        )
        assert all(abs(inside[n] - 4000 / count) < 150 for n in range(count))  # four deviations
    both = sum(
        part_of("spring", f"buyer {n}") < 5000 and part_of("summer", f"buyer {n}") < 5000 for n in range(4000)
    )
    assert 850 < both < 1150, "who is in the first half of one test is in either half of the next"


def test_the_intervals_are_those_of_the_literature() -> None:
    """Newcombe (1998), table II, example (a): 56 of 70 and 48 of 80; Wilson's own for 81 of 263 (example 1)."""
    wilson = share_of(81, 263)
    assert wilson is not None
    assert (round(wilson.low, 4), round(wilson.high, 4)) == (0.2553, 0.3662)
    first, second = share_of(48, 80), share_of(56, 70)
    assert first is not None
    assert second is not None
    found = difference_of(first, second)
    assert (round(found.by, 4), round(found.low, 4), round(found.high, 4)) == (0.2, 0.0524, 0.3339)
    assert found.is_clear
    none, all_of_them = share_of(0, 20), share_of(20, 20)
    assert none is not None
    assert all_of_them is not None
    assert none.low == 0 < none.high < 0.2
    assert all_of_them.high == 1 > all_of_them.low > 0.8
    assert share_of(0, 0) is None


@pytest.mark.django_db
def test_a_test_from_its_beginning_to_the_choice(client: Client) -> None:
    """Ten off, twenty off, or nothing, of a mug at 20.00: twelve carts, some ordered, one order cancelled."""
    business = make_business(slug="tests", name="Tests")
    system, guest = system_of(business), Actor.guest(business.pk)
    make_rate(business, price="3.00")
    mug = make_variant(business, title="Mug", price="20.00", stock=99)
    ten = make_promotion(business, value="10", name="Ten")
    twenty = make_promotion(business, value="20", name="Twenty")
    coded = make_promotion(business, value="30", name="Coded", code="CODED")
    for wrong in ([ten.pk], [ten.pk, coded.pk], []):
        with pytest.raises(InvalidInput):
            start_test(system, name="Which", promotion_ids=wrong)
    sign_in(client, owner_of(business), business)
    typed = {"name": "Which", "promotions": [str(ten.pk), str(twenty.pk)], "with_nothing": "on"}
    assert (
        client.post(
            reverse("admin:list_verb", args=["promotions", "promotiontest", "start"]), typed
        ).status_code
        == 302
    )
    test = PromotionTest.unscoped.get()
    arms = list(TestArm.unscoped.filter(test=test).order_by("position"))
    assert [(arm.promotion_id, arm.first, arm.last) for arm in arms] == [
        (ten.pk, 0, 3333), (twenty.pk, 3333, 6666), (None, 6666, 10000),
    ]  # fmt: skip
    for refused in (
        lambda: start_test(system, name="Again", promotion_ids=[ten.pk], with_nothing=True),
        lambda: pause_promotion(system, promotion_id=ten.pk),
        lambda: end_promotion(system, promotion_id=twenty.pk),
    ):
        with pytest.raises(WrongState):
            refused()

    worth = {arms[0].pk: D(2), arms[1].pk: D(4), arms[2].pk: D(0)}
    came: Counter[Any] = Counter()
    ordered: Counter[Any] = Counter()
    orders = []
    for number in range(12):
        cart = make_cart(business, [(mug, 1)])
        part = part_of(test.seed, str(cart.pk))
        arm = next(arm for arm in arms if arm.first <= part < arm.last)
        came[arm.pk] += 1
        with tenancy.bind(business.pk):
            seen = cart_view(type(cart).objects.get(pk=cart.pk))
        assert seen.discount == worth[arm.pk]
        # An address that is typed at the checkout changes nothing.
        offer = quote_cart(guest, cart_id=cart.pk, address=QUAY, email="ada@example.com")
        assert D(offer.snapshot["discount"]) == worth[arm.pk]
        quote_cart(guest, cart_id=cart.pk, address=QUAY)
        if number % 2:
            (order,) = orders_of(submit(business, cart, offer.pk))
            assert order.discount_total == worth[arm.pk]
            orders.append((order, arm))
            ordered[arm.pk] += 1
    gone, of_arm = orders.pop()
    cancel_order(system, order_id=gone.pk)
    ordered[of_arm.pk] -= 1

    assert TestBuyer.unscoped.count() == 12
    assert TestOrder.unscoped.filter(released_at=None).count() == 5
    with tenancy.bind(business.pk):
        figures = figures_of(test)
        assert [(one.buyers, one.ordered, one.orders) for one in figures] == [
            (came[arm.pk], ordered[arm.pk], ordered[arm.pk]) for arm in arms
        ]
        for one in figures:
            assert one.discount == one.orders * worth[one.arm.pk]
            assert one.revenue == one.orders * (23 - worth[one.arm.pk])
        said = " ".join(say_result(figures))
    assert "this may be chance" in said
    page = client.get(f"/admin/promotions/promotiontest/{test.pk}/").content.decode()
    assert "Revenue per buyer" in page
    assert "95 %" in page
    tried = client.get(
        "/admin/promotions/try/", {"items": f"{mug.sku}, 1", "channel": "storefront"}
    ).content.decode()
    assert "Which" in tried

    address = reverse("admin:verb", args=["promotions", "promotiontest", test.pk, "end"])
    assert client.post(address, {"arm": str(arms[1].pk)}).status_code == 302
    assert {one.name: one.state.value for one in Promotion.unscoped.exclude(pk=coded.pk)} == {
        "Ten": "ended", "Twenty": "running",
    }  # fmt: skip
    for _each in range(3):
        cart = make_cart(business, [(mug, 1)])
        assert D(quote_cart(guest, cart_id=cart.pk, address=QUAY).snapshot["discount"]) == 4
    assert TestBuyer.unscoped.count() == 12
    assert end_test(system, test_id=test.pk, arm_id=arms[0].pk).ended_at is not None
    assert list(TestArm.unscoped.filter(chosen=True)) == [arms[1]]


@pytest.mark.django_db
def test_programs_begin_read_and_end_a_test(django_assert_max_num_queries: Any) -> None:
    """Ten off or nothing, of a mug at 20.00: what the API says is what the figures say."""
    business = make_business(slug="tested-by-api", name="Tested")
    make_rate(business, price="3.00")
    mug = make_variant(business, title="Mug", price="20.00", stock=99)
    ten = make_promotion(business, value="10", name="Ten")
    staff = Caller(business, owner_of(business))
    for wrong in (
        {"name": "One alone", "promotion_ids": [str(ten.pk)]},
        {"name": "None", "promotion_ids": [], "with_nothing": True},
        {"name": "", "promotion_ids": [str(ten.pk)], "with_nothing": True},
    ):
        assert staff.send("POST", "promotion-tests/", wrong).status_code == 400
    begun = staff.send(
        "POST",
        "promotion-tests/",
        {"name": "Worth it?", "promotion_ids": [str(ten.pk)], "with_nothing": True},
    )
    assert begun.status_code == 201, begun.content
    test = begun.json()
    first, nothing = test["versions"]
    assert (test["state"], first["promotion"], nothing["promotion"]) == ("running", str(ten.pk), None)
    assert (first["share"], first["against_first"], nothing["against_first"]) == (None, None, None)
    assert test["words"] == ["Nobody has been quoted yet: there is nothing to compare."]
    address = f"promotion-tests/{test['id']}/"
    assert staff.send("PATCH", f"promotions/{ten.pk}/", {"name": "Other"}).status_code == 409

    guest, came, ordered = Actor.guest(business.pk), Counter[str](), Counter[str]()
    for number in itertools.count():
        if number >= 8 and len(came) == 2:  # one draw in a hundred gives eight carts the same version
            break
        cart = make_cart(business, [(mug, 1)])
        offer = quote_cart(guest, cart_id=cart.pk, address=QUAY, email="ada@example.com")
        version = first["id"] if D(offer.snapshot["discount"]) else nothing["id"]
        came[version] += 1
        if number % 2:
            submit(business, cart, offer.pk)
            ordered[version] += 1
    with django_assert_max_num_queries(8):
        test = staff.send("GET", address).json()
    for one, worth in zip(test["versions"], (D(2), D(0)), strict=True):
        assert (one["buyers"], one["orders"]) == (came[one["id"]], ordered[one["id"]])
        assert (D(one["revenue"]), D(one["discount"])) == (
            one["orders"] * (23 - worth),
            one["orders"] * worth,
        )
    second = test["versions"][1]
    assert second["share"]["rate"] == ordered[second["id"]] / came[second["id"]]
    assert second["against_first"]["low"] < second["against_first"]["by"] < second["against_first"]["high"]
    assert len(test["words"]) == 1
    assert [one["id"] for one in staff.send("GET", "promotion-tests/?running=true").json()["results"]] == [
        test["id"]
    ]

    elsewhere = Caller(make_business(slug="elsewhere"), make_user())
    assert elsewhere.send("GET", address).status_code in (403, 404)
    keeper = Caller(business, make_member(business, "stock_keeper"))
    assert keeper.send("POST", f"{address}end/", {"version_id": first["id"]}).status_code == 403
    assert staff.send("POST", f"{address}end/", {"version_id": test["id"]}).status_code == 404
    ended = staff.send("POST", f"{address}end/", {"version_id": nothing["id"]}).json()
    assert (ended["state"], [one["chosen"] for one in ended["versions"]]) == ("ended", [False, True])
    assert Promotion.unscoped.get(pk=ten.pk).state == "ended"
    assert staff.send("GET", "promotion-tests/?running=true").json()["results"] == []
