"""What lies behind the counter when the demo opens: suppliers and orders to them, a store room, a count, collections."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from io import BytesIO
from uuid import UUID

from django.db.models import F

from apps.goods.catalog.models import Product, Variant
from apps.goods.catalog.services import create_collection, set_collection_products, show_collection
from apps.goods.imports.services import check_job, run_job, upload_file, work_through
from apps.goods.inventory.lines import LotDraft, StockLine
from apps.goods.inventory.models import Lot, StockAlert, StockBalance
from apps.goods.inventory.services import (
    acknowledge_alert,
    block_lot,
    choose_tracking,
    receive_stock,
    set_allocation,
    set_sites,
    settle_alerts,
)
from apps.goods.inventory.services.allocating import SiteDraft
from apps.goods.purchasing import services as purchasing
from apps.goods.purchasing.drafts import ArrivalDraft, ItemDraft, LineDraft, OrderDraft, SupplierDraft
from apps.goods.purchasing.landing import Charge
from apps.goods.purchasing.models import PurchaseLine, PurchaseOrder
from apps.goods.warehouse.lines import LandedLine, WantedLine
from apps.goods.warehouse.models import TransferLine
from apps.goods.warehouse.services import (
    open_count,
    receive_transfer,
    record_scan,
    request_transfer,
    set_transfer_rules,
    ship_transfer,
)
from apps.kernel import clock, outbox
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Location
from apps.platform.businesses.services import add_location
from monidesk.demo import credit, discounts, offers, parcels, quotes, rivals, tariffs, tills, wholesale
from monidesk.demo.furnish import Furnished
from monidesk.demo.shops import Shop

SUPPLIERS = (
    ("Kiln & Clay Makers", "Ines Moor", 14, "Glazes can be a week late in spring."),
    ("Northern Mill Wholesale", "Tom Reyes", 7, "Orders before noon leave the same day."),
)


WHOLESALER = """Number;Article;EAN;Trade price;RRP;Pack
NM-4101;Beeswax food wraps, set of three;4006381333931;6,40;14,50;6
NM-4102;Linen bread bag;4006381333948;5,10;12,00;6
NM-4103;Cedar clothes hanger;4006381333955;2,95;7,50;12
NM-4104;Enamel coffee pot, 1 l;4006381333962;15,80;on request;2
NM-4105;Cotton string bag;4006381333979;3,20;8,00;10
"""


def fill(actor: Actor, shop: Shop, furnished: Furnished) -> None:
    """Make papers in every state that waits for somebody; the tenant is bound, events are delivered."""
    _collections(actor, shop)
    _purchases(actor, shop, furnished)
    _store_room(actor, furnished)
    _lots(actor, furnished)
    offers.fill(actor, shop, furnished)
    tariffs.fill(actor, shop)
    discounts.fill(actor, shop)
    tills.fill(actor, shop)
    credit.fill(actor, shop)
    parcels.fill(actor, furnished)
    quotes.fill(actor, furnished)
    wholesale.fill(actor, furnished)
    # Last of those that price: its test splits buyers by a seed of chance, so no order of a past may come after it.
    rivals.fill(actor, shop)
    _wholesaler_list(actor, furnished)
    outbox.deliver_together(furnished.business.pk)


def _collections(actor: Actor, shop: Shop) -> None:
    presents = create_collection(
        actor, name="Small presents", description="Nothing here costs more than a good lunch.",
        kind="rules", rules=[{"field": "price_below", "value": "25"}, {"field": "in_stock", "value": "yes"}],
    )  # fmt: skip
    choice = create_collection(actor, name="Our own choice", description="What we have at home ourselves.")
    titles = [item.title for item in sorted(shop.items, key=lambda item: -item.wanted)[:6]]
    ids = list(Product.objects.filter(title__in=titles).order_by("title").values_list("pk", flat=True))
    set_collection_products(actor, collection_id=choice.pk, product_ids=ids)
    for collection in (presents, choice):
        show_collection(actor, collection_id=collection.pk, published=True)


def _wholesaler_list(actor: Actor, furnished: Furnished) -> None:
    """A wholesaler's list came in by a mapping that was kept; one row could not be read."""
    content = WHOLESALER.encode()
    file = "wholesaler spring list.csv"
    job = upload_file(actor, file=BytesIO(content), name=file, size=len(content), as_drafts=True)
    check_job(
        actor,
        job_id=job.pk,
        mapping={
            "title": "Article",
            "sku": "Number",
            "price": "RRP",
            "cost": "Trade price",
            "barcode": "EAN",
        },
        defaults={"vendor": SUPPLIERS[1][0], "tags": "new season"},
        save_as="Northern Mill price list",
    )
    work_through(job.pk, furnished.business.pk)
    run_job(actor, job_id=job.pk)
    work_through(job.pk, furnished.business.pk)


