"""A courier round the corner: a list of parcels goes out as a file, their state comes back as one. No network.

The label is drawn here. See `couriers` for the files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.kernel.circuits import Circuit

from .base import Account, CarrierRefused, Label, LiveRate, Parcel, Setting, TrackFact
from .drawing import draw_label

SERVICE = "standard"


class CourierCarrier:
    """Somebody with a van or a bicycle."""

    circuit: Circuit | None = None
    code: ClassVar[str] = "courier"
    name: ClassVar[Any] = _("Local courier")
    description: ClassVar[Any] = _(
        "Somebody with a van or a bicycle: parcels go out as a list, their state comes back as one."
    )
    is_test: ClassVar[bool] = False
    tells: ClassVar[bool] = False
    asks_postcode: ClassVar[bool] = False
    services: ClassVar[Sequence[tuple[str, Any]]] = ((SERVICE, _("By hand")),)
    settings: ClassVar[Sequence[Setting]] = (
        Setting("company", _("Name of the courier"), help=_("It stands on labels and in the buyer's mail.")),
        Setting(
            "price", _("Price for a parcel"), "amount", required=False, help=_("For your own reckoning.")
        ),
    )

    def rates(self, *, account: Account, parcel: Parcel) -> list[LiveRate]:
        """The one service there is."""
        try:
            price = Decimal(account.values.get("price") or "")
        except InvalidOperation:
            price = None
        return [LiveRate(SERVICE, _now("By hand"), price, account.currency)]

    def buy(self, *, account: Account, parcel: Parcel, service: str) -> Label:
        """Draw it; the same number for the same reference."""
        if service != SERVICE:
            raise CarrierRefused(_now("There is no such service."), code="unknown_service")
        number = "LC" + hashlib.sha256(parcel.reference.encode()).hexdigest()[:12].upper()
        name = account.values.get("company") or str(self.name)
        pdf = draw_label(parcel, carrier=name, service="", tracking_number=number)
        return Label(
            number, pdf, price=self.rates(account=account, parcel=parcel)[0].price, currency=account.currency
        )

    def find(self, *, account: Account, parcel: Parcel) -> Label | None:
        """Nothing is asked of anybody, so nothing is lost."""
        return None

    def void(self, *, account: Account, label: Label) -> None:
        """Take it off the list before the list goes out."""

    def track(self, *, account: Account, tracking_number: str) -> list[TrackFact]:
        """Said by files alone."""
        return []

    def try_out(self, *, account: Account) -> None:
        """Nobody is called."""
