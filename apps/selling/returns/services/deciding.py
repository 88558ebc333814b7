"""The shop says yes or no."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput
from apps.kernel.events import publish
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_note
from apps.selling.orders.models import Order
from apps.selling.orders.services.telling import enter
from apps.selling.orders.timeline import with_reason
from apps.selling.returns import policies
from apps.selling.returns.events import ReturnDecided
from apps.selling.returns.models import GoodsReturn
from apps.selling.returns.selectors import get_rules
from apps.selling.returns.states import check_move

from .moves import await_goods, lock_return

LONGEST_WORDS = 2000


@use_case(permission=policies.DECIDE, audits="returns.approved")
def approve_return(actor: Actor, *, return_id: UUID, words: str = "") -> GoodsReturn:
    """Agree to a return; the buyer is mailed `words`, or the shop's usual instructions for sending it.

    Publishes `returns.decided`. Raises `WrongState`, `NotFound`.
    """
    row, order = lock_return(actor, return_id)
    _decide(actor, row, "approve", clean_note(words)[:LONGEST_WORDS] or get_rules().instructions)
    await_goods(order)
    enter(actor, order, "return_approved", number=row.number)
    audit.record(actor, "returns.approved", row, after={"state": row.state})
    _tell(order, row, approved=True)
    return row


@use_case(permission=policies.DECIDE, audits="returns.refused")
def refuse_return(actor: Actor, *, return_id: UUID, words: str) -> GoodsReturn:
    """Say no, in words that the buyer reads. Publishes `returns.decided`. Raises as `approve_return`."""
    words = clean_note(words)[:LONGEST_WORDS]
    if not words:
        raise InvalidInput(fields={"words": [_("Tell the buyer why.")]})
    row, order = lock_return(actor, return_id)
    _decide(actor, row, "refuse", words)
    enter(actor, order, with_reason("return_refused", words), number=row.number, reason=words[:200])
    audit.record(actor, "returns.refused", row, after={"state": row.state}, reason=words[:200])
    _tell(order, row, approved=False)
    return row


def _decide(actor: Actor, row: GoodsReturn, verb: str, words: str) -> None:
    row.state = check_move(row, verb) or row.state
    row.words, row.decided_at, row.decided_by = words, clock.now(), actor.label[:200]
    row.save(update_fields=["state", "words", "decided_at", "decided_by", "updated_at"])


def _tell(order: Order, row: GoodsReturn, *, approved: bool) -> None:
    publish(
        ReturnDecided(
            business_id=order.seller_id,
            return_id=row.pk,
            order_id=order.pk,
            number=row.number,
            approved=approved,
        )
    )
