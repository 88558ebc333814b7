"""Proposals: exact figures, nothing without history, nothing ordered twice."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from apps.goods.catalog.models import Variant
from apps.goods.inventory.lines import Owner, ReserveLine
from apps.goods.inventory.services import consume_stock, reserve_stock
from apps.goods.purchasing import services
from apps.goods.purchasing.drafts import ItemDraft
from apps.goods.purchasing.models import PurchaseOrder
from apps.goods.purchasing.reordering import Demand, list_figures, list_proposals
from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business
from tests.factories.businesses import actor_of, make_business, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.goods.purchasing.world import lines_of, make_supplier, send

pytestmark = pytest.mark.django_db
D = Decimal


def sell(business: Business, variant: Variant, pieces: int) -> None:
    actor = Actor.system("tests", business.pk)
    owner = Owner("order", new_id())
    line = ReserveLine(new_id(), variant.pk, pieces)
    reserve_stock(actor, owner=owner, lines=[line])
    consume_stock(actor, owner=owner, lines=[(line.line_id, pieces)])


def sold_over_weeks(business: Business, variant: Variant, weeks: list[int]) -> None:
    """Sell so many in each week up to now, the last number in the present one."""
    for back, pieces in enumerate(reversed(weeks)):
        if pieces:
            with clock.travel(clock.now() - dt.timedelta(weeks=back, hours=1)):
                sell(business, variant, pieces)


def test_demand_is_the_mean_and_deviation_of_weeks() -> None:
    demand = Demand((10, 14, 6, 10))
    assert (demand.total, demand.mean) == (40, D(10))
    assert round(demand.deviation, 4) == D("3.2660")
    assert Demand((7,)).deviation == 0


def test_what_runs_out_is_proposed_with_its_figures_and_becomes_one_draft(client: Client) -> None:
    business = make_business()
    buyer = actor_of(business, "buyer")
    with clock.travel(clock.now() - dt.timedelta(weeks=3, days=6)):
        mug = make_variant(business, stock=60)
        still = make_variant(business, title="Vase", stock=0)
        plenty = make_variant(business, title="Bowl", stock=500)
    with tenancy.bind(business.pk):
        mill = make_supplier(business, lead_days=14)
        services.set_items(
            buyer,
            supplier_id=mill.pk,
            items=[
                ItemDraft(variant_id=mug.pk, cost=D("4.25"), pack_size=6, minimum_quantity=12),
                ItemDraft(variant_id=still.pk, cost=D(9)),
                ItemDraft(variant_id=plenty.pk, cost=D(1)),
            ],
        )
        sold_over_weeks(business, mug, [10, 14, 6, 10])
        sold_over_weeks(business, plenty, [1, 1, 1, 1])
        (proposal,) = list_proposals()
        # Two weeks of delivery: 1.65 × 3.266 × √2 = 7.62 → 8 to be safe; 10 × 2 + 8 = 28; 20 are left.
        assert proposal.demand.weeks == (10, 14, 6, 10)
        assert (proposal.safety_stock, proposal.reorder_point, proposal.position) == (8, 28, 20)
        # 10 × (2 + 4) + 8 − 20 = 48: eight packs of six.
        assert (proposal.quantity, proposal.cost) == (48, D(204))
        figures = {p.item.variant_id: p for p in list_figures()}
        assert figures[still.pk].quantity == figures[plenty.pk].quantity == 0
        assert figures[still.pk].demand.total == 0
    sign_in(client, owner_of(business), business)
    page = client.get(reverse("admin:purchasing_reorder")).content.decode()
    assert "40 sold in 4 weeks, delivery takes 14 days" in page
    assert "Vase" in page.partition("nothing can be reckoned")[2]
    url = reverse("admin:verb", args=["purchasing", "supplier", mill.pk, "reorder"])
    clicks = [client.post(url, {"idempotency_key": "k"}) for _ in range(2)]
    assert clicks[0]["Location"] == clicks[1]["Location"]
    with tenancy.bind(business.pk):
        order = PurchaseOrder.objects.get()
        assert [(line.variant_id, line.quantity, line.net) for line in lines_of(order)] == [
            (mug.pk, 48, D(204))
        ]
        # What stands on a draft or is on its way is not proposed again.
        assert list_proposals() == []
        with pytest.raises(Conflict):
            services.draft_proposals(buyer, supplier_id=mill.pk)
        send(order)
        assert list_proposals() == []
        services.cancel_order(buyer, order_id=order.pk, reason="Too late")
        assert [p.quantity for p in list_proposals()] == [48]


def test_a_foreign_supplier_needs_a_rate_and_the_page_costs_the_same_for_many(
    django_assert_max_num_queries: object,
) -> None:
    business = make_business()
    actor = actor_of(business)
    with tenancy.bind(business.pk):
        mill = make_supplier(business, currency="EUR", lead_days=7)
        cups = [make_variant(business, title=f"Cup {n}", stock=3) for n in range(6)]
        services.set_items(
            actor, supplier_id=mill.pk, items=[ItemDraft(variant_id=cup.pk, cost=D(2)) for cup in cups]
        )
        for cup in cups:
            sell(business, cup, 3)
        with pytest.raises(InvalidInput) as refused:
            services.draft_proposals(actor, supplier_id=mill.pk)
        assert refused.value.code == "rate_needed"
        with django_assert_max_num_queries(7):  # type: ignore[operator]
            found = list_proposals()
        # One week of history: 3 a week, no deviation; 3 × (1 + 4) = 15.
        assert [p.quantity for p in found] == [15] * 6
        order = services.draft_proposals(actor, supplier_id=mill.pk, rate=D("0.9"))
        assert (order.net_total, order.base_total) == (D(180), D(162))
