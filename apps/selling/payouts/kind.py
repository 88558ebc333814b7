"""Payout files as a kind of file: what imports need to know of it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.goods.imports.kinds import ImportKind, UndoStep
from apps.goods.imports.models import BatchChange, ImportJob

from .columns import FIELDS
from .models import PayoutLine
from .policies import RECONCILE
from .services.recording import take_back_lines
from .services.running import payout_passes

REASONS: dict[str, Any] = {
    **{kind.value: kind.label for kind in PayoutLine.Kind},
    "unknown": _("Waits: we know no such payment"),
    "amount": _("Waits: we know another amount"),
    "twice": _("Waits: another line names the same payment"),
    "known": _("Brought in before"),
    "other_currency": _("Reported: in another currency"),
    "unreadable": _("Reported: cannot be read"),
    "refused": _("Reported: refused"),
}


def _explain(job: ImportJob) -> list[Any]:
    text = ngettext("%(n)s line is kept.", "%(n)s lines are kept.", job.created_count)
    return [
        text % {"n": f"{job.created_count:,}"},
        _now(
            "Fees and what went to your bank are booked. Lines that fit no payment wait until you settle them."
        ),
    ]


def _submit(job: ImportJob) -> Any:
    return ngettext("Keep %(n)s line", "Keep %(n)s lines", job.created_count) % {
        "n": f"{job.created_count:,}"
    }


PAYOUTS = ImportKind(
    code=ImportJob.Kind.PAYOUTS,
    fields=FIELDS,
    passes=payout_passes,
    permission=RECONCILE,
    alone=True,
    explain=_explain,
    submit=_submit,
    reason_label=lambda reason: REASONS.get(reason, reason),
    # Who paid stands in columns that nothing is taken from; but a refused row is kept whole.
    tells_of_people=True,
    undo=(UndoStep((BatchChange.Kind.PAYOUT_LINE_ADDED,), take_back_lines, 200),),
)
