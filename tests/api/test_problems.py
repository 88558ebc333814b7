"""Whatever is sent, the answer is a problem document that says what is wrong and leaks nothing."""

from __future__ import annotations

from typing import Any

import pytest

from apps.goods.catalog.api import ProductViewSet

from .world import Caller, is_problem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
def test_an_unknown_address_is_a_problem_in_every_method(anybody: Caller, method: str) -> None:
    is_problem(anybody.send(method, "no-such-thing/"), 404, "not_found")


def test_a_missing_slash_is_named(anybody: Caller) -> None:
    body = is_problem(anybody.post("products"), 404)
    assert "/api/v1/products/" in body["remedy"]


def test_a_stranger_is_told_to_sign_in(anybody: Caller) -> None:
    response = anybody.get("products/")
    is_problem(response, 401, "sign_in_required")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJ1c2VyIjoxfQ.", "\u00e9"])
def test_a_wrong_token_is_refused(anybody: Caller, token: str) -> None:
    is_problem(anybody.get("products/", Authorization=f"Bearer {token}"), 401)


def test_a_method_the_address_does_not_take(staff: Caller) -> None:
    response = staff.send("DELETE", "products/")
    is_problem(response, 405, "method_not_allowed")
    assert "GET" in response["Allow"]


def test_a_body_that_is_not_json(staff: Caller) -> None:
    response = staff.client.post(
        "/api/v1/products/", "title=x", content_type="text/plain", headers={"X-Business": "harbour"}
    )
    is_problem(response, 415, "unsupported_media_type")


BROKEN: dict[str, Any] = {
    "cut off": '{"title": ',
    "nothing": " ",
    "not an object": '"x"',
    "a list": "[1, 2]",
    "null": "null",
    "duplicate name": '{"title": "a", "title": "b"}',
    "duplicate name below": '{"title": "a", "variants": [{"price": "1", "price": "2"}]}',
    "NaN": '{"title": "a", "variants": [{"price": NaN}]}',
    "Infinity": '{"title": "a", "variants": [{"price": -Infinity}]}',
    "lone surrogate": '{"title": "\\ud800", "variants": [{"price": "1"}]}',
    "NUL": '{"title": "a\\u0000b", "variants": [{"price": "1"}]}',
    "NUL in a name": '{"ti\\u0000tle": "a"}',
    "long integer": '{"title": "a", "variants": [{"price": ' + "9" * 1_000_000 + "}]}",
    "long fraction": '{"title": "a", "variants": [{"price": 0.' + "1" * 900_000 + "}]}",
    "large exponent": '{"title": "a", "variants": [{"price": 1e999999999}]}',
    "deep": "[" * 100_000 + "]" * 100_000,
    "deep below": '{"title": ' + "[" * 900 + "]" * 900 + "}",
    "not UTF-8": b'{"title": "\xff"}',
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_meant_is_refused(staff: Caller, name: str) -> None:
    body = is_problem(staff.post("products/", BROKEN[name]), 400)
    assert body["code"] in {"malformed", "invalid_input"}


def test_a_body_of_ten_megabytes_is_refused_unread(staff: Caller) -> None:
    body = is_problem(staff.post("products/", '{"title": "' + "a" * 10_000_000 + '"}'), 413, "body_too_large")
    assert "KiB" in body["remedy"]


def test_errors_are_named_by_field(staff: Caller) -> None:
    given = {"titel": "a", "variants": [{"price": "1.00"}, {"price": "x", "weight_grams": True}]}
    body = is_problem(staff.post("products/", given), 400, "invalid_input")
    assert set(body["errors"]) == {"titel"}
    given["title"] = given.pop("titel")
    body = is_problem(staff.post("products/", given), 400, "invalid_input")
    assert set(body["errors"]) == {"variants.1.price", "variants.1.weight_grams"}


@pytest.mark.parametrize(
    "query",
    [
        "stauts=active", "status=sold", "limit=0", "limit=101", "limit=x", "limit=²", "ordering=cost", "ordering=--id",
        "cursor=x", "cursor=", "cursor=%00", "cursor=W10=", "cursor=WyJuIiwiLWNyZWF0ZWRfYXQiLFsxLDJdXQ==",
        "category=1", "min_price=NaN", "min_price=1e400", "min_price=" + "9" * 5000, "updated_after=yesterday",
        "search=%00", "vendor=a%00b",
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_meant_is_refused(staff: Caller, query: str) -> None:
    is_problem(staff.get(f"products/?{query}"), 400, "invalid_input")


@pytest.mark.parametrize("row", ["1", "x" * 3000, "%00", "00000000-0000-0000-0000-00000000000g", "..%2f"])
def test_an_id_that_is_none_is_absent(staff: Caller, row: str) -> None:
    is_problem(staff.get(f"products/{row}/"), 404)


def test_a_fault_of_ours_tells_nothing(staff: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("secret detail of the house")

    monkeypatch.setattr(ProductViewSet, "rows", fail)
    response = staff.get("products/", X_Request_ID="abcdefgh-1")
    body = is_problem(response, 500, "unexpected")
    assert "secret" not in response.content.decode()
    assert body["request_id"] == "abcdefgh-1"


def test_a_session_needs_the_csrf_token(staff: Caller) -> None:
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(staff.user)
    response = strict.post("/api/v1/customers/", "{}", "application/json", headers={"X-Business": "harbour"})
    is_problem(response, 403, "csrf_failed")
