"""Reading the trail, one entry in words, files of it, and the API."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.kernel import tenancy
from apps.kernel.models import AuditEntry
from apps.platform.accounts.callers import Caller as SignInCaller
from apps.platform.accounts.models import AccountEvent
from apps.platform.accounts.services.activity import note_event
from apps.platform.businesses.models import Business, Membership
from apps.platform.businesses.services import change_settings
from apps.platform.records import selectors
from apps.platform.records.words import Reading
from tests.factories.businesses import actor_of, make_business, make_member, owner_of, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def business(db: None) -> Business:
    return make_business()


@pytest.fixture
def staff(client: Client, business: Business) -> Client:
    return sign_in(client, owner_of(business), business)


def enter(business: Business, **fields: Any) -> AuditEntry:
    """An entry as it stands in the chain, whoever wrote it."""
    with tenancy.bind(business.pk):
        return AuditEntry.objects.create(
            chain=business.pk, **{"actor_kind": "system", "actor_label": "till", "action": "x.y", **fields}
        )


def export(client: Client, **fields: str) -> list[Any]:
    answer = client.post("/admin/audit/export/", fields)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    if fields.get("format") == "jsonl":
        return [json.loads(line) for line in text.splitlines()]
    return list(csv.DictReader(io.StringIO(text)))


def test_only_what_changed_is_shown_and_in_words(business: Business) -> None:
    entry = enter(
        business,
        before={"price": "12.5000", "title": "Mug", "tax_rate": "0.1750", "sold": False, "until": None},
        after={
            "price": "10.0000", "title": "Mug", "tax_rate": "0.2000", "sold": True, "until": "2026-11-14T16:05:00Z",
            "sizes": ["S", "M"], "day": "2026-11-14", "number": "007", "places": [],
        },
    )  # fmt: skip
    read = Reading("GBP", "Europe/Berlin").differences(entry)
    assert [(one.name, str(one.before), str(one.after)) for one in read] == [
        ("price", "£12.50", "£10.00"),
        ("tax rate", "17.5 %", "20 %"),
        ("sold", "no", "yes"),
        ("until", "None", "14 Nov 2026, 17:05"),
        ("sizes", "None", "S, M"),
        ("day", "None", "14 Nov 2026"),
        ("number", "None", "007"),
    ]


@pytest.mark.parametrize(
    "odd", [{"price": "9" * 400}, {"amount": "1e999"}, {"day": "2026-99-99"}, {"at": "2026-99-99T99:99"}]
)
def test_odd_values_are_shown_as_they_are(business: Business, odd: dict[str, str]) -> None:
    (difference,) = Reading("GBP", "UTC").differences(enter(business, after=odd))
    assert str(difference.after) == next(iter(odd.values()))


def test_the_trail_is_filtered_by_subject_and_kind(staff: Client, business: Business) -> None:
    enter(business, action="orders.refunded", object_type="orders.order", object_id="1")
    enter(business, action="products.changed", object_type="catalog.product", object_id="2")

    def actions(query: str) -> set[str]:
        return {entry.action for entry, *_rest in staff.get(f"/admin/audit/?{query}").context["rows"]}

    assert actions("subject=refunds") == {"orders.refunded"}
    assert actions("object_type=catalog.product") == {"products.changed"}
    assert actions("subject=refunds&object_type=catalog.product") == set()


def test_an_entry_has_a_page_of_its_own(staff: Client, business: Business) -> None:
    change_settings(actor_of(business), name="Harbour & Sons")
    entry = AuditEntry.objects.get(action="business.changed")
    page = staff.get(f"/admin/audit/{entry.pk}/").content.decode()
    assert "<ins>Harbour &amp; Sons</ins>" in page
    assert bytes(entry.digest).hex() in page


def test_the_trail_says_in_words_what_was_done_and_by_whom(staff: Client, business: Business) -> None:
    enter(business, action="team.invited", actor_label="catalog", role="system", object_label="Ada")
    enter(business, action="payments.captured", actor_label="stripe webhook", role="system")
    enter(business, action="long.gone", actor_kind="user", actor_label="orders", role="owner")
    page = staff.get("/admin/audit/").content.decode()
    for said in ("<b>Somebody was invited to the team</b>", "Catalogue, by itself", "Stripe, by a message"):
        assert said in page
    # The code stands beside it for programmers, and alone where the product no longer knows it.
    assert '<code class="mdk-soft mdk-small">team.invited</code>' in page
    assert "<b>long.gone</b>" in page
    # A person who is called like a part of the product is still a person, in the role as the business calls it.
    assert 'orders <span class="mdk-soft mdk-small">Owner</span>' in page
    entry = AuditEntry.objects.get(action="team.invited")
    alone = staff.get(f"/admin/audit/{entry.pk}/").content.decode()
    assert "<h1>Somebody was invited to the team</h1>" in alone
    assert "Catalogue, by itself" in alone


@pytest.mark.parametrize(
    "words",
    ["invited", "Invited  TEAM", "somebody was invited", "team.inv", "team.invited", " team.invited "],
)
def test_the_trail_is_asked_by_words_as_they_are_read(staff: Client, business: Business, words: str) -> None:
    enter(business, action="team.invited")
    enter(business, action="team.left")
    rows = staff.get("/admin/audit/", {"action": words}).context["rows"]
    assert [entry.action for entry, *_rest in rows] == ["team.invited"]
    exported = export(staff, format="jsonl", action=words)
    assert [(row["action"], row["said"]) for row in exported] == [
        ("team.invited", "Somebody was invited to the team")
    ]


def test_a_table_of_the_trail_has_the_code_and_the_words(staff: Client, business: Business) -> None:
    enter(business, action="orders.refunded")
    (row,) = export(staff, format="csv", subject="refunds")
    assert (row["action"], row["said"]) == ("orders.refunded", "Money of an order was refunded")


def test_a_foreign_entry_is_none(staff: Client) -> None:
    foreign = enter(make_business("Theirs"))
    assert staff.get(f"/admin/audit/{foreign.pk}/").status_code == 404


def test_an_export_holds_what_the_filter_leaves_and_is_entered_itself(
    staff: Client, business: Business
) -> None:
    enter(business, action="orders.refunded", after={"amount": "5.0000"})
    rows = export(staff, format="csv", subject="refunds")
    assert [(row["action"], row["after"]) for row in rows] == [("orders.refunded", '{"amount": "5.0000"}')]
    entry = AuditEntry.objects.get(action="audit.exported")
    assert entry.after == {"what": "trail", "format": "csv", "subject": "refunds"}
    assert entry.actor_id == owner_of(business).pk


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_run_by_a_spreadsheet(staff: Client, business: Business, evil: str) -> None:
    enter(business, action="orders.noted", reason=evil, object_label=evil)
    (row,) = export(staff, format="csv", action="orders.noted")
    assert row["reason"] == f"'{evil}"
    assert row["object_label"] == f"'{evil}"


def test_json_lines_are_exact(staff: Client, business: Business) -> None:
    entry = enter(business, action="orders.noted", reason="=1+1", after={"x": [1, None]})
    (row,) = export(staff, format="jsonl", action="orders.noted")
    assert (row["reason"], row["after"], row["digest"]) == (
        "=1+1",
        {"x": [1, None]},
        bytes(AuditEntry.objects.get(pk=entry.pk).digest).hex(),
    )


def test_an_export_holds_nothing_foreign(staff: Client, business: Business) -> None:
    enter(make_business("Theirs"), action="orders.noted")
    enter(business, action="orders.noted")
    assert len(export(staff, format="jsonl", action="orders.noted")) == 1


def test_an_export_of_many_takes_no_more_memory(
    staff: Client, business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "CHUNK", 50)
    with tenancy.bind(business.pk):
        AuditEntry.objects.bulk_create(
            AuditEntry(
                chain=business.pk, actor_kind="system", actor_label="t", action="bulk.made", reason="x" * 2000
            )
            for _number in range(1500)
        )
    answer = staff.post("/admin/audit/export/", {"format": "jsonl", "action": "bulk."})
    lines = iter(answer.streaming_content)  # type: ignore[attr-defined]
    next(lines)
    tracemalloc.start()
    count = 1 + sum(1 for _line in lines)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 1500
    assert peak < 2_000_000  # all of them are six million


def test_reading_is_not_taking_away(business: Business) -> None:
    manager = sign_in(Client(), make_member(business, "manager"), business)
    assert manager.get("/admin/audit/").status_code == 200
    assert b"Export entries" not in manager.get("/admin/audit/").content
    assert manager.post("/admin/audit/export/", {"format": "csv"}).status_code == 403
    assert not AuditEntry.objects.filter(action="audit.exported").exists()


def test_an_export_that_cannot_be_understood_is_not_made(staff: Client) -> None:
    assert staff.post("/admin/audit/export/", {"format": "exe"}).status_code == 302
    assert staff.post("/admin/audit/export/", {"format": "csv", "since": "soon"}).status_code == 302
    assert not AuditEntry.objects.filter(action="audit.exported").exists()


def test_the_archives_page_takes_the_time(staff: Client, business: Business) -> None:
    assert staff.post("/admin/audit/archives/", {"days": "200"}).status_code == 400
    assert staff.post("/admin/audit/archives/", {"days": "730"}).status_code == 302
    assert b'value="730"' in staff.get("/admin/audit/archives/").content


def test_a_member_has_an_activity_log(staff: Client, business: Business) -> None:
    person = make_member(business, "manager")
    member = Membership.unscoped.get(user=person)
    caller = SignInCaller(ip="203.0.113.7", user_agent="Firefox", request_id="r1")
    note_event(person, AccountEvent.Kind.FAILED, caller)
    note_event(person, AccountEvent.Kind.SIGNED_IN, caller, method="password")
    enter(business, actor_kind="user", actor_id=person.pk, action="audit.exported", after={"what": "trail"})
    enter(
        business, action="impersonation.started", object_type="businesses.membership", object_id=str(member.pk),
        actor_label="Pat Platform",
    )  # fmt: skip
    page = staff.get(f"/admin/businesses/membership/{member.pk}/").content.decode()
    for part in (
        "Tried to sign in with a wrong password",
        "Signed in",
        "203.0.113.7",
        "The audit trail was taken away as a file",
        "Working in somebody&#x27;s place was begun",
        "Pat Platform",
    ):
        assert part in page


def test_what_a_program_or_somebody_who_left_did_is_found_by_a_click(
    staff: Client, business: Business
) -> None:
    gone = uuid4()
    enter(business, actor_kind="user", actor_id=gone, actor_label="Grace, who left", action="orders.noted")
    enter(business, actor_kind="user", actor_id=uuid4(), actor_label="Somebody else", action="orders.noted")
    page = staff.get("/admin/audit/").content.decode()
    assert f'href="?actor={gone}"' in page
    narrowed = staff.get("/admin/audit/", {"actor": str(gone)})
    assert [entry.actor_label for entry, *_rest in narrowed.context["rows"]] == ["Grace, who left"]
    assert f'<option value="{gone}" selected>Grace, who left</option>' in narrowed.content.decode()
    assert len(export(staff, actor=str(gone))) == 1


def test_a_person_of_another_business_is_not_named_by_the_filter(staff: Client) -> None:
    theirs = make_business("Theirs")
    stranger = uuid4()
    enter(theirs, actor_kind="user", actor_id=stranger, actor_label="Their clerk")
    for asked in (str(stranger), "no-id"):
        page = staff.get("/admin/audit/", {"actor": asked}).content.decode()
        assert "Their clerk" not in page


@pytest.mark.parametrize(
    "asked", ["before=²", "before=%00", "until=9999-12-31", "since=0001-01-01", "until=0001-01-01"]
)
def test_odd_numbers_and_days_are_no_fault_of_ours(staff: Client, asked: str) -> None:
    assert staff.get(f"/admin/audit/?{asked}").status_code == 200
