"""What a change of a placed order would come to, worked out without any effect: the page shows it, the service does it.

Pieces that left, were cancelled or refunded stay as they are. Pieces that wait are worth their share of what is left of
their line, so taking them off takes exactly that; pieces that are added to a line cost what its pieces cost, discount
included. New lines are priced as of now. So every cent stays where the books have it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.amounts import rule_of
from apps.kernel.errors import InvalidInput, NotFound, WrongState
from apps.kernel.money import LARGEST, ZERO, allocate, round_money, tax_split
from apps.selling.pricing.lines import PricedLine, PriceLine, rounding_of
from apps.selling.pricing.resolving import Buyer
from apps.selling.pricing.services import price_lines
from apps.selling.pricing.taxes import TaxAnswer, rates_for

from .drafts import DraftItem, LineDraft
from .models import Order, OrderLine
from .shares import NOTHING, Share, share_of_pieces

MOST_PIECES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentDraft:
    """What is wanted. `quantities` by line, the whole line with what left; 0 takes a line off. `shipping`: the
    delivery charge in the business's tax mode, None leaves it."""

    quantities: Mapping[UUID, int] = field(default_factory=dict)
    added: Sequence[LineDraft] = ()
    shipping: Decimal | None = None


@dataclass(slots=True)
class LineChange:
    """A line as it will be. `quantity` 0: it goes."""

    line: OrderLine
    quantity: int
    subtotal: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        """With tax."""
        return self.net + self.tax

    @property
    def pieces(self) -> int:
        """How many more there are; below nought: how many fewer."""
        return self.quantity - self.line.quantity

    @property
    def difference(self) -> Decimal:
        return self.gross - self.line.gross


@dataclass(slots=True)
class AmendmentPlan:
    """The next version in numbers."""

    order: Order
    lines: list[LineChange]
    items: list[DraftItem] = field(default_factory=list)
    priced: list[PricedLine] = field(default_factory=list)
    taxes: TaxAnswer | None = None
    shipping: Share = NOTHING
    shipping_parts: list[dict[str, str]] = field(default_factory=list)
    # Pieces more (or fewer) by line, as it stood when the plan was made.
    moved: dict[UUID, int] = field(default_factory=dict)

    @property
    def changed(self) -> list[LineChange]:
        return [one for one in self.lines if self.moved.get(one.line.pk)]

    @property
    def kept(self) -> list[LineChange]:
        return [one for one in self.lines if one.quantity]

    @property
    def _parts(self) -> list[LineChange | PricedLine]:
        return [*self.kept, *self.priced]

    @property
    def subtotal(self) -> Decimal:
        return sum((one.subtotal for one in self._parts), ZERO)

    @property
    def discount(self) -> Decimal:
        return sum((one.discount for one in self._parts), ZERO)

    @property
    def tax(self) -> Decimal:
        return sum((one.tax for one in self._parts), self.shipping.tax)

    @property
    def total(self) -> Decimal:
        return sum((one.gross for one in self._parts), self.shipping.gross)

    @property
    def difference(self) -> Decimal:
        return self.total - self.order.total

    @property
    def waiting_worth(self) -> Decimal:
        """What will still be sold by this version, tax and delivery included."""
        gone = [one.line for one in self.lines]
        recognised = sum((line.recognised_net + line.recognised_tax for line in gone), ZERO)
        released = sum((line.released_net + line.released_tax for line in gone), ZERO)
        order = self.order
        recognised += order.shipping_recognised_net + order.shipping_recognised_tax
        released += order.shipping_released_net + order.shipping_released_tax
        return self.total - recognised - released

    @property
    def owed(self) -> Decimal:
        """What the buyer is to pay then; nothing on account: she pays the invoices of what is sent."""
        if self.order.is_on_account:
            return ZERO
        return max(ZERO, self.waiting_worth - self.order.deposit)

    @property
    def goes_back(self) -> Decimal:
        """What was paid and is more than this version comes to."""
        if self.order.is_on_account:
            return ZERO
        return max(ZERO, self.order.deposit - self.waiting_worth)

    @property
    def waits(self) -> bool:
        """Whether anything is left to send."""
        lines = (
            one.quantity - one.line.fulfilled_quantity - one.line.cancelled_quantity for one in self.kept
        )
        return bool(self.items) or any(lines)

    @property
    def is_empty(self) -> bool:
        """Whether it would change nothing."""
        same = (self.shipping.net, self.shipping.tax) == (self.order.shipping_net, self.order.shipping_tax)
        return same and not self.changed and not self.items


