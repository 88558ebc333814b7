"""Writing purchase orders: drafts, their lines and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from apps.goods.catalog.models import Pack, Variant
from apps.goods.catalog.text import clean_text
from apps.goods.inventory.policies import check_work_at
from apps.goods.purchasing.drafts import LineDraft, OrderDraft
from apps.goods.purchasing.models import (
    PurchaseLine,
    PurchaseOrder,
    PurchaseStep,
    Supplier,
    SupplierItem,
)
from apps.goods.purchasing.policies import WRITE
from apps.goods.purchasing.services import checking
from apps.goods.purchasing.services.suppliers import check_active
from apps.goods.purchasing.states import move
from apps.kernel import audit, clock
from apps.kernel.actors import Actor
from apps.kernel.errors import InvalidInput, NotFound
from apps.kernel.limits import is_visible
from apps.kernel.locks import Rank, lock_one
from apps.kernel.money import ONE, ZERO, round_money, tax_split
from apps.kernel.series import rising_number
from apps.kernel.tenancy import require_business_id
from apps.kernel.use_cases import use_case
from apps.platform.businesses.models import Business, Location
from apps.platform.businesses.selectors import get_business, get_default_location

MOST_LINES = 500
LONGEST_NOTE = 2000
SMALLEST_RATE, LARGEST_RATE = Decimal("0.00000001"), Decimal(1_000_000)


@use_case(permission=WRITE, idempotent=True, audits="purchasing.drafted")
def draft_order(
    actor: Actor, *, supplier_id: UUID, draft: OrderDraft, key: str | None = None
) -> PurchaseOrder:
    """Write a purchase order. Costs and tax come from the supplier's items where the draft names none.

    Raises `NotFound`, `InvalidInput` for what cannot be meant (also: no rate for a foreign currency), `WrongState`
    for an archived supplier.
    """
    supplier = Supplier.objects.filter(pk=supplier_id).first()
    if supplier is None:
        raise NotFound()
    check_active(supplier)
    order = PurchaseOrder(
        supplier=supplier,
        business_id=require_business_id(),
        number=f"PO-{rising_number('purchase_order', first=1):05d}",
        currency=supplier.currency,
    )
    _write(actor, order, draft)
    enter(actor, order, PurchaseStep.Kind.DRAFTED)
    audit.record(actor, "purchasing.drafted", order, after=_facts(order))
    return order


@use_case(permission=WRITE, audits="purchasing.changed")
def change_order(actor: Actor, *, order_id: UUID, draft: OrderDraft) -> PurchaseOrder:
    """Write a draft anew: its lines become these. Raises as `draft_order`, and `WrongState` when it is no draft."""
    order = lock_order(actor, order_id)
    move(order, "change")
    before = _facts(order)
    PurchaseLine.objects.filter(order=order).delete()
    _write(actor, order, draft)
    enter(actor, order, PurchaseStep.Kind.CHANGED)
    audit.record(actor, "purchasing.changed", order, before=before, after=_facts(order))
    return order


def lock_order(actor: Actor, order_id: UUID) -> PurchaseOrder:
    """The order with its supplier, locked; raises `NotFound`, also for one that comes to a place of others."""
    rows = PurchaseOrder.objects.select_related("supplier", "location")
    order: PurchaseOrder = lock_one(Rank.ROOT, rows.filter(pk=order_id))
    if not is_visible(order, actor.limit):
        raise NotFound()
    return order


def enter(actor: Actor, order: PurchaseOrder, kind: str, detail: str = "") -> PurchaseStep:
    """Write a step on the order's timeline."""
    return PurchaseStep.objects.create(
        order=order, kind=kind, detail=detail[:500], actor_label=actor.label[:200]
    )


def base_currency() -> str:
    """The bound business's currency."""
    return str(get_business(require_business_id()).currency)


@dataclass(frozen=True, slots=True)
class _Priced:
    variant: Variant
    draft: LineDraft
    unit_cost: Decimal
    tax_rate: Decimal
    supplier_sku: str
    pack_name: str = ""
    pack_quantity: int = 1
    pack_cost: Decimal | None = None


