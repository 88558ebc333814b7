"""What every carrier must be able to do, and the two ways in which it can fail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Literal, Protocol
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.kernel.circuits import Circuit
from apps.kernel.errors import DomainError

EventKind = Literal["label", "moving", "out", "delivered", "failed", "returned"]


class CarrierUnavailable(DomainError):
    """No answer, or one that says nothing: the carrier may or may not have done it. Look for it before asking again."""

    status = 503
    default_code = "carrier_unavailable"
    default_message = _("The carrier does not answer right now.")

    def __init__(self, message: Any = None, **context: Any) -> None:
        context.setdefault("remedy", _("Please try again in a minute."))
        super().__init__(message, **context)


class CarrierRefused(DomainError):
    """The carrier has answered, and the answer is no."""

    status = 409
    default_code = "carrier_refused"
    default_message = _("The carrier refused this.")


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing a business enters about its account at the carrier; a `secret` is kept in the vault."""

    name: str
    label: Any
    kind: Literal["text", "secret", "mode", "amount"] = "text"
    required: bool = True
    help: Any = ""


MODE = Setting("mode", _("Test or live"), "mode")


@dataclass(frozen=True, slots=True)
class Account:
    """A business at a carrier: what it entered and, opened for this one use, its secrets."""

    business_id: UUID
    currency: str
    values: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_live(self) -> bool:
        return self.values.get("mode") == "live"


@dataclass(frozen=True, slots=True)
class Party:
    """One end of a parcel's way."""

    name: str
    line1: str
    city: str
    country: str
    line2: str = ""
    region: str = ""
    postcode: str = ""
    phone: str = ""
    email: str = ""


# One customs territory, as of 2026; islands and regions of these countries outside of it are not told apart.
EUROPEAN_UNION = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)


@dataclass(frozen=True, slots=True)
class CustomsLine:
    """Goods of one kind in a parcel: how many, worth what without tax, how heavy together. Empty: nobody entered it."""

    description: str
    sku: str
    quantity: int
    value: Decimal
    grams: int
    hs_code: str = ""
    origin: str = ""

    @property
    def unit_value(self) -> Decimal:
        """Of one of them, to four places."""
        return (self.value / self.quantity).quantize(Decimal("0.0001"))

    @property
    def kilograms(self) -> float:
        """At least ten grams: nothing weighs nothing."""
        return max(self.grams, 10) / 1000


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be carried. `reference` is our own word for it at the carrier, by which a lost answer is found."""

    reference: str
    order_number: str
    sender: Party
    receiver: Party
    grams: int
    length_mm: int
    width_mm: int
    height_mm: int
    value: Decimal
    currency: str
    contents: str
    ship_on: dt.date
    is_return: bool = False
    goods: tuple[CustomsLine, ...] = ()

    @property
    def kilograms(self) -> float:
        """Up to the next ten grams, at least that: carriers refuse nothing."""
        return max(-(-self.grams // 10) * 10, 10) / 1000

    @property
    def centimetres(self) -> tuple[int, int, int]:
        """Whole centimetres, rounded up."""
        return -(-self.length_mm // 10), -(-self.width_mm // 10), -(-self.height_mm // 10)

    @property
    def needs_customs(self) -> bool:
        """Whether it crosses a border at which goods are declared."""
        return needs_customs(self.sender.country, self.receiver.country)

    @property
    def customs_value(self) -> Decimal:
        """What all of it is worth, without tax."""
        return sum((one.value for one in self.goods), Decimal(0))


@dataclass(frozen=True, slots=True)
class LiveRate:
    """What the carrier would take now. `service` is its own code."""

    service: str
    name: str
    price: Decimal | None
    currency: str
    due_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A label that was bought. `pdf` is None when the carrier gives it out only once and the answer was lost."""

    tracking_number: str
    pdf: bytes | None = field(repr=False)
    tracking_url: str = ""
    carrier_ref: str = ""
    price: Decimal | None = None
    currency: str = ""
    due_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class TrackFact:
    """One thing the carrier says of a parcel, in our kinds and its words."""

    kind: EventKind
    at: dt.datetime
    text: str = ""
    place: str = ""


class Carrier(Protocol):
    """An adapter. It never touches the tables of the shop; every call has a time-out and a circuit breaker.

    `tells` says whether it can be asked where parcels are; one that cannot sends a file instead. `services` are those
    known by name as (code, name); an account may have others. `asks_postcode`: no price without one.
    """

    code: ClassVar[str]
    name: ClassVar[Any]
    description: ClassVar[Any]
    is_test: ClassVar[bool]
    tells: ClassVar[bool]
    asks_postcode: ClassVar[bool]
    services: ClassVar[Sequence[tuple[str, Any]]]
    settings: ClassVar[Sequence[Setting]]

    @property
    def circuit(self) -> Circuit | None:
        """What leaves it alone while it is silent; None for one that knows no network."""

    def rates(self, *, account: Account, parcel: Parcel) -> list[LiveRate]:
        """The services that would carry it, the cheapest first. May be asked in a thread that takes no connection."""

    def buy(self, *, account: Account, parcel: Parcel, service: str) -> Label:
        """Buy a label. No answer is never taken for a no."""

    def find(self, *, account: Account, parcel: Parcel) -> Label | None:
        """The label that was bought under the parcel's reference, when its answer was lost; None: there is none."""

    def void(self, *, account: Account, label: Label) -> None:
        """Take a label back that nobody has scanned."""

    def track(self, *, account: Account, tracking_number: str) -> list[TrackFact]:
        """All that is known of a parcel; nothing for one the carrier has not seen yet."""

    def try_out(self, *, account: Account) -> None:
        """One harmless call with the keys as they are: returns when the carrier accepts them."""


def carrier_circuit(code: str) -> Circuit:
    """The circuit of a carrier, one for all processes; open, it says that the carrier is not there."""
    return Circuit(
        f"shipping.{code}",
        silence=CarrierUnavailable,
        refusal=lambda _cause: CarrierUnavailable(code="carrier_circuit_open"),
    )


def needs_customs(origin: str, destination: str) -> bool:
    """Whether goods from one country (two letters) to the other are declared to customs."""
    return origin != destination and not {origin, destination} <= EUROPEAN_UNION


def check_customs(parcel: Parcel) -> None:
    """Refuse a parcel that customs would send back: of each of its goods must be known what it is and where from."""
    if not parcel.needs_customs:
        return
    lacking = [one.sku or one.description for one in parcel.goods if not (one.hs_code and one.origin)]
    if lacking or not parcel.goods:
        raise CarrierRefused(
            _("Customs ask for the HS code and the country of origin of: %(goods)s.")
            % {"goods": ", ".join(lacking)[:200]},
            code="customs_incomplete",
            remedy=_("Enter them on the page of the product, under “Delivery and customs”."),
        )
