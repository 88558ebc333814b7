"""An order whose money is reserved: confirmed, taken when it is sent, set free when it is not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from apps.kernel import clock, outbox
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, WrongState
from apps.money.ledger.selectors import balance_of
from apps.money.ledger.verification import verify_books
from apps.platform.businesses.models import Location
from apps.selling.orders.amendments import AmendmentDraft
from apps.selling.orders.models import Order
from apps.selling.orders.selectors import list_to_ship
from apps.selling.orders.services import amend_order, cancel_order, fulfil_order, send_order, take_reserved
from apps.selling.orders.tasks import expire_due_orders
from apps.selling.payments.models import PaymentAttempt
from apps.selling.payments.providers import ProviderFact, ProviderUnavailable, registry
from apps.selling.payments.services import Owner
from apps.selling.payments.services.accounts import ensure_account
from apps.selling.payments.services.facts import record_fact
from apps.selling.payments.tasks import poll_open_attempts
from apps.selling.shipping.services import open_pick_list, pack_order, send_packed
from apps.selling.shipping.services.picking import list_wanted
from tests.factories.orders import make_order, reread, system_of
from tests.factories.payments import ScriptedProvider, make_attempt, script_provider

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(bound: Any) -> Iterator[ScriptedProvider]:
    company = script_provider()
    account = ensure_account("scripted")
    account.settings = {"take": "sent"}
    account.save()
    yield company
    registry._providers.pop("scripted", None)


def reserve(business: Any, *, heard: bool = True) -> tuple[Order, PaymentAttempt]:
    order = make_order(business)
    attempt = make_attempt(
        business, owner=Owner("order", order.pk), amount=str(order.total), expires_at=order.expires_at
    )
    fact = ProviderFact("authorised", attempt.provider_ref, str(attempt.pk), order.total, "GBP", "auth_1")
    record_fact(system_of(business), provider="scripted", fact=fact, learned_from="test")
    if heard:
        outbox.drain()
    return reread(order), attempt


def test_the_money_is_taken_when_the_goods_are_sent(
    business: Any, owner: Any, company: ScriptedProvider
) -> None:
    order, _attempt = reserve(business)
    assert (order.state, order.payment_state, order.paid_total) == ("confirmed", "authorised", Decimal(0))
    with pytest.raises(Conflict, match="reserved"):  # for another sum than the next version would have
        amend_order(owner, order_id=order.pk, draft=AmendmentDraft(shipping=Decimal(3)))
    with pytest.raises(WrongState):
        fulfil_order(owner, order_id=order.pk)
    company.is_down = True
    with pytest.raises(ProviderUnavailable):
        send_order(owner, order_id=order.pk)
    assert reread(order).fulfilment_state == "unfulfilled"
    company.is_down = False
    send_order(owner, order_id=order.pk)
    outbox.drain()
    order = reread(order)
    assert (order.payment_state, order.fulfilment_state, order.paid_total) == (
        "paid",
        "fulfilled",
        order.total,
    )
    assert (balance_of("provider_clearing"), balance_of("customer_deposits")) == (order.total, Decimal(0))
    assert verify_books().is_right


def test_a_part_taken_by_hand_and_money_set_free(
    business: Any, owner: Any, company: ScriptedProvider
) -> None:
    # It is packed like any other; only a box that is right takes the money, and nothing leaves when that fails.
    packed, _attempt = reserve(business)
    assert list(list_to_ship()) == [packed]
    place = Location.objects.get(is_default=True)
    assert open_pick_list(owner, order_ids=[packed.pk], location_id=place.pk).lines.count() == 1
    (box,) = list_wanted([packed.pk])
    assert pack_order(owner, order_id=packed.pk, counted={box.key: 2}).fulfilment_state == "ready"
    with pytest.raises(InvalidInput):
        send_packed(owner, order_id=packed.pk, counted={box.key: 1})
    company.is_down = True
    with pytest.raises(ProviderUnavailable):
        send_packed(owner, order_id=packed.pk, counted={box.key: 2})
    company.is_down = False
    assert reread(packed).paid_total == Decimal(0)
    sent = send_packed(owner, order_id=packed.pk, counted={box.key: 2}, key="once")
    assert (sent.payment_state, sent.fulfilment_state) == ("paid", "fulfilled")
    assert send_packed(owner, order_id=packed.pk, counted={box.key: 2}, key="once") == sent

    order, _attempt = reserve(business)
    part = take_reserved(owner, order_id=order.pk, amount=order.total - 1)
    assert (part.payment_state, part.outstanding) == ("part_paid", Decimal(1))
    outbox.drain()
    assert reread(order).paid_total == order.total - 1

    # Reserved, but the order has not heard of it yet: it must not expire.
    quiet, _attempt = reserve(business, heard=False)
    with clock.travel(quiet.expires_at + dt.timedelta(minutes=1)):
        expire_due_orders()
        outbox.drain()
        assert (reread(quiet).state, reread(quiet).payment_state) == ("confirmed", "authorised")

    company.answer = "voided"
    cancel_order(owner, order_id=quiet.pk)
    with clock.travel(dt.timedelta(hours=1)):
        poll_open_attempts()
        outbox.drain()
    assert (reread(quiet).state, reread(quiet).payment_state) == ("cancelled", "unpaid")
    assert "close_session" in company.calls
    assert verify_books().is_right
    with pytest.raises(WrongState):
        take_reserved(Actor.system("test", business.pk), order_id=make_order(business).pk)