def _write(actor: Actor, order: PurchaseOrder, draft: OrderDraft) -> None:
    business = get_business(require_business_id())
    order.location = _place(actor, draft.location_id)
    today = clock.today(business.time_zone)
    order.expected_on = draft.expected_on
    if draft.expected_on is not None:
        checking.day_of(draft.expected_on, "expected_on", today)
    order.note = clean_text(draft.note, "note", LONGEST_NOTE)
    _set_rate(order, draft, business)
    lines = [
        _line(order, position, priced)
        for position, priced in enumerate(_priced(order.supplier, draft.lines), start=1)
    ]
    order.net_total = sum((line.net for line in lines), ZERO)
    order.tax_total = sum((line.tax for line in lines), ZERO)
    order.total = order.net_total + order.tax_total
    order.base_total = round_money(order.net_total * order.rate, business.currency)
    if max(order.total, order.base_total) > checking.LARGEST_TOTAL:
        raise InvalidInput(_("This order is too large. Check quantities, costs and rate."))
    order.save()
    PurchaseLine.objects.bulk_create(lines)


def _place(actor: Actor, location_id: UUID | None) -> Location:
    if location_id is None and actor.location_ids is not None and len(actor.location_ids) == 1:
        (location_id,) = actor.location_ids
    place = (
        Location.objects.filter(pk=location_id, active=True).first()
        if location_id is not None
        else get_default_location()
    )
    if place is None:
        raise NotFound()
    check_work_at(actor, place.pk)
    return place


def _set_rate(order: PurchaseOrder, draft: OrderDraft, business: Business) -> None:
    if order.currency == business.currency:
        if draft.rate not in (None, ONE):
            raise InvalidInput(fields={"rate": [_("The order is in your own currency, so its rate is 1.")]})
        order.rate, order.rate_on = ONE, None
        return
    if draft.rate is None:
        pair = {"theirs": order.currency, "ours": business.currency}
        raise InvalidInput(
            fields={"rate": [_("Enter what 1 %(theirs)s is worth in %(ours)s.") % pair]},
            code="rate_needed",
        )
    if not (draft.rate.is_finite() and SMALLEST_RATE <= draft.rate <= LARGEST_RATE):
        raise InvalidInput(fields={"rate": [_("Enter a rate above zero.")]})
    today = clock.today(business.time_zone)
    order.rate = checking.with_places(draft.rate, 8, "rate")
    order.rate_on = checking.day_of(draft.rate_on or today, "rate_on", today, may_be_ahead=False)


def _priced(supplier: Supplier, drafts: object) -> list[_Priced]:
    lines: list[LineDraft] = list(drafts)  # type: ignore[call-overload]
    if not lines:
        raise InvalidInput(_("Enter at least one item."), code="purchase_without_lines")
    if len(lines) > MOST_LINES:
        raise InvalidInput(_("An order has at most %(most)s lines.") % {"most": MOST_LINES})
    wanted = {line.variant_id for line in lines}
    if len(wanted) < len(lines):
        raise InvalidInput(_("Each item stands once on an order. Add up its quantities."), code="item_twice")
    variants = {row.pk: row for row in Variant.objects.filter(pk__in=wanted).select_related("product")}
    items = {
        item.variant_id: item
        for item in SupplierItem.objects.filter(supplier=supplier, variant_id__in=wanted)
    }
    packs = _packs(lines)
    return [
        _price(supplier, line, variants.get(line.variant_id), items.get(line.variant_id), packs)
        for line in lines
    ]


def _packs(lines: list[LineDraft]) -> list[Pack]:
    """The packs of the variants that are ordered in packs; none without one."""
    wanted = [line.variant_id for line in lines if line.pack_id or line.pack_size > 1]
    return list(Pack.objects.filter(variant_id__in=wanted, active=True)) if wanted else []


