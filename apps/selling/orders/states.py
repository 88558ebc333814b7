"""How an order moves: three axes as tables of (state, verb) → next state, with who may.

A verb that a state does not have is refused by `step` with one code (`orders.<axis>_<verb>_refused`) and one
sentence for each pair, always the same. Source: MODEL, "An order's three axes".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from apps.kernel.errors import WrongState


class Axis(StrEnum):
    """The three independent questions about an order."""

    ORDER = "order"
    PAYMENT = "payment"
    FULFILMENT = "fulfilment"


class OrderState(models.TextChoices):
    DRAFT = "draft", lazy("Draft")
    PLACED = "placed", lazy("Placed")
    CONFIRMED = "confirmed", lazy("Confirmed")
    CLOSED = "closed", lazy("Closed")
    CANCELLED = "cancelled", lazy("Cancelled")
    EXPIRED = "expired", lazy("Expired")
    REJECTED = "rejected", lazy("Rejected")


# Ended before anything was sold: nothing is sent, and what was paid goes back.
CAME_TO_NOTHING = (OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REJECTED)


class PaymentState(models.TextChoices):
    UNPAID = "unpaid", lazy("Unpaid")
    PART_PAID = "part_paid", lazy("Part paid")
    PAID = "paid", lazy("Paid")
    PART_REFUNDED = "part_refunded", lazy("Part refunded")
    REFUNDED = "refunded", lazy("Refunded")


class FulfilmentState(models.TextChoices):
    UNFULFILLED = "unfulfilled", lazy("Not sent")
    PART_FULFILLED = "part_fulfilled", lazy("Part sent")
    FULFILLED = "fulfilled", lazy("Sent")
    DELIVERED = "delivered", lazy("Delivered")
    RETURNED = "returned", lazy("Returned")


STATES: dict[Axis, type[models.TextChoices]] = {
    Axis.ORDER: OrderState,
    Axis.PAYMENT: PaymentState,
    Axis.FULFILMENT: FulfilmentState,
}
FIELDS = {Axis.ORDER: "state", Axis.PAYMENT: "payment_state", Axis.FULFILMENT: "fulfilment_state"}

SYSTEM = "system"  # only jobs and subscribers of the product itself
BUYER = "buyer"  # a visitor for her own cart, or staff who may place orders


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of a table. `permission` is what the actor needs, or SYSTEM or BUYER."""

    state: str
    verb: str
    next: str
    permission: str
    event: str


def _rows(permission: str, event: str, *moves: tuple[str, str, str]) -> list[Transition]:
    return [Transition(state, verb, following, permission, event) for state, verb, following in moves]


TABLES: dict[Axis, list[Transition]] = {
    Axis.ORDER: [
        *_rows(BUYER, "orders.placed", ("draft", "place", "placed")),
        *_rows("orders.confirm", "orders.confirmed", ("placed", "confirm", "confirmed")),
        *_rows(
            "orders.cancel",
            "orders.cancelled",
            ("placed", "cancel", "cancelled"),
            ("confirmed", "cancel", "cancelled"),
            ("confirmed", "cancel_rest", "confirmed"),
        ),
        *_rows("orders.confirm", "orders.rejected", ("placed", "reject", "rejected")),
        *_rows(SYSTEM, "orders.expired", ("placed", "expire", "expired")),
        *_rows(SYSTEM, "orders.closed", ("confirmed", "close", "closed")),
        *_rows(
            "orders.amend",
            "orders.amended",
            ("placed", "amend", "placed"),
            ("confirmed", "amend", "confirmed"),
        ),
    ],
    Axis.PAYMENT: [
        *_rows(
            SYSTEM,
            "orders.payment_recorded",
            ("unpaid", "receive_part", "part_paid"),
            ("unpaid", "receive_all", "paid"),
            ("part_paid", "receive_part", "part_paid"),
            ("part_paid", "receive_all", "paid"),
            # Money that came twice, or after everything was given back: it goes back again.
            ("paid", "receive_more", "paid"),
            ("part_refunded", "receive_more", "part_refunded"),
            ("refunded", "receive_more", "part_refunded"),
        ),
        # A version that comes to more asks for the difference; one that comes to less may be paid already.
        *_rows(
            "orders.amend",
            "orders.amended",
            ("paid", "owe", "part_paid"),
            ("part_refunded", "owe", "part_paid"),
            ("part_paid", "settle", "paid"),
        ),
        *_rows(
            "orders.refund",
            "orders.refunded",
            ("paid", "refund_part", "part_refunded"),
            ("part_refunded", "refund_part", "part_refunded"),
            ("part_paid", "refund_all", "refunded"),
            ("paid", "refund_all", "refunded"),
            ("part_refunded", "refund_all", "refunded"),
            ("paid", "return_excess", "paid"),
            ("part_refunded", "return_excess", "part_refunded"),
        ),
    ],
    Axis.FULFILMENT: [
        *_rows(
            "orders.fulfil",
            "fulfilment.shipped",
            ("unfulfilled", "fulfil_part", "part_fulfilled"),
            ("unfulfilled", "fulfil_all", "fulfilled"),
            ("part_fulfilled", "fulfil_part", "part_fulfilled"),
            ("part_fulfilled", "fulfil_all", "fulfilled"),
        ),
        *_rows(
            "orders.cancel",
            "orders.cancelled",
            ("part_fulfilled", "drop_rest", "fulfilled"),
            # What was sent has already arrived: nothing is on its way any more.
            ("part_fulfilled", "drop_last_rest", "delivered"),
        ),
        *_rows(
            "orders.fulfil",
            "fulfilment.delivered",
            ("part_fulfilled", "deliver_part", "part_fulfilled"),
            ("fulfilled", "deliver_part", "fulfilled"),
            ("fulfilled", "deliver_all", "delivered"),
        ),
        *_rows(
            "orders.refund",
            "returns.received",
            ("part_fulfilled", "take_back", "part_fulfilled"),
            ("fulfilled", "take_back", "fulfilled"),
            ("delivered", "take_back", "delivered"),
            ("fulfilled", "take_back_all", "returned"),
            ("delivered", "take_back_all", "returned"),
        ),
    ],
}

