"""What the stock pages cost on a ledger of 1,000,000 movements beside one of 10,000; `python -m bench.stock`.

Two businesses with the same 2,000 items, a year of movements written by SQL. The lists may not grow with the ledger;
reports read closed days and what was recorded since.
"""

from __future__ import annotations

import datetime as dt
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from bench.rows import complete

ITEMS = 2_000
SMALL, LARGE = 10_000, int(os.environ.get("BENCH_MOVEMENTS", "1000000"))
MOST = 1.5
ROUNDS = 15
BACKEND = "django.contrib.auth.backends.ModelBackend"

_PRODUCTS = """
INSERT INTO catalog_product
    (id, created_at, updated_at, business_id, title, slug, description_html, vendor_name, product_type, tags, status,
     published, published_at, seo_title, seo_description, min_price, max_price, variant_count, search_text)
SELECT gen_random_uuid(), now(), now(), %s, 'Item ' || n, 'item-' || n, '', '', '', '{}', 'active', true, now(), '',
       '', 10, 10, 1, 'item ' || n
  FROM generate_series(1, %s) AS n
"""
_VARIANTS = """
INSERT INTO catalog_variant
    (id, created_at, updated_at, business_id, product_id, title, option_values, sku, barcode, price, weight_grams,
     position, track_stock, backorder_limit, taxable, published, active)
SELECT gen_random_uuid(), now(), now(), business_id, id, '', '[]', 'B-' || substr(slug, 6), '', 10, 100, 1, true, 0,
       true, true, true
  FROM catalog_product WHERE business_id = %s
"""
# A third comes, two thirds go; ids rise with time as those of the product do, over the last year.
_MOVEMENTS = """
INSERT INTO inventory_stockmovement
    (id, created_at, business_id, variant_id, location_id, on_hand_delta, reserved_delta, value_delta, unit_cost,
     reason, reason_code, reference_type, note, actor_label, occurred_at)
SELECT (substr(spot, 1, 8) || '-' || substr(spot, 9, 4) || '-7' || substr(md5(n::text), 1, 3) || '-8'
        || substr(md5(n::text), 4, 3) || '-' || substr(md5(n::text), 7, 12))::uuid,
       at, %(business)s, goods.id, place.id, CASE WHEN n %% 3 = 0 THEN 4 ELSE -1 END, 0,
       CASE WHEN n %% 3 = 0 THEN 16 ELSE -4 END, 4, CASE WHEN n %% 3 = 0 THEN 'receive' ELSE 'consume' END,
       '', 'bench', '', 'bench', at
  FROM generate_series(%(first)s, %(last)s) AS n
 CROSS JOIN LATERAL (SELECT now() - interval '1 day' * 365 * (1 - n::numeric / %(count)s) AS at) AS moment
 CROSS JOIN LATERAL (SELECT lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') AS spot) AS clock
  JOIN bench_goods AS goods ON goods.place = n %% %(items)s
  JOIN businesses_location AS place ON place.business_id = %(business)s AND place.is_default
 ORDER BY n %% 3
"""
_STEP = 100_000


def make_ledger(slug: str, movements: int) -> Any:
    """A business with 2,000 items and so many movements of the last year."""
    from django.db import connection

    from apps.goods.catalog.models import Product, Variant
    from apps.kernel import outbox, tenancy
    from apps.kernel.actors import Actor
    from apps.platform.accounts.services import register_user
    from apps.platform.businesses.services import create_business

    system = Actor.system("bench", None)
    owner = register_user(system, email=f"owner@{slug}.example.com", password=None)
    business = create_business(
        system, owner=owner, name=slug, slug=slug, country="GB", currency="GBP", tax_inclusive=True
    )
    outbox.drain()
    with tenancy.bind(business.pk), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(complete(_PRODUCTS, Product), [business.pk, ITEMS])
        cursor.execute(complete(_VARIANTS, Variant), [business.pk])
        cursor.execute("DROP TABLE IF EXISTS bench_goods")
        cursor.execute(
            "CREATE TEMP TABLE bench_goods AS SELECT id, row_number() OVER (ORDER BY sku) - 1 AS place "
            "FROM catalog_variant WHERE business_id = %s",
            [business.pk],
        )
        facts = {"business": business.pk, "count": movements, "items": ITEMS}
        for first in range(1, movements + 1, _STEP):
            last = min(first + _STEP - 1, movements)
            cursor.execute(_MOVEMENTS, {**facts, "first": first, "last": last})
    return business


