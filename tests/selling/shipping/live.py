"""Rates that a carrier prices, and what a buyer is shown of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from apps.selling.checkout.models import Quote
from apps.selling.checkout.services import quote_with_carriers
from apps.selling.orders.drafts import Address
from apps.selling.shipping.models import ShippingRate
from apps.selling.shipping.services import CarrierPrice, add_package, add_rate, use_carrier
from tests.factories.orders import QUAY

DAYS: dict[str, Any] = {"delivery_days_min": 1, "delivery_days_max": 3, "countries": []}


def ways(quote: Quote) -> list[tuple[str, Decimal]]:
    return [(one["name"], Decimal(one["price"])) for one in quote.snapshot["groups"][0]["offers"]]


def look(business: Business, cart: Any, address: Address = QUAY, **fields: Any) -> Quote:
    return quote_with_carriers(Actor.guest(business.pk), cart_id=cart.pk, address=address, **fields)


def sandbox_rate(actor: Actor, **fields: Any) -> ShippingRate:
    """A box, and a rate at what the sandbox's standard service costs."""
    add_package(actor, name="Box", length_mm=300, width_mm=200, height_mm=105, empty_grams=150)
    use_carrier(actor, carrier="sandbox", active=True)
    price = CarrierPrice("sandbox", "standard", **fields)
    return add_rate(actor, name="Live", price=Decimal(0), measure="carrier", carrier=price, **DAYS)
