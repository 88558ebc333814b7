"""Who calls, for which business, and how often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.conf import settings

from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.kernel.models import AuditEntry
from apps.platform.access import signing
from apps.platform.access.signing import REQUIRED
from apps.platform.businesses.models import Business, Membership
from apps.platform.businesses.services import remove_member, suspend_member
from apps.platform.notifications.models import Message

from .world import PASSWORD, Caller, is_problem, join, make_user, open_business

pytestmark = pytest.mark.django_db


def sign_in(caller: Caller, **given: str) -> Any:
    return caller.post("auth/token/", {"email": "owner@harbour.example", "password": PASSWORD, **given})


def tokens(answer: Any) -> dict[str, str]:
    """The tokens of an answer: they stand in its headers and nowhere in its body."""
    assert answer.status_code == 200, answer.content
    pair = {"access": answer["Access-Token"], "refresh": answer["Refresh-Token"]}
    assert not any(token in answer.text for token in pair.values())
    assert answer["Cache-Control"] == "no-store"
    return pair


def refresh(caller: Caller, token: str) -> Any:
    return caller.post("auth/token/refresh/", Refresh_Token=token)


def test_a_token_opens_the_business_it_names(shop: Business, anybody: Caller) -> None:
    answer = sign_in(anybody, business="harbour")
    assert answer.json() == {
        "business": "harbour", "role": "owner", "expires_in": 900, "refresh_expires_in": 14 * 86400
    }  # fmt: skip
    caller = Caller(shop, None, tokens(answer)["access"])
    assert caller.get("products/").status_code == 200
    assert caller.post("customers/", {"email": "a@example.com"}).status_code == 201


def test_the_claims_of_a_token(shop: Business, anybody: Caller) -> None:
    access = tokens(sign_in(anybody))["access"]
    claims = jwt.decode(access, options={"verify_signature": False})
    assert claims["business"] == str(shop.pk)
    assert (claims["role"], claims["typ"], claims["aud"], claims["iss"]) == (
        "owner", "access", "monidesk-api", "monidesk"
    )  # fmt: skip
    assert set(REQUIRED) == set(claims)


def forged(access: str, **changes: Any) -> str:
    """The same token signed with the right key, with other claims; None takes a claim away."""
    claims = jwt.decode(access, options={"verify_signature": False}) | changes
    kept = {name: value for name, value in claims.items() if value is not None}
    secret = settings.API_SIGNING_KEYS[0]
    return jwt.encode(
        kept, signing._derived(secret), algorithm="HS256", headers={"kid": signing.key_id(secret)}
    )


@pytest.mark.parametrize("claim", REQUIRED)
def test_a_token_that_lacks_a_claim_is_refused(shop: Business, anybody: Caller, claim: str) -> None:
    access = tokens(sign_in(anybody))["access"]
    is_problem(Caller(token=forged(access, **{claim: None})).get("products/"), 401, "token_not_valid")


@pytest.mark.parametrize(
    "changes",
    [{"aud": "somebody"}, {"iss": "somebody"}, {"typ": "refresh"}, {"exp": 1}, {"sid": "no-id"}, {"user": str(uuid4())},
     {"business": str(uuid4())}, {"sid": str(uuid4())}],
)  # fmt: skip
def test_a_token_with_a_wrong_claim_is_refused(
    shop: Business, anybody: Caller, changes: dict[str, Any]
) -> None:
    access = tokens(sign_in(anybody))["access"]
    is_problem(Caller(token=forged(access, **changes)).get("products/"), 401, "token_not_valid")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "md_live_nothing"])
def test_nonsense_for_a_token_is_refused(shop: Business, token: str) -> None:
    answer = Caller().get("products/", Authorization=f"Bearer {token}")
    is_problem(answer, 401)
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_an_unsigned_token_and_one_of_another_key_are_refused(shop: Business, anybody: Caller) -> None:
    access = tokens(sign_in(anybody))["access"]
    claims = jwt.decode(access, options={"verify_signature": False})
    known = signing.key_id(settings.API_SIGNING_KEYS[0])
    for fake in (
        jwt.encode(claims, None, algorithm="none", headers={"kid": known}),
        jwt.encode(claims, b"another key of thirty-two bytes..", algorithm="HS256", headers={"kid": known}),
    ):
        is_problem(Caller(token=fake).get("products/"), 401, "token_not_valid")


def test_the_signing_key_changes_with_an_overlap(shop: Business, anybody: Caller, settings: Any) -> None:
    old = settings.API_SIGNING_KEYS[0]
    before = tokens(sign_in(anybody))
    settings.API_SIGNING_KEYS = ["a newer key", old]
    after = tokens(sign_in(anybody))
    assert jwt.get_unverified_header(after["access"])["kid"] == signing.key_id("a newer key")
    assert Caller(token=before["access"]).get("products/").status_code == 200
    assert Caller(token=after["access"]).get("products/").status_code == 200
    settings.API_SIGNING_KEYS = ["a newer key"]
    is_problem(Caller(token=before["access"]).get("products/"), 401, "token_not_valid")
    is_problem(refresh(anybody, before["refresh"]), 401, "token_not_valid")
    assert Caller(token=after["access"]).get("products/").status_code == 200


def test_an_access_token_ends_after_a_quarter_of_an_hour(shop: Business, anybody: Caller) -> None:
    access = tokens(sign_in(anybody))["access"]
    with clock.travel(clock.now() + timedelta(minutes=14)):
        assert Caller(token=access).get("products/").status_code == 200
    with clock.travel(clock.now() + timedelta(minutes=16)):
        is_problem(Caller(token=access).get("products/"), 401, "token_not_valid")


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
    token = tokens(sign_in(anybody, email=user.email))["access"]
    user.status = "suspended"
    user.save()
    is_problem(sign_in(anybody, email=user.email), 401)
    is_problem(Caller(token=token).get("products/"), 401)


def test_a_refresh_token_works_once_and_a_second_use_ends_the_sign_in(
    shop: Business, anybody: Caller
) -> None:
    first = tokens(sign_in(anybody))
    second = tokens(refresh(anybody, first["refresh"]))
    assert Caller(token=second["access"]).get("products/").status_code == 200
    is_problem(Caller(token=second["refresh"]).get("products/"), 401)  # not an access token

    is_problem(refresh(anybody, first["refresh"]), 401, "token_reused")

    is_problem(Caller(token=second["access"]).get("products/"), 401, "token_not_valid")
    is_problem(refresh(anybody, second["refresh"]), 401, "token_not_valid")
    assert AuditEntry.objects.filter(chain=shop.pk, action="access.token_reused").count() == 1
    with tenancy.bind(shop.pk):
        mail = Message.objects.get(template="token_reused")
    assert mail.to == "owner@harbour.example"


def test_signing_out_ends_the_sign_in_and_no_other(shop: Business, anybody: Caller) -> None:
    mine, other = tokens(sign_in(anybody)), tokens(sign_in(anybody))
    assert anybody.post("auth/token/revoke/", Refresh_Token=mine["refresh"]).status_code == 204
    is_problem(Caller(token=mine["access"]).get("products/"), 401, "token_not_valid")
    is_problem(refresh(anybody, mine["refresh"]), 401, "token_not_valid")
    assert Caller(token=other["access"]).get("products/").status_code == 200
    assert anybody.post("auth/token/revoke/", Refresh_Token="nonsense").status_code == 204
    is_problem(anybody.post("auth/token/revoke/"), 400, "refresh_token_missing")


def test_a_new_password_ends_old_tokens(shop: Business, anybody: Caller) -> None:
    user = join(shop, "manager", "careful@harbour.example")
    pair = tokens(sign_in(anybody, email=user.email))
    user.set_password("another horse battery staple")
    user.save()
    is_problem(Caller(token=pair["access"]).get("products/"), 401)
    is_problem(refresh(anybody, pair["refresh"]), 401)


@pytest.mark.parametrize("service", [suspend_member, remove_member])
def test_a_membership_that_ended_ends_its_tokens(shop: Business, anybody: Caller, service: Any) -> None:
    user = join(shop, "manager", "left@harbour.example")
    pair = tokens(sign_in(anybody, email=user.email))
    with tenancy.bind(shop.pk):
        member = Membership.objects.get(user=user)
    service(Actor.system("test", shop.pk), membership_id=member.pk)
    is_problem(Caller(token=pair["access"]).get("products/"), 401, "token_not_valid")
    is_problem(refresh(anybody, pair["refresh"]), 401, "token_not_valid")


def test_a_role_taken_away_works_at_once(shop: Business, anybody: Caller) -> None:
    user = join(shop, "manager", "moved@harbour.example")
    caller = Caller(token=tokens(sign_in(anybody, email=user.email))["access"])
    assert caller.post("customers/", {"name": "A"}).status_code == 201
    with tenancy.bind(shop.pk):
        membership = Membership.objects.get(user=user)
        membership.role = type(membership.role).objects.get(code="analyst")
        membership.save()
    is_problem(caller.post("customers/", {"name": "B"}), 403, "permission_refused")


def test_a_token_costs_two_queries(shop: Business, anybody: Caller, django_assert_num_queries: Any) -> None:
    caller = Caller(token=tokens(sign_in(anybody))["access"])
    with django_assert_num_queries(3):  # the sign-in, the membership, the rows
        assert caller.get("customers/").status_code == 200


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
    token = tokens(sign_in(anybody, email=ada.email, business="first"))["access"]
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
