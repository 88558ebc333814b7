"""The life of an import as a table: verb, the states it starts from, the next state."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.goods.imports.models import ImportJob
from apps.kernel.errors import WrongState

_S = ImportJob.State
MOVES: dict[str, tuple[frozenset[str], str]] = {
    "check": (frozenset({_S.UPLOADED, _S.READY, _S.CANCELLED, _S.FINISHED}), _S.PREVIEWING),
    "be_ready": (frozenset({_S.PREVIEWING}), _S.READY),
    "run": (frozenset({_S.READY}), _S.RUNNING),
    "finish": (frozenset({_S.RUNNING}), _S.FINISHED),
    "cancel": (frozenset({_S.UPLOADED, _S.PREVIEWING, _S.READY, _S.RUNNING}), _S.CANCELLED),
    "fail": (frozenset({_S.PREVIEWING, _S.RUNNING, _S.UPLOADED}), _S.FAILED),
}


def move(job: ImportJob, verb: str) -> None:
    """Set the state after `verb`, without saving; raises `WrongState` when the table has no such move."""
    starts, state = MOVES[verb]
    if job.state not in starts:
        raise WrongState(
            _("This import is %(state)s, so that is not possible now.")
            % {"state": str(job.get_state_display()).lower()}
        )
    job.state = state
