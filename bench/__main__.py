"""`python -m bench`: measure the limits and MoniDesk in one run; needs DATABASE_URL of a durable server."""

from __future__ import annotations

import json
import logging
import os
import random
import re
import sys
import threading
import time
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monidesk.settings")
os.environ.setdefault("OUTBOX_WAKE", "0")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from apps.kernel.database_roles import as_owner  # noqa: E402
from bench.buyer import Buyer  # noqa: E402
from bench.limits import least_orders_per_second  # noqa: E402
from bench.offers import CODE, add_offers  # noqa: E402
from bench.offers import SLUG as OFFERS  # noqa: E402
from bench.search import WITHIN_MS, make_catalogue, measure  # noqa: E402
from bench.shop import SLUG, make_shop, variant_ids  # noqa: E402
from bench.web import CLIENTS, WORKERS, Rate, ask, repeat, served  # noqa: E402

# Behind the name of a row: in the shop of `bench.offers`.
WITH_OFFERS = ", with offers and taxes"
HELLO_PORT, WEB_PORT, COMPANY_PORT = 8191, 8192, 8193


class Table:
    """The rows of one run."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(
        self,
        work: str,
        value: float,
        unit: str,
        target: str,
        *,
        reached: bool | None,
        limit: float | None = None,
    ) -> None:
        ratio = round(value / limit, 4) if limit else None
        row = {"work": work, "value": round(value, 2), "unit": unit, "limit": limit and round(limit, 1)}
        self.rows.append({**row, "ratio": ratio, "target": target, "reached": reached})
        mark = {True: "reached", False: "NOT REACHED", None: ""}[reached]
        share = f"{ratio:7.1%}" if ratio is not None else " " * 7
        print(f"{work:<46} {value:>10.1f} {unit:<9} {share}  {target:<22} {mark}", flush=True)


def main() -> None:
    """Measure, print, and write `var/bench.json`."""
    seconds = int(os.environ.get("BENCH_SECONDS", "8"))
    url = os.environ["DATABASE_URL"]
    owner_url = os.environ.get("DATABASE_OWNER_URL") or url
    print(f"Making a shop of a thousand products … ({WORKERS} web workers, {CLIENTS} clients)", flush=True)
    call_command("migrate", verbosity=0, interactive=False)
    business = make_shop()
    offers = make_shop(slug=OFFERS)
    add_offers(offers)
    with as_owner("default"), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    variants, offered = variant_ids(business), variant_ids(offers)
    connection.close()
    table = Table()
    with served("bench.hello:application", HELLO_PORT, {"DATABASE_URL": url}) as base:
        hello = ask(f"{base}/", seconds=seconds)
    table.add("limit: a bare page with one query", hello.per_second, "req/s", "", reached=None)
    least = least_orders_per_second(owner_url, seconds=seconds)
    table.add("limit: the least SQL of an order", least, "orders/s", "", reached=None)
    environment = {
        "STORE_RATES": "off",
        "DATABASE_URL": url,
        "PORT": str(WEB_PORT),
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{WEB_PORT}",
        # The payment company is somebody else's computer; here at least a server of its own.
        "SANDBOX_PAY_URL": f"http://127.0.0.1:{COMPANY_PORT}",
        "OUTBOX_WAKE": "0",
        "DEBUG": "0",
        # As in production.
        "LOG_JSON": "1",
    }
    company = served("monidesk.wsgi:application", COMPANY_PORT, environment, workers=1, threads=8)
    with company, served("monidesk.wsgi:application", WEB_PORT, environment) as base:
        _pages(table, base, hello.per_second, seconds)
        _buying(table, base, variants, least)
        _pages(table, base, hello.per_second, seconds, slug=OFFERS, mark=WITH_OFFERS)
        _buying(table, base, offered, least, slug=OFFERS, mark=WITH_OFFERS, code=CODE)
        _journeys(table, base, variants)
    for workers in (2, 16):
        company = served("monidesk.wsgi:application", COMPANY_PORT, environment, workers=1, threads=8)
        with company, served("monidesk.wsgi:application", WEB_PORT, environment, workers=workers) as base:
            _contention(table, base, business, workers)
    _statements(table, variants)
    _statements(table, offered, slug=OFFERS, mark=WITH_OFFERS, code=CODE)
    _searching(table)
    target = Path(settings.BASE_DIR) / "var" / "bench.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(table.rows, indent=1))
    missed = [row["work"] for row in table.rows if row["reached"] is False]
    print(
        f"\nWritten to {target}. "
        + (f"Not reached: {', '.join(missed)}." if missed else "All targets reached.")
    )


def _pages(table: Table, base: str, hello: float, seconds: int, *, slug: str = SLUG, mark: str = "") -> None:
    listing = ask(f"{base}/store/{slug}/products/", seconds=seconds)
    _check(listing)
    good = listing.per_second >= 0.10 * hello
    table.add(
        f"list page, 20 of 1,000{mark}",
        listing.per_second,
        "req/s",
        "10 % of the bare page",
        reached=good,
        limit=hello,
    )
    table.add(
        f"list page, 95 % of answers within{mark}", listing.p95_ms, "ms", "60 ms", reached=listing.p95_ms < 60
    )
    page = ask(f"{base}/store/{slug}/products/stoneware-mug-0000/", seconds=seconds)
    _check(page)
    good = page.per_second >= 0.13 * hello
    table.add(
        f"product page{mark}", page.per_second, "req/s", "13 % of the bare page", reached=good, limit=hello
    )


def _check(rate: Rate) -> None:
    if rate.failures:
        raise SystemExit(f"{rate.failures} answers were not good: the figure would mean nothing.")


def _buying(
    table: Table,
    base: str,
    variants: list[Any],
    least: float,
    *,
    slug: str = SLUG,
    mark: str = "",
    code: str = "",
) -> None:
    count = int(os.environ.get("BENCH_ORDERS", "400"))
    chooser = random.Random(1)
    buyers = [Buyer(base, slug, f"buyer{number}@example.com") for number in range(count)]
    adding = repeat(lambda n: [buyers[n].add(v) for v in chooser.sample(variants, 3)] and None, times=count)
    _check(adding)
    table.add(
        f"add to cart, with the page that follows{mark}", adding.per_second * 3, "per s", "", reached=None
    )
    if code:
        _check(repeat(lambda n: buyers[n].type_code(code) and None, times=count))
    forms: list[Any] = [None] * count

    def open_form(number: int) -> None:
        forms[number] = buyers[number].open_checkout()

    _check(repeat(open_form, times=count))
    placing = repeat(lambda n: buyers[n].place(forms[n], follow=False) and None, times=count)
    _check(placing)
    good = placing.per_second >= 0.07 * least
    table.add(
        f"place order, 3 lines{mark}",
        placing.per_second,
        "orders/s",
        "7 % of the least SQL",
        reached=good,
        limit=least,
    )
    table.add(f"place order, 95 % within{mark}", placing.p95_ms, "ms", "150 ms", reached=placing.p95_ms < 150)


def _journeys(table: Table, base: str, variants: list[Any]) -> None:
    chooser = random.Random(2)

    def journey(number: int) -> None:
        buyer = Buyer(base, SLUG, f"journey{number}@example.com")
        buyer.get(f"{buyer.store}")
        buyer.get(f"{buyer.store}products/")
        found = re.findall(rf'href="(/store/{SLUG}/products/[a-z0-9-]+/)"', buyer.page)
        buyer.get(chooser.choice(found))
        buyer.add(chooser.choice(variants))
        buyer.place(buyer.open_checkout(), follow=False)
        if buyer.status != 302:
            raise RuntimeError(f"the order was answered with {buyer.status}")

    rate = repeat(journey, times=int(os.environ.get("BENCH_JOURNEYS", "160")))
    good = rate.per_second >= 20 and not rate.failures
    table.add("whole journey, browse to order", rate.per_second, "orders/s", "20, no error", reached=good)


def _contention(table: Table, base: str, business: Any, workers: int) -> None:
    """A hundred buyers press the button at once for the last ten pieces, several times over."""
    rounds = int(os.environ.get("BENCH_ROUNDS", "3"))
    longest, sold = 0.0, []
    for number in range(rounds):
        variant = _last_ten(business, f"{workers}-{number}")
        buyers = [Buyer(base, SLUG, f"rush{n}@example.com") for n in range(100)]
        forms: list[Any] = [None] * 100

        def walk_in(
            index: int, buyers: list[Buyer] = buyers, forms: list[Any] = forms, variant: Any = variant
        ) -> None:
            buyers[index].strict = False
            buyers[index].add(variant)
            forms[index] = buyers[index].open_checkout()

        repeat(walk_in, times=100)
        longest = max(longest, _rush(buyers, forms))
        sold.append(sum(buyer.status == 302 for buyer in buyers))
        refused = sum(buyer.status == 409 for buyer in buyers)
        if sold[-1] + refused != 100:
            raise SystemExit(f"Some buyers got neither an order nor a refusal: {[b.status for b in buyers]}")
    name = f"100 buyers, last 10 units, {workers} workers"
    table.add(name, max(sold), "orders", "exactly 10", reached=set(sold) == {10})
    table.add(f"{name}, the slowest of {rounds}", longest, "s", "within 2 s", reached=longest < 2)


def _rush(buyers: list[Buyer], forms: list[Any]) -> float:
    gate = threading.Barrier(len(buyers) + 1)

    def press(index: int) -> None:
        gate.wait()
        buyers[index].place(forms[index], follow=False)

    threads = [threading.Thread(target=press, args=(index,)) for index in range(len(buyers))]
    for thread in threads:
        thread.start()
    gate.wait()
    begin = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begin


def _last_ten(business: Any, mark: str) -> Any:
    from decimal import Decimal

    from apps.goods.catalog.drafts import VariantDraft
    from apps.goods.catalog.models import Variant
    from apps.goods.catalog.services import create_product
    from apps.goods.inventory.lines import StockLine
    from apps.goods.inventory.services import receive_stock
    from apps.kernel import tenancy
    from apps.kernel.actors import Actor
    from apps.platform.businesses.models import Location

    actor = Actor.system("bench", business.pk)
    with tenancy.bind(business.pk):
        product = create_product(
            actor,
            title=f"Last ten {mark}",
            variants=[VariantDraft(price=Decimal(10))],
            status="active",
            published=True,
        )
        variant = Variant.objects.get(product=product)
        location = Location.objects.get(is_default=True)
        receive_stock(actor, location_id=location.pk, lines=[StockLine(variant.pk, 10, Decimal(4))])
    connection.close()
    return variant.pk


def _statements(
    table: Table, variants: list[Any], *, slug: str = SLUG, mark: str = "", code: str = ""
) -> None:
    """How many statements the database sees, by Django's own count, in this process."""
    from django.test import Client

    logging.getLogger("monidesk.access").disabled = True  # a line a request would stand between the figures
    client = Client(HTTP_HOST="127.0.0.1")

    def count(*arguments: Any, method: str = "get", **fields: Any) -> int:
        with CaptureQueriesContext(connection) as seen:
            answer = getattr(client, method)(*arguments, **fields)
        if answer.status_code >= 400:
            raise SystemExit(f"{arguments} answered {answer.status_code}")
        return sum(not re.match(r"(BEGIN|COMMIT|SAVEPOINT|RELEASE)", query["sql"]) for query in seen)

    more = 1 if code else 0
    store = f"/store/{slug}/"
    count(f"{store}products/")
    for work, path, most in (
        ("list page", "products/", 8 + more),
        ("product page", "products/stoneware-mug-0000/", 6 + more),
    ):
        found = count(f"{store}{path}")
        table.add(f"{work}: statements{mark}", found, "queries", f"at most {most}", reached=found <= most)
    adding = [
        count(f"{store}cart/add/", {"variant": str(v), "quantity": 1}, method="post") for v in variants[:12]
    ]
    most = 10 + 2 * more  # what promotions and prices ask, once each
    reached = max(adding[1:]) <= most and len(set(adding[2:])) == 1
    table.add(f"add to cart: statements, 2nd to 12th item{mark}", max(adding[1:]), "queries", f"at most {most}",
              reached=reached)  # fmt: skip


def _searching(table: Table) -> None:
    """What a shopper waits for among 100,000 products, beside one indexed query; 95 % within."""
    figures = measure(make_catalogue())
    one = figures.pop("one product by its address")
    table.add("limit: one product of 100,000 by its address", one, "ms", "", reached=None)
    for work, milliseconds in figures.items():
        most = WITHIN_MS[work]
        table.add(work, milliseconds, "ms", f"{most} ms", reached=milliseconds < most)


if __name__ == "__main__":
    sys.exit(main())
