"""Money on its way back: one refund of an order, taken from the payments that came in."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict
from apps.kernel.events import publish
from apps.kernel.money import ZERO
from apps.platform.approvals.services import keep_within_cap
from apps.selling.orders.events import OrderRefunded
from apps.selling.orders.models import Order, OrderPayment, OrderRefund, Tender
from apps.selling.orders.services.crediting import return_as_credit
from apps.selling.orders.services.moves import move
from apps.selling.orders.services.telling import enter
from apps.selling.orders.states import Axis, PaymentState
from apps.selling.orders.tenders import CREDIT, ways_back
from apps.selling.orders.timeline import with_reason
from apps.selling.payments.services import request_refund


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What an amount is given back for. `deposit` had not become revenue; the others had."""

    deposit: Decimal = ZERO
    returns_net: Decimal = ZERO
    tax: Decimal = ZERO
    shipping_net: Decimal = ZERO

    @property
    def amount(self) -> Decimal:
        return self.deposit + self.returns_net + self.tax + self.shipping_net


def check_by_hand(actor: Actor, order: Order, amount: Decimal) -> None:
    """Refuse the person who would give back more of the order than the role may alone, without an approver.

    What was given back before counts too. Enters `approvals.given` in the audit chain when somebody approved.
    """
    given_back = order.refunded_total + amount
    keep_within_cap(actor, "orders.refund", given_back, currency=order.currency, thing=order)


def ask_money_back(
    actor: Actor,
    order: Order,
    parts: Parts,
    *,
    reason: str,
    newest_first: bool = False,
    to_credit: bool = False,
) -> OrderRefund:
    """Take the refund from the order's payments and ask the providers for it; the order must be locked.

    Money goes back to where it came from; `to_credit` gives what came by other means than credit to the customer as
    store credit instead. Runs before any stock is locked, because payments are locked before stock. Moves the sums of
    the order, not its state; `tell_refund` does that when everything that belongs to the refund is known.
    """
    refund = OrderRefund(
        business_id=order.business_id,
        order=order,
        amount=parts.amount,
        deposit_part=parts.deposit,
        returns_net=parts.returns_net,
        tax_part=parts.tax,
        shipping_net_part=parts.shipping_net,
        restocked_cost=ZERO,
        reason=reason[:200],
    )
    refund.parts = _spread(actor, order, refund, reason, newest_first, to_credit)
    done = [Decimal(part["amount"]) for part in refund.parts if part.get("paid_out")]
    refund.completed_amount = sum(done, ZERO)
    if refund.completed_amount == refund.amount:
        refund.state = OrderRefund.State.COMPLETED
    order.refunded_total += parts.amount
    order.deposit_refunded_total += parts.deposit
    order.returned_total += parts.amount - parts.deposit
    return refund


def _spread(
    actor: Actor, order: Order, refund: OrderRefund, reason: str, newest_first: bool, to_credit: bool
) -> list[dict[str, Any]]:
    """Which payment gives back how much: one payment before the next. Payments are locked before credit is."""
    by_age = OrderPayment.objects.filter(order=order).order_by(
        "-received_at" if newest_first else "received_at", "pk"
    )
    system = Actor.system("orders", order.business_id)
    left = refund.amount
    shares: list[tuple[OrderPayment, Decimal, str]] = []
    for payment in list(by_age):
        share = min(left, payment.amount - payment.refunded_amount)
        if share <= 0:
            continue
        on_account = payment.tender == Tender.ON_ACCOUNT
        by_company = payment.tender not in CREDIT and not to_credit and not on_account
        asked = ""
        if by_company:
            asked = str(request_refund(system, payment_id=payment.payment_id, amount=share, reason=reason).pk)
        payment.refunded_amount += share
        payment.save(update_fields=["refunded_amount", "updated_at"])
        shares.append((payment, share, asked))
        left -= share
    if left:
        # The CHECKs would stop it too; this says what is wrong.
        raise Conflict(code="orders.refund_exceeds_payments")
    return [
        {
            "refund_id": asked,
            "payment_id": str(payment.payment_id),
            "amount": str(share),
            "provider": payment.provider,
            "tender": payment.tender,
        }
        if asked
        else _off_the_account(payment, share)
        if payment.tender == Tender.ON_ACCOUNT
        else return_as_credit(actor, order, payment, share, reason)
        for payment, share, asked in shares
    ]


def _off_the_account(payment: OrderPayment, share: Decimal) -> dict[str, Any]:
    """No money moves: the credit note lessens what the company owes."""
    return {
        "refund_id": "",
        "payment_id": str(payment.payment_id),
        "amount": str(share),
        "provider": "",
        "tender": str(payment.tender),
        "paid_out": True,
    }


def tell_refund(actor: Actor, order: Order, refund: OrderRefund, *, kind: str = "refunded") -> None:
    """Move the payment axis, write the refund, the timeline, the audit entry and the event."""
    if order.payment_state == PaymentState.ON_TERMS:
        move(order, Axis.PAYMENT, "refund_part")  # what waits is still to go on the account
    elif order.payment_state == PaymentState.PART_PAID and not order.has_ended:
        move(order, Axis.PAYMENT, "refund_part")  # whatever went back, the rest is still owed
    elif order.refunded_total == order.paid_total:
        move(order, Axis.PAYMENT, "refund_all")
    elif kind == "excess_returned":
        move(order, Axis.PAYMENT, "return_excess")
    else:
        move(order, Axis.PAYMENT, "refund_part")
    refund.save(force_insert=True)
    worded = with_reason(kind, refund.reason) if kind == "refunded" else kind
    enter(actor, order, worded, amount=refund.amount, reason=refund.reason, ways=ways_back(refund.parts))
    after = {"amount": refund.amount, "payment_state": order.payment_state, "restocked": refund.restocked}
    audit.record(actor, "orders.refunded", order, after=after, reason=refund.reason)
    publish(
        OrderRefunded(
            business_id=order.seller_id,
            order_id=order.pk,
            number=order.number,
            refund_id=refund.pk,
            amount=refund.amount,
            currency=order.currency,
            deposit_part=refund.deposit_part,
            returns_net=refund.returns_net,
            tax_part=refund.tax_part,
            shipping_net_part=refund.shipping_net_part,
            restocked_cost=refund.restocked_cost,
            reason=refund.reason,
            provider=_company_of(refund),
            tenders=_by_tender(refund),
            voucher_part=refund.voucher_part,
            payment_state=order.payment_state,
        )
    )


def _by_tender(refund: OrderRefund) -> dict[str, Decimal]:
    """How much of a refund goes back by which tender; parts written before tenders were kept say none."""
    sums: dict[str, Decimal] = {}
    for part in refund.parts:
        tender = part.get("tender", Tender.PROVIDER)
        sums[str(tender)] = sums.get(str(tender), ZERO) + Decimal(part["amount"])
    return sums


def _company_of(refund: OrderRefund) -> str:
    """The first payment company that pays something back; none when all of it is credit."""
    companies = (part["provider"] for part in refund.parts if part.get("tender") not in CREDIT)
    return next(companies, "")
