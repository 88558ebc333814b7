"""Counting while the shop goes on selling: what is compared with what, what is posted, and by whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.goods.catalog.models import Variant
from apps.goods.inventory.lines import AdjustLine, Owner, ReserveLine
from apps.goods.inventory.models import StockBalance, StockMovement
from apps.goods.inventory.selectors import list_across_broken_balances
from apps.goods.inventory.services import (
    adjust_stock,
    approve_adjustment,
    consume_stock,
    propose_adjustment,
    reject_adjustment,
    reserve_stock,
    set_stock_limits,
)
from apps.goods.warehouse.models import CountLine, CountScan, StockCount
from apps.goods.warehouse.services import (
    approve_count,
    cancel_count,
    finish_count,
    open_count,
    record_scan,
    reopen_count,
)
from apps.kernel import clock, outbox
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, DomainError, InvalidInput, NotFound, PermissionRefused, WrongState
from apps.kernel.ids import new_id
from apps.money.ledger.verification import check_sources, read_waiting
from apps.platform.backoffice import today
from apps.platform.businesses.models import Business, Location
from tests.factories.businesses import make_business, owner_of, sign_in
from tests.factories.goods import make_location, make_product, make_variant, stock_up, variants_of

pytestmark = pytest.mark.django_db
KEEPER = frozenset({"stock.read", "stock.count", "stock.adjust"})
MANAGER = KEEPER | {"stock.approve", "stock.approve_count", "stock.limits", "products.costs"}


@pytest.fixture
def shop(bound: Business) -> Location:
    return Location.objects.get(is_default=True)


@pytest.fixture
def keeper(business: Business, make_actor: Callable[..., Actor]) -> Actor:
    return replace(make_actor(business, role="stock_keeper", permissions=KEEPER), id=new_id())


@pytest.fixture
def manager(business: Business, make_actor: Callable[..., Actor]) -> Actor:
    return replace(make_actor(business, role="manager", permissions=MANAGER), id=new_id())


def goods(business: Business, sku: str, stock: int = 0, cost: str = "4.00", **more: Any) -> Variant:
    return make_variant(business, title=sku, stock=stock, cost=cost, variant={"sku": sku}, **more)


def on_hand(variant: Variant) -> int:
    return StockBalance.objects.get(variant=variant, location__is_default=True).on_hand


def sell(variant: Variant, quantity: int = 1) -> None:
    owner, line = Owner("order", new_id()), new_id()
    actor = Actor.system("till", variant.business_id)
    reserve_stock(actor, owner=owner, lines=[ReserveLine(line, variant.pk, quantity)])
    consume_stock(actor, owner=owner, lines=[(line, quantity)])


def test_a_count_during_trade_posts_what_differed_and_nothing_else(
    business: Business, shop: Location, keeper: Actor, manager: Actor
) -> None:
    mug, bowl, cup = goods(business, "MUG", 10), goods(business, "BOWL", 5), goods(business, "CUP", 2)
    vase = goods(business, "VASE", 3)
    count = open_count(keeper, location_id=shop.pk)
    assert (count.number, count.is_blind) == ("C-00001", True)
    colleague = replace(keeper, id=new_id(), label="Bea")
    # Eight mugs are on the shelf where ten should be; two people scan them.
    for number, who in enumerate([keeper, colleague] * 4):
        scan = record_scan(who, count_id=count.pk, code="mug", key=f"scan-{number}")
    again = record_scan(colleague, count_id=count.pk, code="mug", key="scan-7")
    assert (again.pk, scan.counted_after) == (scan.pk, 8), "a scan sent twice counts once"
    # A sale after the mugs were counted takes one of the eight, and is no difference.
    sell(mug)
    # One bowl is sold between its two scans: nobody knows on which side, so the line says so.
    record_scan(keeper, count_id=count.pk, code="BOWL", quantity=2)
    sell(bowl)
    record_scan(keeper, count_id=count.pk, code="BOWL", quantity=2)
    assert CountLine.objects.get(variant=bowl).is_moved
    # Counted again as a whole number, it is sure: four are there and four should be.
    record_scan(keeper, count_id=count.pk, code="BOWL", quantity=4, is_total=True)
    line = CountLine.objects.get(variant=bowl)
    assert (line.is_moved, line.variance) == (False, 0)
    # One cup more than the ledger knows; somebody puts it right by hand before the count is posted.
    record_scan(keeper, count_id=count.pk, code="CUP", quantity=3)
    adjust_stock(manager, location_id=shop.pk, lines=[AdjustLine(cup.pk, counted=3)], reason_code="found")
    with pytest.raises(WrongState):
        approve_count(manager, count_id=count.pk)
    finish_count(keeper, count_id=count.pk)
    with pytest.raises(WrongState):
        record_scan(keeper, count_id=count.pk, code="MUG")
    with pytest.raises(Conflict) as refused:
        approve_count(keeper, count_id=count.pk)
    assert refused.value.code == "approval_needed"
    assert on_hand(mug) == 9

    posted = approve_count(manager, count_id=count.pk, key="post")
    assert approve_count(manager, count_id=count.pk, key="post").pk == posted.pk
    # Ten by the ledger, eight found: two are missing; the one sold since makes it seven.
    assert (on_hand(mug), on_hand(bowl), on_hand(cup), on_hand(vase)) == (7, 4, 3, 3)
    assert (posted.state, posted.value_delta) == ("posted", Decimal("-8.00"))
    written = StockMovement.objects.filter(reason="count")
    assert [(m.reference_type, m.reference_id, m.on_hand_delta) for m in written] == [("count", count.pk, -2)]
    lines = {line.variant_id: line for line in CountLine.objects.filter(count=count)}
    assert (lines[cup.pk].is_outdated, lines[cup.pk].posted_delta) == (True, None)
    counted = StockBalance.objects.filter(last_counted_at__isnull=False).values_list("variant", flat=True)
    assert set(counted) == {mug.pk, bowl.pk}
    assert list_across_broken_balances() == []
    outbox.drain()
    assert list(check_sources(read_waiting())) == [], "each difference is in the books once"
    with pytest.raises(WrongState):
        cancel_count(keeper, count_id=count.pk)


def test_what_nobody_counted_and_who_may_post(
    business: Business, shop: Location, keeper: Actor, manager: Actor, owner: Actor
) -> None:
    mug, bowl = goods(business, "MUG", 4), goods(business, "BOWL", 2)
    count = open_count(keeper)
    with pytest.raises(InvalidInput):
        finish_count(keeper, count_id=count.pk)
    record_scan(keeper, count_id=count.pk, code="MUG", quantity=4)
    finish_count(keeper, count_id=count.pk)
    reopen_count(keeper, count_id=count.pk)
    finish_count(manager, count_id=count.pk, rest_is_gone=True)
    assert CountLine.objects.get(variant=bowl).variance == -2
    with pytest.raises(Conflict):
        approve_count(manager, count_id=count.pk)  # finished it himself
    assert on_hand(bowl) == 2
    set_stock_limits(manager, adjust_approval_above=None, count_approval_above=Decimal("8.00"))
    approve_count(keeper, count_id=count.pk)  # 2 × 4.00 is not above the limit
    assert (on_hand(mug), on_hand(bowl)) == (4, 0)
    # Two sessions; the later one finds the mugs right, so the earlier one's difference is not believed any more.
    early, later = open_count(owner), open_count(owner)
    record_scan(owner, count_id=early.pk, code="MUG", quantity=2)
    record_scan(owner, count_id=later.pk, code="MUG", quantity=4)
    for one in (later, early):
        finish_count(owner, count_id=one.pk)
        approve_count(owner, count_id=one.pk)
    assert CountLine.objects.get(count=early).is_outdated
    assert on_hand(mug) == 4
    mine = open_count(owner)
    record_scan(owner, count_id=mine.pk, code="MUG", quantity=1)
    finish_count(owner, count_id=mine.pk)
    approve_count(owner, count_id=mine.pk)
    assert on_hand(mug) == 1, "an owner needs nobody"


def test_scopes_hold_and_cycle_counts_find_the_oldest(
    business: Business, shop: Location, keeper: Actor, owner: Actor
) -> None:
    mug, bowl = goods(business, "MUG", 4), goods(business, "BOWL", 2)
    goods(business, "EMPTY")
    chosen = open_count(owner, scope="chosen", variant_ids=[mug.pk])
    with pytest.raises(InvalidInput) as refused:
        record_scan(owner, count_id=chosen.pk, code="BOWL")
    assert refused.value.code == "not_in_scope"
    shirt = make_product(business, title="Linen shirt", option="Size", values=["S", "M"])
    with pytest.raises(InvalidInput, match="Linen shirt – M"):
        record_scan(owner, count_id=chosen.pk, variant_id=variants_of(shirt)[1].pk)
    with pytest.raises(NotFound):
        record_scan(owner, count_id=chosen.pk, code="NOBODY")
    for quantity in (-1, 10_000_001):
        with pytest.raises(InvalidInput):
            record_scan(owner, count_id=chosen.pk, code="MUG", quantity=quantity)
    record_scan(owner, count_id=chosen.pk, variant_id=mug.pk, quantity=4)
    finish_count(owner, count_id=chosen.pk)
    approve_count(owner, count_id=chosen.pk)
    stale = open_count(keeper, scope="stale", stale_days=30)
    assert [line.variant_id for line in stale.lines.all()] == [bowl.pk], "the mugs were counted just now"
    late = clock.now() + dt.timedelta(days=31)
    with clock.travel(late):
        assert stale_variants(keeper) == {mug.pk, bowl.pk}
    for wrong in ({"scope": "category"}, {"scope": "chosen"}, {"scope": "stale"}, {"scope": "x"}):
        with pytest.raises(InvalidInput):
            open_count(keeper, **wrong)
    elsewhere = make_location(business, name="Van", code="VAN")
    limited = replace(keeper, location_ids=frozenset({elsewhere.pk}))
    with pytest.raises(DomainError):
        record_scan(limited, count_id=stale.pk, code="BOWL")
    with pytest.raises(PermissionRefused):
        open_count(limited, location_id=shop.pk)


def stale_variants(actor: Actor) -> set[Any]:
    count = open_count(actor, scope="stale", stale_days=30)
    return set(count.lines.values_list("variant_id", flat=True))


def waiting_for(actor: Actor) -> list[str]:
    return [str(one.text) for one in today.answers(actor)["waiting"].entries]


def test_adjustments_of_value_wait_for_somebody_else(
    business: Business, shop: Location, keeper: Actor, manager: Actor, owner: Actor
) -> None:
    mug, bowl = goods(business, "MUG", 20), goods(business, "BOWL", 20)
    set_stock_limits(manager, adjust_approval_above=Decimal("20.00"), count_approval_above=Decimal(0))
    small = [AdjustLine(mug.pk, delta=-5)]
    assert propose_adjustment(keeper, location_id=shop.pk, lines=small, reason_code="damage").waiting is None
    # A find does not make a loss small: 3 × 4.00 and 3 × 4.00 are 24.00 together.
    swap = [AdjustLine(mug.pk, counted=12), AdjustLine(bowl.pk, counted=23)]
    with pytest.raises(Conflict):
        adjust_stock(keeper, location_id=shop.pk, lines=swap)
    proposed = propose_adjustment(keeper, location_id=shop.pk, lines=swap, note="Mixed up", key="swap")
    again = propose_adjustment(keeper, location_id=shop.pk, lines=swap, note="Mixed up", key="swap")
    waiting = proposed.waiting
    assert waiting is not None
    assert again.waiting is not None
    assert (again.waiting.pk, waiting.number, waiting.worth) == (waiting.pk, "A-00001", Decimal("24.00"))
    assert (on_hand(mug), on_hand(bowl)) == (15, 20)
    assert waiting_for(manager) == ["Adjustment A-00001 at Main shop, worth £24.00, waits for approval:"]
    unknowing = replace(manager, permissions=MANAGER - {"products.costs"})
    assert waiting_for(unknowing) == ["Adjustment A-00001 at Main shop waits for approval:"]
    assert waiting_for(replace(keeper, permissions=MANAGER)) == [], "who asked for it does not decide"
    sell(mug)  # fourteen now; the three that are missing are still missing
    with pytest.raises(PermissionRefused):
        approve_adjustment(keeper, adjustment_id=waiting.pk)
    with pytest.raises(PermissionRefused) as refused:
        approve_adjustment(replace(keeper, permissions=MANAGER), adjustment_id=waiting.pk)
    assert refused.value.code == "own_request"
    approve_adjustment(manager, adjustment_id=waiting.pk)
    assert (on_hand(mug), on_hand(bowl)) == (11, 23)
    assert waiting_for(manager) == []
    for decide in (approve_adjustment, reject_adjustment):
        with pytest.raises(WrongState):
            decide(manager, adjustment_id=waiting.pk, reason="Twice")
    same = [AdjustLine(bowl.pk, counted=33)]
    stale = propose_adjustment(keeper, location_id=shop.pk, lines=same).waiting
    assert stale is not None
    adjust_stock(owner, location_id=shop.pk, lines=same)
    with pytest.raises(Conflict) as twice:
        approve_adjustment(manager, adjustment_id=stale.pk)
    assert twice.value.code == "outdated"
    adjust_stock(owner, location_id=shop.pk, lines=[AdjustLine(bowl.pk, delta=-10)], reason_code="own_use")
    late = propose_adjustment(manager, location_id=shop.pk, lines=[AdjustLine(bowl.pk, delta=-20)]).waiting
    assert late is not None
    with pytest.raises(PermissionRefused):
        approve_adjustment(manager, adjustment_id=late.pk)
    with pytest.raises(InvalidInput):
        reject_adjustment(owner, adjustment_id=late.pk, reason=" ")
    reject_adjustment(owner, adjustment_id=late.pk, reason="Look behind the door")
    assert on_hand(bowl) == 23
    assert not propose_adjustment(owner, location_id=shop.pk, lines=[AdjustLine(bowl.pk, delta=-20)]).waiting
    outbox.drain()
    assert list(check_sources(read_waiting())) == [], "each difference is in the books once"


def test_counting_and_approving_through_the_pages(client: Client) -> None:
    """The page of whoever stands at the shelf: open, scan, Enter, scan; the field is there again each time."""
    business = make_business()
    staff = sign_in(client, owner_of(business), business)
    goods(business, "MUG", 3)
    stock_up(business, [goods(business, "BOWL").pk], 2)

    def do(address: str, **data: Any) -> Any:
        page = staff.get(address)
        assert page.status_code == 200, page.content.decode()[:500]
        return staff.post(address, {"idempotency_key": page.context["idempotency_key"], **data}, follow=True)

    shop = Location.unscoped.get(business=business, is_default=True)
    new = reverse("admin:list_verb", args=["warehouse", "stockcount", "open"])
    page = do(new, location_id=str(shop.pk), scope="all", is_blind="on")
    count = StockCount.unscoped.get()
    verb = lambda name: reverse("admin:verb", args=["warehouse", "stockcount", count.pk, name])  # noqa: E731
    assert page.redirect_chain[-1][0] == verb("scan")
    for expected in ("1 counted", "2 counted"):
        page = do(verb("scan"), code="mug", quantity="1")
        assert expected in page.content.decode()
    assert "autofocus" in page.content.decode()
    unknown = do(verb("scan"), code="0000", quantity="1")
    assert unknown.status_code == 404
    assert "No item has the SKU" in unknown.content.decode()
    detail = reverse("admin:warehouse_stockcount_change", args=[count.pk])
    do(verb("finish"))
    assert "Difference" in staff.get(detail).content.decode()
    waits = f"Count {count.number} at {shop.name} is finished"
    assert waits in staff.get("/admin/").content.decode()
    assert do(verb("approve")).status_code == 200
    assert waits not in staff.get("/admin/").content.decode()
    assert StockBalance.unscoped.get(variant__sku="MUG").on_hand == 2
    assert CountScan.unscoped.count() == 2
    to_count = staff.get(reverse("admin:inventory_stockbalance_changelist") + "?tab=count").content.decode()
    assert to_count.index("BOWL") < to_count.index("MUG"), "never counted stands first"
