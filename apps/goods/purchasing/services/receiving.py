"""Goods come in against an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError
from django.db.models import F
from django.utils.translation import gettext as _

from apps.goods.inventory.lines import StockLine
from apps.goods.inventory.policies import check_work_at
from apps.goods.inventory.services import receive_stock
from apps.goods.purchasing.drafts import ArrivalDraft
from apps.goods.purchasing.events import GoodsReceived, GoodsReceivedLine
from apps.goods.purchasing.landing import Arrived, Charge, Landed, land
from apps.goods.purchasing.models import (
    ChargeBasis,
    ChargeKind,
    GoodsReceipt,
    GoodsReceiptLine,
    LandedCost,
    PurchaseLine,
    PurchaseOrder,
    PurchaseStep,
    RejectReason,
)
from apps.goods.purchasing.policies import READ
from apps.goods.purchasing.services import checking
from apps.goods.purchasing.services.orders import base_currency, enter, lock_order
from apps.goods.purchasing.states import RECEIVABLE, move
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import Conflict, InvalidInput, NotFound, WrongState
from apps.kernel.events import publish
from apps.kernel.locks import Rank, lock
from apps.kernel.money import ZERO
from apps.kernel.series import rising_number
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Location

REFERENCE = "goods_receipt"
MOST_CHARGES = 20
FOUR_PLACES = Decimal("0.0001")


@use_case(permission="stock.receive", idempotent=True, audits=("purchasing.received", "stock.received"))
def receive_goods(
    actor: Actor,
    *,
    order_id: UUID,
    lines: Sequence[ArrivalDraft],
    charges: Sequence[Charge] = (),
    location_id: UUID | None = None,
    delivery_note: str = "",
    note: str = "",
    key: str | None = None,
) -> GoodsReceipt:
    """Take in what came of an order: accepted pieces go to the shelf at their landed cost, rejected ones do not.

    Goods are valued at the order's cost and rate; each charge (in the business's currency) is spread over the
    accepted pieces to the cent. Stock, cost and journal follow `receive_stock`; publishes `purchasing.goods_received`.
    Raises `WrongState` for an order that is not on its way, `Conflict` when more came than ordered and tolerated,
    `InvalidInput`, `NotFound`, `PermissionRefused` for a place of others.
    """
    actor.require(READ)
    arrivals = _checked(lines)
    costs = _checked_charges(charges)
    delivery_note = checking.line_of_text(delivery_note, "delivery_note", 60)
    note = checking.line_of_text(note, "note", 500)
    order = lock_order(actor, order_id)
    if order.state not in RECEIVABLE:
        raise WrongState(
            _("Order %(number)s is “%(state)s”: nothing is expected of it.")
            % {"number": order.number, "state": order.get_state_display()},
            code="purchasing_receive_refused",
            remedy=_("Approve and send the order first, or receive the goods without an order under Stock."),
        )
    place = _place(actor, order, location_id)
    known = lock(Rank.ROOT, PurchaseLine.objects.filter(order=order).select_related("variant"))
    by_id = {line.pk: line for line in known}
    arrivals = [_in_pieces(by_id, draft) for draft in arrivals]
    chosen = [_chosen(by_id, draft) for draft in arrivals]
    landed = land(
        [_arrived(line, draft) for line, draft in zip(chosen, arrivals, strict=True)],
        costs,
        rate=order.rate,
        currency=base_currency(),
    )
    came = {draft.line_id: draft.accepted for draft in arrivals}
    is_complete = all(line.open_quantity <= came.get(line.pk, 0) for line in known)
    _count(chosen, arrivals)
    receipt = _write(actor, order, place, landed, delivery_note=delivery_note, note=note)
    _write_lines(receipt, chosen, arrivals, landed, costs)
    _advance(order, is_complete=is_complete)
    enter(actor, order, PurchaseStep.Kind.RECEIVED, _told(receipt, arrivals))
    _shelve(actor, receipt, chosen, arrivals, landed)
    _tell(receipt, chosen, arrivals, landed, is_complete=is_complete)
    audit.record(
        actor,
        "purchasing.received",
        receipt,
        after={
            "order": order.number,
            "accepted": sum(draft.accepted for draft in arrivals),
            "rejected": sum(draft.rejected for draft in arrivals),
            "value": receipt.value,
        },
        reason=note,
    )
    return receipt


def _checked(lines: Sequence[ArrivalDraft]) -> list[ArrivalDraft]:
    arrivals = [line for line in lines if line.accepted or line.accepted_packs or line.rejected]
    if not arrivals:
        raise InvalidInput(_("Enter how many came of at least one item."), code="nothing_received")
    if len({line.line_id for line in arrivals}) < len(arrivals):
        raise InvalidInput(_("Each line stands once on a receipt."), code="line_twice")
    for line in arrivals:
        checking.quantity_of(line.accepted, "accepted", least=0)
        checking.quantity_of(line.accepted_packs, "accepted_packs", least=0)
        checking.quantity_of(line.rejected, "rejected", least=0)
        if line.rejected and line.reason not in RejectReason.values:
            raise InvalidInput(fields={"reason": [_("Say why pieces were rejected.")]}, code="reason_needed")
    return arrivals


def _checked_charges(charges: Sequence[Charge]) -> list[Charge]:
    if len(charges) > MOST_CHARGES:
        raise InvalidInput(_("Enter at most %(most)s costs.") % {"most": MOST_CHARGES})
    kept = []
    for charge in charges:
        if charge.kind not in ChargeKind.values or charge.basis not in ChargeBasis.values:
            raise InvalidInput(fields={"charges": [_("Choose kind and spread from the lists.")]})
        if checking.amount_of(charge.amount, base_currency(), "charges"):
            kept.append(charge)
    return kept


def _place(actor: Actor, order: PurchaseOrder, location_id: UUID | None) -> Location:
    place = Location.objects.filter(pk=location_id or order.location_id, active=True).first()
    if place is None:
        raise NotFound()
    check_work_at(actor, place.pk)
    return place


def _in_pieces(lines: dict[UUID, PurchaseLine], draft: ArrivalDraft) -> ArrivalDraft:
    """Packs that came as the pieces in them."""
    line = lines.get(draft.line_id)
    if line is None or not draft.accepted_packs:
        return draft
    if line.pack_quantity == 1:
        raise InvalidInput(
            _("%(item)s was not ordered in packs: enter pieces.") % {"item": line.title},
            fields={"accepted_packs": [_("This line was not ordered in packs.")]},
        )
    pieces = draft.accepted + draft.accepted_packs * line.pack_quantity
    return replace(draft, accepted=checking.quantity_of(pieces, "accepted_packs"), accepted_packs=0)


def _chosen(lines: dict[UUID, PurchaseLine], draft: ArrivalDraft) -> PurchaseLine:
    """The line, if it takes so many more: decided on what was read after locking."""
    line = lines.get(draft.line_id)
    if line is None:
        raise NotFound(line_id=draft.line_id)
    if draft.accepted > line.acceptable_quantity:
        raise Conflict(
            _("%(item)s: %(came)s came, but only %(most)s more can be accepted.")
            % {"item": line.title, "came": draft.accepted, "most": line.acceptable_quantity},
            code="over_received",
            remedy=_("Reject what is too many, or change the order."),
            line_id=line.pk,
            acceptable=line.acceptable_quantity,
        )
    return line


def _arrived(line: PurchaseLine, draft: ArrivalDraft) -> Arrived:
    return Arrived(
        title=line.title,
        before=line.received_quantity,
        accepted=draft.accepted,
        unit_cost=line.exact_cost,
        weight_grams=line.variant.weight_grams,
    )


def _count(chosen: list[PurchaseLine], arrivals: list[ArrivalDraft]) -> None:
    """Add what came to the lines. The database adds and compares, so it refuses what the lock has let through."""
    for line, draft in zip(chosen, arrivals, strict=True):
        line.received_quantity = F("received_quantity") + draft.accepted
        line.rejected_quantity = F("rejected_quantity") + draft.rejected
    try:
        PurchaseLine.objects.bulk_update(chosen, ["received_quantity", "rejected_quantity"])
    except IntegrityError as error:
        raise Conflict(_("More came than can be accepted."), code="over_received") from error


def _write(
    actor: Actor,
    order: PurchaseOrder,
    place: Location,
    landed: list[Landed],
    *,
    delivery_note: str,
    note: str,
) -> GoodsReceipt:
    goods = sum((part.goods for part in landed), ZERO)
    charges = sum((part.charges for part in landed), ZERO)
    return GoodsReceipt.objects.create(
        number=f"GR-{rising_number('goods_receipt', first=1):05d}",
        order=order,
        location=place,
        delivery_note=delivery_note,
        note=note,
        rate=order.rate,
        goods_value=goods,
        charges_value=charges,
        value=goods + charges,
        received_at=clock.now(),
        actor_label=actor.label[:200],
    )


def _write_lines(
    receipt: GoodsReceipt,
    chosen: list[PurchaseLine],
    arrivals: list[ArrivalDraft],
    landed: list[Landed],
    costs: list[Charge],
) -> None:
    GoodsReceiptLine.objects.bulk_create(
        GoodsReceiptLine(
            receipt=receipt,
            order_line=line,
            variant_id=line.variant_id,
            accepted=draft.accepted,
            rejected=draft.rejected,
            reject_reason=draft.reason if draft.rejected else "",
            goods_value=part.goods,
            charges_value=part.charges,
            value=part.value,
            unit_cost=_each(part, draft),
        )
        for line, draft, part in zip(chosen, arrivals, landed, strict=True)
    )
    LandedCost.objects.bulk_create(
        LandedCost(receipt=receipt, kind=cost.kind, amount=cost.amount, basis=cost.basis) for cost in costs
    )


def _advance(order: PurchaseOrder, *, is_complete: bool) -> None:
    move(order, "receive_all" if is_complete else "receive_part")
    if is_complete and order.received_at is None:
        order.received_at = clock.now()
    order.save(update_fields=["state", "received_at", "updated_at"])


def _shelve(
    actor: Actor,
    receipt: GoodsReceipt,
    chosen: list[PurchaseLine],
    arrivals: list[ArrivalDraft],
    landed: list[Landed],
) -> None:
    stock = [
        StockLine(
            line.variant_id,
            draft.accepted,
            _each(part, draft),
            value=part.value,
            lots=[replace(lot, supplier=lot.supplier or receipt.order.supplier.name) for lot in draft.lots],
        )
        for line, draft, part in zip(chosen, arrivals, landed, strict=True)
        if draft.accepted
    ]
    if stock:
        receive_stock(
            actor,
            location_id=receipt.location_id,
            lines=stock,
            reference_type=REFERENCE,
            reference_id=receipt.pk,
            note=_("%(receipt)s of %(order)s") % {"receipt": receipt.number, "order": receipt.order.number},
        )


def _tell(
    receipt: GoodsReceipt,
    chosen: list[PurchaseLine],
    arrivals: list[ArrivalDraft],
    landed: list[Landed],
    *,
    is_complete: bool,
) -> None:
    publish(
        GoodsReceived(
            business_id=require_business_id(),
            receipt_id=receipt.pk,
            number=receipt.number,
            order_id=receipt.order_id,
            supplier_id=receipt.order.supplier_id,
            location_id=receipt.location_id,
            value=receipt.value,
            currency=base_currency(),
            is_complete=is_complete,
            lines=[
                GoodsReceivedLine(
                    order_line_id=line.pk,
                    variant_id=line.variant_id,
                    accepted=draft.accepted,
                    rejected=draft.rejected,
                    value=part.value,
                )
                for line, draft, part in zip(chosen, arrivals, landed, strict=True)
            ],
        )
    )


def _each(part: Landed, draft: ArrivalDraft) -> Decimal:
    """What one accepted piece costs, landed, with four places."""
    return (part.value / draft.accepted).quantize(FOUR_PLACES) if draft.accepted else ZERO


def _told(receipt: GoodsReceipt, arrivals: list[ArrivalDraft]) -> str:
    accepted, rejected = (
        sum(getattr(draft, name) for draft in arrivals) for name in ("accepted", "rejected")
    )
    words = _("%(receipt)s, %(count)s accepted") % {"receipt": receipt.number, "count": accepted}
    return words + (_(", %(count)s rejected") % {"count": rejected} if rejected else "")
