"""Carriers, each behind one interface. See docs/shipping.md."""

from .base import (
    Account,
    Carrier,
    CarrierRefused,
    CarrierUnavailable,
    CustomsLine,
    Label,
    LiveRate,
    Parcel,
    Party,
    Setting,
    TrackFact,
    needs_customs,
)
from .registry import find_carrier, get_carrier, list_carriers

__all__ = [
    "Account",
    "Carrier",
    "CarrierRefused",
    "CarrierUnavailable",
    "CustomsLine",
    "Label",
    "LiveRate",
    "Parcel",
    "Party",
    "Setting",
    "TrackFact",
    "find_carrier",
    "get_carrier",
    "list_carriers",
    "needs_customs",
]
