"""Limits and used codes are remembered by all web workers together: in PostgreSQL, in Redis, and while it is away."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import caches
from django.db import connection
from django.test import Client

from apps.kernel import clock, rates
from apps.kernel.caches import Absence, TableCache, absence
from apps.kernel.models import RateCount, Remembered
from apps.kernel.tasks import purge_old_rows
from apps.platform.businesses.models import Business
from monidesk.cache_settings import OWN_MEMORY, cache_settings
from tests.factories.businesses import make_user
from tests.factories.goods import make_product
from tests.ground.test_celery_redis import RedisServer, redis_server
from tests.kernel.dispatching import ROOT, environment
from tests.platform.accounts.signing_in import give_app, totp_code

__all__ = ["redis_server"]

_BEGIN = f"""
import json, os, sys
from django.conf import settings
if os.environ.get("EACH_FOR_ITSELF"):
    settings.CACHES["default"] = {OWN_MEMORY!r}
import django; django.setup()
"""
_CODE = """
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import encrypt
secret, code = sys.argv[1:]
print(json.dumps(TOTP(Authenticator(user_id=7, data={"secret": encrypt(secret)})).validate_code(code)))
"""
_FLOOD = """
from allauth.core.internal import ratelimit
from django.test import RequestFactory
from django.contrib.auth.models import AnonymousUser
request = RequestFactory().post("/"); request.user = AnonymousUser()
def come():
    return ratelimit.consume(request, app="allauth.account", action="x", config={"x": "3/m/ip"}) is not None
