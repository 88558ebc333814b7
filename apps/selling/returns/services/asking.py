"""Somebody wants to send something back, or does not after all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Variant
from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound
from apps.kernel.events import publish
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_note
from apps.selling.orders.models import Order
from apps.selling.orders.services.moves import lock_order
from apps.selling.orders.services.telling import enter
from apps.selling.orders.sold import things_in
from apps.selling.returns import policies
from apps.selling.returns.events import ReturnRequested
from apps.selling.returns.models import GoodsReturn, Reason, ReturnLine, ReturnRules, Wish
from apps.selling.returns.selectors import Returnable, get_rules, returnable_lines
from apps.selling.returns.states import check_move

from .moves import await_goods, end_when_over, lock_return

LONGEST_NOTE = 1000
BUYERS = frozenset({"guest", "customer"})


@dataclass(frozen=True, slots=True)
class WishedLine:
    """Pieces of an order line that are to come back, why, and what is wanted instead."""

    line_id: UUID
    quantity: int
    reason: str = Reason.OTHER
    exchange_variant_id: UUID | None = None


@use_case(idempotent=True, audits=("returns.requested", "returns.approved"))
def request_return(
    actor: Actor,
    *,
    order_id: UUID,
    lines: Sequence[WishedLine],
    wish: str = Wish.REFUND,
    note: str = "",
    key: str | None = None,
) -> GoodsReturn:
    """Ask to send pieces of an order back. Buyers (who hold the order's link) are held to the shop's rules.

    What staff enter themselves counts as approved at once. Publishes `returns.requested`. Raises `InvalidInput` naming
    the lines at fault, `NotFound` for a foreign line or variant.
    """
    is_buyer = actor.kind in BUYERS
    if not is_buyer:
        actor.require(policies.DECIDE)
    note = clean_note(note)[:LONGEST_NOTE]
    order = lock_order(order_id)
    rules = get_rules()
    _check_wish(wish, rules, is_buyer=is_buyer)
    known = {one.line.pk: one for one in returnable_lines(order, by_rules=is_buyer)}
    chosen = _choose(known, lines, wish, is_buyer=is_buyer)
    row = GoodsReturn(
        order=order,
        number=f"{order.number}-R{GoodsReturn.objects.filter(order=order).count() + 1}",
        wish=wish,
        note=note,
        by_buyer=is_buyer,
    )
    if not is_buyer:
        row.state = check_move(row, "approve") or row.state
        row.decided_at, row.decided_by = row.requested_at, actor.label[:200]
        row.words = rules.instructions
    row.save(force_insert=True)
    ReturnLine.objects.bulk_create(
        ReturnLine(
            business_id=order.business_id,
            goods_return=row,
            order_line_id=one.line_id,
            quantity=one.quantity,
            reason=one.reason,
            exchange_variant_id=one.exchange_variant_id if wish == Wish.EXCHANGE else None,
        )
        for one in chosen
    )
    pieces = sum(things_in(known[one.line_id].line, one.quantity) for one in chosen)
    enter(actor, order, "return_requested", number=row.number, pieces=pieces)
    audit.record(actor, "returns.requested", row, after={"pieces": pieces, "wish": wish})
    if not is_buyer:
        audit.record(actor, "returns.approved", row, after={"state": row.state})
        await_goods(order)
    _tell(order, row)
    return row


def _tell(order: Order, row: GoodsReturn) -> None:
    publish(
        ReturnRequested(
            business_id=order.seller_id,
            return_id=row.pk,
            order_id=order.pk,
            number=row.number,
            by_buyer=row.by_buyer,
        )
    )


def _check_wish(wish: str, rules: ReturnRules, *, is_buyer: bool) -> None:
    offered = {
        Wish.REFUND: True,
        Wish.STORE_CREDIT: rules.offers_credit,
        Wish.EXCHANGE: rules.offers_exchange,
    }
    if wish not in offered or (is_buyer and not offered[Wish(wish)]):
        message = _("Choose what you would like for it.")
        raise InvalidInput(message, fields={"wish": [message]})


def _choose(
    known: dict[UUID, Returnable], lines: Sequence[WishedLine], wish: str, *, is_buyer: bool
) -> list[WishedLine]:
    if not lines:
        raise InvalidInput(_("Choose at least one piece to send back."), code="nothing_to_return")
    if len({one.line_id for one in lines}) != len(lines):
        raise InvalidInput(_("A line is named twice."), code="line_twice")
    problems: dict[str, list[str]] = {}
    variants = _variants(lines) if wish == Wish.EXCHANGE else {}
    for one in lines:
        found = known.get(one.line_id)
        if found is None:
            raise NotFound(line_id=one.line_id)
        if isinstance(one.quantity, bool) or not 1 <= one.quantity <= found.most:
            why = found.why_not or _("at most %(most)s pieces") % {"most": found.most}
            problems[f"line_{one.line_id}"] = [f"{found.line.title}: {why}."]
        elif one.reason not in Reason.values:
            problems[f"reason_{one.line_id}"] = [_("Choose a reason.")]
        elif wish == Wish.EXCHANGE and not _fits(
            found, variants.get(one.exchange_variant_id), is_buyer=is_buyer
        ):
            problems[f"exchange_{one.line_id}"] = [_("Choose what you would like instead.")]
    if problems:
        message = " ".join(words for found_words in problems.values() for words in found_words)
        raise InvalidInput(message, fields=problems)
    return list(lines)


def _variants(lines: Sequence[WishedLine]) -> dict[UUID | None, Variant]:
    wanted = {one.exchange_variant_id for one in lines if one.exchange_variant_id}
    found = Variant.objects.filter(pk__in=wanted, active=True)
    return {variant.pk: variant for variant in found}


def _fits(found: Returnable, variant: Variant | None, *, is_buyer: bool) -> bool:
    """Buyers exchange within a product; staff may agree to something else."""
    if variant is None:
        return False
    return not is_buyer or (variant.published and variant.product_id == found.line.variant.product_id)


@use_case(audits=("returns.withdrawn", "orders.closed"))
def withdraw_return(actor: Actor, *, return_id: UUID) -> GoodsReturn:
    """The goods stay with the buyer after all; before anything has arrived. Raises `WrongState`, `NotFound`."""
    if actor.kind not in BUYERS:
        actor.require(policies.DECIDE)
    row, order = lock_return(actor, return_id)
    row.state = check_move(row, "withdraw") or row.state
    row.save(update_fields=["state", "updated_at"])
    enter(actor, order, "return_withdrawn", number=row.number)
    audit.record(actor, "returns.withdrawn", row, after={"state": row.state})
    end_when_over(actor, order)
    return row
