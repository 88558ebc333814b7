"""A carrier for trying things out: it answers at once, charges nothing and moves parcels by the clock.

A tracking number carries the moment of the label, so that nothing has to be remembered. Parcels above 30 kg are
refused, as most carriers do.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel import clock
from apps.kernel.circuits import Circuit

from .base import Account, CarrierRefused, EventKind, Label, LiveRate, Parcel, Setting, TrackFact
from .drawing import draw_label

HEAVIEST_GRAMS = 30_000
_SERVICES: dict[str, tuple[Any, Decimal, int]] = {
    "standard": (_("Standard"), Decimal("4.20"), 48),
    "express": (_("Express"), Decimal("9.80"), 24),
}
# What the way there costs more: within the country, within one customs territory, over the sea.
_NEAR, _FAR, _FARTHEST = Decimal(0), Decimal("3.50"), Decimal(9)
_STEPS: tuple[tuple[int, EventKind, Any, str], ...] = (
    (0, "label", _("Label made"), ""),
    (2, "moving", _("Picked up"), "Harbour depot"),
    (10, "moving", _("Sorted"), "Central hub"),
    (20, "out", _("Out for delivery"), "Town depot"),
    (23, "delivered", _("Delivered"), ""),
)


class SandboxCarrier:
    """Knows no network."""

    circuit: Circuit | None = None
    code: ClassVar[str] = "sandbox"
    name: ClassVar[Any] = _("Sandbox Parcels")
    description: ClassVar[Any] = _("For trying out: labels cost nothing, and nobody comes for the parcel.")
    is_test: ClassVar[bool] = True
    tells: ClassVar[bool] = True
    asks_postcode: ClassVar[bool] = False
    services: ClassVar[Sequence[tuple[str, Any]]] = tuple(
        (service, name) for service, (name, _price, _hours) in _SERVICES.items()
    )
    settings: ClassVar[Sequence[Setting]] = ()

    def rates(self, *, account: Account, parcel: Parcel) -> list[LiveRate]:
        """Two services, dearer with the weight and with the way."""
        if parcel.grams > HEAVIEST_GRAMS:
            return []
        more = Decimal(parcel.grams // 1000) + _way(parcel)
        start = dt.datetime.combine(parcel.ship_on, dt.time(), dt.UTC)
        return [
            LiveRate(
                service, str(name), price + more, account.currency, start + dt.timedelta(hours=24 + hours)
            )
            for service, (name, price, hours) in _SERVICES.items()
        ]

    def buy(self, *, account: Account, parcel: Parcel, service: str) -> Label:
        """The same label for the same reference."""
        if parcel.grams > HEAVIEST_GRAMS:
            raise CarrierRefused(_now("Parcels may weigh up to 30 kg."), code="too_heavy")
        chosen = next(
            (rate for rate in self.rates(account=account, parcel=parcel) if rate.service == service), None
        )
        if chosen is None:
            raise CarrierRefused(_now("There is no such service."), code="unknown_service")
        seconds = int(clock.now().timestamp())
        mark = hashlib.sha256(parcel.reference.encode()).hexdigest()[:6].upper()
        number = f"SBX{seconds:010d}{mark}"
        pdf = draw_label(parcel, carrier=str(self.name), service=chosen.name, tracking_number=number)
        return Label(number, pdf, price=chosen.price, currency=chosen.currency, due_at=chosen.due_at)

    def find(self, *, account: Account, parcel: Parcel) -> Label | None:
        """It never loses an answer."""
        return None

    def void(self, *, account: Account, label: Label) -> None:
        """Nothing was charged."""

    def track(self, *, account: Account, tracking_number: str) -> list[TrackFact]:
        """As far as it would be by now."""
        digits = tracking_number[3:13]
        if not (tracking_number.startswith("SBX") and digits.isdigit()):
            return []
        start = dt.datetime.fromtimestamp(int(digits), dt.UTC)
        facts = [
            TrackFact(kind, start + dt.timedelta(hours=hours), str(text), place)
            for hours, kind, text, place in _STEPS
        ]
        return [fact for fact in facts if fact.at <= clock.now()]

    def try_out(self, *, account: Account) -> None:
        """It is always there."""


def _way(parcel: Parcel) -> Decimal:
    if parcel.sender.country == parcel.receiver.country:
        return _NEAR
    return _FARTHEST if parcel.needs_customs else _FAR
