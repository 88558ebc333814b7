"""A kit takes its parts from the shelf, costs what they cost, brings them back, and is never sold twice with them."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.goods.catalog.models import Product, Variant
from apps.goods.catalog.services import archive_product, retire_variant, update_variant
from apps.goods.inventory.lines import Owner, ReserveLine
from apps.goods.inventory.models import Reservation, StockBalance
from apps.goods.inventory.selectors import (
    availability,
    in_stock_products,
    list_across_broken_balances,
    product_availability,
)
from apps.goods.inventory.services import make_kit, release_stock, reserve_stock
from apps.kernel import tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound, OutOfStock, WrongState
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business
from apps.selling.checkout.services import add_to_cart, fill_cart
from apps.selling.orders.drafts import RefundLine
from apps.selling.orders.models import OrderLine
from apps.selling.orders.services import cancel_order, refund_order
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.goods import make_product, make_variant, stock_up, variants_of
from tests.factories.orders import lines_of, make_order, make_rate, pay, ship, submit
from tests.goods.inventory.crowd import at_once
from tests.goods.inventory.test_stock_races import promised, without_check, without_lock  # noqa: F401

pytestmark = pytest.mark.django_db


def make_set(business: Business, *, mugs: int, teas: int) -> tuple[Variant, Variant, Variant]:
    """A kit of two mugs and a tea; a mug cost 5, a tea 1.50."""
    mug = make_variant(business, title="Mug", stock=mugs, cost="5.00", variant={"sku": "MUG"})
    tea = make_variant(business, title="Tea", stock=teas, cost="1.50", variant={"sku": "TEA"})
    kit = make_variant(business, title="Breakfast set", slug="set", price="30.00", cost=None)
    make_kit(Actor.system("tests", business.pk), variant_id=kit.pk, parts={mug.pk: 2, tea.pk: 1})
    return reread(kit), mug, tea


def reread(variant: Variant) -> Variant:
    found: Variant = Variant.unscoped.get(pk=variant.pk)
    return found


def shelf(variant: Variant) -> tuple[int, int, Decimal]:
    row = StockBalance.unscoped.get(variant=variant)
    return row.on_hand, row.reserved, row.value


def test_what_can_be_a_kit(business: Business, other_business: Business, owner: Actor) -> None:
    kit, mug, _tea = make_set(business, mugs=5, teas=9)
    stocked, foreign = make_variant(business, title="Jug", stock=1), make_variant(other_business)
    empty, lid = make_variant(business, title="Box"), make_variant(business, title="Lid")
    make_kit(owner, variant_id=make_variant(business, title="Tin").pk, parts={lid.pk: 1})
    for parts, code in (
        ({}, "invalid_input"), ({kit.pk: 1}, "kit_in_kit"), ({empty.pk: 1}, "kit_in_itself"),
        ({mug.pk: 0}, "invalid_input"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            make_kit(owner, variant_id=empty.pk, parts=parts)
        assert refused.value.code == code
    with pytest.raises(InvalidInput, match="part of a kit"):
        make_kit(owner, variant_id=lid.pk, parts={empty.pk: 1})
    with pytest.raises(NotFound):
        make_kit(owner, variant_id=empty.pk, parts={foreign.pk: 1})
    with pytest.raises(WrongState, match="lie on the shelf"):
        make_kit(owner, variant_id=stocked.pk, parts={mug.pk: 1})
    with pytest.raises(InvalidInput, match="no stock but that of its parts"):
        update_variant(owner, variant_id=kit.pk, track_stock=True)
    small, _large = variants_of(make_product(business, title="Scarf", option="Size", values=["S", "L"]))
    make_kit(owner, variant_id=empty.pk, parts={small.pk: 1})
    with pytest.raises(InvalidInput, match="part of a kit that is sold"):
        retire_variant(owner, variant_id=small.pk)
    with pytest.raises(InvalidInput):
        stock_up(business, [kit.pk], 3)


def test_a_kit_can_be_sold_while_its_scarcest_part_is_there(business: Business) -> None:
    kit, mug, _tea = make_set(business, mugs=5, teas=9)
    plain = make_variant(business, title="Plain", stock=1)
    with tenancy.bind(business.pk):
        free = availability([kit.pk, mug.pk, plain.pk])
        assert [free[one.pk].sellable for one in (kit, mug, plain)] == [2, 5, 1]
        assert product_availability([kit.product_id])[kit.product_id].quantity == 2
        titles = in_stock_products(Product.objects.all()).order_by("title").values_list("title", flat=True)
        assert list(titles) == ["Breakfast set", "Mug", "Plain", "Tea"]
    guest = Actor.guest(business.pk)
    with pytest.raises(OutOfStock, match="Only 2 are left"):
        add_to_cart(guest, cart_token=None, variant_id=kit.pk, quantity=3)
    assert fill_cart(guest, cart_token=None, wanted={kit.pk: 5}).short == {kit.pk: 2}
    # Four mugs go elsewhere: one is left, and a set needs two.
    make_order(business, lines=[(mug, 4)])
    with tenancy.bind(business.pk):
        assert availability([kit.pk])[kit.pk].sold_out
        assert not in_stock_products(Product.objects.filter(pk=kit.product_id)).exists()
    with pytest.raises(OutOfStock) as short:
        make_order(business, lines=[(kit, 1)])
    assert [(line["variant_id"], line["available"]) for line in short.value.context["lines"]] == [(kit.pk, 0)]
    # Whoever forgets to say that it is a kit is refused, not promised a kit without parts.
    with pytest.raises(InvalidInput), tenancy.bind(business.pk):
        reserve_stock(guest, owner=Owner("order", new_id()), lines=[ReserveLine(new_id(), kit.pk, 1)])


def test_from_the_cart_to_the_parcel_and_back(business: Business) -> None:
    kit, mug, tea = make_set(business, mugs=9, teas=9)
    make_rate(business)
    system = Actor.system("tests", business.pk)
    cart = add_to_cart(Actor.guest(business.pk), cart_token=None, variant_id=kit.pk, quantity=3)
    submit(business, cart)
    assert [shelf(one) for one in (mug, tea)] == [(9, 6, 45), (9, 3, Decimal("13.50"))]
    order = pay(OrderLine.unscoped.get().order)
    # What the kit is made of changes; the order keeps what was promised.
    make_kit(system, variant_id=kit.pk, parts={mug.pk: 1})
    line = lines_of(order)[0]
    ship(order, [(line.pk, 1)])
    assert [shelf(one) for one in (mug, tea)] == [(7, 4, 35), (8, 2, 12)]
    assert lines_of(order)[0].cost_total == Decimal("11.50"), "two mugs and a tea"
    ship(order)
    assert [shelf(one) for one in (mug, tea)] == [(3, 0, 15), (6, 0, 9)]
    refund_order(
        system,
        order_id=order.pk,
        lines=[RefundLine(line.pk, 2, sent=True)],
        restock=True,
        reason="Chipped",
        key="k",
    )
    assert [shelf(one) for one in (mug, tea)] == [(7, 0, 35), (8, 0, 12)], (
        "two sets came back at what they cost"
    )
    assert list_across_broken_balances() == []


def test_cancelled_in_part_and_expired_give_the_parts_back(business: Business) -> None:
    kit, mug, tea = make_set(business, mugs=9, teas=9)
    system = Actor.system("tests", business.pk)
    owner, line = Owner("order", new_id()), new_id()
    with tenancy.bind(business.pk):
        reserve_stock(
            system,
            owner=owner,
            lines=[ReserveLine(line, kit.pk, 4, is_kit=True), ReserveLine(new_id(), mug.pk, 1)],
        )
        release_stock(system, owner=owner, line_quantities={line: 1})
        assert [shelf(one)[1] for one in (mug, tea)] == [7, 3]
        with pytest.raises(WrongState, match="Only 3 units"):
            release_stock(system, owner=owner, line_quantities={line: 4})
        release_stock(system, owner=owner)
    assert [shelf(one)[1] for one in (mug, tea)] == [0, 0]
    order = make_order(business, lines=[(kit, 4), (mug, 1)])
    assert [shelf(one)[1] for one in (mug, tea)] == [9, 4]
    cancel_order(system, order_id=order.pk, reason="Changed my mind")
    assert [shelf(one)[1] for one in (mug, tea)] == [0, 0]


def test_pages_say_what_is_in_it(client: Client) -> None:
    business = make_business()
    kit, mug, _tea = make_set(business, mugs=9, teas=9)
    staff = sign_in(client, owner_of(business), business)
    page = Client().get(f"/store/{business.slug}/products/set/").content.decode()
    assert "2 × Mug, 1 × Tea" in page
    order = pay(make_order(business, lines=[(kit, 1)]))
    detail = staff.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    assert "Contains 2 × Mug, 1 × Tea" in detail
    packing = staff.get(reverse("admin:verb", args=["orders", "order", order.pk, "ship"])).content.decode()
    assert "Contains 2 × Mug, 1 × Tea" in packing
    verb = reverse("admin:verb", args=["catalog", "variant", kit.pk, "kit"])
    assert "MUG 2\nTEA 1" in staff.get(verb).content.decode()
    refused = staff.post(verb, {"parts": "mug 3\nNO-SUCH 1"})
    assert "NO-SUCH" in refused.content.decode()
    assert staff.post(verb, {"parts": "mug 3"}).status_code == 302
    detail = staff.get(reverse("admin:catalog_variant_change", args=[kit.pk])).content.decode()
    assert "Kits that can be sold" in detail
    assert (
        "In these kits" in staff.get(reverse("admin:catalog_variant_change", args=[mug.pk])).content.decode()
    )


def _buy(business: Business, variant: Variant, quantity: int = 1) -> list[Reservation]:
    line = ReserveLine(new_id(), variant.pk, quantity, is_kit=variant.is_kit)
    return reserve_stock(Actor.guest(business.pk), owner=Owner("order", new_id()), lines=[line])


def _rush(business: Business) -> tuple[list[Any], list[Any], int]:
    """Six for the kit of two mugs, six for a mug; there are three mugs, and teas enough."""
    kit, mug, _tea = make_set(business, mugs=3, teas=99)
    results = at_once(
        [call for _n in range(6) for call in (partial(_buy, business, kit), partial(_buy, business, mug))]
    )
    kits, mugs = results[::2], results[1::2]
    return kits, mugs, 2 * promised(kits) + promised(mugs)


@pytest.mark.django_db(transaction=True)
def test_a_kit_and_its_part_sold_at_once(business: Business) -> None:
    kits, mugs, taken = _rush(business)
    assert taken == 3, (promised(kits), promised(mugs))
    assert all(isinstance(one, (list, OutOfStock)) for one in [*kits, *mugs]), "a deadlock reached a person"
    reserved = dict(StockBalance.unscoped.values_list("variant__product__title", "reserved"))
    assert reserved == {"Mug": 3, "Tea": promised(kits)}
    assert list_across_broken_balances() == []


@pytest.mark.mutation
@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_kit_and_part_oversell(
    business: Business,
    without_lock: None,  # noqa: F811
    without_check: None,  # noqa: F811
) -> None:
    assert _rush(business)[2] > 3, "the control must oversell, or the race above proves nothing"


def test_a_part_of_a_kit_is_not_put_away_silently(business: Business, owner: Actor) -> None:
    mug, tea = make_variant(business, title="Mug"), make_variant(business, title="Tea")
    kit = make_variant(business, title="Breakfast set", slug="set")
    make_kit(owner, variant_id=kit.pk, parts={mug.pk: 2, tea.pk: 1})
    with pytest.raises(WrongState, match="“Mug” is a part of kits that are sold: Breakfast set"):
        archive_product(owner, product_id=mug.product_id)
    archive_product(owner, product_id=kit.product_id)
    archive_product(owner, product_id=mug.product_id)
