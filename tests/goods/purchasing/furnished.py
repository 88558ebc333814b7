"""A row of every kind of purchasing, in the states that offer each verb, for the walks of the back office."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from apps.goods.catalog.models import Product, Variant
from apps.goods.inventory.lines import Owner, ReserveLine
from apps.goods.inventory.services import consume_stock, reserve_stock
from apps.goods.purchasing import services
from apps.goods.purchasing.drafts import ArrivalDraft, ItemDraft, LineDraft, OrderDraft, SupplierDraft
from apps.goods.purchasing.landing import Charge
from apps.goods.purchasing.models import PurchaseLine, PurchaseOrder, Supplier
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.platform.businesses.models import Business
from tests.factories.goods import variants_of


def furnish_purchasing(business: Business, actor: Actor) -> None:
    """Suppliers with people, places, log and items; one is archived."""
    pottery = services.add_supplier(
        actor, draft=SupplierDraft(name="Mill Pottery", currency="EUR", minimum_order=Decimal(150))
    )
    gone = services.add_supplier(actor, draft=SupplierDraft(name="Old Weavers Ltd"))
    services.archive_supplier(actor, supplier_id=gone.pk)
    services.add_contact(
        actor, supplier_id=pottery.pk, name="Ines Moor", email="ines@pottery.example", takes_orders=True
    )
    services.add_address(
        actor, supplier_id=pottery.pk, kind="warehouse", line1="4 Mill Lane", city="Delft", country="NL"
    )
    services.log_note(actor, supplier_id=pottery.pk, text="Glaze will be late by a week.")
    mug = variants_of(Product.objects.get(slug="mug"))[0]
    services.set_items(
        actor,
        supplier_id=pottery.pk,
        items=[ItemDraft(variant_id=mug.pk, cost=Decimal("4.2550"), supplier_sku="MUG-350", pack_size=6)],
    )
    _orders(actor, pottery, mug)
    _what_runs_out(actor)


def _orders(actor: Actor, pottery: Supplier, mug: Variant) -> None:
    """One order in each state that offers something."""
    lines = [LineDraft(variant_id=mug.pk, quantity=40)]

    def order(*moves: Callable[..., object]) -> PurchaseOrder:
        draft = OrderDraft(lines=lines, rate=Decimal("0.86"), note="Please pack in dozens.")
        made = services.draft_order(actor, supplier_id=pottery.pk, draft=draft)
        for move in moves:
            move(actor, order_id=made.pk)
        return made

    submit, approve, send = services.submit_order, services.approve_order, services.send_order
    order()
    order(submit)
    order(submit, approve)
    order(submit, approve, send)
    part = order(submit, approve, send)
    line = PurchaseLine.objects.get(order=part)
    services.receive_goods(
        actor,
        order_id=part.pk,
        lines=[ArrivalDraft(line_id=line.pk, accepted=24, rejected=2, reason="damaged")],
        charges=[Charge("freight", Decimal(18), "quantity")],
        delivery_note="LS 88-1",
    )


def _what_runs_out(actor: Actor) -> None:
    """Three of four shirts were sold this week: their supplier's are proposed."""
    shirt = variants_of(Product.objects.get(slug="shirt"))[2]
    weavers = services.add_supplier(actor, draft=SupplierDraft(name="Weavers of Leeds"))
    services.set_items(
        actor, supplier_id=weavers.pk, items=[ItemDraft(variant_id=shirt.pk, cost=Decimal(21))]
    )
    owner, line = Owner("order", new_id()), ReserveLine(new_id(), shirt.pk, 3)
    reserve_stock(actor, owner=owner, lines=[line])
    consume_stock(actor, owner=owner, lines=[(line.line_id, 3)])
