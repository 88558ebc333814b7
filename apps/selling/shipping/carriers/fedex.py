"""The adapter to FedEx: OAuth, Rate, Ship and Track of its REST APIs.

FedEx gives a label out once, with the answer to the purchase, and knows no idempotency key. Our reference stands on
the parcel: after a lost answer the shipment is found by it, taken back, and a new one is bought.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from apps.kernel import clock
from apps.kernel.circuits import Circuit

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
from .reading import amount, dict_of, list_of, moment

TEST_URL, LIVE_URL = "https://apis-sandbox.fedex.com", "https://apis.fedex.com"
# Track API, codes of scan events.
_KINDS: dict[str, EventKind] = {
    "OC": "label", "PU": "moving", "AR": "moving", "DP": "moving", "IT": "moving", "AF": "moving", "OD": "out",
    "DL": "delivered", "DE": "failed", "CA": "failed", "SE": "failed", "RS": "returned",
}  # fmt: skip

# Where FedEx has its own word for a currency.
_CURRENCIES = {
    "UKL": "GBP", "SFR": "CHF", "JYE": "JPY", "SID": "SGD", "NTD": "TWD", "WON": "KRW", "DHS": "AED", "KUD": "KWD",
    "NMP": "MXN", "CHP": "CLP", "ARN": "ARS", "RDD": "DOP", "UYP": "UYU", "JAD": "JMD", "ECD": "XCD", "CID": "KYD",
}  # fmt: skip

_OWN_WORDS = {ours: theirs for theirs, ours in _CURRENCIES.items()}


class FedexCarrier:
    """Speaks to apis.fedex.com."""

    code: ClassVar[str] = "fedex"
    name: ClassVar[Any] = "FedEx"
    description: ClassVar[Any] = _("Parcels and express; rates and labels of your own account.")
    is_test: ClassVar[bool] = False
    tells: ClassVar[bool] = True
    asks_postcode: ClassVar[bool] = True
    services: ClassVar[Sequence[tuple[str, Any]]] = (
        ("FEDEX_GROUND", "FedEx Ground"),
        ("GROUND_HOME_DELIVERY", "FedEx Home Delivery"),
        ("FEDEX_EXPRESS_SAVER", "FedEx Express Saver"),
        ("FEDEX_2_DAY", "FedEx 2Day"),
        ("STANDARD_OVERNIGHT", "FedEx Standard Overnight"),
        ("PRIORITY_OVERNIGHT", "FedEx Priority Overnight"),
        ("FEDEX_ECONOMY", "FedEx Economy"),
        ("FEDEX_PRIORITY", "FedEx Priority"),
        ("FEDEX_INTERNATIONAL_CONNECT_PLUS", "FedEx International Connect Plus"),
        ("INTERNATIONAL_ECONOMY", "FedEx International Economy"),
        ("FEDEX_INTERNATIONAL_PRIORITY", "FedEx International Priority"),
        ("FEDEX_INTERNATIONAL_PRIORITY_EXPRESS", "FedEx International Priority Express"),
    )
    settings: ClassVar[Sequence[Setting]] = (
        MODE,
        Setting("account_number", _("Account number")),
        Setting("client_id", _("API key"), help=_("On developer.fedex.com, in your project.")),
        Setting("client_secret", _("Secret key"), "secret"),
    )

    def __init__(self, url: str = "", circuit: Circuit | None = None) -> None:
        self.url = url
        self.circuit = circuit or carrier_circuit(self.code)
        self._tokens: dict[str, tuple[str, dt.datetime]] = {}

    def rates(self, *, account: Account, parcel: Parcel) -> list[LiveRate]:
        """What the account pays for each service, the cheapest first."""
        check_customs(parcel)
        shipment: dict[str, Any] = {
            "shipper": {"address": _known(_address(parcel.sender))},
            "recipient": {"address": _known(_address(parcel.receiver))},
            "pickupType": "USE_SCHEDULED_PICKUP",
            "packagingType": "YOUR_PACKAGING",
            "shipDateStamp": parcel.ship_on.isoformat(),
            "preferredCurrency": _OWN_WORDS.get(parcel.currency, parcel.currency),
            "rateRequestType": ["ACCOUNT", "PREFERRED"],
            "requestedPackageLineItems": [_piece(parcel)],
            **_customs(parcel),
        }
        body = {
            "accountNumber": {"value": _number(account)},
            # Without this it says no day of delivery.
            "rateRequestControlParameters": {"returnTransitTimes": True},
            "requestedShipment": shipment,
        }
        found = self._call(account, "POST", "rate/v1/rates/quotes", body)
        rates = [_rate(one, parcel.currency) for one in list_of(dict_of(found, "output"), "rateReplyDetails")]
        return sorted(rates, key=lambda rate: rate.price or Decimal(0))

    def buy(self, *, account: Account, parcel: Parcel, service: str) -> Label:
        """Buy a label and take it from the answer."""
        check_customs(parcel)
        piece = _piece(parcel) | {
            "customerReferences": [
                {"customerReferenceType": "CUSTOMER_REFERENCE", "value": parcel.reference},
                {"customerReferenceType": "INVOICE_NUMBER", "value": parcel.order_number},
            ]
        }
        shipment = {
            "shipper": {"contact": _contact(parcel.sender), "address": _address(parcel.sender)},
            "recipients": [{"contact": _contact(parcel.receiver), "address": _address(parcel.receiver)}],
            "shipDatestamp": parcel.ship_on.isoformat(),
            "serviceType": service,
            "packagingType": "YOUR_PACKAGING",
            "pickupType": "USE_SCHEDULED_PICKUP",
            "shippingChargesPayment": {"paymentType": "SENDER"},
            "labelSpecification": {"imageType": "PDF", "labelStockType": "PAPER_4X6"},
            "requestedPackageLineItems": [piece],
            **_customs(parcel),
        }
        body = {
            "labelResponseOptions": "LABEL",
            "accountNumber": {"value": _number(account)},
            "requestedShipment": shipment,
        }
        found = self._call(account, "POST", "ship/v1/shipments", body)
        return _label(found)

    def find(self, *, account: Account, parcel: Parcel) -> Label | None:
        """By our reference; the label itself is not given out a second time."""
        body = {
            "includeDetailedScans": False,
            "referencesInformation": {
                "type": "CUSTOMER_REFERENCE",
                "value": parcel.reference,
                "accountNumber": _number(account),
                "shipDateBegin": (parcel.ship_on - dt.timedelta(days=2)).isoformat(),
                "shipDateEnd": (parcel.ship_on + dt.timedelta(days=2)).isoformat(),
            },
        }
        for result in self._results(account, "track/v1/referencenumbers", body):
            number = str(dict_of(result, "trackingNumberInfo").get("trackingNumber") or "")
            if number and not result.get("error"):
                return Label(number[:80], None, _page(number))
        return None

    def void(self, *, account: Account, label: Label) -> None:
        """Cancel the shipment."""
        body = {
            "accountNumber": {"value": _number(account)},
            "trackingNumber": label.tracking_number,
            "deletionControl": "DELETE_ALL_PACKAGES",
        }
        found = dict_of(self._call(account, "PUT", "ship/v1/shipments/cancel", body), "output")
        if not found.get("cancelledShipment"):
            raise CarrierRefused(str(found.get("message") or "")[:200] or None)

    def track(self, *, account: Account, tracking_number: str) -> list[TrackFact]:
        """Its scans, oldest first."""
        body = {
            "includeDetailedScans": True,
            "trackingInfo": [{"trackingNumberInfo": {"trackingNumber": tracking_number}}],
        }
        facts = []
        for result in self._results(account, "track/v1/trackingnumbers", body):
            facts += [fact for scan in list_of(result, "scanEvents") if (fact := _fact(scan))]
        return sorted(facts, key=lambda fact: fact.at)

    def try_out(self, *, account: Account) -> None:
        """Ask for a token."""
        self._tokens.clear()
        with self.circuit.guard():
            self._token(account)

    def _results(self, account: Account, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        output = dict_of(self._call(account, "POST", path, body), "output")
        return [
            result
            for complete in list_of(output, "completeTrackResults")
            for result in list_of(complete, "trackResults")
        ]

    def _call(self, account: Account, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        with self.circuit.guard():
            headers = {"Authorization": f"Bearer {self._token(account)}", "X-locale": "en_US"}
            try:
                return http.call(method, f"{self._base(account)}/{path}", headers=headers, body=body)
            except CarrierRefused as refusal:
                if refusal.context.get("carrier_status") == 401:
                    self._tokens.clear()  # a new secret, or a token that ended early
                raise

    @sensitive_variables()
    def _token(self, account: Account) -> str:
        secret = account.secrets["client_secret"]
        pair = f"{account.values.get('client_id', '')}:{secret}"
        name = hashlib.sha256(f"{self._base(account)}:{pair}".encode()).hexdigest()
        token, ends = self._tokens.get(name, ("", clock.now()))
        if token and ends > clock.now():
            return token
        form = {
            "grant_type": "client_credentials",
            "client_id": account.values.get("client_id", ""),
            "client_secret": secret,
        }
        found = http.call("POST", f"{self._base(account)}/oauth/token", headers={}, form=form)
        token = str(found.get("access_token") or "")
        if not token:
            raise CarrierUnavailable(cause="no token")
        seconds = int(found.get("expires_in") or 0) - 60
        self._tokens[name] = (token, clock.now() + dt.timedelta(seconds=seconds))
        return token

    def _base(self, account: Account) -> str:
        return self.url or (LIVE_URL if account.is_live else TEST_URL)


def _number(account: Account) -> str:
    return account.values.get("account_number", "")


def _address(party: Party) -> dict[str, Any]:
    return {
        "streetLines": [line for line in (party.line1, party.line2) if line],
        "city": party.city,
        "stateOrProvinceCode": party.region if len(party.region) == 2 else "",
        "postalCode": party.postcode,
        "countryCode": party.country,
    }


def _known(address: dict[str, Any]) -> dict[str, Any]:
    """Without what is not known: before the checkout a place is a country and a postcode."""
    return {name: value for name, value in address.items() if value}


def _contact(party: Party) -> dict[str, str]:
    return {"personName": party.name[:70], "phoneNumber": party.phone[:15], "emailAddress": party.email[:80]}


def _piece(parcel: Parcel) -> dict[str, Any]:
    length, width, height = parcel.centimetres
    return {
        "weight": {"units": "KG", "value": parcel.kilograms},
        "dimensions": {"length": length, "width": width, "height": height, "units": "CM"},
    }


def _customs(parcel: Parcel) -> dict[str, Any]:
    """What is declared; nothing within one customs territory. Duties are the receiver's."""
    if not parcel.needs_customs:
        return {}

    def money(amount: Decimal) -> dict[str, Any]:
        return {"amount": float(amount), "currency": parcel.currency}

    goods = [
        {
            "description": one.description[:450],
            "countryOfManufacture": one.origin,
            "harmonizedCode": one.hs_code,
            "numberOfPieces": one.quantity,
            "quantity": one.quantity,
            "quantityUnits": "PCS",
            "unitPrice": money(one.unit_value),
            "customsValue": money(one.value),
            "weight": {"units": "KG", "value": one.kilograms},
        }
        for one in parcel.goods
    ]
    return {
        "customsClearanceDetail": {
            "dutiesPayment": {"paymentType": "SENDER" if parcel.is_return else "RECIPIENT"},
            "isDocumentOnly": False,
            "totalCustomsValue": money(parcel.customs_value),
            "commercialInvoice": {"shipmentPurpose": "NOT_SOLD" if parcel.is_return else "SOLD"},
            "commodities": goods,
        }
    }


