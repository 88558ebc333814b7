"""Who acts in a back-office request: found in three queries, for one business, never for a foreign one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.kernel import tenancy
from apps.platform.businesses.models import Membership
from tests.factories.businesses import make_business, make_member, make_user, owner_of, sign_in

pytestmark = pytest.mark.django_db


def test_identity_costs_three_queries_with_session_and_user(client: Client) -> None:
    business = make_business()
    sign_in(client, owner_of(business), business)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(reverse("admin:search"))

    asked = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(asked) <= 3, asked


def test_a_stranger_is_sent_to_the_one_sign_in(client: Client) -> None:
    answer = client.get("/admin/audit/", follow=True)

    assert answer.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2Faudit%2F"


def test_a_person_without_a_business_is_told_so(client: Client) -> None:
    sign_in(client, make_user())

    answer = client.get("/admin/")

    assert answer.status_code == 403
    assert b"You belong to no business" in answer.content


def test_a_superuser_without_a_membership_sees_no_tenants_rows(client: Client) -> None:
    user = make_user()
    user.is_superuser = True
    user.save()
    sign_in(client, user, make_business())

    assert client.get("/admin/businesses/membership/").status_code == 403


def test_switching_changes_what_is_seen(client: Client) -> None:
    person = make_user()
    first = make_business("First", owner=person)
    second = make_business("Second", owner=person)
    sign_in(client, person, first)
    assert client.get("/admin/").context["request"].business == first

    answer = client.post(reverse("admin:switch"), {"business": str(second.pk)}, follow=True)

    assert answer.context["request"].business == second
    assert answer.context["request"].actor.business_id == second.pk


@pytest.mark.parametrize("wanted", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_switching_to_nothing_is_not_found(client: Client, wanted: str) -> None:
    business = make_business()
    sign_in(client, owner_of(business), business)

    assert client.post(reverse("admin:switch"), {"business": wanted}).status_code == 404


def test_switching_to_a_foreign_business_is_not_found(client: Client) -> None:
    mine, theirs = make_business("Mine"), make_business("Theirs")
    sign_in(client, owner_of(mine), mine)

    assert client.post(reverse("admin:switch"), {"business": str(theirs.pk)}).status_code == 404
    assert client.get("/admin/").context["request"].business == mine


def test_a_foreign_business_in_the_session_falls_back_to_ones_own(client: Client) -> None:
    mine, theirs = make_business("Mine"), make_business("Theirs")
    sign_in(client, owner_of(mine), theirs)

    assert client.get("/admin/").context["request"].business == mine


def test_a_membership_that_ended_does_not_lock_out_of_the_other(client: Client) -> None:
    person = make_user()
    mine, old = make_business("Mine", owner=person), make_business("Old")
    make_member(old, "cashier", user=person)
    sign_in(client, person, old)
    Membership.unscoped.filter(business=old, user=person).delete()

    assert client.get("/admin/").context["request"].business == mine


def test_the_tenant_is_unbound_after_the_answer(client: Client) -> None:
    business = make_business()
    sign_in(client, owner_of(business), business)

    client.get("/admin/")

    assert tenancy.current_business_id() is None


def test_signing_out_ends_the_session(client: Client) -> None:
    business = make_business()
    sign_in(client, owner_of(business), business)

    client.post(reverse("admin:logout"))

    assert client.get("/admin/").status_code == 302


def test_the_back_office_may_run_its_theme_and_nothing_from_elsewhere(client: Client) -> None:
    business = make_business()
    sign_in(client, owner_of(business), business)

    policy = client.get("/admin/").headers["Content-Security-Policy"]

    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy


def test_names_are_shown_as_text(client: Client) -> None:
    person = make_user(display_name="<script>alert(1)</script>")
    business = make_business("<img src=x onerror=alert(1)>", owner=person)
    sign_in(client, person, business)

    for path in ("/admin/", "/admin/businesses/membership/", "/admin/audit/", "/admin/switch/"):
        answer: Any = client.get(path)
        assert b"<script>alert" not in answer.content
        assert b"<img src=x" not in answer.content
