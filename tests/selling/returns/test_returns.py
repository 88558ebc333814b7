"""Returns: the rules buyers are held to, parts, damaged and missing pieces, exchanges, races with refunds."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from apps.goods.inventory.models import StockBalance
from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError, InvalidInput, PermissionRefused, WrongState
from apps.kernel.ids import new_id
from apps.money.ledger.verification import verify_books
from apps.platform.businesses.models import Business
from apps.platform.notifications.models import Message
from apps.selling.credit.models import CreditAccount
from apps.selling.orders.models import Order, OrderRefund
from apps.selling.orders.services import refund_order
from apps.selling.payments.services.accounts import ensure_account
from apps.selling.returns import states
from apps.selling.returns.models import GoodsReturn, ReturnSettlement, ReturnState
from apps.selling.returns.services import (
    approve_return,
    receive_return,
    refuse_return,
    request_return,
    set_return_rules,
    settle_return,
    withdraw_return,
)
from apps.selling.returns.services.asking import WishedLine
from apps.selling.returns.services.receiving import ReceivedLine
from tests.factories.businesses import actor_of, make_business
from tests.factories.goods import make_product, make_variant, variants_of
from tests.factories.orders import deliver, lines_of, make_order, pay, reread, ship, system_of

D = Decimal
RULES: dict[str, Any] = {"accepts": True, "window_days": 14, "offers_exchange": True, "offers_credit": True}
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Business:
    business = make_business()
    with tenancy.bind(business.pk):
        ensure_account("sandbox")
    return business


def sold(shop: Business, *lines: tuple[Any, int]) -> Order:
    return deliver(ship(pay(make_order(shop, lines=list(lines), shipping=None))))


def ask(
    shop: Business, order: Order, *wanted: WishedLine, actor: Actor | None = None, **fields: Any
) -> GoodsReturn:
    return request_return(actor or Actor.guest(shop.pk), order_id=order.pk, lines=list(wanted), **fields)


def line_id(row: GoodsReturn, at: int = 0) -> Any:
    with tenancy.bind(row.business_id):
        return row.lines.order_by("order_line__position")[at].pk


def check_books(shop: Business) -> None:
    with clock.travel(dt.timedelta(days=40)):
        outbox.drain()
    with tenancy.bind(shop.pk):
        assert verify_books().findings == []


def on_hand(variant: Any) -> int:
    return StockBalance.unscoped.get(variant=variant).on_hand


def test_what_buyers_may_send_back(shop: Business) -> None:
    """The window, the exceptions, the wishes that are offered; staff may agree to more."""
    owner = actor_of(shop)
    shirt = make_variant(shop, title="Shirt", price="20.00", stock=9)
    made = make_product(shop, title="Made to measure", price="80.00", stock=9, tags=["final sale"])
    order = sold(shop, (shirt, 2), (variants_of(made)[0], 1))
    first, second = (line.pk for line in lines_of(order))
    set_return_rules(owner, **RULES, excluded_tags=["final sale"], instructions="Use the box.")
    for wrong, words in (
        ([], "at least one"),
        ([WishedLine(first, 3)], "at most 2"),
        ([WishedLine(first, 0)], "at most 2"),
        ([WishedLine(second, 1)], "not taken back"),
        ([WishedLine(first, 1, "because")], "reason"),
        ([WishedLine(first, 1), WishedLine(first, 1)], "twice"),
    ):
        with pytest.raises(InvalidInput, match=words):
            ask(shop, order, *wrong)
    with pytest.raises(InvalidInput, match="instead"):
        ask(shop, order, WishedLine(first, 1), wish="exchange")
    with clock.travel(dt.timedelta(days=15)), pytest.raises(InvalidInput, match="14 days are over"):
        ask(shop, order, WishedLine(first, 1))
    set_return_rules(
        owner, **{**RULES, "offers_credit": False}, excluded_tags=["final sale"], instructions="Use the box."
    )
    with pytest.raises(InvalidInput, match="what you would like"):
        ask(shop, order, WishedLine(first, 1), wish="store_credit")
    row = ask(shop, order, WishedLine(first, 2, "size"), note="Too small")
    with pytest.raises(InvalidInput, match="nothing of it"):
        ask(shop, order, WishedLine(first, 1))
    with pytest.raises(PermissionRefused):
        ask(shop, order, WishedLine(second, 1), actor=actor_of(shop, "cashier"))
    with pytest.raises(PermissionRefused):
        approve_return(actor_of(shop, "stock_keeper"), return_id=row.pk)
    with pytest.raises(InvalidInput):
        refuse_return(owner, return_id=row.pk, words=" ")
    refuse_return(owner, return_id=row.pk, words="It was worn.")
    outbox.drain()
    assert "It was worn." in Message.unscoped.get(template="return_decided").text
    assert reread(order).fulfilment_state == "delivered"

    # Staff agree to what the rules do not allow; it is on its way at once, with the usual instructions.
    with clock.travel(dt.timedelta(days=15)):
        late = ask(shop, order, WishedLine(second, 1), actor=owner)
        assert (late.state, late.words, reread(order).fulfilment_state) == (
            "approved",
            "Use the box.",
            "returning",
        )
        withdraw_return(Actor.guest(shop.pk), return_id=late.pk)
    assert reread(order).fulfilment_state == "delivered"
    check_books(shop)


def test_a_return_comes_in_parts(shop: Business) -> None:
    """Four of one kind: one sellable, one damaged, one that never came, and one that is given up on."""
    owner = actor_of(shop)
    mug = make_variant(shop, title="Mug", price="12.00", cost="4.00", stock=9)
    order = sold(shop, (mug, 4))
    line = lines_of(order)[0].pk
    row = ask(shop, order, WishedLine(line, 4, "damaged"))
    approve_return(owner, return_id=row.pk)
    with pytest.raises(WrongState):
        settle_return(owner, return_id=row.pk)
    with pytest.raises(InvalidInput, match="at most 4"):
        receive_return(owner, return_id=row.pk, lines=[ReceivedLine(line_id(row), 3, 2)])
    with pytest.raises(InvalidInput, match="what arrived"):
        receive_return(owner, return_id=row.pk, lines=[])
    keeper = actor_of(shop, "stock_keeper")
    receive_return(keeper, return_id=row.pk, lines=[ReceivedLine(line_id(row), 1, 1)])
    settled = settle_return(owner, return_id=row.pk)
    assert settled.state == "part_received"
    refund = OrderRefund.unscoped.get()
    # Two of four for 48.00 are paid back, one is on the shelf at 4.00, the damaged one's cost stays a cost.
    assert (refund.amount, refund.restocked_cost, on_hand(mug)) == (D(24), D(4), 6)
    with pytest.raises(WrongState, match="not settled yet"):
        settle_return(owner, return_id=row.pk)
    with pytest.raises(WrongState):
        withdraw_return(owner, return_id=row.pk)
    receive_return(keeper, return_id=row.pk, lines=[ReceivedLine(line_id(row), 1, 0, 1)])
    with pytest.raises(PermissionRefused):
        settle_return(keeper, return_id=row.pk)
    settle_return(owner, return_id=row.pk, how="store_credit")
    assert CreditAccount.unscoped.get().balance == D(12)
    order = reread(order)
    assert (order.refunded_total, order.fulfilment_state, on_hand(mug)) == (D(36), "delivered", 7)
    # The piece that never came back is the buyer's, and the next one's cost is what it was: 4.00, not 8.00.
    costs = OrderRefund.unscoped.order_by("id").values_list("restocked_cost", flat=True)
    assert list(costs) == [D(4), D(4)]
    assert GoodsReturn.unscoped.get().state == "settled"
    check_books(shop)


def test_an_exchange_is_a_new_order_paid_by_credit(shop: Business) -> None:
    owner = actor_of(shop)
    shirt = make_product(shop, title="Shirt", price="30.00", option="Size", values=["S", "M", "L"], stock=2)
    small, medium, large = variants_of(shirt)
    other = make_variant(shop, title="Scarf", price="30.00", stock=2)
    order = sold(shop, (small, 2))
    line = lines_of(order)[0].pk
    with pytest.raises(InvalidInput, match="instead"):  # buyers stay within the product
        ask(shop, order, WishedLine(line, 1, "size", other.pk), wish="exchange")
    row = ask(shop, order, WishedLine(line, 1, "size", medium.pk), wish="exchange")
    approve_return(owner, return_id=row.pk)
    receive_return(owner, return_id=row.pk, lines=[ReceivedLine(line_id(row), 1)])
    settle_return(owner, return_id=row.pk)
    outbox.drain()
    placed = Order.unscoped.exclude(pk=order.pk).get()
    assert (placed.total, placed.paid_total, placed.state, placed.shipping_total) == (
        D(30),
        D(30),
        "confirmed",
        D(0),
    )
    assert lines_of(placed)[0].variant_id == medium.pk
    assert CreditAccount.unscoped.get().balance == 0
    assert on_hand(small) == 1
    assert ReturnSettlement.unscoped.get().exchange_order_id == placed.pk
    with tenancy.bind(shop.pk):
        assert placed.timeline.filter(kind="exchange_of").exists()

    # The last ones are gone by the time it arrives: the credit stays, and staff read why.
    again = ask(shop, order, WishedLine(line, 1, "size", large.pk), wish="exchange")
    approve_return(owner, return_id=again.pk)
    receive_return(owner, return_id=again.pk, lines=[ReceivedLine(line_id(again), 1)])
    pay(make_order(shop, lines=[(large, 2)], shipping=None))
    settle_return(owner, return_id=again.pk)
    outbox.drain()
    assert CreditAccount.unscoped.get().balance == D(30)
    failed = ReturnSettlement.unscoped.latest("id")
    assert failed.exchange_order_id is None
    assert failed.problem
    assert reread(order).fulfilment_state == "returned"
    check_books(shop)


def test_a_refund_by_hand_leaves_nothing_to_settle_twice(shop: Business) -> None:
    """The piece of a return is paid back by hand meanwhile: the return cannot pay it once more."""
    owner = actor_of(shop)
    mug = make_variant(shop, price="12.00", stock=9)
    order = sold(shop, (mug, 1))
    line = lines_of(order)[0].pk
    row = ask(shop, order, WishedLine(line, 1, "other"))
    approve_return(owner, return_id=row.pk)
    receive_return(owner, return_id=row.pk, lines=[ReceivedLine(line_id(row), 1)])
    refund_order(system_of(shop), order_id=order.pk, lines=[(line, 1)])
    with pytest.raises(DomainError):
        settle_return(owner, return_id=row.pk)
    assert reread(order).refunded_total == D(12)


def test_every_move_of_a_return_is_in_the_table() -> None:
    """Each verb from each state goes through or is refused with its own code, always the same."""
    for verb, (starts, _following) in states.MOVES.items():
        for state in ReturnState.values:
            with tenancy.bind(new_id()):
                row = GoodsReturn(number="1001-R1", state=state)
            assert states.allows(row, verb) == (state in starts)
            if state not in starts:
                with pytest.raises(WrongState) as refused:
                    states.check_move(row, verb)
                assert refused.value.code == f"returns.{verb}_refused"
