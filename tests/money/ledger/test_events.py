"""What happens in the shop reaches the books, once, with the right sides. Figures worked out by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.goods.inventory.lines import AdjustLine, StockLine
from apps.goods.inventory.services import adjust_stock, receive_stock
from apps.kernel import clock, outbox
from apps.kernel.actors import Actor
from apps.kernel.models import Delivery
from apps.kernel.use_cases import use_case
from apps.money.ledger.chart import SHIPPED_CHART
from apps.money.ledger.models import Account, JournalEntry
from apps.money.ledger.selectors import list_entries_of
from apps.money.ledger.verification import verify_books
from apps.platform.businesses.events import BusinessCreated
from apps.platform.businesses.models import Business, Location
from apps.selling.orders.services import cancel_order, refund_order
from tests.factories.goods import make_variant
from tests.factories.orders import lines_of, make_order, pay, reread, ship

Balances = Callable[[], dict[str, Decimal]]


def money(**amounts: str) -> dict[str, Decimal]:
    return {key: Decimal(amount) for key, amount in amounts.items()}


def test_a_new_business_gets_its_chart(business: Business, bound: Any) -> None:
    @use_case()
    def announce(actor: Actor) -> None:
        from apps.kernel.events import publish

        publish(BusinessCreated(business_id=business.pk, currency="GBP", country="GB"))

    announce(Actor.system("test", business.pk))
    outbox.drain()
    assert Account.objects.count() == len(SHIPPED_CHART)


def test_stock_that_arrives_is_owed_for(business: Business, balances: Balances) -> None:
    make_variant(business, stock=10, cost="5.00")
    assert balances() == money(inventory="50", grni="-50")


@pytest.mark.parametrize("reference", ["opening", "import"])
def test_opening_stock_is_the_owners(
    business: Business, system: Actor, balances: Balances, reference: str
) -> None:
    variant = make_variant(business, cost="5.00")
    receive_stock(
        system,
        location_id=Location.objects.get(is_default=True).pk,
        lines=[StockLine(variant.pk, 4, Decimal("5.00"))],
        reference_type=reference,
    )
    assert balances() == money(inventory="20", opening_equity="-20")


def test_stock_that_is_missing_or_found_is_shrinkage(
    business: Business, system: Actor, balances: Balances
) -> None:
    variant = make_variant(business, stock=10, cost="5.00")
    place = Location.objects.get(is_default=True).pk
    adjust_stock(
        system, location_id=place, lines=[AdjustLine(variant.pk, -3)], reason_code="damage", note="Broken"
    )
    assert balances() == money(inventory="35", grni="-50", inventory_shrinkage="15")
    adjust_stock(
        system, location_id=place, lines=[AdjustLine(variant.pk, 1)], reason_code="count", note="Shelf"
    )
    assert balances() == money(inventory="40", grni="-50", inventory_shrinkage="10")


def test_a_sale_from_payment_to_parcel(business: Business, balances: Balances) -> None:
    order = make_order(business, paid=True)
    assert order.total == 27
    stock = money(inventory="50", grni="-50")
    assert balances() == stock | money(provider_clearing="27", customer_deposits="-27")
    ship(order)
    # 24.00 with 20 % tax is 20.00 net; delivery 3.00 is 2.50 net; two mugs cost 5.00 each.
    assert balances() == money(
        inventory="40",
        grni="-50",
        provider_clearing="27",
        sales_revenue="-20",
        shipping_income="-2.50",
        tax_payable="-4.50",
        cost_of_goods_sold="10",
    )
    assert [entry.source_type for entry in list_entries_of("order", order.pk)] == ["capture", "fulfilment"]


def test_a_refund_after_the_parcel_takes_revenue_back(
    business: Business, system: Actor, balances: Balances
) -> None:
    order = ship(make_order(business, paid=True))
    (line,) = lines_of(order)
    refund_order(system, order_id=order.pk, lines=[(line.pk, 1)], restock=True, reason="Chipped")
    assert balances() == money(
        inventory="45",
        grni="-50",
        provider_clearing="15",
        sales_revenue="-20",
        sales_returns="10",
        shipping_income="-2.50",
        tax_payable="-2.50",
        cost_of_goods_sold="5",
    )


def test_a_cancelled_order_gives_the_deposit_back(
    business: Business, system: Actor, balances: Balances
) -> None:
    order = make_order(business, paid=True)
    cancel_order(system, order_id=order.pk, reason="Changed her mind")
    assert balances() == money(inventory="50", grni="-50")


def test_events_are_posted_on_the_shops_own_day(business: Business, bound: Any) -> None:
    business.time_zone = "Pacific/Auckland"
    business.save()
    with clock.travel(dt.datetime(2026, 3, 5, 20, 0, tzinfo=dt.UTC)):
        make_order(business, paid=True)
        outbox.drain()
    assert set(JournalEntry.objects.values_list("posted_on", flat=True)) == {dt.date(2026, 3, 6)}


def test_one_event_costs_few_queries(business: Business, bound: Any) -> None:
    order = make_order(business, paid=True)
    outbox.drain()
    ship(order)
    Delivery.objects.exclude(subscriber__startswith="ledger.").update(state=Delivery.State.DONE)
    with CaptureQueriesContext(connection) as captured:
        assert outbox.drain() == 1
    journal = [each["sql"] for each in captured if "ledger_" in each["sql"] or "seriescounter" in each["sql"]]
    assert len(journal) == 4, journal


def test_the_books_verify_through_a_life_of_orders(business: Business, system: Actor) -> None:
    first, second = make_order(business, paid=True), make_order(business, paid=True)
    ship(first)
    cancel_order(system, order_id=second.pk, reason="Late")
    waiting = verify_books()
    assert waiting.is_right, waiting.findings
    assert waiting.waiting > 0
    outbox.drain()
    settled = verify_books()
    assert settled.is_right, settled.findings
    assert settled.waiting == 0


def test_verification_names_what_is_broken(business: Business, system: Actor, capsys: Any) -> None:
    import pgtrigger

    order = ship(make_order(business, paid=True))
    outbox.drain()
    entry = JournalEntry.objects.get(source_type="fulfilment")
    connection.check_constraints()
    with pgtrigger.ignore("ledger.JournalLine:line_append_only", "ledger.JournalEntry:entry_append_only"):
        entry.lines.all().delete()
        entry.delete()
    checks = {found.check for found in verify_books().findings}
    assert checks == {"numbers", "sources", "inventory", "deposits"}
    with pytest.raises(SystemExit) as exit_code:
        call_command("verify_books", business=business.slug)
    assert exit_code.value.code == 1
    assert order.number in capsys.readouterr().out


def test_the_command_says_that_all_is_right(business: Business, system: Actor, capsys: Any) -> None:
    ship(make_order(business, paid=True))
    outbox.drain()
    call_command("verify_books", business=business.slug)
    assert f"{business.slug}: right" in capsys.readouterr().out


def test_a_parked_event_is_a_finding(business: Business, system: Actor) -> None:
    pay(make_order(business), deliver_events=False)
    outbox.drain()
    Delivery.objects.filter(subscriber="ledger.post_payment").update(state=Delivery.State.DEAD)
    assert "outbox" in {found.check for found in verify_books().findings}


def test_a_partly_sent_and_partly_refunded_order_ends_at_nought(
    business: Business, system: Actor, balances: Balances
) -> None:
    variant = make_variant(business, stock=9, cost="3.33", price="9.99")
    order = make_order(business, lines=[(variant, 3)], paid=True)
    (line,) = lines_of(order)
    ship(order, [(line.pk, 1)])
    cancel_order(system, order_id=order.pk, reason="The rest is late")
    found = balances()
    assert "customer_deposits" not in found
    assert reread(order).deposit == 0
    assert verify_books().is_right