def plan_amendment(order: Order, lines: Sequence[OrderLine], draft: AmendmentDraft) -> AmendmentPlan:
    """Work the next version out. `lines` come with their variants. Raises `InvalidInput` for what cannot be meant,
    `NotFound` for a foreign line, variant or pack, `WrongState` for an order that would be empty."""
    strange = draft.quantities.keys() - {line.pk for line in lines}
    if strange:
        raise NotFound(line_ids=sorted(strange))
    changes = [_resize(order, line, draft.quantities.get(line.pk, line.quantity)) for line in lines]
    plan = AmendmentPlan(order, changes, moved={one.line.pk: one.pieces for one in changes if one.pieces})
    plan.shipping = Share(order.shipping_net, order.shipping_tax)
    plan.shipping_parts = order.shipping_tax_parts
    _add(plan, draft)
    if draft.shipping is not None:
        _charge(plan, draft.shipping)
    _check(plan)
    return plan


def _resize(order: Order, line: OrderLine, quantity: int) -> LineChange:
    least = line.fulfilled_quantity + line.cancelled_quantity
    if isinstance(quantity, bool) or not least <= quantity <= MOST_PIECES:
        message = _("%(title)s: at least %(least)s, because these have left or were cancelled.") % {
            "title": line.title,
            "least": least,
        }
        if not least:
            message = _("%(title)s: enter a whole number, 0 takes the line off.") % {"title": line.title}
        raise InvalidInput(message, code="wrong_quantity", fields={f"line_{line.pk}": [message]})
    more = quantity - line.quantity
    if not more:
        return LineChange(line, quantity, line.subtotal, line.discount, line.net, line.tax)
    if more < 0:
        waiting = Share(line.waiting_net, line.waiting_tax)
        off = share_of_pieces(waiting, -more, line.waiting_quantity, order.currency)
        net, tax = line.net - off.net, line.tax - off.tax
    else:
        amount = line.gross if order.tax_inclusive else line.net
        extra = round_money(amount * more / line.quantity, order.currency)
        split = tax_split(extra, line.tax_rate, order.currency, inclusive=order.tax_inclusive)
        net, tax = line.net + split.net, line.tax + split.tax
    if net + tax > LARGEST:
        raise InvalidInput(_("This order is too large."), code="too_large")
    amount = net + tax if order.tax_inclusive else net
    # Goodwill on pieces that are gone may leave more than pieces × price: a discount is never less than nought.
    subtotal = max(round_money(line.unit_price * quantity, order.currency), amount)
    if not quantity and (net or tax):
        message = _("%(title)s: money was given back for it; refund its pieces instead.") % {
            "title": line.title
        }
        raise InvalidInput(message, code="line_has_refunds", fields={f"line_{line.pk}": [message]})
    return LineChange(line, quantity, subtotal, subtotal - amount, net, tax)


def _add(plan: AmendmentPlan, draft: AmendmentDraft) -> None:
    from .services.placing import items_of, prices_of

    if not draft.added:
        return
    order = plan.order
    seller = order.business
    items = items_of(draft.added)
    buyer = Buyer(customer_id=order.customer_id)
    prices = prices_of(seller, items, draft.added, order.channel, buyer)
    taxes = rates_for(
        seller,
        [item.variant for item in items],
        country=order.ship_country,
        region=order.ship_region if order.ship_country else "",
        buyer=buyer,
    )
    wanted = [
        PriceLine(
            line_id=item.line_id,
            quantity=line.quantity,
            unit_price=price.unit_price,
            tax_rate=rate,
            taxable=item.variant.taxable,
            discount=price.line_discount,
        )
        for item, line, price, rate in zip(items, draft.added, prices, taxes.rates, strict=True)
    ]
    totals = price_lines(
        wanted, currency=order.currency, tax_inclusive=order.tax_inclusive, rounding=rounding_of(seller)
    )
    plan.items, plan.priced, plan.taxes = items, list(totals.lines), taxes


