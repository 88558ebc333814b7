"""Lists: the same number of queries for one row and for a hundred, and never a count of all rows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.kernel import clock, tenancy
from apps.platform.businesses.models import Business
from apps.platform.notifications.models import Message
from tests.factories.businesses import make_business, make_member, owner_of, sign_in

pytestmark = pytest.mark.django_db
MAILS = "/admin/notifications/message/"


def fill(business: Business, number: int, state: str = "sent") -> None:
    with tenancy.bind(business.pk):
        Message.objects.bulk_create(
            Message(
                to=f"p{n}@example.com", subject=f"Mail {n}", text="x", template="t", state=state,
                dedupe_key=f"{state}{n}", due_at=clock.now(),
            )
            for n in range(number)
        )  # fmt: skip


def queries_of(client: Client, path: str) -> list[str]:
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in queries]


@pytest.fixture
def business(db: None) -> Business:
    return make_business()


@pytest.fixture
def staff(client: Client, business: Business) -> Client:
    return sign_in(client, owner_of(business), business)


def test_queries_do_not_grow_with_rows_and_nothing_is_counted(staff: Client, business: Business) -> None:
    fill(business, 1)
    few = queries_of(staff, MAILS)
    fill(business, 120, state="queued")
    many = queries_of(staff, MAILS)

    assert len(few) == len(many) <= 6
    assert not [sql for sql in many if "COUNT(" in sql.upper() and "notifications_message" in sql]


def test_the_team_is_listed_in_a_constant_number_of_queries(staff: Client, business: Business) -> None:
    few = queries_of(staff, "/admin/businesses/membership/")
    for _number in range(8):
        make_member(business, "cashier")
    many = queries_of(staff, "/admin/businesses/membership/")

    assert len(few) == len(many)


def test_pages_follow_each_other(staff: Client, business: Business) -> None:
    fill(business, 120)

    pages = [staff.get(f"{MAILS}?p={number}").context["cl"] for number in (1, 2, 3)]

    assert [len(page.result_list) for page in pages] == [50, 50, 20]
    assert [page.has_next for page in pages] == [True, True, False]
    assert len({row.pk for page in pages for row in page.result_list}) == 120


@pytest.mark.parametrize("page", ["0", "-5", "abc", "99999999999999999999"])
def test_odd_page_numbers_do_no_harm(staff: Client, page: str) -> None:
    assert staff.get(f"{MAILS}?p={page}", follow=True).status_code == 200


def test_tabs_narrow_and_search_looks_everywhere(staff: Client, business: Business) -> None:
    fill(business, 3)
    fill(business, 2, state="failed")

    assert len(staff.get(f"{MAILS}?tab=failed").context["cl"].result_list) == 2
    assert len(staff.get(f"{MAILS}?q=p2@").context["cl"].result_list) == 1


def test_unknown_filters_are_dropped(staff: Client) -> None:
    answer = staff.get(f"{MAILS}?business__name=x", follow=True)

    assert answer.status_code in {200, 400}


def test_an_empty_list_says_what_will_be_here(staff: Client) -> None:
    assert b"No messages yet" in staff.get(MAILS).content
