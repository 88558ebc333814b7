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
    AUTHORISED = "authorised", lazy("Reserved")
    PART_PAID = "part_paid", lazy("Part paid")
    PAID = "paid", lazy("Paid")
    ON_TERMS = "on_terms", lazy("On account")
    PART_REFUNDED = "part_refunded", lazy("Part refunded")
    REFUNDED = "refunded", lazy("Refunded")


class FulfilmentState(models.TextChoices):
    UNFULFILLED = "unfulfilled", lazy("Not sent")
    ON_HOLD = "on_hold", lazy("On hold")
    READY = "ready", lazy("Ready to send")
    PART_FULFILLED = "part_fulfilled", lazy("Part sent")
    FULFILLED = "fulfilled", lazy("Sent")
    IN_TRANSIT = "in_transit", lazy("On its way")
    DELIVERED = "delivered", lazy("Delivered")
    RETURNING = "returning", lazy("Coming back")
    RETURNED = "returned", lazy("Returned")


# What is promised may leave: it is paid, or goes on the account of a company.
MAY_LEAVE = (PaymentState.PAID, PaymentState.PART_REFUNDED, PaymentState.ON_TERMS)
# Something is left to send, and may be sent now; or not now.
TO_SEND = (FulfilmentState.UNFULFILLED, FulfilmentState.PART_FULFILLED, FulfilmentState.READY)
WAITING = (*TO_SEND, FulfilmentState.ON_HOLD)
# Everything has left and not all of it has arrived.
UNDERWAY = (FulfilmentState.FULFILLED, FulfilmentState.IN_TRANSIT)

