"""The lives of transfers and counts as tables: verb, the states it starts from, the next state.

`None` as the next state: it depends on what is left (a receipt of a part, or of the rest).
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.goods.warehouse.models import StockCount, Transfer
from apps.kernel.errors import WrongState

_T = Transfer.State
_C = StockCount.State
Moves = dict[str, tuple[frozenset[str], str | None]]

TRANSFER_MOVES: Moves = {
    "ship": (frozenset({_T.REQUESTED}), _T.IN_TRANSIT),
    "receive": (frozenset({_T.IN_TRANSIT, _T.PART_RECEIVED}), None),
    "cancel": (frozenset({_T.REQUESTED}), _T.CANCELLED),
}
COUNT_MOVES: Moves = {
    "scan": (frozenset({_C.COUNTING}), _C.COUNTING),
    "finish": (frozenset({_C.COUNTING}), _C.REVIEW),
    "reopen": (frozenset({_C.REVIEW}), _C.COUNTING),
    "post": (frozenset({_C.REVIEW}), _C.POSTED),
    "cancel": (frozenset({_C.COUNTING, _C.REVIEW}), _C.CANCELLED),
}


def check_move(moves: Moves, thing: Any, verb: str) -> str | None:
    """The next state after `verb`; raises `WrongState` when the table has no such move."""
    starts, state = moves[verb]
    if thing.state not in starts:
        raise WrongState(
            _("%(thing)s is %(state)s, so that is not possible now.")
            % {"thing": thing, "state": str(thing.get_state_display()).lower()},
            remedy=_("Look at the present state."),
            state=thing.state,
        )
    return state


def allows(moves: Moves, thing: Any, verb: str) -> bool:
    """Whether the present state allows `verb`."""
    return thing.state in moves[verb][0]
