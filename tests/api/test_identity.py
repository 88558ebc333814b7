"""Who calls, for which business, and how often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.kernel import clock, tenancy
from apps.platform.businesses.models import Business, Membership

from .world import PASSWORD, Caller, is_problem, join, make_user, open_business

pytestmark = pytest.mark.django_db


def sign_in(caller: Caller, **given: str) -> Any:
    return caller.post("auth/token/", {"email": "owner@harbour.example", "password": PASSWORD, **given})


def test_a_token_opens_the_business_it_names(shop: Business, anybody: Caller) -> None:
    pair = sign_in(anybody, business="harbour").json()
    assert pair["role"] == "owner"
    assert pair["expires_in"] == 900
    caller = Caller(shop, None, pair["access"])
    assert caller.get("products/").status_code == 200
    assert caller.post("customers/", {"email": "a@example.com"}).status_code == 201


def test_the_claims_of_a_token(shop: Business, anybody: Caller) -> None:
    from rest_framework_simplejwt.tokens import AccessToken

    claims = AccessToken(sign_in(anybody).json()["access"]).payload
    assert claims["business"] == str(shop.pk)
    assert claims["role"] == "owner"
    assert {"user", "jti", "exp", "iat", "iss"} <= set(claims)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"password": "wrong"}, 401),
        ({"email": "nobody@example.com"}, 401),
        ({"email": "no address"}, 400),
        ({"business": "prairie"}, 400),
        ({"business": "no-such-shop"}, 400),
        ({"surprise": "x"}, 400),
    ],
)
def test_a_wrong_sign_in(
    shop: Business, other_shop: Business, anybody: Caller, given: dict[str, str], status: int
) -> None:
    is_problem(sign_in(anybody, **given), status)


def test_a_suspended_person_gets_no_token(shop: Business, anybody: Caller) -> None:
    user = join(shop, "manager", "gone@harbour.example")
    token = sign_in(anybody, email=user.email).json()["access"]
    user.status = "suspended"
    user.save()
    is_problem(sign_in(anybody, email=user.email), 401)
    is_problem(Caller(token=token).get("products/"), 401)


def test_a_refresh_token_works_once(shop: Business, anybody: Caller) -> None:
    first = sign_in(anybody).json()
    second = anybody.post("auth/token/refresh/", {"refresh": first["refresh"]})
    assert second.status_code == 200
    is_problem(anybody.post("auth/token/refresh/", {"refresh": first["refresh"]}), 401, "token_not_valid")
    assert Caller(token=second.json()["access"]).get("products/").status_code == 200
    is_problem(Caller(token=second.json()["refresh"]).get("products/"), 401)


def test_a_new_password_ends_old_tokens(shop: Business, anybody: Caller) -> None:
    user = join(shop, "manager", "careful@harbour.example")
    pair = sign_in(anybody, email=user.email).json()
    user.set_password("another horse battery staple")
    user.save()
    is_problem(Caller(token=pair["access"]).get("products/"), 401)
    is_problem(anybody.post("auth/token/refresh/", {"refresh": pair["refresh"]}), 401)


def test_a_membership_that_ended_ends_the_token(shop: Business, anybody: Caller) -> None:
    user = join(shop, "manager", "left@harbour.example")
    pair = sign_in(anybody, email=user.email).json()
    with tenancy.bind(shop.pk):
        Membership.objects.filter(user=user).update(status="suspended")
    is_problem(Caller(token=pair["access"]).get("products/"), 404)
    is_problem(anybody.post("auth/token/refresh/", {"refresh": pair["refresh"]}), 401)


def test_a_role_taken_away_works_at_once(shop: Business, anybody: Caller) -> None:
    user = join(shop, "manager", "moved@harbour.example")
    caller = Caller(token=sign_in(anybody, email=user.email).json()["access"])
    assert caller.post("customers/", {"name": "A"}).status_code == 201
    with tenancy.bind(shop.pk):
        membership = Membership.objects.get(user=user)
        membership.role = type(membership.role).objects.get(code="analyst")
        membership.save()
    is_problem(caller.post("customers/", {"name": "B"}), 403, "permission_refused")


@pytest.mark.parametrize(
    "named", ["prairie", "no-such-shop", "07e379e4-4eb7-4992-9376-6ad0b599efd4", "'; --", "a b"]
)
def test_a_foreign_and_an_absent_business_answer_alike(
    staff: Caller, other_shop: Business, named: str
) -> None:
    body = is_problem(staff.get("products/", X_Business=named), 404, "not_found")
    assert body["detail"] == "That was not found."


def test_a_token_does_not_open_another_business(other_shop: Business, anybody: Caller) -> None:
    ada = make_user("ada@example.com")
    open_business("first", owner=ada)
    open_business("second", owner=ada)
    token = sign_in(anybody, email=ada.email, business="first").json()["access"]
    assert Caller(token=token).get("products/", X_Business="first").status_code == 200
    is_problem(Caller(token=token).get("products/", X_Business="second"), 404)
    is_problem(Caller(token=token).get("products/", X_Business="prairie"), 404)


def test_a_session_chooses_by_slug_or_id(staff: Caller, shop: Business) -> None:
    for named in (shop.slug, str(shop.pk)):
        assert staff.get("products/", X_Business=named).status_code == 200


def test_sign_in_is_throttled_by_address_and_by_account(
    shop: Business, anybody: Caller, settings: Any
) -> None:
    settings.API_THROTTLES = {"sign_in": "5/min", "sign_in_account": "3/hour"}
    with clock.travel(clock.now().replace(minute=30, second=1)):
        for _attempt in range(3):
            is_problem(sign_in(anybody, password="wrong"), 401)
        response = sign_in(anybody)
        is_problem(response, 429, "rate_limited")
        assert 1 <= int(response["Retry-After"]) <= 3600
        is_problem(sign_in(anybody, email="b@example.com"), 401)
        is_problem(sign_in(anybody, email="c@example.com"), 429)


def test_a_window_slides(staff: Caller, settings: Any) -> None:
    settings.API_THROTTLES = {"caller": "10/min"}
    start = clock.now().replace(second=30, microsecond=0)
    with clock.travel(start):
        assert [staff.get("products/").status_code for _call in range(11)] == [200] * 10 + [429]
    with clock.travel(
        start + timedelta(seconds=35)
    ):  # the next window, but most of the last one still counts
        assert staff.get("products/").status_code == 429
    with clock.travel(start + timedelta(seconds=120)):
        assert staff.get("products/").status_code == 200
