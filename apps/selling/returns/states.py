"""The life of a return as a table: verb, the states it starts from, the next state.

`None` as the next state: it depends on what is still to come (a part arrived, or the rest).
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.kernel.errors import WrongState

from .models import GoodsReturn, ReturnState

_S = ReturnState
MOVES: dict[str, tuple[frozenset[str], str | None]] = {
    "approve": (frozenset({_S.REQUESTED}), _S.APPROVED),
    "refuse": (frozenset({_S.REQUESTED}), _S.REFUSED),
    "withdraw": (frozenset({_S.REQUESTED, _S.APPROVED}), _S.WITHDRAWN),
    "receive": (frozenset({_S.APPROVED, _S.PART_RECEIVED}), None),
    "settle": (frozenset({_S.PART_RECEIVED, _S.RECEIVED}), None),
}


def check_move(row: GoodsReturn, verb: str) -> str | None:
    """The next state after `verb`; raises `WrongState` when the table has no such move."""
    starts, following = MOVES[verb]
    if row.state not in starts:
        raise WrongState(
            _("Return %(number)s is “%(state)s”, so that is not possible now.")
            % {"number": row.number, "state": row.get_state_display()},
            code=f"returns.{verb}_refused",
            remedy=_("Look at the present state."),
            state=row.state,
        )
    return following


def allows(row: GoodsReturn, verb: str) -> bool:
    """Whether the present state allows `verb`."""
    return row.state in MOVES[verb][0]
