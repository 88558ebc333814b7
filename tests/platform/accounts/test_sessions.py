"""Where one is signed in: seen, and ended from elsewhere; one's own and nobody else's."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from apps.platform.accounts.models import AccountEvent, User
from tests.factories.businesses import make_business, make_member, make_user, owner_of

from .signing_in import by_password

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def two_places() -> tuple[Any, Client, Client]:
    business = make_business()
    user = owner_of(business)
    here, there = Client(), Client()
    by_password(here, user.email)
    by_password(there, user.email, HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="198.51.100.7")
    return user, here, there


@pytest.mark.parametrize("path", ["/admin/me/sessions/", "/accounts/sessions/"])
def test_a_session_is_seen_and_ended_from_another(path: str) -> None:
    _user, here, there = two_places()
    page = here.get(path)
    assert b"Firefox on Linux" in page.content
    assert b"198.51.100.7" in page.content
    row = UserSession.objects.get(session_key=there.session.session_key)

    here.post(path, {"session": row.pk})

    assert there.get("/admin/").status_code == 302
    assert here.get("/admin/").status_code == 200


@pytest.mark.parametrize("path", ["/admin/me/sessions/", "/accounts/sessions/"])
def test_all_others_end_at_once(path: str) -> None:
    _user, here, there = two_places()

    here.post(path, {"others": "1"})

    assert there.get("/admin/").status_code == 302
    assert here.get("/admin/").status_code == 200


@pytest.mark.parametrize("number", ["", "abc", "-1", "999999999"])
def test_nonsense_ends_nothing(number: str) -> None:
    _user, here, there = two_places()

    assert here.post("/admin/me/sessions/", {"session": number}).status_code == 302
    assert there.get("/admin/").status_code == 200


def test_nobody_ends_a_stranger_s_session() -> None:
    _user, _here, there = two_places()
    stranger = Client()
    mallory = make_member(make_business("Other"), "owner", user=make_user())
    by_password(stranger, mallory.email)
    row = UserSession.objects.get(session_key=there.session.session_key)

    stranger.post("/admin/me/sessions/", {"session": row.pk})

    assert there.get("/admin/").status_code == 200


def test_the_history_shows_own_events_only() -> None:
    user, here, _there = two_places()
    other = make_user("other@example.com")
    AccountEvent.objects.create(user=other, kind="failed", user_agent="Nobody/1.0")

    page = here.get("/admin/me/sessions/")

    assert b"Nobody/1.0" not in page.content
    assert {event.user_id for event in page.context["events"]} == {user.pk}


def test_a_profile_is_changed_by_its_person() -> None:
    user, here, _there = two_places()
    good = {"display_name": "Ada Lovelace", "locale": "en", "time_zone": "Africa/Lagos"}

    assert here.post("/admin/me/", good).status_code == 302
    assert here.post("/admin/me/", {**good, "time_zone": "Mars/Base"}).status_code == 400
    assert here.post("/admin/me/", {**good, "display_name": " "}).status_code == 400

    user = User.objects.get(pk=user.pk)
    assert (user.display_name, user.time_zone) == ("Ada Lovelace", "Africa/Lagos")


def test_the_last_look_is_noted_now_and_then_and_costs_nothing_between() -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    _user, here, _there = two_places()
    here.get("/admin/switch/")
    with CaptureQueriesContext(connection) as queries:
        here.get("/admin/switch/")
    assert not [q for q in queries if "usersessions" in q["sql"]]
    session = here.session
    session["seen_at"] -= 600
    session.save()
    with CaptureQueriesContext(connection) as queries:
        here.get("/admin/switch/")
    assert len([q for q in queries if "usersessions" in q["sql"]]) == 1


def test_times_are_shown_in_the_own_zone() -> None:
    user, here, _there = two_places()
    AccountEvent.objects.filter(user=user).delete()
    AccountEvent.objects.create(user=user, kind="failed", at=dt.datetime(2026, 1, 5, 23, 30, tzinfo=dt.UTC))

    assert b"5 Jan 2026, 23:30" in here.get("/admin/me/sessions/").content
    here.post("/admin/me/", {"display_name": "Ada", "locale": "en", "time_zone": "Africa/Lagos"})
    assert b"6 Jan 2026, 00:30" in here.get("/admin/me/sessions/").content
