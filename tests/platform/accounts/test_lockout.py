"""Guessing gets slower and slower, says nothing about who has an account, and ends for who may end it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from apps.kernel import clock
from apps.kernel.models import AuditEntry
from apps.platform.accounts.models import AccountEvent, SignInGuard
from apps.platform.accounts.services import SignInLocked, SignInRefused, authenticate_person
from tests.factories.businesses import PASSWORD, make_business, make_user

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def try_once(client: Client, email: str, password: str = PASSWORD + "?", ip: str = "203.0.113.7") -> Any:
    return client.post(reverse("account_login"), {"login": email, "password": password}, REMOTE_ADDR=ip)


def fail(client: Client, email: str, times: int, ip: str = "203.0.113.7") -> list[int]:
    return [try_once(client, email, ip=ip).status_code for _n in range(times)]


def test_the_fifth_failure_closes_the_door_and_says_until_when(client: Client) -> None:
    make_user("ada@example.com")

    assert fail(client, "ada@example.com", 5) == [200, 200, 200, 200, 429]
    answer = try_once(client, "ada@example.com", PASSWORD)

    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 60
    assert b"Try again in 1 minute" in answer.content
    assert "_auth_user_id" not in client.session


def test_each_further_failure_doubles_the_wait_and_trying_meanwhile_does_not(client: Client) -> None:
    make_user("ada@example.com")
    fail(client, "ada@example.com", 5)
    fail(client, "ada@example.com", 3)  # refused unseen
    guard = SignInGuard.objects.get(scope="account")
    assert guard.failures == 5

    with clock.travel(2 * MINUTE):
        fail(client, "ada@example.com", 1)
        guard.refresh_from_db()
        assert guard.locked_until - guard.last_failed_at == 2 * MINUTE
    with clock.travel(6 * MINUTE):
        fail(client, "ada@example.com", 1)
        guard.refresh_from_db()
        assert guard.locked_until - guard.last_failed_at == 4 * MINUTE


def test_the_right_password_after_the_wait_opens_and_starts_anew(client: Client) -> None:
    make_user("ada@example.com")
    fail(client, "ada@example.com", 5)

    with clock.travel(2 * MINUTE):
        assert try_once(client, "ada@example.com", PASSWORD).status_code == 302

    assert not SignInGuard.objects.filter(scope="account").exists()
    assert SignInGuard.objects.get(scope="address").failures == 5


def test_an_address_nobody_has_is_answered_alike(client: Client) -> None:
    make_user("ada@example.com")
    known = [try_once(client, "ada@example.com") for _n in range(5)]
    stranger = [try_once(Client(), "nobody@example.com", ip="203.0.113.8") for _n in range(5)]

    assert [answer.status_code for answer in known] == [answer.status_code for answer in stranger]
    assert known[0].context["form"].errors == stranger[0].context["form"].errors
    assert b"ada@example.com" not in known[4].content


def test_another_address_may_still_sign_in(client: Client) -> None:
    make_user("ada@example.com")
    fail(client, "ada@example.com", 5)

    assert try_once(Client(), "ada@example.com", PASSWORD, ip="198.51.100.1").status_code == 302


def test_guessing_many_accounts_closes_the_address(client: Client) -> None:
    make_user("ada@example.com")
    for number in range(40):
        fail(client, f"person{number}@example.com", 1)

    assert try_once(client, "ada@example.com", PASSWORD).status_code == 429


def test_one_household_of_ipv6_is_one_address(client: Client) -> None:
    make_user("ada@example.com")
    for number in range(5):
        fail(client, "ada@example.com", 1, ip=f"2001:db8:1:2::{number + 1}")

    assert try_once(client, "ada@example.com", PASSWORD, ip="2001:db8:1:2::99").status_code == 429
    assert try_once(Client(), "ada@example.com", PASSWORD, ip="2001:db8:1:3::1").status_code == 302


def test_a_forged_forwarded_address_does_not_get_past(client: Client) -> None:
    make_user("ada@example.com")
    for number in range(5):
        client.post(
            reverse("account_login"),
            {"login": "ada@example.com", "password": "wrong"},
            REMOTE_ADDR="203.0.113.7",
            HTTP_X_FORWARDED_FOR=f"10.0.0.{number}",
        )

    assert try_once(client, "ada@example.com", PASSWORD).status_code == 429


def test_the_history_and_the_chain_tell_of_failures_and_the_lock(client: Client) -> None:
    user = make_user("ada@example.com")
    business = make_business(owner=user)
    fail(client, "ada@example.com", 5)

    kinds = list(AccountEvent.objects.filter(user=user).order_by("at").values_list("kind", flat=True))
    assert kinds == ["failed"] * 5 + ["locked"]
    entries = AuditEntry.objects.filter(chain=business.pk, action="accounts.failed")
    assert entries.count() == 5
    entry = entries.first()
    assert entry is not None
    assert (entry.actor_kind, entry.object_id, entry.ip) == ("guest", str(user.pk), "203.0.113.7")


def test_a_guess_at_nobody_is_kept_without_the_address_guessed(client: Client) -> None:
    fail(client, "secret.name@example.com", 1)

    entry = AuditEntry.objects.filter(action="accounts.failed").get()
    assert "secret.name" not in str(entry.after)
    assert not SignInGuard.objects.filter(account__contains="secret").exists()


def test_a_program_meets_the_same_lock() -> None:
    make_user("ada@example.com")

    def sign_in(password: str) -> Any:
        request = RequestFactory().post("/api/v1/auth/token/", REMOTE_ADDR="203.0.113.7")
        return authenticate_person(request, email="Ada@example.com", password=password)

    for _n in range(4):
        with pytest.raises(SignInRefused):
            sign_in("wrong")
    with pytest.raises(SignInLocked) as locked:
        sign_in("wrong")
    with pytest.raises(SignInLocked):
        sign_in(PASSWORD)

    assert 0 < locked.value.context["retry_after"] <= 60
    with clock.travel(2 * MINUTE):
        assert sign_in(PASSWORD).user.email == "ada@example.com"


def test_a_suspended_person_and_a_wrong_password_are_one_answer_for_a_program() -> None:
    user = make_user("ada@example.com")
    type(user).objects.filter(pk=user.pk).update(status="suspended")

    with pytest.raises(SignInRefused):
        authenticate_person(RequestFactory().post("/"), email="ada@example.com", password=PASSWORD)
