"""Today, settings, audit trail, events and jobs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.kernel.models import AuditEntry, Delivery, OutboxEvent
from apps.platform.backoffice import search, today
from apps.platform.businesses.models import Business, Membership
from apps.platform.businesses.services import change_settings
from tests.factories.businesses import actor_of, make_business, make_member, owner_of, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def business(db: None) -> Business:
    return make_business()


@pytest.fixture
def staff(client: Client, business: Business) -> Client:
    return sign_in(client, owner_of(business), business)


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has registered anything."""
    for name in ("_cards", "_waiting", "_checks", "_running_out"):
        monkeypatch.setattr(today, name, [])


def park(business: Business, name: str = "tests.happened") -> Delivery:
    event = OutboxEvent.objects.create(
        business_id=business.pk, name=name, version=1, owner="order:1", payload={"x": 1}
    )
    return Delivery.objects.create(
        event=event, business_id=business.pk, subscriber="tests.subscriber", owner="order:1", state="dead",
        attempts=12, last_error="ValueError: <b>no such account</b>",
    )  # fmt: skip


@pytest.mark.usefixtures("sources")
def test_today_answers_its_four_questions(business: Business, monkeypatch: pytest.MonkeyPatch) -> None:
    def source(answer: Any, permission: str | None = None) -> list[today.Source]:
        return [today.Source(lambda actor: answer, permission, 1)]

    actor = actor_of(business)
    monkeypatch.setattr(today, "_cards", source(today.Card(label="Sales", value="£120.00", url="/x/")))
    monkeypatch.setattr(
        today, "_waiting", source([today.Waiting(text="1042 is paid:", verb="Ship", url="/y/")])
    )
    monkeypatch.setattr(today, "_checks", source(None))
    monkeypatch.setattr(today, "_running_out", source([], "moon.land"))

    found = today.answers(actor)

    assert [len(found[name].entries) for name in ("cards", "waiting", "checks", "running_out")] == [
        1,
        1,
        0,
        0,
    ]


@pytest.mark.usefixtures("sources")
def test_one_broken_figure_does_not_hide_the_others(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(actor: Any) -> Any:
        raise RuntimeError("no figures")

    good = today.Source(lambda actor: today.Card(label="Sales", value="£1.00"), None, 1)
    monkeypatch.setattr(today, "_cards", [today.Source(broken, None, 0), good])

    answer = staff.get("/admin/")

    assert answer.status_code == 200
    assert "£1.00" in answer.content.decode()
    assert b"Some figures could not be loaded" in answer.content


def test_settings_are_saved_as_fractions_and_audited(staff: Client, business: Business) -> None:
    form = staff.get("/admin/settings/").context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}

    answer = staff.post("/admin/settings/", {**sent, "tax_rate": "17.5", "name": "Harbour & Sons"})

    assert answer.status_code == 302
    business.refresh_from_db()
    assert (business.name, str(business.tax_rate)) == ("Harbour & Sons", "0.1750")
    entry = AuditEntry.objects.get(chain=business.pk, action="business.changed")
    assert sorted(entry.after) == ["name", "tax_rate"]


def test_wrong_settings_keep_what_was_typed(staff: Client) -> None:
    form = staff.get("/admin/settings/").context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}

    answer = staff.post("/admin/settings/", {**sent, "unpaid_minutes": "1", "name": "Typed name"})

    assert answer.status_code == 400
    assert b'value="Typed name"' in answer.content


def test_who_may_only_see_settings_cannot_send_them(business: Business) -> None:
    cashier = sign_in(Client(), make_member(business, "cashier"), business)

    assert b"Save settings" not in cashier.get("/admin/settings/").content
    assert cashier.post("/admin/settings/", {"name": "x"}).status_code == 403