def _pack_of(line: LineDraft, packs: list[Pack]) -> tuple[str, int]:
    """Name and size of what the line counts; a size that no pack has is a pack without a name of its own."""
    for pack in packs:
        is_named = line.pack_id == pack.pk or (line.pack_id is None and line.pack_size == pack.quantity)
        if pack.variant_id == line.variant_id and is_named:
            return pack.name, pack.quantity
    if line.pack_id:
        raise NotFound(pack_id=line.pack_id)
    size = checking.quantity_of(line.pack_size, "pack_size")
    return (_("Pack of %(count)s") % {"count": size}, size) if size > 1 else ("", 1)


def _price(
    supplier: Supplier,
    line: LineDraft,
    variant: Variant | None,
    item: SupplierItem | None,
    packs: list[Pack],
) -> _Priced:
    if variant is None:
        raise NotFound(variant_id=line.variant_id)
    if not variant.track_stock:
        raise InvalidInput(
            _("The stock of %(item)s is not counted, so it cannot be received.") % {"item": _name(variant)},
            code="stock_not_counted",
        )
    pack_name, size = _pack_of(line, packs)
    unit_cost = line.unit_cost if line.unit_cost is not None else item.cost if item else None
    pack_cost = _cost_of_pack(line, item, size, unit_cost)
    if pack_cost is not None:
        unit_cost = (pack_cost / size).quantize(Decimal("0.0001"))
    if unit_cost is None:
        raise InvalidInput(
            _("Enter what one %(item)s costs: this supplier's cost is not known.") % {"item": _name(variant)},
            code="cost_needed",
        )
    own_sku = item.supplier_sku if item else ""
    return _Priced(
        variant=variant,
        draft=line,
        unit_cost=checking.cost_of(unit_cost, "unit_cost"),
        pack_name=pack_name,
        pack_quantity=size,
        pack_cost=pack_cost,
        tax_rate=supplier.tax_rate if line.tax_rate is None else checking.tax_rate_of(line.tax_rate),
        supplier_sku=own_sku
        if line.supplier_sku is None
        else checking.line_of_text(line.supplier_sku, "supplier_sku", 120),
    )


def _cost_of_pack(
    line: LineDraft, item: SupplierItem | None, size: int, unit_cost: Decimal | None
) -> Decimal | None:
    """What one pack costs: as it was typed, as the supplier says, else so many times one piece; None for pieces."""
    if size == 1:
        return None
    if line.pack_cost is not None:
        return checking.cost_of(line.pack_cost, "pack_cost")
    if line.unit_cost is None and item is not None and item.pack_cost is not None and item.pack_size == size:
        return Decimal(item.pack_cost)
    return None if unit_cost is None else checking.cost_of(unit_cost * size, "pack_cost")


def _line(order: PurchaseOrder, position: int, priced: _Priced) -> PurchaseLine:
    counted = checking.quantity_of(priced.draft.quantity, "quantity")
    quantity = checking.quantity_of(counted * priced.pack_quantity, "quantity")
    each = priced.unit_cost if priced.pack_cost is None else priced.pack_cost
    split = tax_split(counted * each, priced.tax_rate, order.currency, inclusive=False)
    return PurchaseLine(
        order=order,
        business_id=order.business_id,
        position=position,
        variant=priced.variant,
        title=_name(priced.variant),
        sku=priced.variant.sku,
        supplier_sku=priced.supplier_sku,
        quantity=quantity,
        most_quantity=quantity,
        unit_cost=priced.unit_cost,
        pack_name=priced.pack_name,
        pack_quantity=priced.pack_quantity,
        pack_cost=priced.pack_cost,
        tax_rate=priced.tax_rate,
        net=split.net,
        tax=split.tax,
    )


def _name(variant: Variant) -> str:
    title = variant.product.title
    return f"{title} – {variant.title}"[:500] if variant.title else title


def _facts(order: PurchaseOrder) -> dict[str, object]:
    return {
        "supplier": str(order.supplier),
        "location": str(order.location),
        "total": order.total,
        "currency": order.currency,
        "rate": order.rate,
    }
