"""FedEx and DHL Express on loopback, as their API references describe them; answers can get lost."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from apps.selling.shipping.carriers import Carrier
from apps.selling.shipping.carriers.dhl import DhlCarrier
from apps.selling.shipping.carriers.fedex import FedexCarrier

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
LABEL = base64.b64encode(PDF).decode()
Answer = tuple[int, dict[str, Any]]


class Depot:
    """Keeps shipments by number: reference, whether they were taken back, scans. `loses` answers after the work."""

    code: ClassVar[str]
    values: ClassVar[dict[str, str]]
    secrets: ClassVar[dict[str, str]]
    service: ClassVar[str]

    def __init__(self) -> None:
        self.shipments: dict[str, dict[str, Any]] = {}
        self.loses = 0
        # Prices: what was asked, how long the answer takes, whether there is one, what happens meanwhile.
        self.rated: list[dict[str, Any]] = []
        self.currency, self.dearer = "", 0
        self.seconds, self.is_silent, self.drips = 0.0, False, False
        self.during: Callable[[], None] = lambda: None
        # What the last purchase declared: description, quantity, code, origin, value; and what all of it is worth.
        self.declared: list[tuple[str, int, str, str, float]] = []
        self.worth: float = 0
        self.numbers = count(794000000001)
        depot = self

        class Door(BaseHTTPRequestHandler):
            def handle_one(self) -> None:
                split = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(split.query).items()}
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                if split.path.endswith(("/rates", "/rates/quotes")):
                    depot.rated.append(json.loads(body))
                    depot.during()
                    time.sleep(depot.seconds)
                    if depot.is_silent:
                        self.close_connection = True
                        self.connection.close()
                        return
                status, content = depot.answer(self.command, split.path, query, headers, body)
                if depot.loses and depot.is_purchase(self.command, split.path):
                    depot.loses -= 1
                    self.close_connection = True
                    self.connection.close()
                    return
                text = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                for piece in (text[i : i + 1] for i in range(len(text))) if depot.drips else (text,):
                    self.wfile.write(piece)
                    time.sleep(0.2 if depot.drips else 0)

            do_GET = do_POST = do_PUT = handle_one  # noqa: N815  (the names that http.server calls)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def ship(self, reference: str) -> str:
        number = str(next(self.numbers))
        self.shipments[number] = {"reference": reference, "live": True, "scans": []}
        return number

    @property
    def live(self) -> list[str]:
        """Labels that nobody took back, and that were given out."""
        return [number for number, one in self.shipments.items() if one["live"]]

    def find(self, reference: str) -> list[str]:
        return [
            number for number, one in self.shipments.items() if one["reference"] == reference and one["live"]
        ]

    def adapter(self) -> Carrier:
        raise NotImplementedError

    def is_purchase(self, method: str, path: str) -> bool:
        raise NotImplementedError

    def scan(self, number: str, kind: str, at: str, text: str) -> None:
        raise NotImplementedError

    def answer(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        raise NotImplementedError


def _no(status: int, code: str, words: str) -> Answer:
    return status, {"transactionId": "t", "errors": [{"code": code, "message": words}]}


class Fedex(Depot):
    code: ClassVar[str] = "fedex"
    service: ClassVar[str] = "FEDEX_GROUND"
    values: ClassVar[dict[str, str]] = {"mode": "test", "account_number": "740561073", "client_id": "l7abc"}
    secrets: ClassVar[dict[str, str]] = {"client_secret": "fedex secret 123"}
    codes: ClassVar[dict[str, str]] = {"moving": "PU", "out": "OD", "delivered": "DL", "failed": "DE"}

    def adapter(self) -> Carrier:
        return FedexCarrier(self.url)

    def is_purchase(self, method: str, path: str) -> bool:
        return (method, path) == ("POST", "/ship/v1/shipments")

    def scan(self, number: str, kind: str, at: str, text: str) -> None:
        self.shipments[number]["scans"].append(
            {"date": at, "eventType": self.codes[kind], "eventDescription": text,
             "scanLocation": {"city": "MEMPHIS", "countryCode": "US"}}
        )  # fmt: skip

    def answer(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        if path == "/oauth/token":
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            wanted = {
                "grant_type": "client_credentials",
                "client_id": self.values["client_id"],
                **self.secrets,
            }
            if form != wanted:
                return _no(401, "NOT.AUTHORIZED.ERROR", "The given client credentials were not valid.")
            return 200, {"access_token": "tok", "token_type": "bearer", "expires_in": 3599, "scope": "CXS"}
        if headers.get("authorization") != "Bearer tok":
            return _no(401, "NOT.AUTHORIZED.ERROR", "Access token expired.")
        asked = json.loads(body)
        if path == "/rate/v1/rates/quotes":
            kilograms = asked["requestedShipment"]["requestedPackageLineItems"][0]["weight"]["value"]
            there, currency = asked["requestedShipment"]["recipient"]["address"], self.currency or "USD"
            if not there["postalCode"].startswith("BS"):
                return _no(400, "POSTALCODE.INVALID", "The recipient postal code is not serviced.")
            return 200, {"output": {"rateReplyDetails": [
                {"serviceType": "FEDEX_2_DAY", "serviceName": "FedEx 2Day®",
                 "commit": {"dateDetail": {"dayFormat": "2026-11-26T17:00:00"}},
                 "ratedShipmentDetails": [{"rateType": "ACCOUNT", "totalNetCharge": 21.4, "currency": currency}]},
                {"serviceType": "FEDEX_GROUND", "serviceName": "FedEx Ground®",
                 "ratedShipmentDetails": [
                     {"rateType": "ACCOUNT", "totalNetCharge": 8 + kilograms + self.dearer,
                      "currency": currency}]},
            ]}}  # fmt: skip
        if path == "/ship/v1/shipments":
            return self._make(asked)
        if path == "/ship/v1/shipments/cancel":
            found = self.shipments.get(asked["trackingNumber"])
            if found is None or asked["accountNumber"]["value"] != self.values["account_number"]:
                return _no(400, "TRACKING.NUMBER.INVALID", "Tracking number is invalid.")
            found["live"] = False
            return 200, {
                "output": {"cancelledShipment": True, "message": "Shipment is successfully cancelled"}
            }
        if path == "/track/v1/referencenumbers":
            numbers = self.find(asked["referencesInformation"]["value"])
            results = [{"trackingNumberInfo": {"trackingNumber": number}} for number in numbers] or [
                {"error": {"code": "TRACKING.REFERENCENUMBER.NOTFOUND", "message": "Not found."}}
            ]
            return 200, {"output": {"completeTrackResults": [{"trackResults": results}]}}
        number = asked["trackingInfo"][0]["trackingNumberInfo"]["trackingNumber"]
        scans = self.shipments.get(number, {"scans": []})["scans"]
        return 200, {"output": {"completeTrackResults": [{"trackResults": [{"scanEvents": scans}]}]}}

    def _make(self, asked: dict[str, Any]) -> Answer:
        wanted = asked["requestedShipment"]
        if asked["accountNumber"]["value"] != self.values["account_number"]:
            return _no(400, "ACCOUNT.NUMBER.MISMATCH", "Account number does not match.")
        receiver = wanted["recipients"][0]["address"]
        if not receiver["postalCode"].startswith("BS"):
            return _no(400, "POSTALCODE.INVALID", "The recipient postal code is not serviced.")
        said = wanted.get("customsClearanceDetail")
        if (wanted["shipper"]["address"]["countryCode"] != receiver["countryCode"]) != bool(said):
            return _no(400, "CUSTOMSCLEARANCEDETAIL.REQUIRED", "Customs clearance detail is required.")
        self.worth = said["totalCustomsValue"]["amount"] if said else 0
        self.declared = [
            (one["description"], one["quantity"], one["harmonizedCode"], one["countryOfManufacture"],
             one["customsValue"]["amount"])
            for one in (said["commodities"] if said else [])
        ]  # fmt: skip
        piece = wanted["requestedPackageLineItems"][0]
        number = self.ship(piece["customerReferences"][0]["value"])
        return 200, {"output": {"transactionShipments": [{
            "masterTrackingNumber": number, "serviceType": wanted["serviceType"],
            "pieceResponses": [{
                "trackingNumber": number, "netRateAmount": 9.2, "currency": "USD",
                "packageDocuments": [{"contentType": "LABEL", "docType": "PDF", "encodedLabel": LABEL}],
            }],
        }]}}  # fmt: skip


class Dhl(Depot):
    code: ClassVar[str] = "dhl"
    service: ClassVar[str] = "N"
    values: ClassVar[dict[str, str]] = {"mode": "test", "account_number": "123456789", "api_key": "apX"}
    secrets: ClassVar[dict[str, str]] = {"api_secret": "dhl secret 1234"}
    codes: ClassVar[dict[str, str]] = {"moving": "PU", "out": "WC", "delivered": "OK", "failed": "NH"}

    def adapter(self) -> Carrier:
        return DhlCarrier(self.url)

    def is_purchase(self, method: str, path: str) -> bool:
        return (method, path) == ("POST", "/shipments")

    def scan(self, number: str, kind: str, at: str, text: str) -> None:
        self.shipments[number]["scans"].append(
            {"date": at[:10], "time": at[11:19], "GMTOffset": "+00:00", "typeCode": self.codes[kind],
             "description": text, "serviceArea": [{"code": "BRS", "description": "Bristol-GB"}]}
        )  # fmt: skip

    def answer(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        pair = f"{self.values['api_key']}:{self.secrets['api_secret']}".encode()
        if headers.get("authorization") != "Basic " + base64.b64encode(pair).decode():
            return 401, {"status": 401, "title": "Unauthorized", "detail": "Invalid Credentials"}
        if not 28 <= len(headers.get("message-reference", "")) <= 36:
            return 400, {
                "status": 400,
                "title": "Bad request",
                "detail": "Message-Reference: 28 to 36 characters",
            }
        if path == "/address-validate":
            return 200, {"address": [{"countryCode": "DE", "postalCode": "53113"}]}
        if path == "/tracking" or path.endswith("/tracking"):
            return self._tracking(path, query)
        asked = json.loads(body)
        if path == "/rates":
            kilograms, currency = asked["packages"][0]["weight"], self.currency or "GBP"
            there = asked["customerDetails"]["receiverDetails"]
            if not there["cityName"] or not there["postalCode"].startswith("BS"):
                return 400, {
                    "status": 400,
                    "title": "Bad request",
                    "detail": "The postal code is not serviced.",
                }
            return 200, {"products": [
                {"productCode": "I", "productName": "EXPRESS DOMESTIC 9:00",
                 "totalPrice": [{"currencyType": "BILLC", "priceCurrency": currency, "price": 30}]},
                {"productCode": "N", "productName": "EXPRESS DOMESTIC",
                 "totalPrice": [
                     {"currencyType": "PULCL", "priceCurrency": "EUR", "price": 99},
                     {"currencyType": "BILLC", "priceCurrency": currency, "price": 8 + kilograms + self.dearer}],
                 "deliveryCapabilities": {"estimatedDeliveryDateAndTime": "2026-11-24T23:59:00"}},
            ]}  # fmt: skip
        receiver = asked["customerDetails"]["receiverDetails"]["postalAddress"]
        if not receiver["postalCode"].startswith("BS"):
            return 400, {"status": 400, "title": "Bad request", "detail": "The postal code is not serviced."}
        content, sender = asked["content"], asked["customerDetails"]["shipperDetails"]["postalAddress"]
        abroad = sender["countryCode"] != receiver["countryCode"]
        if content["isCustomsDeclarable"] != abroad or abroad != ("exportDeclaration" in content):
            return 400, {
                "status": 400,
                "title": "Bad request",
                "detail": "exportDeclaration must be provided.",
            }
        self.worth = content.get("declaredValue", 0)
        self.declared = [
            (one["description"], one["quantity"]["value"], one["commodityCodes"][0]["value"],
             one["manufacturerCountry"], round(one["price"] * one["quantity"]["value"], 2))
            for one in content.get("exportDeclaration", {}).get("lineItems", [])
        ]  # fmt: skip
        number = self.ship(asked["customerReferences"][0]["value"])
        return 201, {
            "shipmentTrackingNumber": number,
            "documents": [{"imageFormat": "PDF", "content": LABEL, "typeCode": "label"}],
        }

    def _tracking(self, path: str, query: Mapping[str, str]) -> Answer:
        if path == "/tracking":
            numbers = self.find(query["shipmentReference"])
        else:
            numbers = [number for number in [path.split("/")[2]] if number in self.shipments]
        if not numbers:
            return 404, {"status": 404, "title": "Not found", "detail": "No result found"}
        return 200, {"shipments": [
            {"shipmentTrackingNumber": number, "events": self.shipments[number]["scans"]} for number in numbers
        ]}  # fmt: skip