print(json.dumps([come() for _n in range(2)]))
"""
_RATE = """
from apps.kernel import rates
print(json.dumps([rates.count("probe", "a", "40/h").is_over for _n in range(30)]))
"""


def in_processes(code: str, *words: str, number: int = 2, at_once: bool = False, **more: str) -> list[Any]:
    """What each of several processes prints, one after the other or all at once."""
    started, said = [], []
    for _process in range(number):
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", _BEGIN + code, *words],
                cwd=ROOT,
                env={**environment(), "DJANGO_SETTINGS_MODULE": "monidesk.settings", **more},
                stdout=subprocess.PIPE,
            )
        )
        if not at_once:
            said.append(started[-1].communicate(timeout=60)[0])
    if at_once:
        said = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0] * number
    return [json.loads(text) for text in said]


@pytest.fixture(params=["postgres", "redis"])
def memory(request: Any, transactional_db: None) -> Iterator[dict[str, str]]:
    """The surroundings of a server that remembers in PostgreSQL, or in Redis."""
    if request.param == "postgres":
        yield {"REDIS_URL": ""}
        return
    yield {"REDIS_URL": f"unix://{request.getfixturevalue('redis_server').socket}"}


def a_code() -> tuple[str, str]:
    secret = generate_totp_secret()
    # One that stays good until the other process has read it.
    return secret, format_hotp_value(hotp_value(secret, int(time.time() + 10) // 30))


def test_a_code_of_two_step_sign_in_is_good_for_one_process_only(memory: dict[str, str]) -> None:
    assert in_processes(_CODE, *a_code(), **memory) == [True, False]


def test_control_each_process_for_itself_takes_the_code_again(transactional_db: None) -> None:
    assert in_processes(_CODE, *a_code(), EACH_FOR_ITSELF="1") == [True, True]


def test_floods_are_counted_together(memory: dict[str, str]) -> None:
    assert in_processes(_FLOOD, **memory) == [[True, True], [True, False]]


def test_control_each_process_for_itself_lets_more_in(transactional_db: None) -> None:
    assert in_processes(_FLOOD, EACH_FOR_ITSELF="1") == [[True, True], [True, True]]


def test_rates_of_two_processes_at_once_are_counted_to_the_call(memory: dict[str, str]) -> None:
    over = [one for process in in_processes(_RATE, at_once=True, **memory) for one in process]
    assert (over.count(False), over.count(True)) == (40, 20)
    assert RateCount.objects.exists() is (memory["REDIS_URL"] == "")


@pytest.fixture
def with_redis(settings: Any, redis_server: RedisServer) -> Iterator[RedisServer]:
    """This process as a server that was given a Redis."""
    settings.REDIS_URL = f"unix://{redis_server.socket}"
    settings.CACHES = cache_settings(settings.REDIS_URL)
    absence.forget()
    yield redis_server
    absence.forget()


@pytest.mark.django_db
def test_while_redis_is_away_postgresql_counts_and_refuses(with_redis: RedisServer) -> None:
    def over() -> bool:
        return rates.count("probe", "a", "2/h").is_over

    assert [over() for _n in range(3)] == [False, False, True]
    assert not RateCount.objects.exists()
    with_redis.stop()
    # From nought, and no further than that.
    assert [over() for _n in range(4)] == [False, False, True, True]
    assert RateCount.objects.get().count == 4
    with_redis.start()
    assert over()  # not asked again yet
    absence.forget()
    assert not over()
    assert RateCount.objects.get().count == 5


@pytest.mark.django_db
def test_while_redis_is_away_used_codes_are_remembered_by_postgresql(with_redis: RedisServer) -> None:
    assert caches["default"].add("used", True, 60)
    assert not caches["default"].add("used", True, 60)
    with_redis.stop()
    assert caches["default"].add("used", True, 60)
    assert not caches["default"].add("used", True, 60)
    assert Remembered.objects.count() == 1


@pytest.mark.django_db
def test_a_frozen_redis_holds_up_one_call_for_a_second_and_the_next_not_at_all(
    with_redis: RedisServer,
) -> None:
    rates.count("probe", "a", "2/h")
    assert with_redis.process is not None
    os.kill(with_redis.process.pid, signal.SIGSTOP)
    begin = time.monotonic()
    rates.count("probe", "a", "2/h")
    first = time.monotonic() - begin
    for _n in range(20):
        rates.count("probe", "a", "2/h")
    rest = time.monotonic() - begin - first
    assert first < 3
    assert rest < Absence.SECONDS / 2


@pytest.mark.django_db
def test_a_store_is_open_while_redis_is_away(
    client: Client, business: Business, with_redis: RedisServer
) -> None:
    make_product(business, title="Bowl", slug="bowl", stock=50)
    assert client.get(f"/store/{business.slug}/").status_code == 200
    with_redis.stop()
    assert client.get(f"/store/{business.slug}/").status_code == 200
    assert client.get(f"/store/{business.slug}/products/bowl/").status_code == 200


@pytest.mark.django_db
def test_the_table_behaves_as_a_cache() -> None:
    table = TableCache("", {"TIMEOUT": 300})
    assert table.get("a", "nothing") == "nothing"
    for value in (1, "y", [1.5, 2], {"a": [None, True]}, None):
        table.set("a", value)
        assert table.get("a", "nothing") == value
    assert not table.add("a", 2)
    assert table.delete("a")
    assert not table.delete("a")
    assert table.add("a", 2)
    assert (table.incr("a"), table.incr("a", 5), table.get("a")) == (3, 8, 8)
    with pytest.raises(ValueError, match="no such key"):
        table.incr("b")
    assert table.touch("a", 60)
    assert not table.touch("b", 60)
    table.set("a", 1, timeout=0)
    assert table.get("a") is None
    assert table.add("a", 4), "what is over is as good as gone"
    table.set("for ever", 1, timeout=None)
    assert Remembered.objects.filter(ends_at=None).count() == 1
    with pytest.raises(TypeError):
        table.set("a", object())
    table.clear()
    assert not Remembered.objects.exists()


@pytest.mark.django_db
def test_the_table_is_unlogged_keeps_no_name_and_is_emptied() -> None:
    caches["default"].set("allauth:rl:ip:203.0.114.9", [1.0], 60)
    caches["default"].set("over", 1, timeout=0)
    assert "203.0.114.9" not in repr(list(Remembered.objects.values()))
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'kernel_remembered'")
        assert cursor.fetchone() == ("u",)
    purge_old_rows()
    assert Remembered.objects.count() == 1


@pytest.mark.django_db
def test_a_used_code_is_remembered_for_as_long_as_it_would_be_good() -> None:
    """A step of thirty seconds, and one of tolerance before and after it."""
    user = make_user()
    give_app(user)
    code = totp_code()
    authenticator = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    assert authenticator.wrap().validate_code(code)
    assert not authenticator.wrap().validate_code(code)
    ends_at = Remembered.objects.get().ends_at
    assert ends_at is not None
    left = ends_at - clock.now()
    assert dt.timedelta(seconds=80) < left <= dt.timedelta(seconds=90)