def test_a_picture_that_is_none_is_refused(staff: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    for page in ("/admin/media/logo/", "/admin/me/picture/"):
        script = SimpleUploadedFile("logo.png", b"<svg onload=alert(1)>", content_type="image/png")
        answer = staff.post(page, {"file": script})
        assert answer.status_code == 400
        assert "This is not a picture we can read" in answer.content.decode()


def test_the_trail_shows_before_and_after_and_only_ones_own(staff: Client, business: Business) -> None:
    change_settings(actor_of(business), name="Harbour & Sons")
    change_settings(actor_of(make_business("Foreign")), name="Foreign & Sons")

    page = staff.get("/admin/audit/").content.decode()

    assert "<del>Harbour Goods</del>" in page
    assert "Harbour &amp; Sons" in page
    assert "Foreign" not in page


def test_the_trail_is_filtered(staff: Client, business: Business) -> None:
    change_settings(actor_of(business), name="Harbour & Sons")

    def actions(query: str) -> set[str]:
        return {entry.action for entry, *_rest in staff.get(f"/admin/audit/?{query}").context["rows"]}

    assert actions("action=business.") == {"business.changed"}
    assert actions(f"actor={owner_of(business).pk}") == {"business.changed", "accounts.signed_in"}
    assert "business.changed" not in actions("actor=system")
    assert actions("since=2000-01-01&until=2000-01-02") == set()
    assert actions(f"object={business.pk}") >= {"business.changed"}


@pytest.mark.parametrize("query", ["before=abc", "actor=nobody", "since=yesterday", "object=" + "x" * 200])
def test_odd_filters_do_no_harm(staff: Client, query: str) -> None:
    assert staff.get(f"/admin/audit/?{query}").status_code == 200


def test_the_trail_pages_by_number(staff: Client, business: Business) -> None:
    for number in range(60):
        change_settings(actor_of(business), name=f"Name {number}")

    first = staff.get("/admin/audit/")
    second = staff.get("/admin/audit/" + first.context["older_url"])

    numbers = [entry.sequence for page in (first, second) for entry, *_rest in page.context["rows"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(first.context["rows"]) == 50


def test_parked_events_are_shown_with_their_cause_and_replayed(staff: Client, business: Business) -> None:
    parked = park(business)
    page = staff.get("/admin/events/").content.decode()
    assert "tests.happened" in page
    assert "&lt;b&gt;no such account" in page

    asked = staff.post("/admin/events/", {"delivery": [str(parked.pk)]})
    assert b"1 event goes back in the queue" in asked.content
    parked.refresh_from_db()
    assert parked.state == "dead"

    staff.post("/admin/events/", {"delivery": [str(parked.pk)], "confirmed": "1"})

    parked.refresh_from_db()
    assert (parked.state, parked.attempts) == ("pending", 0)
    assert AuditEntry.objects.filter(chain=business.pk, action="platform.events_replayed").exists()


def test_events_are_said_in_words_and_keep_their_names_for_programs(
    staff: Client, business: Business
) -> None:
    row = park(business, "orders.placed")
    Delivery.objects.filter(pk=row.pk).update(subscriber="orders.mail_placed")
    listed = staff.get("/admin/events/").content.decode()
    assert ">An order was placed</a>" in listed
    assert ">Orders</a>" in listed
    assert "orders.mail_placed" in listed
    alone = staff.get(f"/admin/events/{row.pk}/").content.decode()
    assert "<h1>An order was placed</h1>" in alone
    assert "orders.placed · orders.mail_placed" in alone
    asked = staff.post("/admin/events/", {"delivery": [str(row.pk)]}).content.decode()
    assert "Orders (An order was placed, 1):" in asked
    told = staff.get("/admin/event-types/").content.decode()
    assert "<span>An order was placed<br>" in told


def test_foreign_events_are_neither_shown_nor_replayed(staff: Client) -> None:
    foreign = park(make_business("Theirs"), "tests.foreign")

    assert b"tests.foreign" not in staff.get("/admin/events/").content
    staff.post("/admin/events/", {"delivery": [str(foreign.pk), "x"], "confirmed": "1"})
    staff.post("/admin/events/", {"subscriber": foreign.subscriber, "confirmed": "1"})
    assert staff.get(f"/admin/events/{foreign.pk}/").status_code == 404

    foreign.refresh_from_db()
    assert foreign.state == "dead"


def test_a_manager_may_not_replay(business: Business) -> None:
    manager = sign_in(Client(), make_member(business, "manager"), business)
    parked = park(business)

    assert manager.post("/admin/events/", {"delivery": [str(parked.pk)]}).status_code == 403
    assert manager.post("/admin/events/", {"delivery": [str(parked.pk)], "confirmed": "1"}).status_code == 403
    assert manager.get("/admin/event-types/").status_code == 403
    assert manager.get(f"/admin/events/{parked.pk}/").status_code == 403


def test_all_of_one_receiver_go_again_and_the_page_shows_cause_and_payload(
    staff: Client, business: Business, django_assert_max_num_queries: Any
) -> None:
    rows = [park(business) for _ in range(3)]
    page = staff.get(f"/admin/events/{rows[0].pk}/").content.decode()
    assert "no such account" in page
    assert "tests.subscriber" in page
    listed = staff.get(f"/admin/events/?state=dead&subscriber={rows[0].subscriber}").content.decode()
    assert "Deliver all of this receiver again" in listed
    asked = staff.post("/admin/events/", {"subscriber": rows[0].subscriber}).content.decode()
    assert "3 events go back in the queue" in asked
    assert "no longer knows this receiver" in asked

    staff.post("/admin/events/", {"subscriber": rows[0].subscriber, "confirmed": "1"})

    assert {row.state for row in type(rows[0]).objects.filter(pk__in=[row.pk for row in rows])} == {"pending"}
    with django_assert_max_num_queries(20):
        registry = staff.get("/admin/event-types/").content.decode()
    assert "orders.mail_placed" in registry
    assert "tests.happened" in registry


def test_parked_events_wait_on_today(staff: Client, business: Business) -> None:
    park(business)

    assert b"1 event could not be processed:" in staff.get("/admin/").content


def test_jobs_are_listed(staff: Client) -> None:
    from monidesk.schedule import synchronise

    synchronise()

    assert b"notifications.send_due_messages" in staff.get("/admin/jobs/").content


def test_the_palette_finds_pages_one_may_open(business: Business) -> None:
    assert [hit.url for hit in search.find(actor_of(business), "tea")] == ["/admin/businesses/membership/"]
    assert not search.find(actor_of(business, "cashier"), "tea")


def test_the_palette_begins_verbs_one_may_use(business: Business) -> None:
    assert "/admin/businesses/membership/do/invite/" in [
        hit.url for hit in search.find(actor_of(business), "invite")
    ]
    assert not search.find(actor_of(business, "manager"), "invite")


def test_the_palette_answers_by_htmx(staff: Client) -> None:
    assert b"/admin/businesses/membership/" in staff.get("/admin/search/?s=team&extended=1").content
    assert b"Nothing found" in staff.get("/admin/search/?s=xyzzy").content


def test_nobody_is_invited_in_a_role_that_was_not_chosen(staff: Client) -> None:
    address = "/admin/businesses/membership/do/invite/"
    members = Membership.unscoped.count()
    roles = staff.get(address).context["form"].fields["role_id"].choices
    assert roles[0] == ("", "Choose a role")
    answer: Any = staff.post(address, {"email": "nora@example.com", "role_id": ""})
    assert answer.status_code == 400
    assert "role_id" in answer.context["form"].errors
    assert Membership.unscoped.count() == members