# Its goods may be picked and packed: the money is here, or reserved and taken when they leave.
TO_PACK = (*MAY_LEAVE, PaymentState.AUTHORISED)

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
        # A payment of the company was taken back: money is open again.
        *_rows(SYSTEM, "orders.payment_recorded", ("closed", "reopen", "confirmed")),
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
            ("authorised", "receive_part", "part_paid"),
            ("authorised", "receive_all", "paid"),
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
            SYSTEM,
            "orders.payment_authorised",
            ("unpaid", "reserve", "authorised"),
            ("part_paid", "reserve", "authorised"),
        ),
        *_rows(
            SYSTEM,
            "orders.payment_released",
            ("authorised", "set_free", "unpaid"),
            ("authorised", "set_free_rest", "part_paid"),
        ),
        *_rows(BUYER, "orders.placed", ("unpaid", "agree_terms", "on_terms")),
        *_rows("orders.cancel", "orders.cancelled", ("on_terms", "drop_terms", "unpaid")),
        *_rows(
            SYSTEM,
            "orders.payment_recorded",
            # Each parcel goes on the account; the account is settled by payments of its invoices.
            ("on_terms", "charge", "on_terms"),
            ("on_terms", "settle_account", "paid"),
            ("paid", "reopen_account", "on_terms"),
            ("part_refunded", "reopen_account", "on_terms"),
        ),
        *_rows(
            "orders.refund",
            "orders.refunded",
            ("on_terms", "refund_part", "on_terms"),
            ("on_terms", "refund_all", "refunded"),
            ("paid", "refund_part", "part_refunded"),
            ("part_refunded", "refund_part", "part_refunded"),
            # For goods that had left; what is still owed for the rest stays owed.
            ("part_paid", "refund_part", "part_paid"),
            ("part_paid", "refund_all", "refunded"),
            # A part was paid otherwise and goes back; what is reserved is set free by itself.
            ("authorised", "refund_all", "refunded"),
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
            ("ready", "fulfil_part", "part_fulfilled"),
            ("ready", "fulfil_all", "fulfilled"),
        ),
        *_rows(
            "orders.fulfil",
            "fulfilment.held",
            ("unfulfilled", "hold", "on_hold"),
            ("part_fulfilled", "hold", "on_hold"),
            ("ready", "hold", "on_hold"),
        ),
        *_rows(
            "orders.fulfil",
            "fulfilment.released",
            ("on_hold", "release", "unfulfilled"),
            # A part had left before: the order goes back to where it stood.
            ("on_hold", "release_rest", "part_fulfilled"),
        ),
        *_rows(
            "orders.fulfil",
            "fulfilment.ready",
            ("unfulfilled", "make_ready", "ready"),
            ("part_fulfilled", "make_ready", "ready"),
        ),
        *_rows(
            "orders.fulfil",
            "fulfilment.unpacked",
            ("ready", "unpack", "unfulfilled"),
            ("ready", "unpack_rest", "part_fulfilled"),
        ),
        *_rows(SYSTEM, "fulfilment.in_transit", ("fulfilled", "set_out", "in_transit")),
        *_rows(
            "orders.cancel",
            "orders.cancelled",
            ("part_fulfilled", "drop_rest", "fulfilled"),
            # What was sent has already arrived: nothing is on its way any more.
            ("part_fulfilled", "drop_last_rest", "delivered"),
            ("on_hold", "drop_rest", "fulfilled"),
            ("on_hold", "drop_last_rest", "delivered"),
            ("ready", "drop_rest", "fulfilled"),
            ("ready", "drop_last_rest", "delivered"),
        ),
        *_rows(
            "orders.fulfil",
            "fulfilment.delivered",
            ("part_fulfilled", "deliver_part", "part_fulfilled"),
            ("fulfilled", "deliver_part", "fulfilled"),
            ("fulfilled", "deliver_all", "delivered"),
            ("returning", "deliver_part", "returning"),
            ("returning", "deliver_all", "returning"),
            ("in_transit", "deliver_part", "in_transit"),
            ("in_transit", "deliver_all", "delivered"),
            ("on_hold", "deliver_part", "on_hold"),
            ("ready", "deliver_part", "ready"),
        ),
        *_rows(
            "orders.refund",
            "returns.received",
            ("part_fulfilled", "take_back", "part_fulfilled"),
            ("on_hold", "take_back", "on_hold"),
            ("ready", "take_back", "ready"),
            ("fulfilled", "take_back", "fulfilled"),
            ("in_transit", "take_back", "in_transit"),
            ("delivered", "take_back", "delivered"),
            ("returning", "take_back", "returning"),
            ("fulfilled", "take_back_all", "returned"),
            ("in_transit", "take_back_all", "returned"),
            ("delivered", "take_back_all", "returned"),
            ("returning", "take_back_all", "returned"),
        ),
        *_rows(
            "returns.decide",
            "returns.decided",
            # A return was agreed to; what was sent is to come back. A second one at the same time changes nothing.
            ("part_fulfilled", "await_return", "part_fulfilled"),
            ("on_hold", "await_return", "on_hold"),
            ("ready", "await_return", "ready"),
            ("fulfilled", "await_return", "returning"),
            ("in_transit", "await_return", "returning"),
            ("delivered", "await_return", "returning"),
            ("returning", "await_return", "returning"),
        ),
        *_rows(
            "returns.receive",
            "returns.settled",
            # All returns are over; what the buyer keeps is with her, or still on its way to her.
            ("part_fulfilled", "end_return", "part_fulfilled"),
            ("on_hold", "end_return", "on_hold"),
            ("ready", "end_return", "ready"),
            ("returning", "end_return", "delivered"),
            ("returned", "end_return", "returned"),
            ("part_fulfilled", "end_return_on_way", "part_fulfilled"),
            ("on_hold", "end_return_on_way", "on_hold"),
            ("ready", "end_return_on_way", "ready"),
            ("returning", "end_return_on_way", "fulfilled"),
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
    "reopen": lazy("be opened again"),
    "amend": lazy("be changed"),
    "reject": lazy("be rejected"),
    "owe": lazy("ask for more"),
    "settle": lazy("count as paid"),
    "receive_part": lazy("take a part payment"),
    "receive_all": lazy("take a full payment"),
    "receive_more": lazy("take more money"),
    "agree_terms": lazy("go on account"),
    "drop_terms": lazy("be taken off the account"),
    "charge": lazy("be charged to the account"),
    "settle_account": lazy("count as paid by the company"),
    "reopen_account": lazy("be owed by the company again"),
    "reserve": lazy("have money reserved"),
    "set_free": lazy("have reserved money set free"),
    "set_free_rest": lazy("have the rest of reserved money set free"),
    "refund_part": lazy("be refunded in part"),
    "refund_all": lazy("be refunded"),
    "return_excess": lazy("have an overpayment returned"),
    "fulfil_part": lazy("be sent in part"),
    "fulfil_all": lazy("be sent"),
    "hold": lazy("be held back"),
    "release": lazy("be released"),
    "release_rest": lazy("have its rest released"),
    "make_ready": lazy("be packed"),
    "unpack": lazy("be unpacked"),
    "unpack_rest": lazy("have its rest unpacked"),
    "set_out": lazy("be on its way"),
    "drop_rest": lazy("have its rest dropped"),
    "drop_last_rest": lazy("have its last rest dropped"),
    "deliver_part": lazy("have a parcel delivered"),
    "deliver_all": lazy("be delivered"),
    "take_back": lazy("take goods back"),
    "take_back_all": lazy("take all goods back"),
    "await_return": lazy("have goods on their way back"),
    "end_return": lazy("end a return"),
    "end_return_on_way": lazy("end a return before all has arrived"),
}


def describe(verb: str) -> str:
    """What a verb does to an order, as the end of a sentence."""
    return str(_VERBS[verb])
