"""The ledger's pages: who may open them, what they cost, what they say."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.kernel import clock, outbox, tenancy
from apps.kernel.actors import Actor
from apps.kernel.ids import new_id
from apps.money.ledger.drafts import EntryDraft, Source, transfer
from apps.money.ledger.models import Account, JournalEntry
from apps.money.ledger.services import add_account, post_entries
from apps.platform.businesses.models import Business
from tests.factories.businesses import make_business, make_member, sign_in
from tests.factories.orders import make_order, ship

LISTS = [
    "admin:ledger_journalentry_changelist",
    "admin:ledger_account_changelist",
    "admin:ledger_trial_balance",
]


@pytest.fixture
def shop(db: None) -> Business:
    made = make_business()
    outbox.drain()
    return made


@pytest.fixture
def accountant(shop: Business, client: Client) -> Client:
    return sign_in(client, make_member(shop, "accountant"), shop)


def fill(shop: Business, count: int) -> list[JournalEntry]:
    with tenancy.bind(shop.pk):
        return post_entries(
            Actor.system("test", shop.pk),
            drafts=[
                EntryDraft(
                    source=Source("test", new_id(), "entry"),
                    lines=transfer("bank", "cash", Decimal(10)),
                    memo="Counted the till",
                    posted_on=clock.today(),
                )
                for _each in range(count)
            ],
        )


def account(shop: Business, key: str) -> Account:
    return Account.unscoped.get(business=shop, system_key=key)


@pytest.mark.parametrize("name", [*LISTS, "admin:ledger_checks"])
def test_pages_open_for_the_accountant_only(shop: Business, accountant: Client, name: str) -> None:
    fill(shop, 3)
    assert accountant.get(reverse(name)).status_code == 200
    keeper = sign_in(Client(), make_member(shop, "stock_keeper"), shop)
    assert keeper.get(reverse(name)).status_code == 403


def test_another_business_sees_nothing(shop: Business) -> None:
    (entry,) = fill(shop, 1)
    stranger_shop = make_business("Elsewhere")
    stranger = sign_in(Client(), make_member(stranger_shop, "accountant"), stranger_shop)
    for address in (
        reverse("admin:ledger_journalentry_change", args=[entry.pk]),
        reverse("admin:ledger_statement", args=[account(shop, "bank").pk]),
        reverse("admin:ledger_account_change", args=[account(shop, "bank").pk]),
    ):
        assert stranger.get(address).status_code == 404
    listed = stranger.get(reverse("admin:ledger_journalentry_changelist")).content.decode()
    assert "Counted the till" not in listed


@pytest.mark.parametrize("name", [*LISTS, "statement", "entry"])
def test_pages_cost_the_same_for_any_number_of_rows(shop: Business, accountant: Client, name: str) -> None:
    (first,) = fill(shop, 1)
    addresses = {
        "statement": reverse("admin:ledger_statement", args=[account(shop, "bank").pk]),
        "entry": reverse("admin:ledger_journalentry_change", args=[first.pk]),
    }
    address = addresses.get(name) or reverse(name)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert accountant.get(address).status_code == 200
        return len(captured)

    cost()
    one = cost()
    fill(shop, 9)
    ten = cost()
    fill(shop, 90)
    assert one == ten == cost()


def test_the_journal_is_searched_and_filtered(shop: Business, accountant: Client) -> None:
    first, _second = fill(shop, 2)
    address = reverse("admin:ledger_journalentry_changelist")
    for query, found in (
        ({"q": "till"}, 2),
        ({"q": str(first.number)}, 1),
        ({"q": "nothing"}, 0),
        ({"account": "1000"}, 2),
        ({"account": "4000"}, 0),
        ({"source": "manual"}, 0),
        ({"posted_on_from": "2999-01-01"}, 0),
    ):
        page = accountant.get(address, query)
        assert page.status_code == 200
        assert len(page.context["cl"].result_list) == found, query


def test_the_trial_balance_downloads_as_csv_that_no_spreadsheet_runs(
    shop: Business, accountant: Client
) -> None:
    fill(shop, 1)
    with tenancy.bind(shop.pk):
        add_account(Actor.system("test", shop.pk), code="6000", name='=HYPERLINK("http://x")', kind="expense")
    response = accountant.get(reverse("admin:ledger_trial_balance"), {"format": "csv"})
    assert response["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    named = {row[0]: row for row in rows}
    assert named["1000"][3:] == ["10.00", "0.00", "GBP"]
    assert named["6000"][1] == '\'=HYPERLINK("http://x")'
    assert rows[-1][3:5] == ["10.00", "10.00"]


@pytest.mark.parametrize("day", ["2026-02-30", "yesterday", "0000-00-00", "9" * 300])
def test_a_wrong_date_is_said_and_harmless(shop: Business, accountant: Client, day: str) -> None:
    page = accountant.get(reverse("admin:ledger_trial_balance"), {"as_of": day})
    assert page.status_code == 200
    assert "is not a date" in page.content.decode()


def entry_form(shop: Business, **over: str) -> dict[str, str]:
    return {
        "idempotency_key": "one-form",
        "posted_on": "2026-03-05",
        "memo": "Banked the till",
        "account_1": str(account(shop, "bank").pk),
        "debit_1": "25.50",
        "account_2": str(account(shop, "cash").pk),
        "credit_2": "25.50",
        **over,
    }


def test_an_entry_is_written_once_however_often_the_button_is_pressed(
    shop: Business, accountant: Client
) -> None:
    address = reverse("admin:list_verb", args=["ledger", "journalentry", "write"])
    assert accountant.get(address).status_code == 200
    for _press in range(2):
        assert accountant.post(address, entry_form(shop)).status_code == 302
    entry = JournalEntry.unscoped.get(business=shop, source_type="manual")
    assert (entry.total, entry.posted_on) == (Decimal("25.50"), dt.date(2026, 3, 5))


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"credit_2": "25.00"}, "differ by 0.50"),
        ({"credit_2": ""}, "either a debit or a credit"),
        ({"account_2": ""}, "Choose the account"),
        ({"memo": ""}, "This is needed"),
        ({"debit_1": "25.505", "credit_2": "25.505"}, "more decimal places"),
        ({"debit_1": "NaN"}, "Enter a number"),
        ({"account_1": "inventory"}, "Choose one of those that are offered"),
    ],
)
def test_a_wrong_entry_is_explained_and_what_was_typed_is_kept(
    shop: Business, accountant: Client, over: dict[str, str], words: str
) -> None:
    address = reverse("admin:list_verb", args=["ledger", "journalentry", "write"])
    page = accountant.post(address, entry_form(shop, **over))
    assert page.status_code == 400
    text = page.content.decode()
    assert words in text
    assert "2026-03-05" in text
    assert not JournalEntry.unscoped.filter(business=shop).exists()


def test_control_accounts_are_not_offered(shop: Business, accountant: Client) -> None:
    page = accountant.get(reverse("admin:list_verb", args=["ledger", "journalentry", "write"]))
    text = page.content.decode()
    assert str(account(shop, "bank").pk) in text
    assert str(account(shop, "inventory").pk) not in text


def test_an_entry_by_hand_is_reversed_from_its_page(shop: Business, accountant: Client) -> None:
    write = reverse("admin:list_verb", args=["ledger", "journalentry", "write"])
    accountant.post(write, entry_form(shop))
    entry = JournalEntry.unscoped.get(business=shop)
    address = reverse("admin:verb", args=["ledger", "journalentry", entry.pk, "reverse"])
    assert accountant.get(address).status_code == 200
    answer = accountant.post(
        address, {"reason": "Wrong till", "posted_on": "2026-03-06", "idempotency_key": "r"}
    )
    assert answer.status_code == 302
    reversal = JournalEntry.unscoped.get(reverses=entry)
    page = accountant.get(reverse("admin:ledger_journalentry_change", args=[reversal.pk])).content.decode()
    assert reverse("admin:ledger_journalentry_change", args=[entry.pk]) in page


def test_an_entry_leads_to_its_order(shop: Business, accountant: Client) -> None:
    order = ship(make_order(shop, paid=True))
    outbox.drain()
    entry = JournalEntry.unscoped.get(business=shop, source_type="fulfilment")
    page = accountant.get(reverse("admin:ledger_journalentry_change", args=[entry.pk])).content.decode()
    assert f"/orders/order/{order.pk}/" in page


def test_accounts_are_added_and_closed_from_their_pages(shop: Business, accountant: Client) -> None:
    add = reverse("admin:list_verb", args=["ledger", "account", "add"])
    form = {"code": "6000", "name": "Rent", "kind": "expense", "idempotency_key": "a"}
    assert accountant.post(add, form).status_code == 302
    rent = Account.unscoped.get(business=shop, code="6000")
    for verb, data in (("rename", {"name": "Rent and rates"}), ("close", {}), ("open", {})):
        address = reverse("admin:verb", args=["ledger", "account", rent.pk, verb])
        assert accountant.post(address, {**data, "idempotency_key": verb}).status_code == 302, verb
    bank = account(shop, "bank")
    refused = accountant.post(
        reverse("admin:verb", args=["ledger", "account", bank.pk, "close"]), {"idempotency_key": "b"}
    )
    assert refused.status_code == 409


def test_today_says_whether_the_money_is_right(shop: Business, accountant: Client) -> None:
    ship(make_order(shop, paid=True))
    outbox.drain()
    assert "The books agree with stock and orders." in accountant.get("/admin/").content.decode()
    caches["pages"].clear()
    with tenancy.bind(shop.pk):
        post_entries(
            Actor.system("test", shop.pk),
            drafts=[
                EntryDraft(
                    source=Source("test", new_id(), "entry"), lines=transfer("inventory", "cash", Decimal(1))
                )
            ],
        )
    assert "£1.00 apart" in accountant.get("/admin/").content.decode()
