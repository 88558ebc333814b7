"""How suppliers are judged, what was spent and which costs changed: exact figures, and the same as CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from apps.goods.catalog.services import create_category
from apps.goods.purchasing import services
from apps.goods.purchasing.drafts import ArrivalDraft
from apps.goods.purchasing.landing import Charge
from apps.goods.purchasing.models import PurchaseOrder, Supplier
from apps.goods.purchasing.performance import performance_of, price_changes, spend
from apps.kernel import clock, tenancy
from apps.kernel.actors import Actor
from apps.platform.businesses.models import Business
from tests.factories.businesses import actor_of, make_business, owner_of, sign_in
from tests.factories.goods import make_variant
from tests.goods.purchasing.world import lines_of, make_supplier, sent_order

pytestmark = pytest.mark.django_db
D = Decimal
FIRST = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def receive(order: PurchaseOrder, day: int, accepted: int, rejected: int = 0, freight: str = "0") -> None:
    (line,) = lines_of(order)
    arrival = ArrivalDraft(
        line_id=line.pk, accepted=accepted, rejected=rejected, reason="damaged" if rejected else ""
    )
    with clock.travel(FIRST + dt.timedelta(days=day)):
        services.receive_goods(
            Actor.system("tests", order.business_id),
            order_id=order.pk,
            lines=[arrival],
            charges=[Charge("freight", D(freight), "value")],
        )


def trade(business: Business) -> Supplier:
    """Two orders on 2 March: one complete in time, one late, in parts, with rejects, closed short in April."""
    pots = create_category(actor_of(business), name="=Pots")
    mug, bowl = make_variant(business, category_id=pots.pk), make_variant(business, title="Bowl")
    mill = make_supplier(business, lead_days=10)
    with clock.travel(FIRST):
        good = sent_order(business, [(mug, 10, "4")], mill)
        late = sent_order(business, [(bowl, 40, "2")], mill, expected_on=dt.date(2026, 3, 20))
        sent_order(business, [(bowl, 99, "1")], make_supplier(business, name="Unfinished"))
    receive(good, 9, 10, freight="6")
    receive(late, 10, 20)
    receive(late, 35, 10, rejected=10)
    with clock.travel(FIRST + dt.timedelta(days=36)):
        services.close_order(actor_of(business), order_id=late.pk)
        sent_order(business, [(mug, 10, "4.50")], mill)
        sent_order(business, [(mug, 10, "4.50")], mill)
    return mill


def test_a_supplier_is_judged_by_finished_orders() -> None:
    business = make_business()
    with tenancy.bind(business.pk):
        mill = trade(business)
        found = performance_of([mill])[mill.pk]
        assert (found.orders, found.ordered, found.accepted, found.rejected) == (2, 50, 40, 10)
        # 9 and 35 days; promised were the usual 10, and 18 to the 20th of March.
        assert (found.lead_days, found.promised_days) == (D("22.0"), D("14.0"))
        assert (found.on_time_share, found.fill_rate, found.rejected_share) == (D("0.5"), D("0.8"), D("0.2"))
        # 2 × 0.5 + 2 × 0.8 + 1 × 0.8
        assert found.rating == D("3.4")
        unfinished = Supplier.objects.get(name="Unfinished")
        nothing = performance_of([unfinished])[unfinished.pk]
        assert (nothing.orders, nothing.rating, nothing.fill_rate, nothing.lead_days) == (0, None, None, None)
        assert performance_of([mill], since=dt.date(2026, 3, 3))[mill.pk].orders == 0


def test_spend_and_cost_changes() -> None:
    business = make_business()
    with tenancy.bind(business.pk):
        trade(business)
        year = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
        march, april = dt.date(2026, 3, 1), dt.date(2026, 4, 1)
        assert [(r.label, r.month, r.goods, r.charges, r.value) for r in spend("supplier", *year)] == [
            ("Mill Pottery", march, D(80), D(6), D(86)),
            ("Mill Pottery", april, D(20), D(0), D(20)),
        ]
        assert [(r.label, r.month, r.value) for r in spend("category", *year)] == [
            ("", march, D(40)), ("=Pots", march, D(46)), ("", april, D(20)),
        ]  # fmt: skip
        assert spend("supplier", april, dt.date(2026, 4, 5)) == []
        (change,) = price_changes(*year)
        assert (change.before, change.after, change.percent) == (D(4), D("4.5"), D("12.5"))
        assert price_changes(dt.date(2026, 5, 1), dt.date(2026, 12, 31)) == []


def test_every_report_is_shown_and_downloaded(client: Client) -> None:
    business = make_business()
    with tenancy.bind(business.pk):
        mill = trade(business)
    sign_in(client, owner_of(business), business)
    url = reverse("admin:purchasing_report")
    period = {"from": "2026-01-01", "to": "2026-12-31"}
    sheets = {}
    for report in ("suppliers", "spend", "categories", "prices"):
        assert client.get(url, {"report": report, **period}).status_code == 200
        answer = client.get(url, {"report": report, "format": "csv", **period})
        sheets[report] = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert sheets["suppliers"][1] == [
        "Mill Pottery",
        "2",
        "14.0",
        "22.0",
        "50.0 %",
        "80.0 %",
        "20.0 %",
        "3.4",
    ]
    assert sheets["spend"][1] == ["2026-03", "Mill Pottery", "80.00", "6.00", "86.00", "GBP"]
    assert [row[1] for row in sheets["categories"][1:]] == [
        "Without a category",
        "'=Pots",
        "Without a category",
    ]
    assert sheets["prices"][1][4:] == ["£4.00", "£4.50", "+12.5"]
    assert client.get(url, {"report": "no", "from": "yesterday", "to": "0001-01-01"}).status_code == 200
    page = client.get(reverse("admin:purchasing_supplier_change", args=[mill.pk])).content.decode()
    assert "How it delivers" in page
    assert "3.4" in page
