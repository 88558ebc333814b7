"""Whose address counts when proxies stand in between."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client

from apps.kernel.middleware import CallerAddressMiddleware
from tests.factories.businesses import make_user


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.7", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "127.0.0.1, 203.0.113.7", "203.0.113.7"),  # the first one the caller wrote himself
        (2, "127.0.0.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", "10.0.0.1"),  # came past one of the proxies
        (1, "203.0.113.7:4711", "203.0.113.7"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "unknown", "10.0.0.1"),
        (1, "<script>", "10.0.0.1"),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(
    proxies: int, forwarded: str, address: str, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}
    seen = []
    CallerAddressMiddleware(lambda asked: seen.append(asked.META["REMOTE_ADDR"]) or HttpResponse())(request)
    assert seen == [address]


@pytest.mark.django_db
def test_who_guesses_passwords_behind_a_proxy_locks_himself_out_and_nobody_else(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    make_user("ada@example.com")
    make_user("bob@example.com")

    def sign_in(email: str, password: str, caller: str) -> int:
        said = {"login": email, "password": password}
        where = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": caller}
        return Client().post("/accounts/login/", said, **where).status_code

    for number in range(45):
        sign_in(f"nobody-{number}@example.com", "wrong", "203.0.113.7")
    assert sign_in("bob@example.com", "wrong", "203.0.113.7") == 429
    assert sign_in("bob@example.com", "wrong", "203.0.113.8") == 200
