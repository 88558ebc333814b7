"""Changing what was promised after an order was placed: the next version, its stock and its money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from apps.goods.inventory.lines import Owner, ReserveLine
from apps.goods.inventory.nearness import Destination
from apps.goods.inventory.services import release_stock, reserve_stock
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, PermissionRefused
from apps.kernel.events import publish
from apps.kernel.money import ZERO
from apps.kernel.use_cases import use_case
from apps.people.customers.addresses import clean_text
from apps.selling.orders.amendments import AmendmentDraft, AmendmentPlan, plan_amendment, promotions_after
from apps.selling.orders.events import OrderAmended
from apps.selling.orders.models import Fulfilment, Order, OrderLine, OrderVersion
from apps.selling.orders.policies import has_waiting
from apps.selling.orders.services.ending import arrived_of, close_when_settled
from apps.selling.orders.services.moves import lock_order, move, save_standing
from apps.selling.orders.services.paying import take_on
from apps.selling.orders.services.returning import Parts, ask_money_back, check_by_hand, tell_refund
from apps.selling.orders.services.telling import enter
from apps.selling.orders.services.terms import check_room_for_more
from apps.selling.orders.states import Axis, OrderState, PaymentState, refusal
from apps.selling.orders.timeline import with_reason
from apps.selling.orders.versions import changes_of, snapshot_of
from apps.selling.payments.selectors import list_methods, list_payments_of
from apps.selling.payments.services import cancel_payments_of, request_payment
from apps.selling.pricing.taxes import Component, parts

OWNER_TYPE = "order"
PROMISED = (
    "subtotal", "discount_total", "shipping_net", "shipping_tax", "shipping_total", "shipping_tax_parts", "tax_total",
    "total", "promotions", "version",
)  # fmt: skip
RESIZED = ("quantity", "subtotal", "discount", "net", "tax", "gross", "tax_parts")


@use_case(
    permission="orders.amend",
    idempotent=True,
    audits=("approvals.given", "orders.amended", "orders.closed", "orders.confirmed", "orders.refunded",
            "payments.cancelled"),
)  # fmt: skip
def amend_order(
    actor: Actor,
    *,
    order_id: UUID,
    draft: AmendmentDraft,
    reason: str = "",
    version: int | None = None,
    key: str | None = None,
) -> OrderVersion:
    """Make the next version of a placed order; see `plan_amendment` for its amounts.

    Stock is released and reserved for what differs, all of it or nothing. What the buyer owes then is asked by a new
    payment in place of open ones; what is too much goes back, within what the actor's role may give back. `version`
    is the one that was looked at. Publishes `orders.amended`, and what follows from the money. Raises `WrongState`,
    `Conflict` when somebody was quicker or a payment is arriving, `InvalidInput`, `NotFound`, `OutOfStock`.
    """
    reason = clean_text(reason, 200, "reason")
    if any(line.unit_price is not None for line in draft.added):
        actor.require("orders.price")
    order = lock_order(order_id)
    check_amendable(order, version)
    return make_version(actor, order, draft, reason)


def make_version(actor: Actor, order: Order, draft: AmendmentDraft, reason: str) -> OrderVersion:
    """The next version of a locked order; the caller has asked who may."""
    lines = list(
        OrderLine.objects.filter(order=order).select_related("variant__product").order_by("position")
    )
    plan = plan_amendment(order, lines, draft)
    before = snapshot_of(order, lines)
    _stop_open_payments(order)
    if plan.goes_back and order.payment_state != PaymentState.UNPAID:
        if not actor.may("orders.refund"):
            raise PermissionRefused()
        check_by_hand(actor, order, plan.goes_back)
    order.change_asked_at = None  # what the buyer asked for is answered by what she gets
    total_before, owed, back = order.total, plan.owed, plan.goes_back
    _promise(actor, order, plan, before, reason)
    check_room_for_more(order, order.total - total_before)
    if order.payment_state == PaymentState.ON_TERMS and order.state == OrderState.PLACED:
        _take_on_within_limit(actor, order)
    given_back = _settle(actor, order, owed, back, reason)
    _end_when_nothing_waits(order, plan)
    _move_stock(actor, order, plan)
    made = OrderVersion.objects.get(order=order, number=order.version)
    facts = {"version": made.number, "amount": order.total, "reason": reason}
    enter(actor, order, with_reason("amended", reason), **facts)
    audit.record(
        actor,
        "orders.amended",
        order,
        before={"version": made.number - 1, "total": total_before},
        after={"version": made.number, "total": order.total, "changes": made.changes},
        reason=reason,
    )
    publish(
        OrderAmended(
            business_id=order.seller_id,
            order_id=order.pk,
            number=order.number,
            version_number=made.number,
            total_before=total_before,
            total=order.total,
            currency=order.currency,
            owed=owed,
            given_back=given_back,
            reason=reason,
        )
    )
    if owed:
        ask_for_the_rest(actor, order, owed)
    close_when_settled(actor, order)
    save_standing(order)
    return made


def check_amendable(order: Order, version: int | None = None) -> None:
    """Refuse what has passed `version`, has ended, or waits for nothing."""
    if version is not None and version != order.version:
        raise Conflict(
            _("This order was changed meanwhile; it is at version %(version)s now.")
            % {"version": order.version},
            code="orders.version_passed",
        )
    if order.payment_state == PaymentState.AUTHORISED:
        raise Conflict(
            _("Money is reserved for this order as it stands."),
            code="orders.money_is_reserved",
            remedy=_("Take the reserved money first; then change the order."),
        )
    move(order, Axis.ORDER, "amend")
    if not has_waiting(order) or order.payment_state == PaymentState.REFUNDED:
        raise refusal(Axis.ORDER, order.state, "amend")


def _stop_open_payments(order: Order) -> None:
    """Nobody shall pay for the version before. What is captured already and still on its way here comes first."""
    system = Actor.system("orders", order.business_id)
    payments = cancel_payments_of(system, owner=Owner(OWNER_TYPE, order.pk))
    if sum((payment.captured_amount for payment in payments), ZERO) > arrived_of(order, payments):
        raise Conflict(
            _("A payment for this order is just arriving."),
            code="orders.payment_arriving",
            remedy=_("Try again in a moment."),
        )


def _promise(actor: Actor, order: Order, plan: AmendmentPlan, before: dict[str, Any], reason: str) -> None:
    """Write the version first, then the lines, then the totals: the database lets them change in this order only."""
    added = _new_lines(order, plan)
    promotions = promotions_after(plan)
    currency = order.currency
    if order.version == 1:
        OrderVersion.objects.create(
            business_id=order.business_id, order=order, number=1, made_at=order.placed_at,
            total=order.total, snapshot=before,
        )  # fmt: skip
    changes = changes_of(order, plan)
    dropped = [one.line for one in plan.changed if not one.quantity]
    resized = [one for one in plan.changed if one.quantity]
    total, subtotal, discount, tax = plan.total, plan.subtotal, plan.discount, plan.tax
    for one in resized:
        line = one.line
        components = [Component(part["name"], Decimal(part["rate"])) for part in line.tax_parts]
        line.quantity, line.subtotal, line.discount = one.quantity, one.subtotal, one.discount
        line.net, line.tax, line.gross = one.net, one.tax, one.net + one.tax
        line.tax_parts = parts(components, line.tax, currency)
    order.shipping_net, order.shipping_tax = plan.shipping.net, plan.shipping.tax
    order.shipping_total, order.shipping_tax_parts = plan.shipping.gross, plan.shipping_parts
    order.total, order.subtotal, order.discount_total, order.tax_total = total, subtotal, discount, tax
    order.promotions = promotions
    order.version += 1
    kept = [one.line for one in plan.lines if one.line not in dropped]
    OrderVersion.objects.create(
        business_id=order.business_id, order=order, number=order.version, actor_label=actor.label[:200],
        reason=reason, total=total, snapshot=snapshot_of(order, [*kept, *added]), changes=changes,
    )  # fmt: skip
    if dropped:
        OrderLine.objects.filter(pk__in=[line.pk for line in dropped]).delete()
    if resized:
        OrderLine.objects.bulk_update([one.line for one in resized], RESIZED)
    if added:
        OrderLine.objects.bulk_create(added)
    order.save(update_fields=[*PROMISED, "updated_at"])


def _new_lines(order: Order, plan: AmendmentPlan) -> list[OrderLine]:
    first = max((one.line.position for one in plan.lines), default=0) + 1
    taxes = plan.taxes
    return [
        OrderLine(
            id=item.line_id,
            business_id=order.business_id,
            order=order,
            position=first + index,
            variant=item.variant,
            product_title=item.product_title,
            variant_title=item.variant.title,
            sku=(item.pack.sku if item.pack else "") or item.variant.sku,
            pack_name=item.pack.name if item.pack else "",
            pack_quantity=item.pack_quantity,
            quantity=priced.quantity,
            unit_price=priced.unit_price,
            tax_rate=priced.tax_rate,
            subtotal=priced.subtotal,
            discount=priced.discount,
            net=priced.net,
            tax=priced.tax,
            gross=priced.gross,
            unit_cost=None if item.variant.cost is None else item.variant.cost * item.pack_quantity,
            tax_parts=taxes.parts_of(index, priced.tax, order.currency) if taxes else [],
            hsn=taxes.codes[index] if taxes and taxes.codes else "",
        )
        for index, (item, priced) in enumerate(zip(plan.items, plan.priced, strict=True))
    ]


def _take_on_within_limit(actor: Actor, order: Order) -> None:
    """An order on account that waited for approval, and no longer goes over the limit, needs none."""
    if not order.over_limit_by:
        take_on(actor, order)


def _settle(actor: Actor, order: Order, owed: Decimal, back: Decimal, reason: str) -> Decimal:
    """Where the payment stands with the new total; gives back what is too much."""
    if order.payment_state in (PaymentState.UNPAID, PaymentState.ON_TERMS):
        return ZERO
    if owed:
        if order.payment_state != PaymentState.PART_PAID:
            move(order, Axis.PAYMENT, "owe")
        return ZERO
    if order.payment_state == PaymentState.PART_PAID:
        move(order, Axis.PAYMENT, "settle")
        order.paid_at = clock.now()
        if order.state == OrderState.PLACED:
            take_on(actor, order)
    if back:
        refund = ask_money_back(actor, order, Parts(deposit=back), reason=reason, newest_first=True)
        order.excess_total += back
        tell_refund(actor, order, refund, kind="excess_returned")
    return back


def _end_when_nothing_waits(order: Order, plan: AmendmentPlan) -> None:
    if not plan.waits:
        arrived = not Fulfilment.objects.filter(order=order, state=Fulfilment.State.SHIPPED).exists()
        move(order, Axis.FULFILMENT, "drop_last_rest" if arrived else "drop_rest")


def _move_stock(actor: Actor, order: Order, plan: AmendmentPlan) -> None:
    owner = Owner(OWNER_TYPE, order.pk)
    # The sizes stand in the plan of before: the lines themselves are as promised now.
    fewer = {pk: -pieces for pk, pieces in plan.moved.items() if pieces < 0}
    if fewer:
        release_stock(actor, owner=owner, line_quantities=fewer)
    more = [
        ReserveLine(
            one.line.pk,
            one.line.variant_id,
            plan.moved[one.line.pk],
            is_kit=one.line.variant.is_kit,
            pack_size=one.line.pack_quantity,
        )
        for one in plan.lines
        if plan.moved.get(one.line.pk, 0) > 0
    ]
    more += [
        ReserveLine(
            item.line_id,
            item.variant.pk,
            priced.quantity,
            is_kit=item.variant.is_kit,
            pack_size=item.pack_quantity,
            location_id=item.location_id,
        )
        for item, priced in zip(plan.items, plan.priced, strict=True)
    ]
    if more:
        reserve_stock(
            actor,
            owner=owner,
            lines=more,
            expires_at=order.expires_at if order.state == OrderState.PLACED else None,
            channel=order.channel,
            to=Destination(order.ship_country, order.ship_region, order.ship_postcode, order.ship_city),
        )


def ask_for_the_rest(actor: Actor, order: Order, amount: Decimal) -> None:
    """Ask for what is owed, by the company that was asked before, else the first that is offered; the order's page
    leads there. Without any the amount stays owed."""
    offered = [method.code for method in list_methods(order.currency)]
    last = list_payments_of(OWNER_TYPE, order.pk).first()
    provider = last.provider if last and last.provider in offered else next(iter(offered), "")
    if not provider:
        return
    page = f"{settings.PUBLIC_BASE_URL}/store/{order.business.slug}/checkout/return/{order.public_token}/"
    request_payment(
        Actor.system("orders", order.business_id, actor.request_id),
        owner=Owner(OWNER_TYPE, order.pk),
        reference=order.number,
        amount=amount,
        currency=order.currency,
        provider=provider,
        return_url=last.return_url if last and last.return_url else page,
        expires_at=order.expires_at if order.state == OrderState.PLACED else None,
    )