def _rate(one: Mapping[str, Any], wanted: str) -> LiveRate:
    """In the currency of the shop where there are several: the account's comes first."""
    prices = list_of(one, "ratedShipmentDetails")
    charged = next((each for each in prices if _currency(each) == wanted), next(iter(prices), {}))
    day = str(dict_of(dict_of(one, "commit"), "dateDetail").get("dayFormat") or "")
    name = str(one.get("serviceName") or one.get("serviceType") or "")
    return LiveRate(
        str(one.get("serviceType") or "")[:60],
        name[:80],
        amount(charged.get("totalNetCharge")),
        _currency(charged),
        moment(day),
    )


def _currency(charged: Mapping[str, Any]) -> str:
    detail = dict_of(charged, "shipmentRateDetail")
    code = str(charged.get("currency") or detail.get("currency") or "")[:3]
    return _CURRENCIES.get(code, code)


def _label(found: Mapping[str, Any]) -> Label:
    shipment = next(iter(list_of(dict_of(found, "output"), "transactionShipments")), {})
    piece = next(iter(list_of(shipment, "pieceResponses")), {})
    paper = next(iter(list_of(piece, "packageDocuments")), {})
    number = str(shipment.get("masterTrackingNumber") or piece.get("trackingNumber") or "")
    try:
        pdf = base64.b64decode(str(paper.get("encodedLabel") or ""), validate=True)
    except (binascii.Error, ValueError):
        pdf = b""
    if not number or not pdf.startswith(b"%PDF"):
        # It was bought, perhaps: looked for by its reference, never asked for blindly again.
        raise CarrierUnavailable(cause="unreadable answer")
    price = amount(piece.get("netRateAmount") or piece.get("baseRateAmount"))
    return Label(number[:80], pdf, _page(number), price=price, currency=_currency(piece))


def _fact(scan: Mapping[str, Any]) -> TrackFact | None:
    at = moment(str(scan.get("date") or ""))
    if at is None:
        return None
    where = dict_of(scan, "scanLocation")
    place = ", ".join(str(where[part]) for part in ("city", "countryCode") if where.get(part))
    kind = _KINDS.get(str(scan.get("eventType") or ""), "moving")
    return TrackFact(kind, at, str(scan.get("eventDescription") or "")[:200], place[:120])


def _page(number: str) -> str:
    return f"https://www.fedex.com/fedextrack/?trknbr={number[:80]}"