def tidy() -> None:
    """As autovacuum leaves it."""
    from django.db import connection

    from apps.kernel.database_roles import as_owner

    with as_owner("default"), connection.cursor() as cursor:
        cursor.execute(
            "VACUUM ANALYZE inventory_stockmovement, inventory_stockbalance, inventory_stocksnapshot, catalog_variant"
        )
    connection.close()


Work = Callable[[int], Any]


def pages(business: Any) -> dict[str, Work]:
    """What is asked of a business: the rows of each list, and each report."""
    from django.test import Client

    from apps.goods.inventory.ageing import list_aged
    from apps.goods.inventory.reporting import list_idle, list_moved, list_worth
    from apps.kernel import clock, tenancy
    from apps.platform.businesses.models import Membership

    client = Client(HTTP_HOST="127.0.0.1")
    with tenancy.bind(business.pk):
        client.force_login(Membership.objects.select_related("user").get().user, backend=BACKEND)
        today = clock.today()
    year = today - dt.timedelta(days=365)

    def page(path: str) -> None:
        answer = client.get(f"/admin/inventory/{path}")
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}")

    def report(read: Callable[..., Any], *days: dt.date) -> Work:
        def work(_number: int) -> None:
            with tenancy.bind(business.pk):
                read(*days)

        return work

    return {
        "list: movements": lambda n: page("stockmovement/"),
        "list: movements of one reason": lambda n: page("stockmovement/?reason__exact=receive"),
        # Eleven items: a whole page of both. Of one item the small ledger would show five rows, the large one fifty.
        "list: movements of a few SKUs": lambda n: page(f"stockmovement/?q=B-{21 + n}"),
        "list: balances, low": lambda n: page("stockbalance/"),
        "list: balances, all": lambda n: page("stockbalance/?tab=all"),
        "report: worth today": report(list_worth, today),
        "report: worth 100 days ago": report(list_worth, today - dt.timedelta(days=100)),
        "report: how long it has been lying": report(list_aged, today),
        "report: what nobody buys": report(list_idle, year, today),
        "report: movements of a year": report(list_moved, year, today),
    }


def beside(few: Work, many: Work) -> tuple[float, float]:
    """Half within so many milliseconds, of each: by turns, so that what else the machine does meets both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + 1):
        for kept, work in zip(taken, (few, many), strict=True):
            begin = time.perf_counter()
            work(number)
            kept.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken[0][1:]), statistics.median(taken[1][1:])


def close_all_days(business: Any) -> None:
    """As if the clock had closed each day of the year when it was over."""
    from apps.goods.inventory.models import StockMovement
    from apps.goods.inventory.services import close_stock_days
    from apps.kernel import clock, tenancy
    from apps.kernel.actors import Actor

    actor = Actor.system("bench", business.pk)
    with tenancy.bind(business.pk):
        opened = StockMovement.objects.order_by("created_at").values_list("created_at", flat=True)[0]
        with clock.travel(opened + dt.timedelta(days=1, hours=1)):
            close_stock_days(actor)
        while close_stock_days(actor):
            pass


def compare() -> list[tuple[str, float, float]]:
    """(work, on 10,000, on 1,000,000) in milliseconds, all days closed for both."""
    both = [make_ledger("bench-small", SMALL), make_ledger("bench-large", LARGE)]
    tidy()
    for business in both:
        close_all_days(business)
    tidy()
    small, large = (pages(business) for business in both)
    return [(work, *beside(small[work], large[work])) for work in small]


if __name__ == "__main__":
    import logging

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monidesk.settings")
    os.environ.setdefault("OUTBOX_WAKE", "0")
    django.setup()
    from django.core.management import call_command

    logging.getLogger("monidesk.access").disabled = True
    call_command("migrate", verbosity=0, interactive=False)
    for work, few, many in compare():
        mark = "" if many <= few * MOST else "NOT REACHED"
        print(f"{work:<36} {few:>8.1f} ms {many:>8.1f} ms {many / few:>6.2f}  {mark}")
