"""What came back is looked at, piece by piece, in as many parts as it comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound
from apps.kernel.use_cases import use_case
from apps.selling.orders.services.telling import enter
from apps.selling.orders.sold import things_in
from apps.selling.returns import policies
from apps.selling.returns.models import GoodsReturn, ReturnLine, ReturnState
from apps.selling.returns.selectors import lines_of_return
from apps.selling.returns.states import check_move

from .moves import lock_return


@dataclass(frozen=True, slots=True)
class ReceivedLine:
    """Pieces of a return's line as they were found."""

    line_id: UUID
    sellable: int = 0
    damaged: int = 0
    missing: int = 0


@use_case(permission=policies.RECEIVE, idempotent=True, audits="returns.arrived")
def receive_return(
    actor: Actor, *, return_id: UUID, lines: Sequence[ReceivedLine], key: str | None = None
) -> GoodsReturn:
    """Note what arrived and in which condition; stock and money move when it is settled.

    Raises `WrongState`, `InvalidInput` for more pieces than are awaited, `NotFound`.
    """
    row, order = lock_return(actor, return_id)
    check_move(row, "receive")
    known = {line.pk: line for line in lines_of_return(row)}
    for one in lines:
        line = known.get(one.line_id)
        if line is None:
            raise NotFound(line_id=one.line_id)
        _take_in(line, one)
    arrived = sum(things_in(known[one.line_id].order_line, one.sellable + one.damaged) for one in lines)
    if not any(one.sellable + one.damaged + one.missing for one in lines):
        raise InvalidInput(_("Enter what arrived, or what did not."), code="nothing_received")
    ReturnLine.objects.bulk_update(known.values(), ["sellable", "damaged", "missing"])
    is_all = not any(line.open_quantity for line in known.values())
    row.state = ReturnState.RECEIVED if is_all else ReturnState.PART_RECEIVED
    row.save(update_fields=["state", "updated_at"])
    counts = {name: sum(getattr(one, name) for one in lines) for name in ("sellable", "damaged", "missing")}
    enter(actor, order, "return_arrived", number=row.number, pieces=arrived)
    audit.record(actor, "returns.arrived", row, after={**counts, "state": row.state})
    return row


def _take_in(line: ReturnLine, one: ReceivedLine) -> None:
    counts = (one.sellable, one.damaged, one.missing)
    if any(isinstance(count, bool) or count < 0 for count in counts) or sum(counts) > line.open_quantity:
        text = ngettext(
            "%(title)s: at most %(most)s piece is awaited.",
            "%(title)s: at most %(most)s pieces are awaited.",
            line.open_quantity,
        )
        message = text % {"title": line.order_line.title, "most": line.open_quantity}
        raise InvalidInput(message, code="wrong_quantity", fields={f"sellable_{line.pk}": [message]})
    line.sellable += one.sellable
    line.damaged += one.damaged
    line.missing += one.missing
