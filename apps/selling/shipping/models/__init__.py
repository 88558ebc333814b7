"""The tables of delivery: zones, packages and rates; carriers and shipments; pick lists."""

from .picking import PickLine, PickList
from .rates import DeliveryZone, Package, ShippingRate
from .shipments import CarrierAccount, Shipment, ShipmentEvent

__all__ = [
    "CarrierAccount",
    "DeliveryZone",
    "Package",
    "PickLine",
    "PickList",
    "Shipment",
    "ShipmentEvent",
    "ShippingRate",
]
