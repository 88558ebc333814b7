"""A thousand interleaved requests of two businesses over three pooled connections, many of which end badly."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client, override_settings
from django.urls import path

from apps.kernel import tenancy
from apps.kernel.errors import UnboundTenant
from apps.platform.businesses.models import Location
from apps.platform.businesses.selectors import find_business_by_slug
from tests.conftest import build_business

pytestmark = pytest.mark.django_db(transaction=True)
REQUESTS = 1000
THREADS = 8
POOL = {"min_size": 1, "max_size": 3, "timeout": 30}


def seen() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT business_id FROM businesses_location")
        return [str(row[0]) for row in cursor.fetchall()]


def look(request: HttpRequest, slug: str, ending: str) -> HttpResponse:
    """A page that looks before, within and after its binding, and ends as it is told."""
    before = seen()
    business = find_business_by_slug(slug)
    assert business is not None
    with tenancy.bind(business.pk):
        if ending == "in a transaction":
            with transaction.atomic():
                found = seen()
                raise RuntimeError
        if ending == "broken transaction":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        found = seen()
        by_orm = [str(pk) for pk in Location.objects.values_list("business_id", flat=True)]
        if ending == "left open":
            connection.set_autocommit(False)
            seen()
        if ending == "raises":
            raise RuntimeError
        if ending == "half read":
            cursor = connection.chunked_cursor()
            cursor.execute("SELECT business_id FROM businesses_location")
            cursor.fetchone()
    return JsonResponse({"before": before, "found": found, "orm": by_orm, "after": seen()})


def unbound(request: HttpRequest) -> HttpResponse:
    """A page that forgot to bind."""
    try:
        list(Location.objects.all())
    except UnboundTenant:
        return JsonResponse({"found": seen()})
    raise AssertionError


urlpatterns = [path("look/<slug:slug>/<str:ending>/", look), path("unbound/", unbound)]
ENDINGS = ["well"] * 5 + ["raises", "in a transaction", "broken transaction", "half read", "left open"]


@pytest.fixture
def shops() -> dict[str, UUID]:
    return {slug: build_business(slug).pk for slug in ("ours", "theirs")}


@pytest.fixture
def pooled() -> Iterator[None]:
    """New connections come from a pool of three."""
    options, settings = connection.settings_dict["OPTIONS"], connection.settings_dict
    kept = settings["CONN_MAX_AGE"], settings["CONN_HEALTH_CHECKS"]
    connection.close()
    options["pool"], settings["CONN_MAX_AGE"], settings["CONN_HEALTH_CHECKS"] = POOL, 0, False
    try:
        yield
    finally:
        connection.close_pool()
        connection.close()
        del options["pool"]
        settings["CONN_MAX_AGE"], settings["CONN_HEALTH_CHECKS"] = kept


@override_settings(ROOT_URLCONF=__name__, BUSINESS_CACHE_SECONDS=60)
def test_nothing_leaks_over_pooled_connections(
    no_crossing: None, shops: dict[str, UUID], pooled: None
) -> None:
    connection.close()
    wrong: list[Any] = []
    tally: Counter[str] = Counter()
    backends: set[int] = set()

    def visit(seed: int) -> None:
        chooser, client = random.Random(seed), Client(raise_request_exception=False)
        for _number in range(REQUESTS // THREADS):
            slug, ending = chooser.choice(list(shops)), chooser.choice([*ENDINGS, "unbound"])
            url = "/unbound/" if ending == "unbound" else f"/look/{slug}/{ending}/"
            answer = client.get(url)
            tally[f"{ending} {answer.status_code}"] += 1
            if answer.status_code == 200:
                told = json.loads(answer.content)
                own = [str(shops[slug])]
                expected = (
                    {"found": []} if ending == "unbound"
                    else {"before": [], "found": own, "orm": own, "after": []}
                )  # fmt: skip
                if told != expected:
                    wrong.append((url, told))
            if connection.connection is not None:
                backends.add(connection.connection.info.backend_pid)
            # The end of a request gives the connection back, in whatever state it is.
            connections.close_all()

    threads = [threading.Thread(target=visit, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert sum(tally.values()) == REQUESTS
    assert len(backends) <= 3 + tally["left open 200"] + tally["broken transaction 500"]
    assert tally["well 200"] > 300
    assert min(tally["raises 500"], tally["in a transaction 500"], tally["broken transaction 500"]) > 30
