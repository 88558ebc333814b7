"""The tables of delivery: zones, packages and rates; goods; carriers and shipments; pick lists."""

from .goods import ShippingItem, said
from .picking import PickLine, PickList
from .rates import DeliveryZone, Package, ShippingRate
from .shipments import CarrierAccount, CarrierAnswer, Shipment, ShipmentEvent

__all__ = [
    "CarrierAccount",
    "CarrierAnswer",
    "DeliveryZone",
    "Package",
    "PickLine",
    "PickList",
    "Shipment",
    "ShipmentEvent",
    "ShippingItem",
    "ShippingRate",
    "said",
]
