"""Asking an address, and what an answer must not hold."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.http import HttpResponse

from apps.kernel.errors import DomainError

from .addresses import Address
from .houses import House
from .world import Caller

REQUEST_ID = "walls-request"
# Bodies that would do something if the thing were there.
BODIES: dict[str, Any] = {
    "api:order-notes": {"text": "hello"},
    "api:company-list": {"name": "Walls Ltd"},
    "api:company-detail": {"note": "New"},
    "api:company-persons": {"customer_id": "01890000-0000-7000-8000-000000000001"},
    "api:company-payments": {"amount": "1.00", "way": "bank"},
    "api:order-refund": {"amount": "1.00"},
    "api:order-money": {"amount": "1.00", "tender": "cash"},
    "api:order-take": {"amount": "1.00"},
    "api:payment-paid-out": {"refund_id": "01890000-0000-7000-8000-000000000001"},
    "api:checkout-link-list": {
        "lines": [{"variant_id": "01890000-0000-7000-8000-000000000001", "quantity": 1}],
    },
    "api:checkout-link-mark": {"source": "Walls"},
    "api:store-put-list": {"text": "NONE 1"},
    "api:store-put-mark": {"token": "NONE"},
    "api:store-ask": {"text": "Walls"},
    "api:order-amend": {"shipping": "1.00"},
    "api:order-amend-preview": {"shipping": "1.00"},
    "api:quote-list": {"lines": [{"variant_id": "01890000-0000-7000-8000-000000000001", "quantity": 1}]},
    "api:order-reallocate": {"location_id": "01890000-0000-7000-8000-000000000001"},
    "api:store-add-item": {},
    "api:store-change-item": {"quantity": 2},
    "api:store-put-code": {"code": "NONE"},
    "api:promotion-detail": {"name": "New"},
    "api:promotion-codes": {"code": "WALLS"},
    "api:promotion-generate": {"count": 1},
    "api:promotion-test-list": {
        "name": "Walls",
        "promotion_ids": ["01890000-0000-7000-8000-000000000001"],
        "with_nothing": True,
    },
    "api:shipping-zone-list": {"name": "Walls", "countries": ["GB"]},
    "api:shipping-zone-detail": {"name": "New"},
    "api:shipping-package-list": {"name": "Walls", "length_mm": 10, "width_mm": 10, "height_mm": 10},
    "api:shipping-package-detail": {"name": "New"},
    "api:shipping-rate-list": {
        "name": "Walls",
        "price": "1.00",
        "delivery_days_min": 1,
        "delivery_days_max": 2,
    },
    "api:shipping-rate-detail": {"name": "New"},
    "api:shipping-goods-list": {"goods": [{"sku": "NONE", "origin": "GB"}]},
    "api:promotion-test-end": {"version_id": "01890000-0000-7000-8000-000000000001"},
    "api:credit-list": {"amount": "5.00", "reason": "Walls"},
    "api:credit-correct": {"amount": "1.00", "reason": "Walls"},
    "api:credit-block": {"reason": "Walls"},
    "api:return-list": {
        "order_id": "01890000-0000-7000-8000-000000000001",
        "lines": [{"line_id": "01890000-0000-7000-8000-000000000001", "quantity": 1}],
    },
    "api:return-approve": {"words": "Walls"},
    "api:return-refuse": {"words": "Walls"},
    "api:return-receive": {"lines": [{"line_id": "01890000-0000-7000-8000-000000000001", "sellable": 1}]},
    "api:return-settle": {"how": "store_credit"},
    "api:customer-detail": {"name": "New"},
    "api:product-detail": {"title": "New"},
    "api:product-variants": {"price": "9.00", "option_values": []},
    "api:category-list": {"name": "Walls"},
    "api:category-detail": {"name": "Walls"},
    "api:category-move": {"step": 1},
    "api:brand-list": {"name": "Walls"},
    "api:brand-detail": {"name": "Walls"},
    "api:collection-list": {"name": "Walls"},
    "api:collection-detail": {"name": "Walls"},
    "api:collection-products": {"product_ids": []},
    "api:collection-preview": {"rules": [{"field": "title", "value": "walls"}]},
    "api:variant-detail": {"barcode": "123"},
    "api:variant-packs": {"packs": [{"name": "Case of 12", "quantity": 12}]},
    "api:product-pictures": {"media_id": "01890000-0000-7000-8000-000000000001"},
    "api:product-arrange-pictures": {"image_ids": ["01890000-0000-7000-8000-000000000001"]},
    "api:product-remove-picture": {"image_id": "01890000-0000-7000-8000-000000000001"},
    "api:product-describe-picture": {"image_id": "01890000-0000-7000-8000-000000000001", "alt": "Walls"},
    "api:product-licensed": {"strain": "New"},
    "api:certificate-list": {
        "product_id": "01890000-0000-7000-8000-000000000001",
        "media_id": "01890000-0000-7000-8000-000000000001",
    },
    "api:certificate-correct": {"lab": "", "lot_code": "", "issued_on": None, "results": []},
    "api:certificate-reject": {"reason": "No"},
    "api:product-draft-list": {"product_id": "01890000-0000-7000-8000-000000000001"},
    "api:product-draft-detail": {"title": "New"},
    "api:product-draft-schedule": {"publish_at": None},
    **{
        f"api:{name}-custom-fields": {"custom_fields": {"origin": "Here"}}
        for name in (
            "product",
            "variant",
            "customer",
            "order",
            "supplier",
            "purchase-order",
            "lot",
            "transfer",
            "goods-receipt",
        )
    },
    "api:garment-detail": {"care": ["wash30"]},
    "api:garment-list": {"product_id": "01890000-0000-7000-8000-000000000001"},
    "api:garment-points": {"points": [{"name": "Chest", "tolerance": "1", "values": {"M": "52"}}]},
    "api:garment-samples": {"size": "M", "measured": {"Chest width": "52"}},
    **{f"api:size-scale-{what}": {"name": "Walls", "sizes": ["S", "M"]} for what in ("list", "detail")},
    **{f"api:colour-{what}": {"name": "Walls", "hex": "#123456"} for what in ("list", "detail")},
    **{f"api:season-{what}": {"half": "FW", "year": 2031} for what in ("list", "detail")},
    **{f"api:style-{what}": {"number": "Walls"} for what in ("list", "detail")},
    **{f"api:size-chart-{what}": {"name": "Walls"} for what in ("list", "detail")},
    "api:stock-detail": {"threshold": 3},
    "api:stock-alert-acknowledge": {"note": "Walls"},
    "api:stock-alert-resolve": {"reason": "Walls"},
    "api:supplier-contacts": {"name": "Walls"},
    "api:supplier-remove-contact": {"contact_id": "01890000-0000-7000-8000-000000000001"},
    "api:supplier-log": {"text": "Walls"},
    "api:competitor-price-list": {"prices": [{"sku": "NONE", "competitor": "Walls", "price": "1.00"}]},
    "api:price-list-list": {"name": "New", "level": "sale"},
    "api:price-list-detail": {"priority": 1},
    "api:price-list-put-prices": {"entries": [{"kind": "percent", "percent": "5.00"}]},
    "api:price-list-ask": {"variant_id": "01890000-0000-7000-8000-000000000001"},
    "api:kit-list": {
        "variant_id": "01890000-0000-7000-8000-000000000001",
        "parts": [{"variant_id": "01890000-0000-7000-8000-000000000002", "quantity": 2}],
    },
    "api:adjustment-reject": {"reason": "No"},
    "api:lot-block": {"reason": "Look first"},
    "api:lot-open": {"reason": "It was nothing"},
    "api:lot-recall": {"reason": "Glass"},
    "api:stock-count-scan": {"code": "MUG"},
    "api:transfer-receive": {"lines": [{"line_id": "01890000-0000-7000-8000-000000000001", "arrived": 1}]},
    "api:media-attach": {
        "target_type": "catalog.product",
        "target_id": "01890000-0000-7000-8000-000000000001",
    },
    "api:media-detach": {
        "target_type": "catalog.product",
        "target_id": "01890000-0000-7000-8000-000000000001",
    },
}
KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SECRETS = re.compile(r'(csrf\w*"? value="[^"]+"|nonce="[^"]+"|"instance": ?"[^"]+")')


@dataclass
class Answer:
    """What came back, read to its end."""

    status_code: int
    text: str
    location: str


def none_wrong(wrong: list[Any]) -> None:
    """Fail with one line for each thing that is wrong."""
    if wrong:
        pytest.fail(f"{len(wrong)} wrong:\n" + "\n".join(str(line) for line in wrong[:40]), pytrace=False)


def ask(caller: Caller, method: str, url: str, address: Address, **headers: str) -> Answer:
    """One request whose traces are taken away again."""
    with transaction.atomic():
        if address.space == "api":
            body = BODIES.get(address.name, {}) if method != "GET" else None
            named = {"X_Request_ID": REQUEST_ID, "Idempotency_Key": uuid4().hex, **headers}
            answer = caller.send(method, url, body, **named)
        elif method == "POST":
            answer = caller.client.post(url, {}, headers={"X-Request-ID": REQUEST_ID})
        else:
            answer = caller.client.generic(method, url, headers={"X-Request-ID": REQUEST_ID})
        content = b"".join(answer) if answer.streaming else answer.content
        transaction.set_rollback(True)
    return Answer(answer.status_code, content.decode("utf-8", "replace"), answer.headers.get("Location", ""))


def leaks(answer: Any, foreign: House, url: str) -> list[str]:
    """Words and keys of the other house in the answer, besides those the question itself held."""
    found = [foreign.marker] if foreign.marker in answer.text else []
    return found + [key for key in foreign.ids.intersection(KEY.findall(answer.text)) if key not in url]


def comparable(answer: Any, url: str) -> str:
    """The answer without what differs between any two requests."""
    text = SECRETS.sub("", answer.text)
    for part in sorted((part for part in url.split("/") if len(part) > 5), key=len, reverse=True):
        text = text.replace(part, "…")
    return text


def difference(one: str, other: str) -> list[str]:
    """The first lines that differ."""
    lines = list(difflib.unified_diff(one.splitlines(), other.splitlines(), n=0, lineterm=""))
    return [line.strip()[:200] for line in lines][3:7]


class AsMarkup:
    """Stands for WeasyPrint's page: the paper is what it is made of, which can be searched and costs nothing."""

    def __init__(self, string: str, **_options: Any) -> None:
        self.markup = string

    def write_pdf(self, **_options: Any) -> bytes:
        return b"%PDF-1.7 " + self.markup.partition("</style>")[2].encode()


def refuse_in_words(_site: Any, _request: Any, error: DomainError) -> HttpResponse:
    """Stands for the back office's page of a refusal: what it says, without menu and frame."""
    said = (error.message, error.kept, error.remedy, error.fields, error.context)
    return HttpResponse(" ".join(map(str, said)), status=error.status)