_BY_STATE_AND_VERB = {axis: {(row.state, row.verb): row for row in rows} for axis, rows in TABLES.items()}


def verbs(axis: Axis) -> list[str]:
    """Every verb of an axis, in the order of its table."""
    return list(dict.fromkeys(row.verb for row in TABLES[axis]))


def find_step(axis: Axis, state: str, verb: str) -> Transition | None:
    """The row for a state and a verb, or None."""
    return _BY_STATE_AND_VERB[axis].get((state, verb))


def step(axis: Axis, state: str, verb: str) -> Transition:
    """The row for a state and a verb; raises `WrongState` with its own constant code and sentence."""
    if verb not in verbs(axis):
        raise LookupError(f"No verb {verb} on the {axis} axis.")
    row = find_step(axis, state, verb)
    if row is None:
        raise refusal(axis, state, verb)
    return row


def refusal(axis: Axis, state: str, verb: str) -> WrongState:
    """The one answer to a verb that a state does not have."""
    return WrongState(
        _("An order that is “%(state)s” cannot %(verb)s.")
        % {"state": STATES[axis](state).label, "verb": describe(verb)},
        code=f"orders.{axis}_{verb}_refused",
        remedy=_("Reload the page to see where the order stands."),
        axis=str(axis),
        state=state,
        verb=verb,
    )


_VERBS: dict[str, Any] = {
    "place": lazy("be placed"),
    "confirm": lazy("be confirmed"),
    "cancel": lazy("be cancelled"),
    "cancel_rest": lazy("have its rest cancelled"),
    "expire": lazy("expire"),
    "close": lazy("be closed"),
    "amend": lazy("be changed"),
    "reject": lazy("be rejected"),
    "owe": lazy("ask for more"),
    "settle": lazy("count as paid"),
    "receive_part": lazy("take a part payment"),
    "receive_all": lazy("take a full payment"),
    "receive_more": lazy("take more money"),
    "refund_part": lazy("be refunded in part"),
    "refund_all": lazy("be refunded"),
    "return_excess": lazy("have an overpayment returned"),
    "fulfil_part": lazy("be sent in part"),
    "fulfil_all": lazy("be sent"),
    "drop_rest": lazy("have its rest dropped"),
    "drop_last_rest": lazy("have its last rest dropped"),
    "deliver_part": lazy("have a parcel delivered"),
    "deliver_all": lazy("be delivered"),
    "take_back": lazy("take goods back"),
    "take_back_all": lazy("take all goods back"),
}


def describe(verb: str) -> str:
    """What a verb does to an order, as the end of a sentence."""
    return str(_VERBS[verb])
