"""Returns where people meet them: the button on the order, Today, what settling says, the buyer's page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.selling.orders.models import Order
from apps.selling.returns.models import GoodsReturn, ReturnLine, ReturnSettlement
from apps.selling.returns.services import approve_return, receive_return, request_return, settle_return
from apps.selling.returns.services.asking import WishedLine
from apps.selling.returns.services.receiving import ReceivedLine
from tests.factories.businesses import actor_of, make_business, make_member, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.factories.orders import lines_of, make_order, pay, reread, ship

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Business:
    return make_business()


@pytest.fixture
def order(shop: Business) -> Order:
    made = make_order(shop, lines=[(make_variant(shop, price="14.50", stock=9), 2)], shipping=None)
    found: Order = reread(ship(pay(made)))
    return found


def desk(shop: Business) -> Client:
    return sign_in(Client(), owner_of(shop), shop)


def read(client: Client, address: str) -> str:
    answer: Any = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def ask(shop: Business, order: Order) -> GoodsReturn:
    wished = [WishedLine(lines_of(order)[0].pk, 1, "damaged")]
    return request_return(Actor.guest(shop.pk), order_id=order.pk, lines=wished)


def arrive(shop: Business, row: GoodsReturn) -> None:
    line = ReturnLine.unscoped.get(goods_return=row)
    receive_return(actor_of(shop), return_id=row.pk, lines=[ReceivedLine(line.pk, damaged=1)])


def test_staff_start_a_return_on_the_page_of_the_order(shop: Business, order: Order) -> None:
    staff, page = desk(shop), f"/admin/orders/order/{order.pk}/"
    assert f"{page}do/return/" in read(staff, page)
    form = read(staff, f"{page}do/return/")
    assert "It is approved at once" in form
    (line,) = lines_of(order)
    said = {f"line_{line.pk}": "1", f"reason_{line.pk}": "damaged", f"exchange_{line.pk}": ""}
    answer = staff.post(f"{page}do/return/", {**said, "wish": "refund", "note": ""})
    row = GoodsReturn.unscoped.get()
    assert (answer.status_code, row.state) == (302, "approved")


def test_today_says_which_returns_wait(shop: Business, order: Order) -> None:
    staff = desk(shop)
    row = ask(shop, order)
    address = f"/admin/returns/goodsreturn/{row.pk}/"
    today = read(staff, "/admin/")
    assert f"asks to send goods back, {row.number}:" in today
    assert address in today
    assert address not in read(sign_in(Client(), make_member(shop, "cashier"), shop), "/admin/")
    approve_return(actor_of(shop), return_id=row.pk)
    arrive(shop, row)
    assert f"sent back is here, {row.number}:" in read(staff, "/admin/")
    settle_return(actor_of(shop), return_id=row.pk)
    assert address not in read(staff, "/admin/")


def test_settling_says_what_it_pays_back(shop: Business, order: Order) -> None:
    row = ask(shop, order)
    approve_return(actor_of(shop), return_id=row.pk)
    arrive(shop, row)
    said = read(desk(shop), f"/admin/returns/goodsreturn/{row.pk}/do/settle/")
    assert "1 piece is paid back; in stock again: 0." in said
    assert "The buyer gets £14.50." in said
    settle_return(actor_of(shop), return_id=row.pk)
    assert ReturnSettlement.unscoped.get().amount == Decimal("14.50")


def test_the_buyer_is_not_asked_for_a_parcel_that_has_arrived(shop: Business, order: Order) -> None:
    row = ask(shop, order)
    page = f"/store/{shop.slug}/track/{order.public_token}/"
    approve_return(actor_of(shop), return_id=row.pk, words="Write the number on it.")
    assert "Write the number on it." in read(Client(), page)
    arrive(shop, row)
    assert "Write the number on it." not in read(Client(), page)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("damaged", "damaged"), ("faulty", "damaged"), ("size", "sellable"), ("other", "sellable")],
)
def test_what_arrives_is_expected_to_be_as_its_reason_says(
    shop: Business, order: Order, reason: str, expected: str
) -> None:
    wished = [WishedLine(lines_of(order)[0].pk, 2, reason)]
    row = request_return(actor_of(shop), order_id=order.pk, lines=wished)
    line, staff = ReturnLine.unscoped.get(goods_return=row), desk(shop)
    address = f"/admin/returns/goodsreturn/{row.pk}/do/receive/"
    form = staff.get(address).context["form"]
    found = {name: form[f"{name}_{line.pk}"].value() for name in ("sellable", "damaged", "missing")}
    assert found == {"sellable": 0, "damaged": 0, "missing": 0} | {expected: 2}
    other = "sellable" if expected == "damaged" else "damaged"
    assert staff.post(address, {f"{other}_{line.pk}": "2", f"{expected}_{line.pk}": "0"}).status_code == 302
    line.refresh_from_db()
    assert (getattr(line, other), getattr(line, expected)) == (2, 0)
