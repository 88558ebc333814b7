"""The life of a purchase order as a table: verb, the states it starts from, the next state."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.goods.purchasing.models import OrderState as S
from apps.goods.purchasing.models import PurchaseOrder
from apps.kernel.errors import WrongState

MOVES: dict[str, tuple[frozenset[str], str]] = {
    "change": (frozenset({S.DRAFT}), S.DRAFT),
    "submit": (frozenset({S.DRAFT}), S.SUBMITTED),
    "send_back": (frozenset({S.SUBMITTED}), S.DRAFT),
    "approve": (frozenset({S.SUBMITTED}), S.APPROVED),
    "send": (frozenset({S.APPROVED}), S.SENT),
    "amend": (frozenset({S.APPROVED, S.SENT}), S.DRAFT),
    "receive_part": (frozenset({S.SENT, S.PART_RECEIVED}), S.PART_RECEIVED),
    "receive_all": (frozenset({S.SENT, S.PART_RECEIVED, S.RECEIVED}), S.RECEIVED),
    "close": (frozenset({S.PART_RECEIVED, S.RECEIVED}), S.CLOSED),
    "cancel": (frozenset({S.DRAFT, S.SUBMITTED, S.APPROVED, S.SENT}), S.CANCELLED),
}
# Goods of these are on their way.
ON_THE_WAY = frozenset({S.SENT, S.PART_RECEIVED})
RECEIVABLE = frozenset({S.SENT, S.PART_RECEIVED, S.RECEIVED})


def can_move(order: PurchaseOrder, verb: str) -> bool:
    """Whether the order's state has this verb."""
    return order.state in MOVES[verb][0]


def move(order: PurchaseOrder, verb: str) -> None:
    """Set the state after `verb`, without saving; raises `WrongState` when the table has no such move."""
    starts, state = MOVES[verb]
    if order.state not in starts:
        raise WrongState(
            _("Order %(number)s is “%(state)s”, so that is not possible now.")
            % {"number": order.number, "state": order.get_state_display()},
            code=f"purchasing_{verb}_refused",
        )
    order.state = state
