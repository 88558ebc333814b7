"""The shipping desk when the demo opens: zones, boxes, carriers to try, labels under way, a list to pick, a pre-order."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from apps.goods.inventory.models import StockBalance
from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Location
from apps.selling.orders.models import Fulfilment
from apps.selling.orders.selectors import list_to_ship
from apps.selling.orders.services import sell_later
from apps.selling.shipping.services import (
    ParcelDraft,
    add_package,
    add_rate,
    add_zone,
    buy_label,
    open_pick_list,
    set_up_carrier,
    use_carrier,
)
from monidesk.demo.furnish import Furnished

# Name, length, width, height in mm, grams when empty; the first is the usual one.
BOXES = (
    ("Small box", 220, 160, 80, 110),
    ("Large box", 400, 300, 200, 380),
    ("Padded bag", 320, 240, 30, 35),
)
PACKED_GRAMS = 1250


def fill(actor: Actor, furnished: Furnished) -> None:
    """The tenant is bound. Prices are in the currency of the shop and of its size."""
    business = furnished.business
    for name, length, width, height, grams in BOXES:
        add_package(actor, name=name, length_mm=length, width_mm=width, height_mm=height, empty_grams=grams)
    near = add_zone(actor, name="At home", countries=[business.country])
    steps = [(Decimal(2000), Decimal("4.50")), (Decimal(10000), Decimal("9.00")), (None, Decimal("25.00"))]
    add_rate(
        actor, name="Parcel by weight", price=Decimal("4.50"), countries=[], zone_id=near.pk, measure="weight",
        steps=steps, delivery_days_min=2, delivery_days_max=3, position=8,
    )  # fmt: skip
    place = Location.objects.get(is_default=True)
    add_rate(
        actor, name="Collect it", price=Decimal(0), countries=[business.country], pickup_id=place.pk,
        delivery_days_min=0, delivery_days_max=1, position=9,
    )  # fmt: skip
    use_carrier(actor, carrier="sandbox", active=True)
    set_up_carrier(
        actor, carrier="courier", values={"company": "Riverside Bikes", "price": "3.50"}, secrets={}
    )
    use_carrier(actor, carrier="courier", active=True)
    _parcels(actor)
    orders = [order.pk for order in list_to_ship()[:3]]
    if orders:
        open_pick_list(actor, order_ids=orders, location_id=place.pk)
    _pre_order(actor)


def _parcels(actor: Actor) -> None:
    sent = Fulfilment.objects.filter(state=Fulfilment.State.SHIPPED).order_by("-shipped_at")
    for parcel, carrier in zip(sent[:3], ("sandbox", "courier", "sandbox"), strict=False):
        buy_label(
            actor,
            fulfilment_id=parcel.pk,
            carrier=carrier,
            service="standard",
            draft=ParcelDraft(PACKED_GRAMS),
        )


def _pre_order(actor: Actor) -> None:
    """What is lowest comes again in three weeks."""
    lowest = StockBalance.objects.filter(
        variant__backorder_limit=0, variant__is_kit=False, variant__track_stock=True
    )
    shelf = lowest.filter(variant__active=True).order_by("on_hand", "variant__sku").first()
    if shelf is not None:
        day = clock.now().date() + dt.timedelta(days=21)
        sell_later(actor, variant_id=shelf.variant_id, kind="backorder", limit=40, promised_on=day)
