"""The paper of a parcel across a border: commercial invoice and customs declaration (CN 23) on one sheet."""

from __future__ import annotations

import zoneinfo
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import translation
from django_countries import countries as all_countries

from apps.kernel import clock
from apps.kernel.actors import Actor
from apps.kernel.limits import is_visible
from apps.kernel.money import round_money
from apps.kernel.pdf import font_faces, write_pdf
from apps.kernel.tenancy import bind
from apps.platform.businesses.selectors import get_current_business
from apps.selling.orders.models import Fulfilment

from .carriers import needs_customs
from .customs import goods_of_parcel
from .models import Shipment


def draw_paper(actor: Actor, *, fulfilment_id: UUID) -> bytes | None:
    """The PDF, in English, which every customs office reads; None for a parcel that crosses no such border.

    What nobody entered stands as a line to be filled in by hand. The same parcel gives the same bytes on the same day.
    """
    with bind(actor.business_id):
        parcel = Fulfilment.objects.select_related("order").filter(pk=fulfilment_id).first()
        if parcel is None or not is_visible(parcel.order, actor.limit):
            return None
        order, business = parcel.order, get_current_business()
        if not needs_customs(business.country, order.ship_country):
            return None
        goods = goods_of_parcel(parcel.pk)
        labels = Shipment.objects.filter(fulfilment=parcel, direction=Shipment.Direction.OUT)
        label = labels.exclude(state__in=(Shipment.State.REFUSED, Shipment.State.VOID)).first()
    today = clock.now().astimezone(zoneinfo.ZoneInfo(business.time_zone)).date()
    rows = [
        {
            "what": one.description,
            "sku": one.sku,
            "quantity": one.quantity,
            "hs_code": one.hs_code,
            "origin": all_countries.name(one.origin) if one.origin else "",
            "kilograms": _kilograms(one.grams),
            "each": _money(one.unit_value, order.currency),
            "value": _money(one.value, order.currency),
        }
        for one in goods
    ]
    facts: dict[str, Any] = {
        "business": business,
        "order": order,
        "sender_country": all_countries.name(business.country),
        "receiver_country": all_countries.name(order.ship_country),
        "rows": rows,
        "value": _money(sum((one.value for one in goods), Decimal(0)), order.currency),
        "net": _kilograms(sum(one.grams for one in goods)),
        "gross": _kilograms(label.grams) if label else "",
        "tracking": parcel.tracking_number,
        "parcel": parcel.number,
        "today": today.isoformat(),
        "faces": font_faces(),
    }
    with translation.override("en"):
        markup = render_to_string("shipping/customs.html", facts)
    return write_pdf(markup, identifier=parcel.pk.bytes, is_tagged=True)


def _kilograms(grams: int) -> str:
    return f"{grams / 1000:.3f}" if grams else ""


def _money(amount: Decimal, currency: str) -> str:
    return f"{round_money(amount, currency):f} {currency}"
