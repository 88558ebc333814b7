"""Pages of other addresses read the API only when the business's operator names them, and never by a session."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.platform.businesses.models import Business

from .world import Caller

pytestmark = pytest.mark.django_db
OURS, STRANGE = "https://shop.example.com", "https://elsewhere.example.com"


@pytest.fixture
def named(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [OURS]


def asks_first(path: str, origin: str) -> Any:
    return Client().options(
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,idempotency-key,content-type",
        },
    )


def test_no_other_address_is_let_in_as_it_comes(shop: Business) -> None:
    answer = asks_first("/api/v1/products/", OURS)
    assert "Access-Control-Allow-Origin" not in answer


def test_a_named_address_may_send_and_read_what_programs_need(shop: Business, named: None) -> None:
    answer = asks_first("/api/v1/products/", OURS)
    assert answer["Access-Control-Allow-Origin"] == OURS
    assert {"authorization", "idempotency-key"} <= set(answer["Access-Control-Allow-Headers"].split(", "))
    read = Client().get("/api/v1/stores/harbour/products/", headers={"Origin": OURS})
    assert read.status_code == 200
    assert "Refresh-Token" in read["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in read


def test_a_strange_address_and_pages_of_people_stay_closed(
    shop: Business, named: None, staff: Caller
) -> None:
    for path, origin in (("/api/v1/products/", STRANGE), ("/admin/", OURS), ("/accounts/login/", OURS)):
        assert "Access-Control-Allow-Origin" not in asks_first(path, origin), path
        answer = staff.client.get(path, headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer, path
