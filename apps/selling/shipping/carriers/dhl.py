"""The adapter to DHL Express: the MyDHL API (rates, shipments, tracking).

Chosen before Parcel DE, which knows neither rates nor a search by reference, and one country. A label is given out
with the purchase; after a lost answer the shipment is found by our reference. DHL charges what it scans, so a label
that was not used is taken back by not using it: there is no call for that.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

import urllib3
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from apps.kernel.circuits import Circuit
from apps.kernel.ids import new_id

from . import http
from .base import (
    MODE,
    Account,
    CarrierRefused,
    CarrierUnavailable,
    EventKind,
    Label,
    LiveRate,
    Parcel,
    Party,
    Setting,
    TrackFact,
    carrier_circuit,
    check_customs,
)
from .reading import amount, list_of, moment

TEST_URL, LIVE_URL = "https://express.api.dhl.com/mydhlapi/test", "https://express.api.dhl.com/mydhlapi"
# Checkpoints of the tracking service.
_KINDS: dict[str, EventKind] = {
    "SD": "label", "PU": "moving", "PL": "moving", "DF": "moving", "AF": "moving", "AR": "moving", "CC": "moving",
    "WC": "out", "OK": "delivered", "DL": "delivered", "NH": "failed", "BA": "failed", "OH": "failed",
    "RD": "failed", "CM": "failed", "RT": "returned",
}  # fmt: skip


class DhlCarrier:
    """Speaks to express.api.dhl.com."""

    code: ClassVar[str] = "dhl"
    name: ClassVar[Any] = "DHL Express"
    description: ClassVar[Any] = _("Express parcels; rates and labels of your own account.")
    is_test: ClassVar[bool] = False
    tells: ClassVar[bool] = True
    asks_postcode: ClassVar[bool] = True
    services: ClassVar[Sequence[tuple[str, Any]]] = (
        ("N", "DHL Express Domestic"),
        ("U", "DHL Express Worldwide (EU)"),
        ("P", "DHL Express Worldwide"),
        ("W", "DHL Economy Select (EU)"),
        ("H", "DHL Economy Select"),
        ("Y", "DHL Express 12:00"),
        ("E", "DHL Express 9:00"),
    )
    settings: ClassVar[Sequence[Setting]] = (
        MODE,
        Setting("account_number", _("Account number")),
        Setting("api_key", _("API key"), help=_("On developer.dhl.com, in your app of the MyDHL API.")),
        Setting("api_secret", _("API secret"), "secret"),
    )

    def __init__(self, url: str = "", circuit: Circuit | None = None) -> None:
        self.url = url
        self.circuit = circuit or carrier_circuit(self.code)

    def rates(self, *, account: Account, parcel: Parcel) -> list[LiveRate]:
        """What the account pays for each product, the cheapest first."""
        check_customs(parcel)
        body = {
            "customerDetails": {
                "shipperDetails": _rated_place(parcel.sender),
                "receiverDetails": _rated_place(parcel.receiver),
            },
            "accounts": _accounts(account),
            "plannedShippingDateAndTime": _planned(parcel),
            "unitOfMeasurement": "metric",
            # On a Sunday nothing is picked up: the prices of the next working day.
            "nextBusinessDay": True,
            "requestEstimatedDeliveryDate": True,
            "estimatedDeliveryDateType": "QDDC",
            "isCustomsDeclarable": parcel.needs_customs,
            "packages": [_piece(parcel)],
        }
        if parcel.needs_customs:
            worth = {
                "typeCode": "declaredValue",
                "value": float(parcel.customs_value),
                "currency": parcel.currency,
            }
            body["monetaryAmount"] = [worth]
        found = self._call(account, "POST", "rates", body)
        rates = [_rate(one) for one in list_of(found, "products")]
        return sorted(rates, key=lambda rate: rate.price or Decimal(0))

    def buy(self, *, account: Account, parcel: Parcel, service: str) -> Label:
        """Buy a label and take it from the answer."""
        check_customs(parcel)
        body = {
            "plannedShippingDateAndTime": _planned(parcel),
            "pickup": {"isRequested": False},
            "productCode": service,
            "accounts": _accounts(account),
            "customerReferences": [{"value": parcel.reference, "typeCode": "CU"}],
            "outputImageProperties": {
                "encodingFormat": "pdf",
                "imageOptions": [{"typeCode": "label", "templateName": "ECOM26_84_001"}],
            },
            "customerDetails": {
                "shipperDetails": _end(parcel.sender),
                "receiverDetails": _end(parcel.receiver),
            },
            "content": {
                "packages": [_piece(parcel)],
                "isCustomsDeclarable": parcel.needs_customs,
                **_customs(parcel),
                "description": parcel.contents[:70],
                "incoterm": "DAP",
                "unitOfMeasurement": "metric",
            },
        }
        return _label(self._call(account, "POST", "shipments", body))

    def find(self, *, account: Account, parcel: Parcel) -> Label | None:
        """By our reference; the label itself is not given out a second time."""
        query = urlencode(
            {
                "shipmentReference": parcel.reference,
                "shipmentReferenceType": "CU",
                "shipperAccountNumber": account.values.get("account_number", ""),
                "dateRangeFrom": (parcel.ship_on - dt.timedelta(days=2)).isoformat(),
                "dateRangeTo": (parcel.ship_on + dt.timedelta(days=2)).isoformat(),
            }
        )
        for shipment in self._shipments(account, f"tracking?{query}"):
            if number := str(shipment.get("shipmentTrackingNumber") or ""):
                return Label(number[:80], None, _page(number))
        return None

    def void(self, *, account: Account, label: Label) -> None:
        """Nothing to call: what is never scanned is never charged."""

    def track(self, *, account: Account, tracking_number: str) -> list[TrackFact]:
        """Its checkpoints, oldest first."""
        path = f"shipments/{quote(tracking_number, safe='')}/tracking?trackingView=all-checkpoints&levelOfDetail=all"
        facts = [
            fact
            for shipment in self._shipments(account, path)
            for event in list_of(shipment, "events")
            if (fact := _fact(event))
        ]
        return sorted(facts, key=lambda fact: fact.at)

    def try_out(self, *, account: Account) -> None:
        """Ask for an address that is always served."""
        self._call(
            account, "GET", "address-validate?type=delivery&countryCode=DE&postalCode=53113&cityName=Bonn"
        )

    def _shipments(self, account: Account, path: str) -> list[dict[str, Any]]:
        try:
            return list_of(self._call(account, "GET", path), "shipments")
        except CarrierRefused as refusal:
            if refusal.context.get("carrier_status") == 404:  # nothing is known of it
                return []
            raise

    @sensitive_variables("headers", "pair")
    def _call(
        self, account: Account, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        pair = f"{account.values.get('api_key', '')}:{account.secrets['api_secret']}"
        headers = dict(urllib3.make_headers(basic_auth=pair)) | {"Message-Reference": str(new_id())}
        base = self.url or (LIVE_URL if account.is_live else TEST_URL)
        with self.circuit.guard():
            return http.call(method, f"{base}/{path}", headers=headers, body=body)


def _accounts(account: Account) -> list[dict[str, str]]:
    return [{"typeCode": "shipper", "number": account.values.get("account_number", "")}]


def _planned(parcel: Parcel) -> str:
    return f"{parcel.ship_on.isoformat()}T17:00:00 GMT+00:00"


def _place(party: Party) -> dict[str, str]:
    return {"postalCode": party.postcode, "cityName": party.city, "countryCode": party.country}


def _rated_place(party: Party) -> dict[str, str]:
    """A city must be said; before the checkout none is known, and the postcode decides."""
    return _place(party) | {"cityName": party.city or party.region or party.postcode or party.country}


def _end(party: Party) -> dict[str, Any]:
    address = _place(party) | {"addressLine1": party.line1[:45]}
    if party.line2:
        address["addressLine2"] = party.line2[:45]
    contact = {"fullName": party.name[:255], "companyName": party.name[:100], "phone": party.phone or "0"}
    if party.email:
        contact["email"] = party.email[:70]
    return {"postalAddress": address, "contactInformation": contact}


def _piece(parcel: Parcel) -> dict[str, Any]:
    length, width, height = parcel.centimetres
    return {
        "weight": parcel.kilograms,
        "dimensions": {"length": length, "width": width, "height": height},
    }


def _customs(parcel: Parcel) -> dict[str, Any]:
    """What is declared; nothing within one customs territory."""
    if not parcel.needs_customs:
        return {}
    reason = "return" if parcel.is_return else "permanent"
    lines = [
        {
            "number": number,
            "description": one.description[:512],
            "price": float(one.unit_value),
            "quantity": {"value": one.quantity, "unitOfMeasurement": "PCS"},
            "commodityCodes": [{"typeCode": "outbound", "value": one.hs_code}],
            "exportReasonType": reason,
            "manufacturerCountry": one.origin,
            "weight": {"netValue": one.kilograms, "grossValue": one.kilograms},
        }
        for number, one in enumerate(parcel.goods, 1)
    ]
    return {
        "declaredValue": float(parcel.customs_value),
        "declaredValueCurrency": parcel.currency,
        "exportDeclaration": {
            "lineItems": lines,
            "invoice": {"number": parcel.order_number, "date": parcel.ship_on.isoformat()},
            "exportReasonType": reason,
        },
    }


def _rate(one: Mapping[str, Any]) -> LiveRate:
    prices = list_of(one, "totalPrice")
    # In the currency of the bill, where there are several.
    price = next((each for each in prices if each.get("currencyType") == "BILLC"), next(iter(prices), {}))
    arrives = one.get("deliveryCapabilities")
    due = arrives.get("estimatedDeliveryDateAndTime") if isinstance(arrives, dict) else ""
    return LiveRate(
        str(one.get("productCode") or "")[:60],
        str(one.get("productName") or "")[:80],
        amount(price.get("price")),
        str(price.get("priceCurrency") or "")[:3],
        moment(str(due or "")),
    )


def _label(found: Mapping[str, Any]) -> Label:
    number = str(found.get("shipmentTrackingNumber") or "")
    papers = list_of(found, "documents")
    paper = next((each for each in papers if each.get("typeCode") == "label"), {})
    try:
        pdf = base64.b64decode(str(paper.get("content") or ""), validate=True)
    except (binascii.Error, ValueError):
        pdf = b""
    if not number or not pdf.startswith(b"%PDF"):
        # It was bought, perhaps: looked for by its reference, never asked for blindly again.
        raise CarrierUnavailable(cause="unreadable answer")
    prices = list_of(found, "shipmentCharges")
    price = next((each for each in prices if each.get("currencyType") == "BILLC"), {})
    return Label(
        number[:80],
        pdf,
        _page(number),
        price=amount(price.get("price")),
        currency=str(price.get("priceCurrency") or "")[:3],
    )


def _fact(event: Mapping[str, Any]) -> TrackFact | None:
    offset = str(event.get("GMTOffset") or "+00:00")
    at = moment(f"{event.get('date')}T{event.get('time')}{offset}")
    if at is None:
        return None
    areas = list_of(event, "serviceArea")
    place = str(areas[0].get("description") or "") if areas else ""
    kind = _KINDS.get(str(event.get("typeCode") or ""), "moving")
    return TrackFact(kind, at, str(event.get("description") or "")[:200], place[:120])


def _page(number: str) -> str:
    return f"https://mydhl.express.dhl/gb/en/tracking.html#/results?id={number[:80]}"
