"""What a refund would take back, worked out without any effect: the page shows it, the service does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.kernel.errors import InvalidInput, NotFound
from apps.kernel.money import ZERO, allocate, format_money, round_money

from .drafts import RefundLine
from .models import Order, OrderLine
from .shares import NOTHING, Share, share_of_amount, share_of_pieces


@dataclass(slots=True)
class LinePlan:
    """Pieces and money of one line: `cancelled` had not left, `returned` had."""

    line: OrderLine
    cancelled: int = 0
    returned: int = 0
    released: Share = NOTHING
    taken_back: Share = NOTHING


@dataclass(slots=True)
class RefundPlan:
    """A refund in numbers. `amount` is the sum of `deposit` and what is taken back."""

    lines: list[LinePlan] = field(default_factory=list)
    shipping_released: Share = NOTHING
    shipping_taken_back: Share = NOTHING

    @property
    def deposit(self) -> Decimal:
        return self.shipping_released.gross + sum((plan.released.gross for plan in self.lines), ZERO)

    @property
    def returns_net(self) -> Decimal:
        return sum((plan.taken_back.net for plan in self.lines), ZERO)

    @property
    def tax(self) -> Decimal:
        return self.shipping_taken_back.tax + sum((plan.taken_back.tax for plan in self.lines), ZERO)

    @property
    def amount(self) -> Decimal:
        return self.deposit + self.returns_net + self.tax + self.shipping_taken_back.net


def plan_refund(
    order: Order,
    lines: Sequence[OrderLine],
    *,
    pieces: Sequence[tuple[UUID, int] | RefundLine] = (),
    amount: Decimal | None = None,
    shipping: Decimal | None = None,
) -> RefundPlan:
    """Work out a refund of an order that has been paid. Amounts are in the order's currency, tax included.

    By `pieces`: each is worth its share of what is left of its line; with `amount` less is given for pieces that
    had left (a deduction). By `amount` alone: a goodwill, taken from what was sold first, then from what is
    held. `shipping` is delivery to give back; when nothing will be sent at all it goes back by itself. Raises
    `InvalidInput` for what cannot be meant, `NotFound` for a foreign line.
    """
    plans = {line.pk: LinePlan(line) for line in lines}
    plan = RefundPlan(list(plans.values()))
    wanted = [piece if isinstance(piece, RefundLine) else RefundLine(*piece) for piece in pieces]
    for piece in wanted:
        if piece.line_id not in plans:
            raise NotFound(line_id=piece.line_id)
        _take_pieces(plans[piece.line_id], piece)
    for one in plan.lines:
        _price_pieces(one, order.currency)
    _plan_shipping(order, plan, shipping)
    has_pieces = any(one.cancelled or one.returned for one in plan.lines)
    if amount is not None:
        amount = _clean_amount(amount, order, "amount")
        if has_pieces:
            _deduct(order, plan, amount)
        else:
            _add_goodwill(order, plan, amount - plan.amount)
    if plan.amount <= 0:
        raise InvalidInput(
            _("Choose what is refunded: pieces, delivery or an amount."), code="nothing_to_refund"
        )
    if plan.amount > order.refundable:
        raise _too_much(order)
    return plan


def _take_pieces(plan: LinePlan, piece: RefundLine) -> None:
    line, count = plan.line, piece.quantity
    if isinstance(count, bool) or count < 0:
        raise _wrong_count(line)
    unsent = line.waiting_quantity - plan.cancelled
    sent = line.returnable_quantity - plan.returned
    from_unsent = 0 if piece.sent else min(count, unsent)
    from_sent = 0 if piece.sent is False else min(count - from_unsent, sent)
    if from_unsent + from_sent != count:
        raise _wrong_count(line)
    plan.cancelled += from_unsent
    plan.returned += from_sent


def _price_pieces(plan: LinePlan, currency: str) -> None:
    line = plan.line
    if plan.cancelled:
        waiting = Share(line.waiting_net, line.waiting_tax)
        plan.released = share_of_pieces(waiting, plan.cancelled, line.waiting_quantity, currency)
    if plan.returned:
        plan.taken_back = share_of_pieces(_sold(line), plan.returned, line.returnable_quantity, currency)


def _sold(line: OrderLine) -> Share:
    return Share(line.recognised_net - line.returned_net, line.recognised_tax - line.returned_tax)


def _shipping_waiting(order: Order) -> Share:
    return Share(order.shipping_waiting_net, order.shipping_waiting_tax)


def _shipping_sold(order: Order) -> Share:
    return Share(
        order.shipping_recognised_net - order.shipping_returned_net,
        order.shipping_recognised_tax - order.shipping_returned_tax,
    )


def _plan_shipping(order: Order, plan: RefundPlan, shipping: Decimal | None) -> None:
    waiting, sold = _shipping_waiting(order), _shipping_sold(order)
    nothing_will_leave = any(one.cancelled for one in plan.lines) and all(
        one.line.fulfilled_quantity == 0 and one.cancelled == one.line.waiting_quantity for one in plan.lines
    )
    if nothing_will_leave:
        # A charge for a delivery that never happens would stay in the deposits for ever.
        if shipping is not None and round_money(shipping, order.currency) != waiting.gross:
            message = _("Nothing will be sent, so the whole delivery charge goes back too.")
            raise InvalidInput(message, fields={"shipping": [message]})
        plan.shipping_released = waiting
        return
    if not shipping:
        return
    shipping = _clean_amount(shipping, order, "shipping")
    if shipping > waiting.gross + sold.gross:
        most = format_money(waiting.gross + sold.gross, order.currency)
        message = _("At most %(most)s of the delivery charge can go back.") % {"most": most}
        raise InvalidInput(message, fields={"shipping": [message]})
    from_sold = min(shipping, sold.gross)
    plan.shipping_taken_back = share_of_amount(sold, from_sold, order.currency)
    plan.shipping_released = share_of_amount(waiting, shipping - from_sold, order.currency)


def _clean_amount(amount: Decimal, order: Order, name: str) -> Decimal:
    if not isinstance(amount, Decimal) or not amount.is_finite() or amount < 0:
        message = _("Enter an amount of zero or more.")
        raise InvalidInput(message, fields={name: [message]})
    if amount > order.refundable:
        raise _too_much(order)
    if round_money(amount, order.currency) != amount:
        message = _("This currency has no smaller coins than %(unit)s.") % {
            "unit": format_money(round_money(Decimal("0.01"), order.currency) or Decimal(1), order.currency)
        }
        raise InvalidInput(message, fields={name: [message]})
    return amount


def _too_much(order: Order) -> InvalidInput:
    message = _("At most %(most)s can go back.") % {"most": format_money(order.refundable, order.currency)}
    return InvalidInput(message, code="refund_too_large", fields={"amount": [message]})


def _wrong_count(line: OrderLine) -> InvalidInput:
    message = _("%(title)s: there are not so many pieces to refund.") % {"title": line.title}
    return InvalidInput(
        message, code="wrong_quantity", fields={f"line_{line.pk}": [message]}, line_id=line.pk
    )


def _deduct(order: Order, plan: RefundPlan, amount: Decimal) -> None:
    """Give `amount` for the chosen pieces; what never left goes back in full, so only the rest can shrink."""
    taken_back = [one.taken_back.gross for one in plan.lines]
    fixed = plan.amount - sum(taken_back, ZERO)
    if not fixed <= amount <= plan.amount:
        message = _("For these pieces between %(least)s and %(most)s can go back.") % {
            "least": format_money(fixed, order.currency),
            "most": format_money(plan.amount, order.currency),
        }
        raise InvalidInput(message, fields={"amount": [message]})
    shares = _spread(amount - fixed, taken_back, order.currency)
    for one, share in zip(plan.lines, shares, strict=True):
        one.taken_back = share_of_amount(one.taken_back, share, order.currency)


def _add_goodwill(order: Order, plan: RefundPlan, amount: Decimal) -> None:
    """Spread an amount over what was sold, and over what is held for the rest."""
    if amount < 0:
        message = _("The amount is less than the delivery charge that is to go back.")
        raise InvalidInput(message, fields={"amount": [message]})
    sold = [_sold(one.line) for one in plan.lines]
    charge = _less(_shipping_sold(order), plan.shipping_taken_back)
    from_sold = min(amount, sum((share.gross for share in sold), charge.gross))
    *by_line, of_charge = _spread(from_sold, [*(share.gross for share in sold), charge.gross], order.currency)
    for one, whole, share in zip(plan.lines, sold, by_line, strict=True):
        one.taken_back = share_of_amount(whole, share, order.currency)
    plan.shipping_taken_back += share_of_amount(charge, of_charge, order.currency)
    held = [Share(one.line.waiting_net, one.line.waiting_tax) for one in plan.lines]
    charge = _less(_shipping_waiting(order), plan.shipping_released)
    rest = amount - from_sold
    if rest > sum((share.gross for share in held), charge.gross):
        raise _too_much(order)
    *by_line, of_charge = _spread(rest, [*(share.gross for share in held), charge.gross], order.currency)
    for one, whole, share in zip(plan.lines, held, by_line, strict=True):
        one.released = share_of_amount(whole, share, order.currency)
    plan.shipping_released += share_of_amount(charge, of_charge, order.currency)


def _spread(amount: Decimal, weights: list[Decimal], currency: str) -> list[Decimal]:
    """Largest remainder, and never more than there is: a share is at most its weight."""
    if amount == sum(weights, ZERO):
        return list(weights)
    return allocate(amount, weights, currency)


def _less(whole: Share, part: Share) -> Share:
    return Share(whole.net - part.net, whole.tax - part.tax)
