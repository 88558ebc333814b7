"""The order of an exchange: placed after the refund, in a transaction of its own, and paid by its credit."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from apps.kernel import audit
from apps.kernel.actors import Actor
from apps.kernel.locks import Rank, lock_one
from apps.kernel.use_cases import use_case
from apps.selling.credit.models import CreditEntry
from apps.selling.orders.drafts import Address, Contact, LineDraft
from apps.selling.orders.models import Order
from apps.selling.orders.policies import check_system
from apps.selling.orders.services import place_order
from apps.selling.orders.services.moves import lock_order
from apps.selling.orders.services.telling import enter
from apps.selling.returns.models import ReturnSettlement

LONGEST_PROBLEM = 300


@use_case(
    audits=(
        "customers.added",
        "customers.updated",
        "orders.placed",
        "orders.confirmed",
        "orders.payment_recorded",
        "returns.exchanged",
    )
)
def place_exchange(actor: Actor, *, settlement_id: UUID) -> Order | None:
    """Place the order of an exchange, without delivery charge, paid by what the refund put on credit.

    What the new goods cost more is asked by the order's pay page, what they cost less stays on the credit. A second
    time nothing happens. By the product itself only. Raises as `place_order`.
    """
    check_system(actor)
    settled = ReturnSettlement.objects.select_related("goods_return", "refund").get(pk=settlement_id)
    order = lock_order(settled.goods_return.order_id)
    settled = lock_one(Rank.ROOT, ReturnSettlement.objects.filter(pk=settlement_id))
    if settled.exchange_order_id or not settled.wanted:
        return None
    refund = settled.refund
    entries = [part["refund_id"] for part in refund.parts if part.get("paid_out")]
    accounts = CreditEntry.objects.filter(pk__in=entries).order_by("id").values_list("account_id", flat=True)
    placed = place_order(
        actor,
        lines=[LineDraft(UUID(variant_id), pieces) for variant_id, pieces in settled.wanted],
        contact=Contact(email=order.email, phone=order.phone, name=order.ship_name),
        address=_address_of(order),
        channel=order.channel,
        language=order.language,
        credit_ids=list(dict.fromkeys(accounts)),
        most_credit=Decimal(settled.amount),
        with_promotions=False,
    )
    settled.exchange_order = placed
    settled.save(update_fields=["exchange_order", "updated_at"])
    enter(actor, order, "exchange_placed", number=placed.number)
    enter(actor, placed, "exchange_of", number=order.number)
    audit.record(actor, "returns.exchanged", settled.goods_return, after={"order": placed.number})
    return placed


def _address_of(order: Order) -> Address:
    return Address(
        name=order.ship_name,
        line1=order.ship_line1,
        line2=order.ship_line2,
        city=order.ship_city,
        region=order.ship_region,
        postcode=order.ship_postcode,
        country=order.ship_country,
    )


@use_case(unaudited="a line of the order's timeline; the credit stays with the buyer")
def note_exchange_failed(actor: Actor, *, settlement_id: UUID, problem: str) -> None:
    """The goods of an exchange cannot be had: the buyer keeps the credit, and staff see why."""
    check_system(actor)
    settled = ReturnSettlement.objects.select_related("goods_return__order").get(pk=settlement_id)
    order = settled.goods_return.order  # locked by the attempt that has just failed
    settled.problem = problem[:LONGEST_PROBLEM]
    settled.save(update_fields=["problem", "updated_at"])
    enter(actor, order, "exchange_failed", reason=problem[:200])
