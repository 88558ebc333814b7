"""The whole table: every state × every verb, on all three axes, in the table and through the services."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.kernel.actors import Actor
from apps.kernel.errors import DomainError, PermissionRefused, WrongState
from apps.kernel.models import OutboxEvent
from apps.selling.orders import services
from apps.selling.orders.models import Order, TimelineEntry
from apps.selling.orders.policies import can_take
from apps.selling.orders.services import (
    cancel_order,
    confirm_order,
    expire_order,
    fulfil_order,
    mark_delivered,
    refund_order,
)
from apps.selling.orders.states import FIELDS, STATES, TABLES, Axis, find_step, step, verbs
from tests.factories.orders import capture, deliver, lines_of, make_order, pay, reread, ship, system_of

EVERY = [(axis, state, verb) for axis in Axis for state in STATES[axis].values for verb in verbs(axis)]


@pytest.mark.parametrize(("axis", "state", "verb"), EVERY)
def test_every_state_and_verb_has_one_answer(axis: Axis, state: str, verb: str) -> None:
    if row := find_step(axis, state, verb):
        assert step(axis, state, verb) is row
        assert row.next in STATES[axis].values
        return
    answers = set()
    for _ in range(2):
        with pytest.raises(WrongState) as refused:
            step(axis, state, verb)
        answers.add((refused.value.code, str(refused.value.message), refused.value.status))
    assert answers == {(f"orders.{axis}_{verb}_refused", str(refused.value.message), 409)}
    assert str(STATES[axis](state).label) in str(refused.value.message)


def test_tables_have_one_row_for_each_state_and_verb() -> None:
    for axis, rows in TABLES.items():
        pairs = [(row.state, row.verb) for row in rows]
        assert len(pairs) == len(set(pairs))
        reachable = {row.next for row in rows} | {rows[0].state}
        assert reachable == set(STATES[axis].values)


def test_unknown_verb_is_a_programming_error() -> None:
    with pytest.raises(LookupError):
        step(Axis.ORDER, "placed", "teleport")


# --- through the services ---------------------------------------------------------------------------------

VERB_SERVICES: dict[str, Any] = {
    "confirm": lambda order: confirm_order(system_of(order.business), order_id=order.pk),
    "cancel": lambda order: cancel_order(system_of(order.business), order_id=order.pk),
    "expire": lambda order: _expire(order),
    "fulfil": lambda order: fulfil_order(system_of(order.business), order_id=order.pk),
    "deliver": lambda order: mark_delivered(system_of(order.business), order_id=order.pk),
    "refund": lambda order: refund_order(
        system_of(order.business), order_id=order.pk, amount=Decimal("1.00")
    ),
}


def _expire(order: Order) -> None:
    if not expire_order(system_of(order.business), order_id=order.pk):
        raise WrongState(code="orders.not_due")


def _overdue(order: Order) -> Order:
    Order.unscoped.filter(pk=order.pk).update(expires_at=order.placed_at)
    return reread(order)


def _part_sent(business: Any) -> Order:
    order = pay(make_order(business))
    return ship(order, [(lines_of(order)[0].pk, 1)])


def _after(order: Order, verb: str) -> Order:
    VERB_SERVICES[verb](order)
    return reread(order)


SITUATIONS: dict[str, Any] = {
    "placed": lambda business: _overdue(make_order(business)),
    "part paid": lambda business: _overdue(pay(make_order(business), "1.00")),
    "paid": lambda business: pay(make_order(business)),
    "part sent": _part_sent,
    "sent": lambda business: ship(pay(make_order(business))),
    "delivered": lambda business: deliver(ship(pay(make_order(business)))),
    "cancelled": lambda business: _after(make_order(business), "cancel"),
    "cancelled and refunded": lambda business: _after(pay(make_order(business)), "cancel"),
    "expired": lambda business: _after(_overdue(make_order(business)), "expire"),
    "part refunded": lambda business: _after(pay(make_order(business)), "refund"),
}
ALLOWED: dict[str, set[str]] = {
    "placed": {"confirm", "cancel", "expire"},
    "part paid": {"confirm", "cancel", "expire"},
    "paid": {"cancel", "fulfil", "refund"},
    "part sent": {"cancel", "fulfil", "deliver", "refund"},
    "sent": {"deliver", "refund"},
    "delivered": {"refund"},
    "cancelled": set(),
    "cancelled and refunded": set(),
    "expired": set(),
    "part refunded": {"cancel", "fulfil", "refund"},
}


def _story(order: Order) -> tuple[int, int]:
    told = OutboxEvent.objects.filter(owner=f"order:{order.pk}").count()
    return TimelineEntry.unscoped.filter(order=order).count(), told


def _standing(order: Order) -> tuple[str, ...]:
    order = reread(order)
    return tuple(getattr(order, field) for field in FIELDS.values())


@pytest.mark.django_db
@pytest.mark.parametrize("verb", VERB_SERVICES)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_service_takes_the_step_or_refuses_without_a_trace(business, situation: str, verb: str) -> None:
    order = SITUATIONS[situation](business)
    before, story = _standing(order), _story(order)
    if verb in ALLOWED[situation]:
        VERB_SERVICES[verb](order)
        after = _standing(order)
        assert after != before or (situation, verb) in {("part sent", "deliver"), ("part refunded", "refund")}
        entries, told = _story(order)
        moved = sum(old != new for old, new in zip(before, after, strict=True))
        assert entries > story[0]
        assert told > story[1]
        assert (entries - story[0]) >= (1 if moved else 0)
        return
    answers = set()
    for _ in range(2):
        with pytest.raises(WrongState) as refused:
            VERB_SERVICES[verb](order)
        answers.add((refused.value.code, str(refused.value.message)))
    assert len(answers) == 1
    assert (_standing(order), _story(order)) == (before, story)


@pytest.mark.django_db
def test_each_move_writes_one_entry_and_one_event(business, drain_outbox) -> None:
    """The whole life: six moves, six sentences, six events, in the same order."""
    order = deliver(ship(pay(make_order(business))))
    told = OutboxEvent.objects.filter(owner=f"order:{order.pk}").filter(
        name__regex=r"^(orders|fulfilment|returns)\."
    )
    assert list(told.order_by("id").values_list("name", flat=True)) == [
        "orders.placed",
        "orders.payment_recorded",
        "orders.confirmed",
        "fulfilment.shipped",
        "fulfilment.delivered",
        "orders.closed",
    ]
    entries = TimelineEntry.unscoped.filter(order=order).order_by("id").values_list("kind", flat=True)
    assert list(entries) == ["placed", "payment_received", "confirmed", "shipped", "delivered", "closed"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "permission"),
    [
        ("confirm_order", "orders.confirm"),
        ("cancel_order", "orders.cancel"),
        ("fulfil_order", "orders.fulfil"),
        ("mark_delivered", "orders.fulfil"),
        ("refund_order", "orders.refund"),
        ("add_note", "orders.note"),
        ("place_order", "orders.place"),
    ],
)
def test_services_ask_for_the_permission_of_their_table(
    business, make_actor, name: str, permission: str
) -> None:
    service = getattr(services, name)
    assert service.permission == permission
    powerless = make_actor(business, role="analyst", permissions=frozenset({"orders.read"}))
    with pytest.raises(PermissionRefused):
        service(powerless, order_id=make_order(business).pk)


@pytest.mark.django_db
def test_only_the_product_itself_records_payments_and_expires(business, owner, make_actor) -> None:
    order = make_order(business)
    payment = capture(order)
    with pytest.raises(PermissionRefused):
        services.record_payment(
            owner, order_id=order.pk, payment_id=payment.pk, capture_id=payment.pk, amount=order.total
        )
    with pytest.raises(PermissionRefused):
        services.expire_order(owner, order_id=order.pk)
    row = find_step(Axis.ORDER, "placed", "expire")
    assert row is not None
    assert not can_take(owner, row)
    assert can_take(Actor.system("expiry", business.pk), row)


@pytest.mark.django_db
def test_orders_of_another_business_are_not_found(business, other_business) -> None:
    order = pay(make_order(business))
    stranger = system_of(other_business)
    for service, arguments in (
        (cancel_order, {}),
        (confirm_order, {}),
        (fulfil_order, {}),
        (mark_delivered, {}),
        (refund_order, {"amount": Decimal(1)}),
        (services.add_note, {"text": "hello"}),
    ):
        with pytest.raises(DomainError) as refused:
            service(stranger, order_id=order.pk, **arguments)
        assert refused.value.status == 404
