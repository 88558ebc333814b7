"""Which carriers this installation speaks to."""

from __future__ import annotations

from functools import lru_cache

from django.utils.translation import gettext as _

from apps.kernel.errors import NotFound

from .base import Carrier

_carriers: dict[str, Carrier] = {}


def register(carrier: Carrier) -> Carrier:
    """Add an adapter under its code; a later one replaces it."""
    _carriers[carrier.code] = carrier
    return carrier


def find_carrier(code: str) -> Carrier | None:
    """The adapter of a carrier, or None."""
    _load()
    return _carriers.get(code)


def get_carrier(code: str) -> Carrier:
    """The adapter of a carrier; raises `NotFound`."""
    if carrier := find_carrier(code):
        return carrier
    raise NotFound(_("There is no such carrier."), code="unknown_carrier")


def list_carriers() -> list[Carrier]:
    """All adapters."""
    _load()
    return list(_carriers.values())


@lru_cache(maxsize=1)
def _load() -> None:
    from .courier import CourierCarrier
    from .dhl import DhlCarrier
    from .fedex import FedexCarrier
    from .sandbox import SandboxCarrier

    for kind in (SandboxCarrier, FedexCarrier, DhlCarrier, CourierCarrier):
        _carriers.setdefault(kind.code, kind())
