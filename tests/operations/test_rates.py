"""Rates are counted for all processes together, and a refusal is a page one can read."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from apps.kernel import clock, rates
from apps.kernel.errors import RateLimited
from apps.kernel.models import RateCount
from apps.kernel.tasks import purge_old_rows
from apps.platform.businesses.models import Business
from monidesk.cache_settings import cache_settings
from monidesk.limits import DEFAULT_RATES, store_rates
from tests.factories.goods import make_product
from tests.ground.test_celery_redis import RedisServer, redis_server

__all__ = ["redis_server"]

START = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)


@pytest.mark.django_db
def test_a_rate_slides_and_is_given_back() -> None:
    def used(seconds: int, who: str = "a") -> rates.Used:
        with clock.travel(START + dt.timedelta(seconds=seconds)):
            return rates.count("probe", who, "4/min")

    assert [used(second).left for second in (0, 10, 20, 30)] == [3, 2, 1, 0]
    assert used(40).is_over
    assert not used(41, "somebody else").is_over
    assert used(61).is_over  # five a moment ago still count
    assert not used(115).is_over
    assert not used(600).is_over


@pytest.mark.django_db
def test_counting_is_one_query_and_keeps_no_name(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        rates.count("probe", "203.0.114.9", "4/min")
    assert "203.0.114.9" not in repr(RateCount.objects.values())


@pytest.mark.django_db
def test_one_too_many_says_when_to_come_again() -> None:
    with clock.travel(START):
        rates.spend("probe", "a", "1/min")
        with pytest.raises(RateLimited) as refused:
            rates.spend("probe", "a", "1/min")
    assert refused.value.context["retry_after"] == 60


@pytest.mark.django_db(transaction=True)
def test_parallel_callers_on_several_connections_cannot_slip_through() -> None:
    barrier, over = threading.Barrier(8), []

    def call() -> None:
        barrier.wait()
        over.extend(rates.count("probe", "a", "10/h").is_over for _n in range(5))
        connections.close_all()

    threads = [threading.Thread(target=call) for _n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert over.count(False) == 10
    assert RateCount.objects.get().count == 40


@pytest.mark.django_db
def test_the_table_is_unlogged_and_emptied() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'kernel_ratecount'")
        assert cursor.fetchone() == ("u",)
    with clock.travel(START):
        rates.count("probe", "a", "4/min")
    rates.count("probe", "b", "4/h")
    purge_old_rows()
    assert RateCount.objects.count() == 1


def test_the_settings_can_be_changed_and_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_RATES", "")
    assert store_rates() == DEFAULT_RATES
    monkeypatch.setenv("STORE_RATES", "cart=5/min")
    assert store_rates() == {**DEFAULT_RATES, "cart": "5/min"}
    monkeypatch.setenv("STORE_RATES", "off")
    assert store_rates() == {}


@pytest.fixture
def shop(business: Business, settings: Any) -> Business:
    settings.STORE_RATES = {"cart": "2/min", "suggest": "2/min", "checkout": "2/min"}
    make_product(business, title="Bowl", slug="bowl", stock=50)
    return business


def add(client: Client, shop: Business, **more: Any) -> Any:
    return client.post(f"/store/{shop.slug}/cart/add/", {"product": "bowl", "quantity": "1"}, **more)


def test_adding_too_often_gets_the_stores_own_page_and_a_time(client: Client, shop: Business) -> None:
    assert [add(client, shop).status_code for _n in range(3)] == [302, 302, 429]
    refused = add(client, shop)
    text = refused.content.decode()
    assert "That was a little fast" in text
    assert shop.name in text
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert add(client, shop, REMOTE_ADDR="203.0.114.9").status_code == 302  # another network goes on
    assert client.get(f"/store/{shop.slug}/products/bowl/").status_code == 200  # looking is free


def test_a_part_of_a_page_gets_a_sentence_and_no_second_shop(client: Client, shop: Business) -> None:
    for _n in range(2):
        add(client, shop)
    refused = add(client, shop, headers={"HX-Request": "true"})
    assert refused.status_code == 429
    assert "<html" not in refused.content.decode()
    assert 'role="alert"' in refused.content.decode()


def test_suggestions_and_checkout_are_limited(client: Client, shop: Business) -> None:
    suggest = f"/store/{shop.slug}/suggest/?q=bo"
    assert [client.get(suggest).status_code for _n in range(3)] == [200, 200, 429]
    add(client, shop)
    checkout = f"/store/{shop.slug}/checkout/"
    codes = [client.post(checkout, {"email": "no address"}).status_code for _n in range(3)]
    assert codes[2] == 429
    assert 429 not in codes[:2]
    assert client.get(checkout).status_code == 200


def test_with_redis_no_statement_is_sent(
    settings: Any, django_assert_num_queries: Any, db: None, redis_server: RedisServer
) -> None:
    settings.REDIS_URL = f"unix://{redis_server.socket}"
    settings.CACHES = cache_settings(settings.REDIS_URL)
    with clock.travel(START), django_assert_num_queries(0):
        assert [rates.count("probe", "a", "2/min").is_over for _n in range(3)] == [False, False, True]
