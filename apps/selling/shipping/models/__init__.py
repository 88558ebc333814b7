"""The tables of delivery: zones, packages and rates; carriers and shipments; pick lists."""

from .rates import DeliveryZone, Package, ShippingRate

__all__ = ["DeliveryZone", "Package", "ShippingRate"]