def _charge(plan: AmendmentPlan, charge: Decimal) -> None:
    order = plan.order
    if charge == (order.shipping_total if order.tax_inclusive else order.shipping_net):
        return
    message = ""
    if (
        not charge.is_finite()
        or not ZERO <= charge <= LARGEST
        or round_money(charge, order.currency) != charge
    ):
        message = _("Enter an amount of zero or more.")
    elif (
        order.shipping_recognised_net
        or order.shipping_recognised_tax
        or any(one.line.fulfilled_quantity for one in plan.lines)
    ):
        message = _("The delivery charge was sold with the first parcel; give it back by a refund.")
    elif order.shipping_released_net or order.shipping_released_tax:
        message = _("A part of the delivery charge was given back; it cannot be changed any more.")
    if message:
        raise InvalidInput(message, code="wrong_delivery_charge", fields={"shipping": [message]})
    taxes = rates_for(
        order.business,
        [one.line.variant for one in plan.lines],
        country=order.ship_country,
        region=order.ship_region if order.ship_country else "",
        buyer=Buyer(customer_id=order.customer_id),
    )
    split = tax_split(charge, taxes.shipping_rate, order.currency, inclusive=order.tax_inclusive)
    plan.shipping = Share(split.net, split.tax)
    plan.shipping_parts = taxes.shipping_parts(split.tax, order.currency)


def _check(plan: AmendmentPlan) -> None:
    order = plan.order
    if plan.is_empty:
        raise InvalidInput(_("Nothing is different."), code="nothing_amended")
    sent = any(one.line.fulfilled_quantity for one in plan.lines)
    if not sent and not plan.waits:
        raise WrongState(
            _("Nothing would be left of this order: cancel it instead."), code="amendment_empties"
        )
    over_nothing = not plan.total and order.total
    all_back = order.paid_total and order.refunded_total + plan.goes_back == order.paid_total
    if over_nothing or (all_back and plan.goes_back):
        raise WrongState(
            _("All that was asked for it would be gone: cancel or refund the order instead."),
            code="amendment_empties",
        )
    if plan.total > LARGEST:
        raise InvalidInput(_("This order is too large."), code="too_large")
    _check_rules(plan)


def _check_rules(plan: AmendmentPlan) -> None:
    """What is sold by the dozen stays sold by the dozen. Only what changes is asked."""
    changing = {one.line.variant_id: one.line.variant for one in plan.changed}
    changing |= {item.variant.pk: item.variant for item in plan.items}
    pieces: dict[UUID, int] = dict.fromkeys(changing, 0)
    for one in plan.kept:
        if one.line.variant_id in pieces:
            pieces[one.line.variant_id] += one.quantity * one.line.pack_quantity
    for item, line in zip(plan.items, plan.priced, strict=True):
        pieces[item.variant.pk] += line.quantity * item.pack_quantity
    wrong = []
    for pk, count in pieces.items():
        rule = rule_of(changing[pk])
        if count and not rule.allows(count):
            wrong.append(f"“{changing[pk].product.title}”: {rule.words}")
    if wrong:
        raise InvalidInput(" ".join(wrong), code="quantity_rule")


def promotions_after(plan: AmendmentPlan) -> list[dict[str, Any]]:
    """What took something off, at what is left of it: each keeps its part of a line's discount."""
    order = plan.order
    kept = [{**one, "lines": dict(one["lines"])} for one in order.promotions]
    for change in plan.changed:
        key = str(change.line.pk)
        sharing = [one for one in kept if key in one["lines"]]
        before = [Decimal(one["lines"].pop(key)) for one in sharing]
        shares = before
        rest = max(ZERO, change.line.discount - sum(shares, ZERO))
        if not change.quantity or not any(shares):
            shares = [ZERO for _share in shares]
        else:
            shares = allocate(change.discount, [*shares, rest], order.currency)[: len(shares)]
        for one, share, was in zip(sharing, shares, before, strict=True):
            one["amount"] = str(Decimal(one["amount"]) - was + share)
            if share:
                one["lines"][key] = str(share)
    return kept