def _purchases(actor: Actor, shop: Shop, furnished: Furnished) -> None:
    """One order in each state: written, waiting for approval, sent, and come in part with its freight."""
    stocked = list(furnished.costs.items())
    halves = (stocked[: len(stocked) // 2], stocked[len(stocked) // 2 :])
    for (name, person, lead_days, note), goods in zip(SUPPLIERS, halves, strict=True):
        supplier = purchasing.add_supplier(
            actor, draft=SupplierDraft(name=name, lead_days=lead_days, tax_rate=shop.tax_rate)
        )
        box = person.split()[0].lower()
        purchasing.add_contact(
            actor,
            supplier_id=supplier.pk,
            name=person,
            email=f"{box}@suppliers.example.com",
            takes_orders=True,
        )
        purchasing.log_note(actor, supplier_id=supplier.pk, text=note)
        items = [ItemDraft(variant_id=variant_id, cost=cost, pack_size=4) for variant_id, cost in goods]
        purchasing.set_items(actor, supplier_id=supplier.pk, items=items)
        first, second = (_order(actor, supplier.pk, goods[start : start + 4]) for start in (0, 4))
        purchasing.submit_order(actor, order_id=second.pk)
        purchasing.submit_order(actor, order_id=first.pk)
        purchasing.approve_order(actor, order_id=first.pk)
        purchasing.send_order(actor, order_id=first.pk)
    _order(actor, supplier.pk, goods[8:11])
    _receive(actor, first)


def _order(actor: Actor, supplier_id: UUID, goods: list[tuple[UUID, Decimal]]) -> PurchaseOrder:
    lines = [LineDraft(variant_id=variant_id, quantity=12) for variant_id, _cost in goods]
    return purchasing.draft_order(actor, supplier_id=supplier_id, draft=OrderDraft(lines=lines))


def _receive(actor: Actor, order: PurchaseOrder) -> None:
    lines = list(PurchaseLine.objects.filter(order=order).order_by("position"))
    arrivals = [ArrivalDraft(line_id=line.pk, accepted=12) for line in lines[:2]]
    arrivals.append(ArrivalDraft(line_id=lines[2].pk, accepted=10, rejected=2, reason="damaged"))
    purchasing.receive_goods(
        actor, order_id=order.pk, lines=arrivals, charges=[Charge("freight", Decimal("18.50"), "value")],
        delivery_note="DN 20417",
    )  # fmt: skip


def _store_room(actor: Actor, furnished: Furnished) -> None:
    """A second place: one delivery to it has arrived but for a broken piece, one is on its way, a count is going on."""
    room = add_location(actor, name="Store room", kind="warehouse")
    free = StockBalance.objects.filter(location_id=furnished.location_id).annotate(
        free=F("on_hand") - F("reserved")
    )
    most = list(
        free.order_by("-free", "variant__product__title", "variant__position").values_list(
            "variant_id", flat=True
        )[:4]
    )
    for wanted in (most[:2], most[2:]):
        lines = [WantedLine(variant_id, 3) for variant_id in wanted]
        transfer = request_transfer(
            actor,
            source_id=furnished.location_id,
            destination_id=room.pk,
            lines=lines,
            note="Making room for the season",
        )
        ship_transfer(actor, transfer_id=transfer.pk)
        if wanted == most[:2]:
            one, other = TransferLine.objects.filter(transfer=transfer).order_by("position")
            landed = [LandedLine(one.pk, arrived=3), LandedLine(other.pk, arrived=2, damaged=1)]
            receive_transfer(
                actor, transfer_id=transfer.pk, lines=landed, reason="The box fell off the trolley"
            )
    set_transfer_rules(actor, approval="somebody_else")
    request_transfer(
        actor,
        source_id=furnished.location_id,
        destination_id=room.pk,
        lines=[WantedLine(variant_id, 2) for variant_id in most[:3]],
        note="Spare pieces for the winter market",
    )
    _allocation(actor, furnished, room)
    count = open_count(actor, location_id=room.pk, note="The new shelf")
    for variant_id in most[:2]:
        record_scan(actor, count_id=count.pk, variant_id=variant_id, quantity=2)


def _allocation(actor: Actor, furnished: Furnished, room: Location) -> None:
    """Where the places lie, orders from the nearest, the counter from its own shelf; and what runs low is looked at."""
    shop = SiteDraft(
        furnished.location_id, "GB", "Cornwall", "TR11 3HH", Decimal("50.15430"), Decimal("-5.07110")
    )
    store = SiteDraft(room.pk, "GB", "Devon", "PL4 0DW", Decimal("50.36620"), Decimal("-4.13400"))
    set_sites(actor, sites=[shop, store])
    set_allocation(actor, way="nearest", split="together")
    set_allocation(actor, channel="counter", way="fixed", location_id=furnished.location_id, split="never")
    settle_alerts(actor)
    alert = (
        StockAlert.objects.filter(state="open")
        .order_by("variant__product__title", "variant__position")
        .first()
    )
    if alert is not None:
        acknowledge_alert(actor, alert_id=alert.pk, note="Asked the potter, she fires on Thursday")


def _lots(actor: Actor, furnished: Furnished) -> None:
    """Cosmetics by lot with their last days, one of them blocked."""
    titles = ("Olive oil soap", "Bath salts")
    goods = Variant.objects.filter(product__title__in=titles, pk__in=furnished.costs).order_by("sku")
    for variant in goods:
        choose_tracking(actor, variant_id=variant.pk, mode="expiry")
        lines = []
        for code, days in (("2604", 24), ("2607", 81), ("2611", 320)):
            last = clock.today() + dt.timedelta(days=days)
            lot = LotDraft(f"{variant.sku[-6:]}-{code}", None, last, supplier=SUPPLIERS[1][0])
            lines.append(StockLine(variant.pk, 6, furnished.costs[variant.pk], lots=[lot]))
        receive_stock(
            actor, location_id=furnished.location_id, lines=lines, reference_type="delivery",
            note="Lots from the spring",
        )  # fmt: skip
    odd = Lot.objects.filter(variant__in=goods, code__endswith="-2607").order_by("code").first()
    if odd is not None:
        block_lot(actor, lot_id=odd.pk, reason="Labels without the list of ingredients")
